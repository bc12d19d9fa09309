/**
 * Replays a recording: L1 serves what was recorded, L2 does it again in the restored files with the taped network, L3 does
 * it again live. Every result says which.
 *
 * 1. `reproduced` means that every step from the first to the last asked for was done and matched.
 * 2. Only the first divergence is reported; replay ends there, for what follows is another story.
 * 3. A step is matched by its identity: its number, its name and its recorded input, with ids that this run made in the
 *    place of those that run had made.
 * 4. A fault of a step is made again; where it cannot be here, that is said, and the step is served what it answered then.
 */
import type { Clock, Scope } from '../base/index.ts';
import { canHit } from '../noise/index.ts';
import {
  asHoldfastError,
  type Divergence,
  type DivergenceClass,
  type FaultPlanInput,
  HoldfastError,
  type NormaliserName,
  type RecordedFailure,
  type ReplayedStep,
  type ReplayLevel,
  type ReplayReport,
} from '../schema/index.ts';
import { blameFor } from './blame.ts';
import { type Answer, type Compared, cutOf, short } from './compare.ts';
import { Comparer } from './compare-aside.ts';
import { IdMap } from './id-map.ts';
import { type NetworkPlace, NetworkReplay } from './network-replay.ts';
import { normalisersFor } from './normalise.ts';
import { faultOfCall, lastStepOf, planOf, type RemadeFault, remadeFaults } from './remake.ts';
import { type ControlsPlace, controlAgain } from './replayed-controls.ts';
import { type FilesPlace, FilesReplay } from './replayed-files.ts';
import { type ProcessesPlace, ProcessesReplay } from './replayed-processes.ts';
import { askedOf, inputOf, type RecordedRun, type RecordedStep } from './run.ts';

/** A sandbox that a replay works in. */
export interface ReplaySandbox extends NetworkPlace, ControlsPlace, FilesPlace, ProcessesPlace {
  readonly id: string;
  /** Through the door; throws only what is no answer of the step. */
  execute(step: { kind: 'tool' | 'verb'; name: string; input: unknown; begunMs: number }): Promise<Answer>;
  /** Requests the tape did not know, so far. */
  tapeMisses(): Promise<number>;
  close(): Promise<void>;
}

export interface ReplayWorld {
  clock: Clock;
  /** In which it is done. */
  scope?: Scope;
  /**
   * @param snapshot null: what the recording started from
   * @throws HoldfastError `capability-missing` with the `fault` that cannot happen here
   */
  open(snapshot: string | null, how: { live: boolean; faults: FaultPlanInput | undefined }): Promise<ReplaySandbox>;
  /** What cannot be held still, in words. */
  notes: string[];
  templateChanged: boolean;
}

export interface ReplayRequest {
  level: ReplayLevel;
  from: number;
  until: number;
  normalisers: readonly NormaliserName[];
  files: boolean;
  faults: 'on' | 'off';
  /** Answers by step. */
  results: ReadonlyMap<number, unknown>;
  /** In words, for the report. */
  edits: string[];
}

export function rangeOf(
  run: RecordedRun,
  asked: { from?: number | undefined; until?: number | undefined },
): { from: number; until: number } {
  const { length } = run.steps;
  const until = asked.until ?? length;
  const from = asked.from ?? 1;
  if (from <= until && until <= length) return { from, until };
  throw new HoldfastError('invalid-argument', `steps ${from} to ${until} are not in a recording of ${length} steps`, {
    hint:
      length === 0
        ? 'It has none: nothing passed the door while it was recorded.'
        : `Ask for steps from 1 to ${length}.`,
  });
}

export async function replay(run: RecordedRun, request: ReplayRequest, world: ReplayWorld): Promise<ReplayReport> {
  const startedMs = world.clock.monotonicMs();
  const report = (more: Partial<ReplayReport>): ReplayReport => ({
    recording: run.head.id,
    level: request.level,
    reproduced: false,
    from: request.from,
    until: request.until,
    steps: [],
    divergence: null,
    normalisers: [...request.normalisers],
    edits: request.edits,
    uncompared: [],
    world: [...world.notes],
    tape: null,
    durationMs: world.clock.monotonicMs() - startedMs,
    ...more,
  });
  if (request.level === 'L0' || request.level === 'L1') {
    const steps = run.steps.slice(request.from - 1, request.until).map((step) => served(run, step));
    return report({ steps, reproduced: request.level === 'L1' && steps.every(({ matched }) => matched) });
  }
  const session = new Session(run, request, world);
  try {
    await session.run();
    const misses = (await session.sandbox?.tapeMisses()) ?? 0;
    const isTaped = request.level === 'L2' && run.tape !== null;
    return report({
      steps: session.steps,
      world: [...world.notes, ...session.notes],
      divergence: session.divergence,
      uncompared: session.uncompared,
      reproduced:
        session.divergence === null &&
        session.steps.filter(({ step }) => step >= request.from).every(({ matched }) => matched),
      tape: isTaped ? { tape: run.tape ?? '', misses } : null,
    });
  } finally {
    await session.sandbox?.close();
  }
}

/** Its answer is there and whole. */
function served(run: RecordedRun, step: RecordedStep): ReplayedStep {
  const answer = answerOf(run, step);
  const recordedMs = step.ended?.durationMs ?? 0;
  const how = { step: step.step, name: step.name, how: 'served' as const, normalisers: [], durationMs: 0, recordedMs };
  return { ...how, matched: answer !== null, outcome: answer ? tellAnswer(answer) : 'no answer was recorded' };
}

/** Null where none was recorded. */
export function answerOf(run: RecordedRun, { ended }: RecordedStep): Answer | null {
  if (!ended) return null;
  if (ended.failure) return { ok: false, failure: ended.failure };
  if (!ended.output || ended.output.cut) return null;
  return { ok: true, value: run.reader.value(ended.output) };
}

/** What becomes of a step. `remade`: executed, with what a fault did to it then. `hidden`: executed, and told otherwise. */
type Doing = 'edited' | 'skipped' | 'served' | 'hidden' | 'executed' | 'remade';
const isCalled = (doing: Doing): boolean => doing === 'executed' || doing === 'remade' || doing === 'hidden';

class Session {
  readonly steps: ReplayedStep[] = [];
  readonly notes: string[] = [];
  divergence: Divergence | null = null;
  sandbox: ReplaySandbox | null = null;
  readonly #run: RecordedRun;
  readonly #request: ReplayRequest;
  readonly #world: ReplayWorld;
  readonly #ids = new IdMap();
  #missesBefore = 0;
  readonly #cut: string[] = [];
  /** Steps whose fault cannot happen here. */
  readonly #unmade = new Set<number>();
  readonly #remade: ReadonlyMap<number, RemadeFault>;
  readonly #network: NetworkReplay;
  readonly #processes: ProcessesReplay;
  readonly #files: FilesReplay;
  readonly #comparer: Comparer;

  constructor(run: RecordedRun, request: ReplayRequest, world: ReplayWorld) {
    this.#run = run;
    this.#request = request;
    this.#world = world;
    this.#network = new NetworkReplay(request.faults);
    this.#comparer = new Comparer(world.scope);
    this.#processes = new ProcessesReplay(run, request.normalisers, this.#comparer);
    this.#files = new FilesReplay(run, request, { clock: world.clock, comparer: this.#comparer });
    this.#remade = new Map(remadeFaults(run.steps).map((one) => [one.step, one]));
  }

  async run(): Promise<void> {
    const { start } = this.#files;
    const steps = this.#run.steps.slice(start?.step ?? 0, this.#request.until);
    const sandbox = await this.#open(start?.snapshot ?? null, steps);
    this.sandbox = sandbox;
    this.#files.begin();
    for (const step of steps) {
      await this.#one(sandbox, step);
      if (this.divergence) break;
    }
    await this.#network.end(sandbox);
    this.notes.push(...this.#files.notes(), ...this.#network.notes);
  }

  /** Of an answer that is too long the beginning and the end are kept, and how long it was. */
  #tellCut({ step }: RecordedStep, expected: Answer): void {
    for (const { of, bytes } of cutOf(expected)) {
      this.#cut.push(`step ${step}: ${bytes} bytes of ${of} were cut: not compared`);
    }
  }

  /** What no answer of now was held against, in words. */
  get uncompared(): string[] {
    return [...this.#cut, ...this.#files.uncompared, ...(this.divergence ? [] : this.#processes.left())];
  }

  async #open(snapshot: string | null, steps: readonly RecordedStep[]): Promise<ReplaySandbox> {
    try {
      const live = this.#request.level === 'L3';
      return await this.#world.open(snapshot, { live, faults: this.#faults(steps) });
    } catch (error) {
      const lacking = lackingStep(error);
      if (lacking === null || this.#unmade.has(lacking)) throw error;
      this.#unmade.add(lacking);
      this.notes.push(`step ${lacking} is served what it answered: ${asHoldfastError(error).message}`);
      return this.#open(snapshot, steps);
    }
  }

  /** Those that are made again, each at the call that its step will be; those that lasted from before go on. */
  #faults(steps: readonly RecordedStep[]): FaultPlanInput | undefined {
    if (this.#request.faults === 'off') return undefined;
    const called = steps.filter((step) => isCalled(this.#doing(step)));
    const places = new Map(called.map(({ step }, at) => [step, at + 1]));
    const first = called[0]?.step ?? Number.POSITIVE_INFINITY;
    const remade = [...this.#remade.values()].filter((one) => {
      if (this.#unmade.has(one.step)) return false;
      const step = this.#run.steps[one.step - 1];
      return one.step < first ? lastStepOf(one) >= first : step !== undefined && this.#doing(step) === 'remade';
    });
    return planOf(remade, {
      placeOf: (step) => places.get(step) ?? null,
      canBegin: (step, kind) => this.#canBegin(step, kind),
      consecutive: this.#run.steps.some((step) => faultOfCall(step)?.draw['consecutive'] === 1) ? 1 : 2,
    });
  }

  /** One call meets one fault at most: what lasts from before does not take the place of the call's own. */
  #canBegin(number: number, kind: RemadeFault['fault']['kind']): boolean {
    const own = this.#remade.get(number)?.fault.kind;
    const step = this.#run.steps[number - 1];
    if (own !== undefined) return own === kind;
    return step !== undefined && canHit(kind, { name: step.name, isTool: step.kind === 'tool' });
  }

  #doing(step: RecordedStep): Doing {
    const { results, faults, from } = this.#request;
    if (results.has(step.step)) return 'edited';
    if (step.step < from && !step.mutates) return 'skipped';
    if (faults === 'off') return 'executed';
    const event = faultOfCall(step);
    if (event && !this.#isRemade(step.step)) return event.effect === 'none' ? 'served' : 'hidden';
    if (this.#network.misses(step)) return 'hidden';
    return event ? 'remade' : 'executed';
  }

  #isRemade(step: number): boolean {
    return !this.#unmade.has(step) && this.#remade.has(step);
  }

  async #one(sandbox: ReplaySandbox, step: RecordedStep): Promise<void> {
    await this.#between(sandbox, step);
    if (this.divergence) return;
    const startedMs = this.#world.clock.monotonicMs();
    const { answer, how } = await this.#answer(sandbox, step);
    const durationMs = this.#world.clock.monotonicMs() - startedMs;
    const base = { step: step.step, name: step.name, how, durationMs, recordedMs: step.ended?.durationMs ?? 0 };
    const expected = answerOf(this.#run, step);
    if (!answer)
      return this.#diverge(step, base, {
        class: 'not-replayable',
        expected: 'an input that was kept',
        actual: 'a part of it was not kept',
      });
    const isCompared = step.step >= this.#request.from && how !== 'skipped' && how !== 'edited';
    if (!isCompared) {
      await this.#pass(sandbox, step, { how, expected, answer });
      this.steps.push({ ...base, matched: true, normalisers: [], outcome: tellAnswer(answer) });
      return;
    }
    if (!expected) {
      const lost = { class: 'not-replayable' as const, expected: 'no answer was recorded', actual: tellAnswer(answer) };
      return this.#diverge(step, base, lost, answer);
    }
    this.#ids.learn(expected, answer);
    if (how === 'executed') this.#processes.started(step, expected, answer);
    const compared = await this.#compare(sandbox, step, expected, answer);
    if (!compared.matched) return this.#diverge(step, base, compared, answer);
    if (how === 'executed') this.#tellCut(step, expected);
    this.steps.push({ ...base, matched: true, normalisers: compared.normalisers, outcome: tellAnswer(answer) });
  }

  /** It is not compared; what comes is, and stands on it. */
  async #pass(
    sandbox: ReplaySandbox,
    step: RecordedStep,
    { how, expected, answer }: { how: ReplayedStep['how']; expected: Answer | null; answer: Answer },
  ): Promise<void> {
    if (how === 'executed' && expected) {
      this.#ids.learn(expected, answer);
      this.#processes.started(step, expected, answer);
    }
    await this.#processes.after(sandbox, step);
    await this.#files.after(sandbox, step.step, how === 'edited' ? 'not-done' : 'done');
  }

  /** What was done to the sandbox as a whole before the step. */
  async #between(sandbox: ReplaySandbox, step: RecordedStep): Promise<void> {
    for (const event of step.before) {
      const lost = event.type === 'lifecycle' ? await controlAgain(sandbox, event) : null;
      if (lost) {
        const base = { step: step.step, name: step.name, how: 'executed' as const, durationMs: 0, recordedMs: 0 };
        return this.#diverge(step, base, { class: 'not-replayable', ...lost });
      }
      await this.#files.between(sandbox, step.step, event);
    }
  }

  /** What the step answers in this run. Null when it cannot be done again. */
  async #answer(
    sandbox: ReplaySandbox,
    step: RecordedStep,
  ): Promise<{ answer: Answer | null; how: ReplayedStep['how'] }> {
    if (isCalled(this.#doing(step))) await this.#network.meet(sandbox, step);
    const doing = this.#doing(step);
    const recorded = answerOf(this.#run, step);
    if (doing === 'edited') return { answer: { ok: true, value: this.#request.results.get(step.step) }, how: 'edited' };
    if (doing === 'skipped') return { answer: recorded ?? { ok: true, value: null }, how: 'skipped' };
    if (doing === 'served') return { answer: recorded, how: 'served' };
    const input = inputOf(this.#run, step);
    if (input === undefined) return { answer: null, how: 'executed' };
    const { kind, name, begunMs } = step;
    const answer = await sandbox.execute({ kind, name, input: this.#ids.replace(input), begunMs });
    return doing === 'hidden' ? { answer: recorded, how: 'served' } : { answer, how: 'executed' };
  }

  async #compare(sandbox: ReplaySandbox, step: RecordedStep, expected: Answer, answer: Answer): Promise<Compared> {
    const asked = askedOf(this.#run, step.step, step.step);
    const enabled = normalisersFor(this.#request.normalisers, asked);
    const answers = await this.#comparer.answers(expected, answer, enabled);
    if (!answers.matched) return answers;
    const processes = await this.#processes.after(sandbox, step);
    if (!processes.matched) return processes;
    const files = await this.#files.after(sandbox, step.step, 'compared');
    if (!files.matched) return files;
    const used = [answers, processes, files].flatMap(({ normalisers }) => normalisers);
    return { matched: true, normalisers: [...new Set(used)] };
  }

  async #diverge(
    step: RecordedStep,
    base: Omit<ReplayedStep, 'matched' | 'normalisers' | 'outcome'>,
    difference: { class: DivergenceClass; expected: string; actual: string; absorbedBy?: NormaliserName | null },
    answer: Answer | null = null,
  ): Promise<void> {
    const misses = (await this.sandbox?.tapeMisses().catch(() => 0)) ?? 0;
    const tapeMissed = misses > this.#missesBefore;
    this.#missesBefore = misses;
    const absorbedBy = difference.absorbedBy ?? null;
    const what: DivergenceClass = tapeMissed ? 'net-miss' : difference.class;
    const { blame, why } = blameFor({
      class: what,
      absorbedBy,
      tapeMissed,
      templateChanged: this.#world.templateChanged,
      // What a fault of the recording answers in the machine's name is not this machine's doing.
      infrastructure:
        answer !== null && !answer.ok && answer.failure.fault === 'infrastructure' && this.#doing(step) !== 'remade',
      edited: this.#request.edits.length > 0,
    });
    const { expected, actual } = difference;
    this.divergence = { step: step.step, class: what, expected, actual, absorbedBy, blame, why };
    const outcome = answer ? tellAnswer(answer) : actual;
    this.steps.push({ ...base, matched: false, normalisers: [], outcome });
  }
}

/** The step whose fault cannot happen here; null for any other failure. */
function lackingStep(error: unknown): number | null {
  const { code, details } = asHoldfastError(error);
  const [, number] = /^step-(\d+)$/.exec(String(details?.['fault'])) ?? [];
  return code === 'capability-missing' && number !== undefined ? Number(number) : null;
}

/** In a few words: how it ended and the beginning of what it said. */
export function tellAnswer(answer: Answer): string {
  if (!answer.ok) return `${answer.failure.code}: ${short(answer.failure.message).slice(0, 120)}`;
  const { value } = answer;
  if (typeof value === 'object' && value !== null && 'exitCode' in value && 'reason' in value) {
    const signal = 'signal' in value && value.signal ? ` ${String(value.signal)}` : '';
    return value.reason === 'exited' ? `exited ${String(value.exitCode)}` : `${String(value.reason)}${signal}`;
  }
  return 'ok';
}

export const failureOf = (error: unknown): RecordedFailure => {
  const { code, message, fault, retryable, hint } = asHoldfastError(error);
  return { code, message, fault, retryable, ...(hint === undefined ? {} : { hint }) };
};
