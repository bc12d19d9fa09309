/**
 * What taping adds to mediation. It is less than what a busy machine adds between two turns, so it is measured by itself:
 *
 * 1. A round is one load mediated, one taped, one mediated again, right after each other. The taped one is compared with the
 *    mean of the two beside it, percentile by percentile; the value is the median of the rounds.
 * 2. The two that are not taped are compared with each other just so. By as much, or more, half of the rounds differ without
 *    any tape (`noise`): where that is more than what is promised, the promise is neither kept nor missed.
 */
import type { Plan } from '../group.ts';
import { type MeasuredRow, medianOf, Samples } from '../harness.ts';
import type { Load } from './client.ts';
import type { NetworkWay } from './ways.ts';

export interface TapingPlan {
  /** Of the row, and what stands behind its label. */
  id: string;
  words: string;
  load: Load;
  rounds: number;
}

type Quantiles = Pick<MeasuredRow, (typeof names)[number]>;
const names = ['best', 'p50', 'p95', 'p99', 'worst'] as const;

export async function tapingRow(
  { say, note, rounds }: Plan,
  { mediated, taped }: { mediated: NetworkWay; taped: NetworkWay },
  { id, words, load, rounds: many }: TapingPlan,
): Promise<MeasuredRow> {
  say(`taping, ${words}`);
  const all = new Samples({ id, label: `Holdfast: taping over mediation, ${words}` });
  const more: Quantiles[] = [];
  const apart: Quantiles[] = [];
  const plan = rounds(many, 2);
  for (let round = 0; round < plan.rounds; round++) {
    try {
      const before = await quantilesOf(mediated, load);
      const between = await quantilesOf(taped, load, all);
      const after = await quantilesOf(mediated, load);
      more.push(byName((name) => share(between[name], (before[name] + after[name]) / 2)));
      apart.push(byName((name) => Math.abs(share(after[name], before[name]))));
    } catch (error) {
      all.fail(error);
    }
    plan.onRound?.(round + 1, plan.rounds);
  }
  const noise = middle(apart);
  note(
    `Taping, ${words}: half of the ${more.length} rounds differ, between two loads without any tape, by ${noise.p50.toFixed(1)} % or more at p50, ${noise.p95.toFixed(1)} % at p95, ${noise.p99.toFixed(1)} % at p99.`,
  );
  return { ...all.row(), unit: '% more', ...middle(more), noise };
}

/** One request without an answer, and the round says nothing. */
async function quantilesOf(way: NetworkWay, load: Load, into?: Samples): Promise<Quantiles> {
  const { latenciesMs, failed, failure } = await way.load(load);
  if (failed > 0) throw new Error(failure ?? 'no answer');
  const own = new Samples({ id: way.id, label: way.label });
  for (const ms of latenciesMs) {
    own.add(ms);
    into?.add(ms);
  }
  return own.row();
}

const share = (value: number, base: number): number => (100 * value) / base - 100;

function middle(rounds: readonly Quantiles[]): Quantiles {
  return byName((name) => medianOf(rounds.map((round) => round[name])));
}

function byName(value: (name: keyof Quantiles) => number): Quantiles {
  const [best, p50, p95, p99, worst] = names.map(value) as [number, number, number, number, number];
  return { best, p50, p95, p99, worst };
}
