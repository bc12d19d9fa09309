/**
 * The recorder of one sandbox: what passes the door becomes steps, what happens around them becomes events.
 *
 * 1. No step is executed whose beginning is not in the recording, and no answer is given before its end is (or its loss is
 *    counted: the next event tells it).
 * 2. What is written went through the redactor first; digests are of what is written.
 * 3. A step waits for a snapshot that is being taken, and none is taken within a step: each shows the files after whole steps.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Clock, canonicalJson, type Log } from '../base/index.ts';
import { mostPatternsTold, type Redactor } from '../network/index.ts';
import {
  asHoldfastError,
  type Cause,
  type Content,
  type ExitReason,
  exitReasons,
  type FaultEvent,
  HoldfastError,
  type NetworkFlow,
  type PlannedFault,
  type ProcessExit,
  type RecordEvent,
  type RecordedFailure,
  recordEventSchema,
} from '../schema/index.ts';
import { causeOf, exitFactsOf, type FailureFacts, noFacts } from './causes.ts';
import { FailureCounts } from './failure-counts.ts';
import { flowFailure } from './flow-cause.ts';
import { sha256 } from './format.ts';
import { Harm } from './harm.ts';
import { type Mark, mostMarks, type Places, stepInNetwork } from './network-steps.ts';
import { OpenSteps, within } from './open-steps.ts';
import { SnapshotBases } from './snapshot-bases.ts';
import { type SnapshotTaker, StepSnapshots } from './step-snapshots.ts';
import { encodeValue } from './values.ts';
import type { Fullness, NewEvent, RecordingWriter } from './writer.ts';

export interface RecorderParts {
  writer: RecordingWriter;
  redactor: Redactor;
  clock: Clock;
  log: Log;
  snapshots: SnapshotTaker;
  /** Where the draws of a fault plan stand in the network; null where there are none, or nobody knows. */
  places?(): Promise<Places | null> | null;
  /** The redactor knows more: its tape hears of it before this resolves. */
  onSecrets?(): Promise<void>;
  /** Where an earlier recorder had come to. */
  from?: { steps: number; bases: SnapshotBases; failures: FailureCounts };
  /** The recording is full: it ends by itself, within a step too. */
  onFull(why: Fullness): void;
}

export interface StepFacts {
  callId: string;
  kind: 'tool' | 'verb';
  name: string;
  input: unknown;
  mutates: boolean;
  /** As `places` just said. */
  places?: Places | null;
}

export type StepOutcome = {
  durationMs: number;
  /** A fault plan is why it failed, if it did; so it is where `fault` heard of one in this step that things fail of. */
  injected?: boolean | undefined;
} & ({ ok: true; value: unknown } | { ok: false; error: RecordedFailure });

export interface OpenStep {
  readonly step: number;
  /** Runs what the step does; what it starts knows whose it is. */
  during<T>(work: () => Promise<T>): Promise<T>;
  end(outcome: StepOutcome): void;
}

/** Where a program can end process 1, or the machine, and with it the sandbox. */
const endedFromInside: ReadonlySet<string> = new Set(['none', 'userspace-kernel', 'vm']);
const endToldWithinMs = 2000;

const current = new AsyncLocalStorage<number>();

export class Recorder {
  readonly writer: RecordingWriter;
  readonly redactor: Redactor;
  readonly #failures: FailureCounts;
  readonly #clock: Clock;
  readonly #snapshots: StepSnapshots;
  readonly #places: () => Promise<Places | null> | null;
  readonly #onSecrets: () => Promise<void>;
  #marks: readonly Mark[] = [];
  readonly #harm = new Harm();
  #waiting: NewEvent[] = [];
  readonly #byCall = new Map<string, number>();
  readonly #redactions: Record<string, { kind: string; name: string }> = {};
  #steps: number;
  readonly #open: OpenSteps;
  #sandboxEnded: ExitReason | null = null;
  readonly #ended = Promise.withResolvers<void>();
  /** The tape that its network writes, as far as flows have told. */
  tape: string | null = null;

  constructor(parts: RecorderParts) {
    this.writer = parts.writer;
    this.redactor = parts.redactor;
    this.#failures = parts.from?.failures ?? new FailureCounts();
    this.#clock = parts.clock;
    this.#places = parts.places ?? (() => null);
    this.#onSecrets = parts.onSecrets ?? (async () => undefined);
    this.writer.whenFull((why) => parts.onFull(why));
    this.#steps = parts.from?.steps ?? 0;
    this.#open = new OpenSteps(parts.clock);
    this.#snapshots = new StepSnapshots({
      clock: parts.clock,
      log: parts.log,
      taker: parts.snapshots,
      put: (data) => this.#put(data),
      redact: (data) => this.redactor.bytes(data),
      redactText: (text) => this.redactor.text(text),
      keyed: (digest) => this.redactor.digest(digest),
      append: (event) => void this.writer.tryAppend(event),
      cause: (failure) => this.#causeOf({ code: failure.code, fault: failure.fault })?.cause ?? null,
      running: () => this.#harm.running,
      steps: this.#open,
      bases: parts.from?.bases ?? new SnapshotBases({ step: 0, snapshot: null, running: [] }),
    });
  }

  get id(): string {
    return this.writer.head.id;
  }
  get steps(): number {
    return this.#steps;
  }
  get failures(): Readonly<Record<Cause, number>> {
    return this.#failures.counts;
  }
  get redactions(): Record<string, { kind: string; name: string }> {
    return this.#redactions;
  }
  get snapshotsTaken(): readonly { step: number; snapshot: string; digest: string | null }[] {
    return this.#snapshots.taken;
  }

  /** Resolves when no snapshot is in the way of a step, and no end of the recording: whose it is then, who waits asks again. */
  ready(): Promise<void> | null {
    return this.#open.held ?? this.#snapshots.underWay;
  }

  /** No step begins. Resolves when none is under way, or after `ms`: to what lets them begin again. */
  hold(ms: number): Promise<() => void> {
    return this.#open.hold(ms);
  }

  /** Asked before a step begins and before it ends; what was drawn until then has been told when it resolves. */
  places(): Promise<Places | null> | null {
    return this.#places();
  }

  /** Before a step begins: variables it gives to its programs are known then, here and to its tape. Null where none is new. */
  learn(input: unknown): Promise<void> | null {
    const given = typeof input === 'object' && input !== null && 'environment' in input ? input.environment : null;
    if (typeof given !== 'object' || given === null) return null;
    const texts = Object.entries(given).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
    return this.redactor.learnEnvironment(Object.fromEntries(texts)) ? this.#onSecrets() : null;
  }

  /** @throws HoldfastError when it cannot be written down; the step must not be executed then */
  begin({ callId, kind, name, input, mutates, places }: StepFacts): OpenStep {
    this.#catchUp();
    const step = this.#steps + 1;
    const content = this.#json(input);
    const told = { step, callId, kind, name, input: content, inputDigest: content.digest, mutates };
    this.writer.append(this.#counted({ type: 'step-begun', ...told }));
    this.#steps = step;
    this.#harm.stepBegun(step);
    if (places) this.#marks = [...this.#marks, { step, places }].slice(-mostMarks);
    this.#open.begun();
    this.#byCall.set(callId, step);
    this.#snapshots.cancel();
    const beganMs = this.#clock.monotonicMs();
    return {
      step,
      during: (work) => current.run(step, work),
      end: (outcome) => this.#end({ step, callId, mutates, beganMs }, outcome),
    };
  }

  #end(open: { step: number; callId: string; mutates: boolean; beganMs: number }, outcome: StepOutcome): void {
    const { step } = open;
    this.#open.ended();
    this.#byCall.delete(open.callId);
    const failure = outcome.ok ? null : this.#failure(outcome.error);
    const exit = outcome.ok ? exitFactsOf(outcome.value) : null;
    const found = this.#causeOf({
      ...exit,
      ...(failure ? { code: failure.code, fault: failure.fault } : {}),
      ...this.#harm.stepEnded(step, outcome.injected),
      ...this.#harm.network(open.beganMs),
    });
    const ended: NewEvent = {
      type: 'step-ended',
      step,
      ok: outcome.ok,
      durationMs: outcome.durationMs,
      output: outcome.ok ? this.#tryJson(outcome.value) : null,
      failure,
      cause: found?.cause ?? null,
      causeRule: found?.rule ?? null,
    };
    this.writer.tryAppend(this.#counted(ended));
    if (open.mutates) this.#snapshots.changed(step);
    else this.#snapshots.unchanged(step);
  }

  /** How a step of before this recorder ended. @throws HoldfastError when it cannot be written */
  lost(end: NewEvent): void {
    this.writer.append(this.#counted(end));
  }

  #counted(event: NewEvent): NewEvent {
    this.#failures.take(event);
    return event;
  }

  /** A fault plan's hand in a step: by its step, by the call it hit, or by where the network's draws stood. */
  fault(fault: Omit<FaultEvent, 'type' | 'atMs'>): void {
    const found = fault.callId === null ? stepInNetwork(this.#marks, fault.draw) : null;
    const ofCall = fault.callId === null ? undefined : this.#byCall.get(fault.callId);
    const step = fault.step ?? found?.step ?? ofCall ?? currentStep();
    this.#harm.fault(step, fault);
    const draw = found ? { ...fault.draw, inStep: found.inStep } : fault.draw;
    this.writer.tryAppend({ ...fault, draw, type: 'fault', step });
  }

  /** It is just being done to the sandbox; `fault` or `missed` says what came of it. */
  coming(fault: Pick<PlannedFault, 'id' | 'kind'>): void {
    this.#harm.coming(fault);
  }

  missed(fault: string): void {
    this.#harm.missed(fault);
  }

  /** It lasts no more. */
  healed(fault: string): void {
    this.#harm.healed(fault);
  }

  processStarted(facts: {
    processId: string;
    argv: readonly string[];
    cwd: string;
    environment: Record<string, string>;
    tag: string | null;
    pty: boolean;
  }): void {
    const { processId, cwd, tag, pty } = facts;
    this.#harm.processStarted({ processId, tag }, currentStep(), this.#clock.monotonicMs());
    this.redactor.learnEnvironment(facts.environment);
    const started: NewEvent = {
      type: 'process-started',
      step: currentStep(),
      processId,
      argv: facts.argv.map((word) => this.redactor.text(word)),
      cwd: this.redactor.text(cwd),
      environment: this.#texts(facts.environment),
      tag: tag === null ? null : this.redactor.text(tag),
      pty,
    };
    this.writer.tryAppend(this.#counted(started));
  }

  /** Programs of before this recorder, which run on. */
  adoptProcesses(processes: readonly { processId: string; tag: string | null }[]): void {
    for (const each of processes) this.#harm.processStarted(each, null, this.#clock.monotonicMs());
  }

  processOutput(
    processId: string,
    stream: 'stdout' | 'stderr',
    { offset, gapBytes, rawBytes }: { offset: number; gapBytes: number; rawBytes: number },
    data: Uint8Array,
  ): void {
    if (data.length === 0 && gapBytes === 0) return;
    const at = { offset, gapBytes, ...(rawBytes === data.length ? {} : { rawBytes }) };
    this.writer.tryAppend({ type: 'process-output', processId, stream, ...at, content: this.#put(data) });
  }

  /** Null: it was closed. */
  processInput(processId: string, data: Uint8Array | null): void {
    const content = data === null ? null : this.#put(this.redactor.bytes(data));
    this.writer.tryAppend({ type: 'process-input', processId, content });
  }

  processEnded(processId: string, exit: ProcessExit): void {
    const harm = this.#harm.processEnded(processId, this.#clock.monotonicMs());
    if (!harm) return;
    const { reason, exitCode, signal, durationMs, stdoutBytes, stderrBytes } = exit;
    const cause = this.#causeOf({ reason, exitCode, signal, ...harm })?.cause ?? null;
    const told = { reason, exitCode, signal, durationMs, stdoutBytes, stderrBytes };
    this.#soon(this.#counted({ type: 'process-ended', processId, exit: told, cause }));
    this.#snapshots.changed(this.#steps);
  }

  /** Not on the way of the answer that a step's end may be the next to give, and before anything that comes after it. */
  #soon(event: NewEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length === 1) this.#clock.after(0, () => this.#catchUp());
  }

  #catchUp(): void {
    for (const event of this.#waiting.splice(0)) this.writer.tryAppend(event);
  }

  flow(flow: NetworkFlow): void {
    this.tape = flow.tape?.tape ?? this.tape;
    const facts = this.redactor.value(flow);
    this.writer.tryAppend({
      type: 'network-flow',
      flow: facts as Record<string, unknown>,
      cause: this.#causeOfFlow(flow),
    });
  }

  /** Null where nothing failed. */
  #causeOfFlow(flow: NetworkFlow): Cause | null {
    const failure = flowFailure(flow);
    if (!failure) return null;
    const atMs = this.#clock.monotonicMs();
    const ageMs = Math.max(0, this.#clock.nowMs() - Date.parse(flow.at)) || 0;
    if (failure.harm) this.#harm.connection(failure.harm, { beganMs: atMs - ageMs, atMs });
    return this.#causeOf(failure.facts)?.cause ?? null;
  }

  #causeOf(facts: Partial<FailureFacts>): ReturnType<typeof causeOf> {
    const mayEndItself = endedFromInside.has(this.writer.head.sandbox.isolation);
    return causeOf({ ...noFacts, sandboxEnded: this.#sandboxEnded, mayEndItself, ...facts });
  }

  /** Why its sandbox ended is told a moment after what was under way in it has failed. Null: nothing is to be waited for. */
  whyEnded({ code, fault }: Pick<RecordedFailure, 'code' | 'fault'>): Promise<void> | null {
    if (this.#sandboxEnded !== null || code !== 'sandbox-died' || fault !== 'infrastructure') return null;
    return within(this.#clock, this.#ended.promise, endToldWithinMs);
  }

  lifecycle(what: string, facts: Record<string, unknown>): void {
    this.#catchUp();
    if (what === 'sandbox-gone') {
      this.#sandboxEnded = exitReasons.find((reason) => reason === facts['reason']) ?? 'died';
      this.#ended.resolve();
    }
    // Our own snapshots are events of their own.
    if (what === 'snapshot-created' && this.#snapshots.underWay) return;
    this.writer.tryAppend({
      type: 'lifecycle',
      what,
      facts: encodeValue(this.redactor.value(facts), (data) => this.#put(data)) as Record<string, unknown>,
    });
    if (what !== 'sandbox-rolled-back') return;
    this.#harm.forgetProcesses();
    // Within a step it is part of that.
    if (this.#open.isAny) this.#snapshots.changed(this.#steps);
    else this.#snapshots.wentBack(this.#steps);
  }

  /** What a caller adds. @throws HoldfastError when it cannot be written */
  add(given: RecordEvent): { sequence: number; hash: string } {
    const event = recordEventSchema.parse(given);
    if (event.type !== 'model-call')
      return this.writer.append(this.redactor.value(this.#plainEvent(event)) as NewEvent);
    const request = this.#json(event.request, true);
    const failure = event.failure ? this.#failure(event.failure) : null;
    const found = failure ? causeOf({ ...noFacts, code: failure.code, fault: failure.fault }) : null;
    return this.writer.append({
      type: 'model-call',
      step: this.#steps,
      model: this.redactor.text(event.model),
      provider: event.provider === undefined ? null : this.redactor.text(event.provider),
      request,
      requestDigest: request.digest,
      response: event.response === undefined ? null : this.#json(event.response, true),
      durationMs: event.durationMs ?? null,
      usage: { inputTokens: event.inputTokens ?? null, outputTokens: event.outputTokens ?? null },
      failure,
      cause: found?.cause ?? null,
    });
  }

  #plainEvent(event: Exclude<ReturnType<typeof recordEventSchema.parse>, { type: 'model-call' }>): NewEvent {
    switch (event.type) {
      case 'approval':
        return { ...event, step: this.#steps };
      case 'verdict':
        return { ...event, score: event.score ?? null, detail: event.detail ?? '' };
      case 'note':
        return event;
    }
  }

  /** Hears what the redactor found. One that takes up a recording finds anew what was told before. */
  redacted({ token, kind, name }: { token: string; kind: 'secret' | 'environment' | 'pattern'; name: string }): void {
    if (this.#redactions[token] || (kind === 'pattern' && this.#patternsTold() >= mostPatternsTold)) return;
    this.#redactions[token] = { kind, name };
    this.writer.tryAppend({ type: 'redacted', token, kind, name });
  }

  #patternsTold(): number {
    return Object.values(this.#redactions).filter(({ kind }) => kind === 'pattern').length;
  }

  /** No snapshot is taken until the function it resolves to is called: somebody reads the files from outside. */
  async pause(): Promise<() => void> {
    for (let busy = this.ready(); busy; busy = this.ready()) await busy;
    const release = this.#open.pause();
    this.#snapshots.cancel();
    return () => {
      release();
      this.#snapshots.unchanged(0);
    };
  }

  /** As `pause`, after the snapshot that is due, if no step is under way: what comes now is no step, and must not be in it. */
  async still(): Promise<() => void> {
    const release = await this.pause();
    await this.#snapshots.flush();
    return release;
  }

  /** Snapshots of before this recorder. */
  adoptSnapshots(taken: readonly { step: number; snapshot: string; digest: string | null }[]): void {
    this.#snapshots.taken.push(...taken);
  }

  /** Files may have changed since the last snapshot of before this recorder, or nobody knows what it shows. */
  resumeSnapshots(wentBack: boolean): void {
    if (wentBack) this.#snapshots.wentBack(this.#steps);
    else this.#snapshots.changed(this.#steps);
  }

  /** The files as they are now, at step 0 of a sandbox that lived before. */
  snapshotNow(): Promise<void> {
    return this.#snapshots.takeNow(this.#steps);
  }

  /** Waits for what is under way; with `last`, and when files may have changed since, for one more snapshot. */
  settle(last: boolean): Promise<void> {
    this.#catchUp();
    return this.#snapshots.settle(last && this.#sandboxEnded === null);
  }

  #failure(error: RecordedFailure): RecordedFailure {
    const { code, message, fault, retryable, hint } = error;
    const short = (text: string): string => this.redactor.text(text).slice(0, 60_000).toWellFormed();
    return { code, message: short(message), fault, retryable, ...(hint === undefined ? {} : { hint: short(hint) }) };
  }

  #json(value: unknown, split = false): Content {
    const put = (data: Uint8Array): Content => this.#put(data);
    return put(Buffer.from(canonicalJson(encodeValue(this.redactor.value(value), put, split))));
  }

  /** The call was executed: an answer that cannot be kept is counted, and the call is not refused for it. */
  #tryJson(value: unknown): Content {
    try {
      return this.#json(value);
    } catch (error) {
      const text = JSON.stringify(`not kept: ${asHoldfastError(error).message}`);
      return { bytes: text.length, digest: sha256(text), cut: 'too-large' };
    }
  }

  #put(data: Uint8Array): Content {
    return this.writer.put(data);
  }

  #texts(record: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(record).map(([name, text]) => [name, this.redactor.text(text)]));
  }
}

/** The step that what runs now belongs to. */
export function currentStep(): number | null {
  return current.getStore() ?? null;
}

/** A recorder that ended while somebody waited for it. */
export function notRecorded(sandbox: string): HoldfastError {
  return new HoldfastError('recording-not-found', `sandbox ${sandbox} is not being recorded`, {
    hint: `Begin: holdfast record start ${sandbox}`,
  });
}
