/** A recording read whole: its steps with all that belongs to each, its snapshots, its processes. Contents stay on the disk. */
import type { Content, EventOf, FileChange, RecordingEvent } from '../schema/index.ts';
import { corruptRecording, type RecordingHead } from './format.ts';
import type { RecordingReader } from './reader.ts';

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
  /** Changes of the sandbox as a whole that came between the step before and this one. */
  before: EventOf<'lifecycle'>[];
}

export interface RecordedProcess {
  processId: string;
  step: number | null;
  output: { stream: 'stdout' | 'stderr'; content: Content; gapBytes: number }[];
  input: (Content | null)[];
  ended: EventOf<'process-ended'> | null;
}

export interface RecordedSnapshot {
  step: number;
  snapshot: string;
  digest: string | null;
  processes: string[];
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
  models: EventOf<'model-call'>[];
  verdicts: EventOf<'verdict'>[];
  tape: string | null;
  /** Events that were lost while it was recorded. */
  lostEvents: number;
  endedMs: number;
}

/** What it does as a whole to a sandbox between steps, and a replay does too. */
const controls = new Set(['sandbox-rolled-back', 'sandbox-resumed', 'network-changed']);

export async function readRun(reader: RecordingReader): Promise<RecordedRun> {
  const run: RecordedRun = {
    reader,
    head: reader.manifest.head,
    steps: [],
    processes: new Map(),
    snapshots: [],
    changes: [],
    models: [],
    verdicts: [],
    tape: reader.manifest.closed?.tape ?? null,
    lostEvents: 0,
    endedMs: 0,
  };
  const waiting: EventOf<'lifecycle'>[] = [];
  for await (const event of reader.events()) {
    run.endedMs = event.atMs;
    take(run, event, waiting);
  }
  return run;
}

function take(run: RecordedRun, event: RecordingEvent, waiting: EventOf<'lifecycle'>[]): void {
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
      return;
    }
    case 'fault':
      if (event.step !== null) run.steps[event.step - 1]?.faults.push(event);
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
      run.snapshots = [...run.snapshots.filter(({ step }) => step !== event.step), event];
      return;
    case 'files-changed':
      run.changes.push(event);
      return;
    case 'lifecycle':
      if (controls.has(event.what)) waiting.push(event);
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
