/** A recording read whole: its steps with all that belongs to each, its snapshots, its processes. Contents stay on the disk. */
import {
  asHoldfastError,
  type Content,
  type EventOf,
  type FileChange,
  HoldfastError,
  type RecordingEvent,
} from '../schema/index.ts';
import { headProblem } from './bound.ts';
import { corruptRecording, type RecordingHead } from './format.ts';
import { type LinePlace, withoutContents } from './left-contents.ts';
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
  tag: string | null;
  /** Lines that have it: where each begins, and how long it is. `outputOf` reads them. */
  output: { stdout: number[]; stderr: number[] };
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

/** What showed the files after a step last, before they went back. */
export interface ShownStep extends RecordedSnapshot {
  atMs: number;
  /** It is not the step's first. */
  again: boolean;
}

export interface RecordedRun {
  reader: RecordingReader;
  head: RecordingHead;
  /** `steps[n - 1]` is step n. */
  steps: RecordedStep[];
  processes: Map<string, RecordedProcess>;
  /** Oldest first, one per step. */
  snapshots: RecordedSnapshot[];
  /** By step. */
  shown: Map<number, ShownStep>;
  /** Of a step there may be several: since other steps, and of earlier ones of its snapshots. */
  changes: { after: number; step: number; snapshot?: string; changes: FileChange[]; more: number }[];
  /** Steps after which a snapshot failed. */
  unseen: number[];
  models: EventOf<'model-call'>[];
  verdicts: EventOf<'verdict'>[];
  tape: string | null;
  /** Events that were lost while it was recorded. */
  lostEvents: number;
  endedMs: number;
  /** Roughly, in memory. */
  heldBytes: number;
}

/** @throws HoldfastError `file-too-large` where more would be held at once */
export async function readRun(reader: RecordingReader, mostBytes: number = mostHeldBytes): Promise<RecordedRun> {
  const run: RecordedRun = {
    reader,
    head: reader.manifest.head,
    steps: [],
    processes: new Map(),
    snapshots: [],
    shown: new Map(),
    changes: [],
    unseen: [],
    models: [],
    verdicts: [],
    tape: reader.manifest.closed?.tape ?? null,
    lostEvents: 0,
    endedMs: 0,
    heldBytes: 0,
  };
  const placed = nowhere();
  for await (const { event: whole, place } of reader.placed()) {
    if (whole.sequence === 1) mustRepeatHead(reader, whole);
    const { event, leftBytes } = withoutContents(whole, place);
    run.endedMs = event.atMs;
    take(run, event, place, placed);
    if (event.type === 'process-output') run.heldBytes += outputBytes;
    else if (!passing.has(event.type)) run.heldBytes += place.bytes - leftBytes;
    if (run.heldBytes > mostBytes) throw tooMuch(reader.id, mostBytes);
  }
  run.snapshots = [...placed.snapshots.values()];
  const { events, steps } = placed.dropped;
  for (const step of steps) step.before = step.before.filter((event) => !events.has(event));
  return run;
}

/** Of what is held: lines without their contents. */
const mostHeldBytes = 256 * 1024 * 1024;
/** What stays of one piece of output. */
const outputBytes = 16;
/** Nothing stays of them. */
const passing: ReadonlySet<RecordingEvent['type']> = new Set([
  'network-flow',
  'policy',
  'redacted',
  'note',
  'approval',
]);

function tooMuch(recording: string, mostBytes: number): HoldfastError {
  return new HoldfastError('file-too-large', `what happened in ${recording} is more than ${mostBytes} bytes`, {
    hint: 'holdfast show and holdfast export --as bundle take it in pieces; nothing is done again of one so large.',
  });
}

/** What is done again is done as the chain says. @throws HoldfastError `recording-corrupt` */
function mustRepeatHead({ directory, manifest }: RecordingReader, first: RecordingEvent): void {
  const problem = headProblem(manifest.head, first, false);
  if (problem !== null) throw corruptRecording(directory, problem);
}

interface Placed {
  /** For the step that begins next. */
  waiting: Between[];
  /** The files had gone back since the last step began. */
  hasGoneBack: boolean;
  /** In order of beginning; some at its end may have ended. */
  open: RecordedStep[];
  /** Steps that a fault plan's lifecycle faults met. */
  faulted: Set<RecordedStep>;
  /** New starts while a step was under way; those of faults come with them again. */
  restarts: { event: Between; step: RecordedStep }[];
  dropped: { events: Set<Between>; steps: Set<RecordedStep> };
  /** By step, the one that was renewed last at the end. */
  snapshots: Map<number, RecordedSnapshot>;
}

const nowhere = (): Placed => ({
  waiting: [],
  hasGoneBack: false,
  open: [],
  faulted: new Set(),
  restarts: [],
  dropped: { events: new Set(), steps: new Set() },
  snapshots: new Map(),
});

function take(run: RecordedRun, event: RecordingEvent, place: LinePlace, placed: Placed): void {
  switch (event.type) {
    case 'step-begun':
      if (event.step !== run.steps.length + 1) {
        throw corruptRecording(run.reader.directory, `step ${event.step} comes after step ${run.steps.length}`);
      }
      takeBegin(run, event, placed);
      return;
    case 'step-ended': {
      const step = run.steps[event.step - 1];
      if (!step || step.ended) throw corruptRecording(run.reader.directory, `step ${event.step} ends and is not open`);
      step.ended = event;
      return;
    }
    case 'fault':
      takeFault(run, event, placed);
      return;
    case 'process-started':
      run.processes.set(event.processId, {
        processId: event.processId,
        step: event.step,
        tag: event.tag,
        output: { stdout: [], stderr: [] },
        input: [],
        ended: null,
      });
      return;
    case 'process-output':
      run.processes.get(event.processId)?.output[event.stream].push(place.offset, place.bytes);
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
      takeSnapshot(run, event, placed);
      return;
    case 'snapshot-failed':
      run.unseen.push(event.step);
      return;
    case 'files-changed':
      run.changes.push(event);
      return;
    case 'lifecycle':
      takeLifecycle(event, placed);
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

function takeBegin(run: RecordedRun, event: Extract<RecordingEvent, { type: 'step-begun' }>, placed: Placed): void {
  const step = { ...stepOf(event), before: placed.waiting.splice(0) };
  run.steps.push(step);
  placed.open.push(step);
  placed.hasGoneBack = false;
}

/** What a step itself brought about comes about when it is done again; it is woken up before it does anything. */
function takeLifecycle(event: EventOf<'lifecycle'>, placed: Placed): void {
  if (!controls.has(event.what) && event.what !== 'snapshot-created') return;
  const { waiting, open, faulted, restarts } = placed;
  const step = lastOpen(open);
  if (!step) {
    waiting.push(event);
    if (event.what === 'sandbox-rolled-back') placed.hasGoneBack = true;
  } else if (!faulted.has(step)) {
    step.before.push(event);
    if (event.what === 'sandbox-resumed' && event.facts['memory'] === false) restarts.push({ event, step });
  }
}

function lastOpen(open: RecordedStep[]): RecordedStep | undefined {
  while (open.at(-1)?.ended) open.pop();
  return open.at(-1);
}

/** One is told once it has happened: of a restart the last new start was its own, and comes with it again. */
function takeFault({ steps }: RecordedRun, event: EventOf<'fault'>, { faulted, restarts, dropped }: Placed): void {
  const step = event.step === null ? undefined : steps[event.step - 1];
  step?.faults.push(event);
  if (step && event.family === 'lifecycle') faulted.add(step);
  if (event.fault !== 'lifecycle.restart') return;
  while (restarts.at(-1)?.step.ended) restarts.pop();
  const own = restarts.pop();
  if (!own) return;
  dropped.events.add(own.event);
  dropped.steps.add(own.step);
}

function takeSnapshot({ shown }: RecordedRun, event: EventOf<'snapshot-taken'>, placed: Placed): void {
  const { snapshots, waiting, hasGoneBack } = placed;
  const { step, atMs } = event;
  const last = shownBy(snapshots.get(step), event);
  snapshots.delete(step);
  snapshots.set(step, last);
  if (hasGoneBack) waiting.push(event);
  else shown.set(step, { ...shownBy(shown.get(step), event), atMs, again: shown.has(step) });
}

/** Of several after one step the last one shows the files; whichever of them sealed what was written. */
function shownBy(
  before: RecordedSnapshot | undefined,
  { step, snapshot, digest, processes, method }: EventOf<'snapshot-taken'>,
): RecordedSnapshot {
  return { step, snapshot, digest, processes, sealed: method === 'rotate' || before?.sealed === true };
}

function stepOf(event: EventOf<'step-begun'> & { hash: string; sequence: number }): Omit<RecordedStep, 'before'> {
  const { step, callId, kind, name, input, inputDigest, mutates, atMs, hash, sequence } = event;
  const facts = { step, callId, kind, name, input, inputDigest, mutates, begunMs: atMs, hash, sequence };
  return { ...facts, ended: null, faults: [] };
}

/**
 * The last snapshot that suits and shows the files after `step` or before it; null: nothing but the template.
 *
 * @throws HoldfastError `snapshot-not-found` where the files of the beginning are in none
 */
export function nearestSnapshot(
  run: RecordedRun,
  step: number,
  suits: (snapshot: RecordedSnapshot) => boolean,
): RecordedSnapshot | null {
  const upTo = run.snapshots.filter((each) => each.step <= step && suits(each));
  const [nearest] = upTo.sort((one, other) => other.step - one.step);
  return nearest ?? beginningOf(run);
}

/**
 * What its files began with; null: nothing but the template.
 *
 * @throws HoldfastError `snapshot-not-found` where they are in no snapshot
 */
export function beginningOf(run: RecordedRun): RecordedSnapshot | null {
  const { snapshots, unseen, head } = run;
  const first = snapshots.find(({ step }) => step === 0);
  if (first) return first;
  if (unseen.includes(0)) throw noBeginning(run);
  const { snapshot } = head.base;
  return snapshot === null ? null : { step: 0, snapshot, digest: null, processes: [], sealed: false };
}

export const noBeginning = ({ head }: RecordedRun): HoldfastError =>
  new HoldfastError('snapshot-not-found', `the files that ${head.id} began with are in no snapshot`, {
    hint: 'Nothing is done again on other files. Begin after a step that has a snapshot: holdfast show lists them.',
  });

/** The step's input, whole; undefined where a part of it was not kept. */
export function inputOf(run: RecordedRun, step: RecordedStep): unknown {
  try {
    const input = run.reader.value(step.input);
    return isTooLarge(step, input) ? undefined : input;
  } catch (error) {
    if (asHoldfastError(error).code === 'recording-corrupt') return undefined;
    throw error;
  }
}

/** A file that went through and was too large to be kept stands as null. */
function isTooLarge({ kind, name }: RecordedStep, input: unknown): boolean {
  const isWrite = kind === 'verb' && name === 'write-file' && typeof input === 'object' && input !== null;
  return isWrite && 'data' in input && input.data === null;
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
  const lines = output[stream];
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < lines.length; at += 2) pieces.push(run.reader.outputAt(lines[at] ?? 0, lines[at + 1] ?? 0));
  return Buffer.concat(pieces);
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
