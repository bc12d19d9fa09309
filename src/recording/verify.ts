/** Looks at everything of a recording: lines, links, blobs, snapshots. Finds damage; the chain is no signature. */
import { join, readdir } from '../base/index.ts';
import { asHoldfastError, type RecordingReport } from '../schema/index.ts';
import { blobsName, corruptRecording } from './format.ts';
import { openRecording, type RecordingReader } from './reader.ts';
import { contentsIn, contentsOf, type NamedContent } from './values.ts';

const mostProblems = 100;

export async function verifyRecording(
  directory: string,
  id: string,
  hasSnapshot: (snapshot: string) => boolean,
): Promise<RecordingReport> {
  const report: RecordingReport = {
    recording: id,
    ok: false,
    events: 0,
    steps: 0,
    blobs: 0,
    unnamedBlobs: 0,
    tornBytes: 0,
    root: '',
    snapshots: { present: 0, missing: [] },
    problems: [],
  };
  try {
    const reader = await openRecording(directory);
    if (reader.id !== id) report.problems.push(`its manifest is of ${reader.id}`);
    await readAll(reader, report, hasSnapshot);
  } catch (error) {
    report.problems.push(asHoldfastError(error).message);
  }
  report.ok = report.problems.length === 0;
  return report;
}

async function readAll(
  reader: RecordingReader,
  report: RecordingReport,
  hasSnapshot: (snapshot: string) => boolean,
): Promise<void> {
  const seen: Seen = { named: new Set(), values: new Set() };
  for await (const event of reader.events((end) => {
    report.tornBytes = end.tornBytes;
  })) {
    report.events = event.sequence;
    report.root = event.hash;
    if (event.type === 'step-begun') report.steps = event.step;
    if (event.type === 'snapshot-taken') {
      if (hasSnapshot(event.snapshot)) report.snapshots.present++;
      else report.snapshots.missing.push(event.snapshot);
    }
    check(reader, () => contentsOf(event), seen, report);
  }
  report.blobs = seen.named.size;
  const files = (await readdir(join(reader.directory, blobsName), { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile(),
  );
  report.unnamedBlobs = files.filter(({ name }) => !seen.named.has(name.replace(/\.zst$/, ''))).length;
}

interface Seen {
  /** Blobs that were read, and those whose value was followed. */
  named: Set<string>;
  values: Set<string>;
}

/** Contents, and what they name in turn; what is no encoded value names nothing, whatever it looks like. */
function check(
  reader: RecordingReader,
  first: () => Iterable<NamedContent>,
  seen: Seen,
  report: RecordingReport,
): void {
  const waiting: NamedContent[] = [];
  const tried = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (report.problems.length < mostProblems) report.problems.push(asHoldfastError(error).message);
    }
  };
  tried(() => waiting.push(...first()));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { content, isValue, depth } = next;
    if (content.cut !== undefined || isSeen(next, seen)) continue;
    tried(() => {
      const bytes = reader.bytes(content);
      if (!isValue) return;
      for (const inner of contentsIn(parsed(content.digest, bytes), depth)) waiting.push(inner);
    });
  }
}

/** A blob is read once, and once more when it turns out to be a value. */
function isSeen({ content, isValue }: NamedContent, { named, values }: Seen): boolean {
  if (!content.blob) return false;
  const isKnown = (isValue ? values : named).has(content.digest);
  named.add(content.digest);
  if (isValue) values.add(content.digest);
  return isKnown;
}

function parsed(digest: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    throw corruptRecording(`content ${digest}`, 'it is no value');
  }
}
