/**
 * How a figure comes about.
 *
 * 1. Contenders of one group run interleaved: each once per round, in an order that turns with the round, so that a
 *    machine that grows slower grows slower for all of them.
 * 2. Warm-up rounds are not counted. Nothing else is left out: an attempt that fails counts against the success rate and
 *    gives no value.
 * 3. Percentiles run from best to worst: p95 is what 95 of 100 attempts were at least as good as, also where more is
 *    better.
 */
export const units = ['ms', 'MB/s', 'per second', 'per GiB', 'KiB'] as const;
export type Unit = (typeof units)[number];

/** One way to do what the group measures. */
export interface Contender {
  id: string;
  label: string;
  unit?: Unit;
  /** Why it cannot run here; it is then listed with the reason and not run. */
  skip?: string | null;
  /** One attempt; what it answers is the value. What it made and need not count is removed by `tidy`. */
  attempt(): Promise<number>;
  tidy?(): Promise<void>;
}

export interface MeasuredRow {
  id: string;
  label: string;
  unit: Unit;
  n: number;
  failed: number;
  /** What the first failed attempt said. */
  failure: string | null;
  /** Not a number, so null in JSON, when nothing succeeded. */
  best: number;
  p50: number;
  p95: number;
  p99: number;
  worst: number;
}
export interface SkippedRow {
  id: string;
  label: string;
  skipped: string;
}
export type Row = MeasuredRow | SkippedRow;

export interface Rounds {
  rounds: number;
  warmups?: number;
  onRound?: (done: number, all: number) => void;
}

export async function interleave(
  contenders: readonly Contender[],
  { rounds, warmups = 3, onRound }: Rounds,
): Promise<Row[]> {
  const runners = contenders.filter(({ skip }) => !skip);
  const samples = new Map(runners.map((contender) => [contender.id, new Samples(contender)]));
  for (let round = -warmups; round < rounds; round++) {
    for (let place = 0; place < runners.length; place++) {
      const contender = runners[(place + Math.max(0, round)) % runners.length];
      if (contender) await oneAttempt(contender, round < 0 ? null : samples.get(contender.id));
    }
    onRound?.(round + warmups + 1, rounds + warmups);
  }
  return contenders.map((contender) => samples.get(contender.id)?.row() ?? skippedRow(contender));
}

async function oneAttempt(contender: Contender, samples: Samples | null | undefined): Promise<void> {
  try {
    const value = await contender.attempt();
    samples?.add(value);
    await contender.tidy?.();
  } catch (error) {
    samples?.fail(error);
  }
}

export function skippedRow({ id, label, skip }: Pick<Contender, 'id' | 'label' | 'skip'>): SkippedRow {
  return { id, label, skipped: skip ?? 'not run' };
}

/** Values of one row, for those that do not come one per round. */
export class Samples {
  readonly #values: number[] = [];
  readonly head: { id: string; label: string; unit?: Unit };
  #failed = 0;
  #failure: string | null = null;

  constructor(head: { id: string; label: string; unit?: Unit }) {
    this.head = head;
  }

  add(value: number): void {
    this.#values.push(value);
  }

  fail(error: unknown): void {
    this.#failed++;
    this.#failure ??= error instanceof Error ? error.message : String(error);
  }

  row(): MeasuredRow {
    const { id, label, unit = 'ms' } = this.head;
    const sorted = this.#values.toSorted((a, b) => (isMoreBetter(unit) ? b - a : a - b));
    const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
    return {
      id,
      label,
      unit,
      n: sorted.length,
      failed: this.#failed,
      failure: this.#failure,
      best: at(0),
      p50: at(0.5),
      p95: at(0.95),
      p99: at(0.99),
      worst: at(1),
    };
  }
}

export function isMoreBetter(unit: Unit): boolean {
  return unit === 'MB/s' || unit === 'per second' || unit === 'per GiB';
}

/** Milliseconds that `work` took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
