/**
 * Takes up a recording whose writer died.
 *
 * 1. What stands after the last newline was never acknowledged: it is cut off, and the next event says how much it was.
 * 2. Steps that were under way get an end: nobody knows how they went.
 * 3. Any other damage is `recording-corrupt`, and stays as it is.
 */
import { type ChainLink, join, type Log, lstat, open, readdir, rm } from '../base/index.ts';
import { type EventOf, isId } from '../schema/index.ts';
import { FailureCounts } from './failure-counts.ts';
import { blobsName, eventsName } from './format.ts';
import type { RecordingReader } from './reader.ts';
import type { Recorder } from './recorder.ts';
import { SnapshotBases, writesBeside } from './snapshot-bases.ts';

export interface LeftBehind {
  link: ChainLink;
  cutBytes: number;
  steps: number;
  events: number;
  failures: FailureCounts;
  /** Begun and not ended. */
  openSteps: number[];
  /** Started and not ended, with how much of their output is recorded. */
  openProcesses: { processId: string; tag: string | null; stdout: number; stderr: number }[];
  snapshots: { step: number; snapshot: string; digest: string | null }[];
  bases: SnapshotBases;
  /** Whether one more is due: files may differ from the last one, went back since, or what it shows was not told. */
  due: 'no' | 'changed' | 'went-back';
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
  const failures = new FailureCounts();
  const openSteps = new Set<number>();
  const processes = new Map<string, { tag: string | null; stdout: number; stderr: number }>();
  const snapshots: LeftBehind['snapshots'] = [];
  const shown = new Shown(reader.manifest.head.base.snapshot);
  const redactions: LeftBehind['redactions'] = {};
  let steps = 0;
  let end = { link: { sequence: 0, hash: '' }, lineBytes: 0, tornBytes: 0 };
  for await (const event of reader.events((found) => {
    end = found;
  })) {
    failures.take(event);
    switch (event.type) {
      case 'step-begun':
        steps = Math.max(steps, event.step);
        openSteps.add(event.step);
        shown.stepBegun();
        break;
      case 'step-ended':
        openSteps.delete(event.step);
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
        shown.processEnded();
        break;
      case 'lifecycle':
        if (event.what === 'sandbox-rolled-back') shown.wentBack(openSteps.size > 0);
        break;
      case 'snapshot-taken':
        snapshots.push({ step: event.step, snapshot: event.snapshot, digest: event.digest });
        shown.taken(event, processes);
        break;
      case 'files-changed':
        shown.told(event);
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
    bases: shown.bases,
    due: shown.due,
    redactions,
  };
}

/** What snapshots showed, as the recorder that took them knew it. */
class Shown {
  readonly bases: SnapshotBases;
  #isChanged = false;
  #wentBack = false;
  #untold = 0;

  constructor(snapshot: string | null) {
    this.bases = new SnapshotBases({ step: 0, snapshot, running: [] });
  }

  get due(): LeftBehind['due'] {
    if (this.#wentBack) return 'went-back';
    return this.#isChanged || this.#untold > 0 ? 'changed' : 'no';
  }

  stepBegun(): void {
    this.#isChanged = true;
    this.#wentBack = false;
  }

  processEnded(): void {
    this.#isChanged = true;
  }

  wentBack(isInStep: boolean): void {
    this.#isChanged = true;
    this.#wentBack = !isInStep;
  }

  taken(
    { step, snapshot, processes }: EventOf<'snapshot-taken'>,
    running: ReadonlyMap<string, { tag: string | null }>,
  ): void {
    const writing = processes.filter((each) => writesBeside(running.get(each)?.tag ?? null));
    const base = { step, snapshot, running: writing };
    if (this.#wentBack) this.bases.beginAgain(base);
    this.#untold = this.#wentBack ? 0 : this.bases.take(base).length;
    this.#wentBack = false;
    // One that ended while it was taken.
    this.#isChanged = processes.some((each) => !running.has(each));
  }

  told({ snapshot }: EventOf<'files-changed'>): void {
    if (snapshot === undefined || snapshot === this.bases.last.snapshot) this.#untold--;
  }
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
  const shape = { ok: false, durationMs: 0, output: null, causeRule: 'daemon-ended' };
  recorder.lost({ type: 'step-ended', step, failure, cause: 'infrastructure', ...shape });
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
