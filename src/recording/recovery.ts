/**
 * Takes up a recording whose writer died.
 *
 * 1. What stands after the last newline was never acknowledged: it is cut off, and the next event says how much it was.
 * 2. Steps that were under way get an end: nobody knows how they went.
 * 3. Any other damage is `recording-corrupt`, and stays as it is.
 */
import { type ChainLink, join, type Log, lstat, open, readdir, rm } from '../base/index.ts';
import { type Cause, isId } from '../schema/index.ts';
import { blobsName, eventsName } from './format.ts';
import type { RecordingReader } from './reader.ts';
import { noFailures, type Recorder } from './recorder.ts';

export interface LeftBehind {
  link: ChainLink;
  cutBytes: number;
  steps: number;
  events: number;
  failures: Record<Cause, number>;
  /** Begun and not ended. */
  openSteps: number[];
  /** Started and not ended, with how much of their output is recorded. */
  openProcesses: { processId: string; tag: string | null; stdout: number; stderr: number }[];
  snapshots: { step: number; snapshot: string; digest: string | null }[];
  redactions: Record<string, { kind: string; name: string }>;
}

export async function takeUp(reader: RecordingReader): Promise<LeftBehind> {
  const left = await survey(reader);
  if (left.cutBytes === 0) return left;
  const file = await open(join(reader.directory, eventsName), 'r+');
  try {
    await file.truncate(left.lineBytes);
    await file.datasync();
  } finally {
    await file.close();
  }
  return left;
}

/** How far a recording has come; changes nothing. */
export async function survey(reader: RecordingReader): Promise<LeftBehind & { lineBytes: number }> {
  const failures = noFailures();
  const openSteps = new Set<number>();
  const processes = new Map<string, { tag: string | null; stdout: number; stderr: number }>();
  const snapshots: LeftBehind['snapshots'] = [];
  const redactions: LeftBehind['redactions'] = {};
  let steps = 0;
  let end = { link: { sequence: 0, hash: '' }, lineBytes: 0, tornBytes: 0 };
  for await (const event of reader.events((found) => {
    end = found;
  })) {
    switch (event.type) {
      case 'step-begun':
        steps = Math.max(steps, event.step);
        openSteps.add(event.step);
        break;
      case 'step-ended':
        openSteps.delete(event.step);
        if (event.cause) failures[event.cause]++;
        break;
      case 'process-started':
        processes.set(event.processId, { tag: event.tag, stdout: 0, stderr: 0 });
        break;
      case 'process-output': {
        const at = processes.get(event.processId);
        if (at) at[event.stream] = event.offset + event.gapBytes + (event.rawBytes ?? event.content.bytes);
        break;
      }
      case 'process-ended':
        processes.delete(event.processId);
        break;
      case 'snapshot-taken':
        snapshots.push({ step: event.step, snapshot: event.snapshot, digest: event.digest });
        break;
      case 'redacted':
        redactions[event.token] = { kind: event.kind, name: event.name };
    }
  }
  return {
    link: end.link,
    lineBytes: end.lineBytes,
    cutBytes: end.tornBytes,
    steps,
    events: end.link.sequence,
    failures,
    openSteps: [...openSteps].sort((one, other) => one - other),
    openProcesses: [...processes].map(([processId, at]) => ({ processId, ...at })),
    snapshots,
    redactions,
  };
}

/** Of all blobs, as stored. */
export async function blobBytesOf(directory: string): Promise<number> {
  const entries = await readdir(join(directory, blobsName), { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => (await lstat(join(parentPath, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** @throws HoldfastError when it cannot be written */
export function tellLost(recorder: Recorder, step: number): void {
  const message = 'the daemon ended while this step was under way';
  const failure = { code: 'outcome-unknown', message, fault: 'infrastructure', retryable: false } as const;
  const cause: Cause = 'infrastructure';
  const shape = { ok: false, durationMs: 0, output: null, cause, causeRule: 'daemon-ended' };
  recorder.failures[cause]++;
  recorder.writer.append({ type: 'step-ended', step, failure, ...shape });
}

/** A directory without a row was being begun or brought in when the daemon died. */
export async function removeHalfMade(
  directory: string,
  rows: { isKnown(id: string): boolean },
  log: Log,
): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const id of names.filter((name) => isId('recording', name) && !rows.isKnown(name))) {
    log.info({ recording: id }, 'a recording that was only being made is removed');
    await rm(join(directory, id), { recursive: true, force: true });
  }
}
