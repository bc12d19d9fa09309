/**
 * How a figure comes about.
 *
 * 1. Contenders of one group run interleaved: each once per round (or a few times in a row, where the group says so), so
 *    that a machine that grows slower grows slower for all of them; in an order that is mixed anew each round, and with a
 *    short rest after each, so that none pays for what another left to the kernel.
 * 2. Warm-up rounds are not counted. Nothing else is left out: an attempt that fails counts against the success rate and
 *    gives no value.
 * 3. Percentiles run from best to worst: p95 is what 95 of 100 attempts were at least as good as, also where more is
 *    better.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export const units = ['ms', 'MB/s', 'per second', 'per GiB', 'KiB', '% more', '% of direct', 'times'] as const;
export type Unit = (typeof units)[number];

/** One way to do what the group measures. */
export interface Contender {
  id: string;
  label: string;
  unit?: Unit;
  /** Why it cannot run here; it is then listed with the reason and not run. */
  skip?: string | null;
  /**
   * One attempt; what it answers is the value. What it made and need not count is removed by `tidy`.
   * @param counts false in a warm-up round: for what is noted beside the value
   */
  attempt(counts: boolean): Promise<number>;
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
  /** Where what is alike was compared as well: by as much it differs. Less than that nobody can tell. */
  noise?: Pick<MeasuredRow, 'p50' | 'p95' | 'p99' | 'worst'>;
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
  /** Attempts that a contender makes in its turn, one right after the other; all of them count. */
  inARow?: number;
  onRound?: (done: number, all: number) => void;
}

const settleMs = 5;

export async function interleave(
  contenders: readonly Contender[],
  { rounds, warmups = 3, inARow = 1, onRound }: Rounds,
): Promise<Row[]> {
  const runners = contenders.filter(({ skip }) => !skip);
  const samples = new Map(runners.map((contender) => [contender.id, new Samples(contender)]));
  const random = generator(contenders.length);
  for (let round = -warmups; round < rounds; round++) {
    for (const contender of shuffled(runners, random)) {
      for (let n = 0; n < inARow; n++) await oneAttempt(contender, round < 0 ? null : samples.get(contender.id));
      await sleep(settleMs);
    }
    onRound?.(round + warmups + 1, rounds + warmups);
  }
  return contenders.map((contender) => samples.get(contender.id)?.row() ?? skippedRow(contender));
}

/** Every order is equally likely, and the same run after run. */
function shuffled<T>(items: readonly T[], random: (below: number) => number): T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(random(left.length), 1));
}

/** A linear congruential generator: good enough to mix an order, and without a seed from outside. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function oneAttempt(contender: Contender, samples: Samples | null | undefined): Promise<void> {
  try {
    const value = await contender.attempt(samples !== null);
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

/** How much more each percentile of `on` is, by itself. */
export function overheadRow(id: string, label: string, off: MeasuredRow, on: MeasuredRow): MeasuredRow {
  const share = (of: 'best' | 'p50' | 'p95' | 'p99' | 'worst'): number => (on[of] / off[of] - 1) * 100;
  const shares = {
    best: share('best'),
    p50: share('p50'),
    p95: share('p95'),
    p99: share('p99'),
    worst: share('worst'),
  };
  return { ...on, id, label, unit: '% more', ...shares };
}

/**
 * How much more the one of a pair takes than the other, as a share of the other's median, in percent: what changes slowly
 * meets both of a pair. The interval is the bootstrap's, by pairs.
 */
export function pairedShare(pairs: readonly { off: number; on: number }[]): Record<'middle' | 'low' | 'high', number> {
  const base = medianOf(pairs.map(({ off }) => off));
  const differences = pairs.map(({ off, on }) => on - off);
  const random = generator(pairs.length);
  const resampled = Array.from({ length: resamples }, () =>
    medianOf(differences.map(() => differences[random(differences.length)] ?? 0)),
  ).sort((a, b) => a - b);
  const share = (ms: number | undefined): number => ((ms ?? Number.NaN) / base) * 100;
  return {
    middle: share(medianOf(differences)),
    low: share(resampled[Math.floor(resamples * 0.025)]),
    high: share(resampled[Math.ceil(resamples * 0.975) - 1]),
  };
}

const resamples = 2000;

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

export function isMoreBetter(unit: Unit): boolean {
  return unit === 'MB/s' || unit === 'per second' || unit === 'per GiB' || unit === '% of direct' || unit === 'times';
}

/** Milliseconds that `work` took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
