/**
 * Processes that steps of a replay started and that ran on by themselves: each is held against how it ended then, once the
 * replay stands where it had ended. What is not held against anything is said.
 */
import type { NormaliserName } from '../schema/index.ts';
import { type Answer, type Compared, noDifference } from './compare.ts';
import type { Comparer } from './compare-aside.ts';
import { normalisersFor } from './normalise.ts';
import { askedOf, outputOf, type RecordedProcess, type RecordedRun, type RecordedStep } from './run.ts';

export interface ProcessesPlace {
  /** Gives what was typed, then waits for the end; null when it does not come in time. */
  finishProcess(
    processId: string,
    input: readonly (Uint8Array | null)[],
    timeoutMs: number,
  ): Promise<{ exit: ProcessEnd; stdout: Uint8Array; stderr: Uint8Array } | null>;
}

interface ProcessEnd {
  reason: string;
  exitCode: number | null;
  signal: string | null;
}

interface Pending {
  step: number;
  recorded: RecordedProcess;
  processId: string;
}

/** How long a process may take that took so long then. */
export const patienceMs = (durationMs: number): number => durationMs * 5 + 30_000;

export class ProcessesReplay {
  readonly #run: RecordedRun;
  readonly #normalisers: readonly NormaliserName[];
  readonly #comparer: Comparer;
  #pending: Pending[] = [];

  constructor(run: RecordedRun, normalisers: readonly NormaliserName[], comparer: Comparer) {
    this.#run = run;
    this.#comparer = comparer;
    this.#normalisers = normalisers;
  }

  started({ step, name }: RecordedStep, expected: Answer, answer: Answer): void {
    const [then, processId] = [processIdOf(expected), processIdOf(answer)];
    const recorded = then === null ? undefined : this.#run.processes.get(then);
    if (name === 'start-process' && recorded && processId !== null) this.#pending.push({ step, recorded, processId });
  }

  /** Those that had ended when the step after this one began. */
  async after(place: ProcessesPlace, { step }: RecordedStep): Promise<Compared> {
    const next = this.#run.steps[step]?.sequence ?? Number.POSITIVE_INFINITY;
    const hasEnded = ({ recorded }: Pending): boolean => recorded.ended !== null && recorded.ended.sequence < next;
    const due = this.#pending.filter(hasEnded);
    this.#pending = this.#pending.filter((each) => !due.includes(each));
    const normalisers: NormaliserName[] = [];
    for (const each of due) {
      const compared = await this.#compare(place, each);
      if (!compared.matched) return each.step === step ? compared : named(each.step, compared);
      normalisers.push(...compared.normalisers);
    }
    return { matched: true, normalisers };
  }

  /** Those that nothing was held against, in words. */
  left(): string[] {
    const why = ({ ended }: RecordedProcess): string =>
      ended ? 'ended after the last step that was replayed' : 'had not ended when the recording did';
    return this.#pending.map(
      ({ step, recorded }) => `the process that step ${step} started ${why(recorded)}: it is not compared`,
    );
  }

  async #compare(place: ProcessesPlace, { step, recorded, processId }: Pending): Promise<Compared> {
    if (!recorded.ended) return noDifference;
    const { reason, exitCode, signal, durationMs } = recorded.ended.exit;
    const input = recorded.input.map((content) => (content === null ? null : this.#run.reader.bytes(content)));
    const found = await place.finishProcess(processId, input, patienceMs(durationMs));
    if (!found) return { matched: false, class: 'exit', expected: reason, actual: 'it goes on', absorbedBy: null };
    const then = {
      reason,
      exitCode,
      signal,
      stdout: outputOf(this.#run, recorded, 'stdout'),
      stderr: outputOf(this.#run, recorded, 'stderr'),
    };
    const now = { ...found.exit, stdout: found.stdout, stderr: found.stderr };
    const normalisers = normalisersFor(this.#normalisers, askedOf(this.#run, step, step));
    return this.#comparer.answers({ ok: true, value: then }, { ok: true, value: now }, normalisers);
  }
}

function named(step: number, { expected, actual, ...rest }: Extract<Compared, { matched: false }>): Compared {
  const whose = `the process of step ${step}: `;
  return { ...rest, expected: whose + expected, actual: whose + actual };
}

function processIdOf(answer: Answer): string | null {
  if (!answer.ok || typeof answer.value !== 'object' || answer.value === null || !('processId' in answer.value))
    return null;
  return typeof answer.value.processId === 'string' ? answer.value.processId : null;
}
