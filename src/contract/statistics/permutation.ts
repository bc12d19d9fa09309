/**
 * Is the difference between two groups larger than a shuffle of their labels would make it?
 *
 * Method: two-sided permutation test of the difference of means; p counts the observed labelling itself, so it is never
 * 0 (Phipson and Smyth 2010). Drawing ends early once p is plainly large (Besag and Clifford 1991).
 * The unit must be independent of its neighbours: a session, never a single sample.
 *
 * 1. The answer depends on the values and the seed alone: not on their order, not on which group is called the first.
 */
import { ascending, mean } from './describe.ts';
import { seededRandom } from './random.ts';

export interface PermutationTest {
  /** Mean of the second group less mean of the first. */
  difference: number;
  p: number;
}

const draws = 19_999;
const enough = 400;

export function permutationTest(first: readonly number[], second: readonly number[], seed: string): PermutationTest {
  // Sums are taken in ascending order: the same samples give the same bits in whatever order they came.
  const difference = mean(ascending(second)) - mean(ascending(first));
  if (first.length === 0 || second.length === 0) return { difference: Number.NaN, p: 1 };
  const pooled = ascending([...first, ...second]);
  const small = Math.min(first.length, second.length);
  const total = pooled.reduce((sum, value) => sum + value, 0);
  const separation = (sum: number): number => Math.abs(sum / small - (total - sum) / (pooled.length - small));
  // Sums taken in another order differ in their last bits; a tie must count as one.
  const observed = Math.abs(difference) * (1 - 1e-9) - Number.EPSILON;
  const random = seededRandom('permutation', seed);
  let reached = 0;
  for (let draw = 1; draw <= draws; draw++) {
    if (separation(sumOfDrawn(pooled, small, random.below)) >= observed) reached++;
    if (reached >= enough) return { difference, p: reached / draw };
  }
  return { difference, p: (reached + 1) / (draws + 1) };
}

/** The sum of `count` values drawn without return; shuffles in place, which the next draw does not mind. */
function sumOfDrawn(values: number[], count: number, below: (limit: number) => number): number {
  let sum = 0;
  for (let at = 0; at < count; at++) {
    const other = at + below(values.length - at);
    const drawn = values[other] ?? 0;
    values[other] = values[at] ?? 0;
    values[at] = drawn;
    sum += drawn;
  }
  return sum;
}

/**
 * Which of several tests are significant together, at a family-wise error of `alpha`.
 * Method: step-down by Holm (1979): the smallest p against alpha/m, the next against alpha/(m-1), until one fails.
 */
export function holm(ps: readonly number[], alpha: number): boolean[] {
  const order = ps.map((p, at) => ({ p, at })).sort((one, other) => one.p - other.p);
  const failed = order.findIndex(({ p }, rank) => p > alpha / (ps.length - rank));
  const passed = new Set(order.slice(0, failed < 0 ? order.length : failed).map(({ at }) => at));
  return ps.map((_, at) => passed.has(at));
}
