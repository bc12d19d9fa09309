/** Looks at everything of a recording: lines, links, blobs, snapshots. Finds damage; the chain is no signature. */
import { join, readdir } from '../base/index.ts';
import { asHoldfastError, type RecordingReport } from '../schema/index.ts';
import { blobsName } from './format.ts';
import { openRecording, type RecordingReader } from './reader.ts';
import { contentsIn } from './values.ts';

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
  const named = new Set<string>();
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
    for (const content of contentsIn(event)) checkContent(reader, content, named, report);
  }
  report.blobs = named.size;
  const files = (await readdir(join(reader.directory, blobsName), { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile(),
  );
  report.unnamedBlobs = files.filter(({ name }) => !named.has(name.replace(/\.zst$/, ''))).length;
}

function checkContent(
  reader: RecordingReader,
  content: Parameters<RecordingReader['bytes']>[0],
  named: Set<string>,
  report: RecordingReport,
): void {
  if (content.cut !== undefined) return;
  if (content.blob) {
    if (named.has(content.digest)) return;
    named.add(content.digest);
  }
  try {
    const bytes = reader.bytes(content);
    // What stands as a value names further contents.
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1)).toString();
    if (text !== '{' && text !== '[') return;
    for (const inner of contentsIn(parsed(bytes))) checkContent(reader, inner, named, report);
  } catch (error) {
    if (report.problems.length < mostProblems) report.problems.push(asHoldfastError(error).message);
  }
}

/** Files that were changed may begin like a value and be none. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return null;
  }
}
