/**
 * Looks at everything of a recording: lines, links, blobs, what the manifest says of them. Finds damage; the chain is no
 * signature. It reads and parses what may be a stranger's: aside.ts does it in a thread of its own.
 */
import { join, readdir } from '../base/index.ts';
import { asHoldfastError, type Cause, HoldfastError, type RecordingReport } from '../schema/index.ts';
import { ManifestCheck } from './bound.ts';
import { FailureCounts } from './failure-counts.ts';
import { blobsName, corruptRecording, usualLimits } from './format.ts';
import { openRecording, type RecordingReader } from './reader.ts';
import { contentsIn, contentsOf, type NamedContent } from './values.ts';

const mostProblems = 100;
/** Of all contents of what was brought in, each counted as often as it is read. */
const mostUnpackedBytes = 4 * 1024 ** 3;

export interface NamedSnapshot {
  step: number;
  snapshot: string;
  digest: string | null;
}

/** Snapshots are the home's: who has it says which of them are there. */
export interface Verified {
  report: RecordingReport;
  snapshots: NamedSnapshot[];
  failures: Record<Cause, number>;
  /** Of whole lines. */
  lineBytes: number;
}

/** @param isOwn it was recorded in this home; else it was brought in, and its snapshots are elsewhere */
export async function verifyRecording(
  directory: string,
  id: string,
  isOwn: boolean,
  mostBytes: number = mostUnpackedBytes,
): Promise<Verified> {
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
  const failures = new FailureCounts();
  const verified: Verified = { report, snapshots: [], failures: failures.counts, lineBytes: 0 };
  try {
    const reader = await openRecording(directory);
    if (reader.id !== id) report.problems.push(`its manifest is of ${reader.id}`);
    await readAll(reader, verified, { isOwn, failures, leftBytes: isOwn ? null : mostBytes });
  } catch (error) {
    const problem = asHoldfastError(error);
    if (problem.code === 'file-too-large') throw problem;
    report.problems.push(problem.message);
  }
  report.ok = report.problems.length === 0;
  return verified;
}

/** What is known here of a snapshot. */
export type FindSnapshot = (snapshot: string) => { digest: string | null } | null;

/** The last snapshot of each step that an own recording names has to be there, as it was: others are not kept. */
export function withSnapshots({ report, snapshots }: Verified, isOwn: boolean, find: FindSnapshot): RecordingReport {
  for (const { step, snapshot, digest } of new Map(snapshots.map((each) => [each.step, each])).values()) {
    const found = find(snapshot);
    if (found) report.snapshots.present++;
    else report.snapshots.missing.push(snapshot);
    if (!isOwn) continue;
    if (!found) tell(report, `the snapshot ${snapshot} of step ${step} is not here`);
    else if (digest !== null && found.digest !== null && digest !== found.digest)
      tell(report, `the snapshot ${snapshot} of step ${step} is not the one that was recorded`);
  }
  report.ok = report.problems.length === 0;
  return report;
}

function tell({ problems }: RecordingReport, problem: string): void {
  if (problems.length < mostProblems) problems.push(problem);
}

async function readAll(
  reader: RecordingReader,
  verified: Verified,
  { isOwn, failures, leftBytes }: { isOwn: boolean; failures: FailureCounts; leftBytes: number | null },
): Promise<void> {
  const { report, snapshots } = verified;
  const seen: Seen = { named: new Set(), values: new Set(), leftBytes };
  const manifest = new ManifestCheck(reader.manifest, isOwn);
  for await (const event of reader.events((end) => {
    report.tornBytes = end.tornBytes;
    verified.lineBytes = end.lineBytes;
  })) {
    report.events = event.sequence;
    report.root = event.hash;
    if (event.type === 'step-begun') report.steps = Math.max(report.steps, event.step);
    failures.take(event);
    if (event.type === 'snapshot-taken') {
      const { step, snapshot, digest } = event;
      snapshots.push({ step, snapshot, digest });
    }
    const problem = manifest.take(event);
    if (problem !== null) tell(report, problem);
    check(reader, () => contentsOf(event), seen, report);
  }
  for (const problem of manifest.end()) tell(report, problem);
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
  /** What may still be read; null: all. */
  leftBytes: number | null;
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
      const problem = asHoldfastError(error);
      if (problem.code === 'file-too-large') throw problem;
      tell(report, problem.message);
    }
  };
  tried(() => waiting.push(...first()));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { content, isValue, depth } = next;
    if (content.cut !== undefined || isSeen(next, seen)) continue;
    spend(seen, content.bytes);
    tried(() => {
      const bytes = reader.bytes(content);
      if (!isValue) return;
      for (const inner of contentsIn(parsed(content.digest, bytes), depth)) waiting.push(inner);
    });
  }
}

/** @throws HoldfastError `file-too-large` where there is more than a stranger's file may cost */
function spend(seen: Seen, bytes: number): void {
  if (seen.leftBytes === null) return;
  seen.leftBytes -= Math.min(bytes, usualLimits.contentBytes);
  if (seen.leftBytes < 0)
    throw new HoldfastError('file-too-large', 'the contents of the bundle unpack to more than may be brought in');
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
