/** A recording read whole: its steps with all that belongs to each, its snapshots, its processes. Contents stay on the disk. */
import { asHoldfastError, type Content, type EventOf, type FileChange, type RecordingEvent } from '../schema/index.ts';
import { headProblem } from './bound.ts';
import { corruptRecording, type RecordingHead } from './format.ts';
import type { RecordingReader } from './reader.ts';
import { controls } from './replayed-controls.ts';

export interface RecordedStep {
  step: number;
  callId: string;
  kind: 'tool' | 'verb';
  name: string;
  input: Content;
  inputDigest: string;
  mutates: boolean;
  begunMs: number;
  /** Place in the recording of the event that began it. */
  sequence: number;
  /** Hash of the event that began it. */
  hash: string;
  ended: (EventOf<'step-ended'> & { hash: string; sequence: number }) | null;
  faults: EventOf<'fault'>[];
  /** What came between the step before and this one, for the sandbox as a whole. */
  before: Between[];
}

/** A snapshot only where it was taken after the files had gone back. */
export type Between = EventOf<'lifecycle'> | EventOf<'snapshot-taken'>;

export interface RecordedProcess {
  processId: string;
  step: number | null;
  output: { stream: 'stdout' | 'stderr'; content: Content; gapBytes: number }[];
  input: (Content | null)[];
  /** `sequence`: its place in the recording. */
  ended: (EventOf<'process-ended'> & { sequence: number }) | null;
}

export interface RecordedSnapshot {
  step: number;
  snapshot: string;
  digest: string | null;
  processes: string[];
  /** What was written until then became a layer beneath: a directory in two layers has other link counts than in one. */
  sealed: boolean;
}

export interface RecordedRun {
  reader: RecordingReader;
  head: RecordingHead;
  /** `steps[n - 1]` is step n. */
  steps: RecordedStep[];
  processes: Map<string, RecordedProcess>;
  /** Oldest first, one per step. */
  snapshots: RecordedSnapshot[];
  changes: { after: number; step: number; changes: FileChange[]; more: number }[];
  /** Steps after which a snapshot failed. */
  unseen: number[];
  models: EventOf<'model-call'>[];
  verdicts: EventOf<'verdict'>[];
  tape: string | null;
  /** Events that were lost while it was recorded. */
  lostEvents: number;
  endedMs: number;
}

export async function readRun(reader: RecordingReader): Promise<RecordedRun> {
  const run: RecordedRun = {
    reader,
    head: reader.manifest.head,
    steps: [],
    processes: new Map(),
    snapshots: [],
    changes: [],
    unseen: [],
    models: [],
    verdicts: [],
    tape: reader.manifest.closed?.tape ?? null,
    lostEvents: 0,
    endedMs: 0,
  };
  const placed: Placed = { waiting: [], within: new Set() };
  for await (const event of reader.events()) {
    if (event.sequence === 1) mustRepeatHead(reader, event);
    run.endedMs = event.atMs;
    take(run, event, placed);
  }
  return run;
}

/** What is done again is done as the chain says. @throws HoldfastError `recording-corrupt` */
function mustRepeatHead({ directory, manifest }: RecordingReader, first: RecordingEvent): void {
  const problem = headProblem(manifest.head, first, false);
  if (problem !== null) throw corruptRecording(directory, problem);
}

interface Placed {
  /** For the step that begins next. */
  waiting: Between[];
  /** Those that came while a step was under way. */
  within: Set<Between>;
}

function take(run: RecordedRun, event: RecordingEvent, placed: Placed): void {
  const { waiting } = placed;
  switch (event.type) {
    case 'step-begun':
      if (event.step !== run.steps.length + 1) {
        throw corruptRecording(run.reader.directory, `step ${event.step} comes after step ${run.steps.length}`);
      }
      run.steps.push({ ...stepOf(event), before: waiting.splice(0) });
      return;
    case 'step-ended': {
      const step = run.steps[event.step - 1];
      if (!step || step.ended) throw corruptRecording(run.reader.directory, `step ${event.step} ends and is not open`);
      step.ended = event;
      for (const each of step.before) placed.within.delete(each);
      return;
    }
    case 'fault':
      if (event.step !== null) run.steps[event.step - 1]?.faults.push(event);
      if (event.fault === 'lifecycle.restart') dropRestart(run, placed);
      return;
    case 'process-started':
      run.processes.set(event.processId, {
        processId: event.processId,
        step: event.step,
        output: [],
        input: [],
        ended: null,
      });
      return;
    case 'process-output':
      run.processes.get(event.processId)?.output.push(event);
      return;
    case 'process-input':
      run.processes.get(event.processId)?.input.push(event.content);
      return;
    case 'process-ended': {
      const process = run.processes.get(event.processId);
      if (process) process.ended = event;
      return;
    }
    case 'snapshot-taken':
      takeSnapshot(run, event);
      if (waiting.some((each) => each.type === 'lifecycle' && each.what === 'sandbox-rolled-back')) waiting.push(event);
      return;
    case 'snapshot-failed':
      run.unseen.push(event.step);
      return;
    case 'files-changed':
      run.changes.push(event);
      return;
    case 'lifecycle':
      takeLifecycle(run, event, placed);
      return;
    case 'model-call':
      run.models.push(event);
      return;
    case 'verdict':
      run.verdicts.push(event);
      return;
    case 'policy':
      run.tape ??= event.tape;
      return;
    case 'network-flow': {
      const tape = event.flow['tape'];
      if (typeof tape === 'object' && tape !== null && 'tape' in tape && typeof tape.tape === 'string')
        run.tape ??= tape.tape;
      return;
    }
    case 'gap':
      run.lostEvents += event.lostEvents;
  }
}

/** What a step itself brought about comes about when it is done again; it is woken up before it does anything. */
function takeLifecycle(run: RecordedRun, event: EventOf<'lifecycle'>, { waiting, within }: Placed): void {
  if (!controls.has(event.what) && event.what !== 'snapshot-created') return;
  const open = run.steps.filter(({ ended }) => ended === null).at(-1);
  if (!open) waiting.push(event);
  else if (!open.faults.some(({ family }) => family === 'lifecycle')) {
    within.add(event);
    open.before.push(event);
  }
}

/** A fault is told once it has happened: the last new start was its own, and comes with it again. */
function dropRestart({ steps }: RecordedRun, { within }: Placed): void {
  const isRestart = (event: Between): boolean =>
    event.type === 'lifecycle' && event.what === 'sandbox-resumed' && event.facts['memory'] === false;
  const own = [...within].findLast(isRestart);
  if (!own) return;
  within.delete(own);
  for (const step of steps.filter(({ ended }) => ended === null))
    step.before = step.before.filter((event) => event !== own);
}

/** Of several after one step the last one shows the files; whichever of them sealed what was written. */
function takeSnapshot(
  run: RecordedRun,
  { step, snapshot, digest, processes, method }: EventOf<'snapshot-taken'>,
): void {
  const before = run.snapshots.find((each) => each.step === step);
  const sealed = method === 'rotate' || before?.sealed === true;
  const others = run.snapshots.filter((each) => each !== before);
  run.snapshots = [...others, { step, snapshot, digest, processes, sealed }];
}

function stepOf(event: EventOf<'step-begun'> & { hash: string; sequence: number }): Omit<RecordedStep, 'before'> {
  const { step, callId, kind, name, input, inputDigest, mutates, atMs, hash, sequence } = event;
  const facts = { step, callId, kind, name, input, inputDigest, mutates, begunMs: atMs, hash, sequence };
  return { ...facts, ended: null, faults: [] };
}

/** The last snapshot that shows the files after `step` or before it. */
export function nearestSnapshot(run: RecordedRun, step: number): RecordedSnapshot | null {
  const upTo = run.snapshots.filter((each) => each.step <= step);
  return upTo.sort((one, other) => other.step - one.step)[0] ?? null;
}

/** The step's input, whole; undefined where a part of it was not kept. */
export function inputOf(run: RecordedRun, step: RecordedStep): unknown {
  try {
    return run.reader.value(step.input);
  } catch (error) {
    if (asHoldfastError(error).code === 'recording-corrupt') return undefined;
    throw error;
  }
}

/** The words of what those steps were asked, without what bytes say. */
export const askedOf = (run: RecordedRun, first: number, last: number): string =>
  wordsOf(run.steps.slice(first - 1, last).map((step) => [step.name, inputOf(run, step)]));

function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return '';
  return Object.values(value).map(wordsOf).join(' ');
}

/** Everything a process printed on one stream, as far as it was kept. */
export function outputOf(run: RecordedRun, { output }: RecordedProcess, stream: 'stdout' | 'stderr'): Uint8Array {
  return Buffer.concat(output.filter((each) => each.stream === stream).map(({ content }) => run.reader.bytes(content)));
}

/** Hash of the event that ended a step, or that began it; of the beginning for step 0. */
export function hashAt(run: RecordedRun, step: number): string {
  const found = run.steps[step - 1];
  return found?.ended?.hash ?? found?.hash ?? run.steps[0]?.hash ?? '0'.repeat(64);
}

/** What a model answered; null where it was not kept. */
export function modelText(run: RecordedRun, { response }: EventOf<'model-call'>): unknown {
  if (response === null || response.cut) return null;
  return run.reader.value(response);
}
