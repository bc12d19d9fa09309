/** How long an operation usually takes on either side, without what the hosts, waiting, waking and crowds explain. */
import { mean, quantile } from '../statistics/describe.ts';
import { type PermutationTest, permutationTest } from '../statistics/permutation.ts';
import { minimumDetectable } from '../statistics/power.ts';
import { type Pace, paceDoubt, paceEffect, paceOf } from './pace.ts';
import { alpha, isUsable, type Pair, type SessionRow, smallestMs } from './sessions.ts';
import { excused, type Surroundings } from './surroundings.ts';
import type { Direction } from './types.ts';

export interface Measured extends Pair {
  pace: Pace;
  normalised: PermutationTest;
  raw: number;
  /** What the machine explains by itself, by waiting, waking and crowds, each in the direction it went. */
  explained: number[];
  floor: number;
  /** What an effect must exceed, and `paceDoubt` besides. */
  threshold: number;
}

const smallestEffect = Math.log(1.25);
/** Two captures lie further apart in time than the thirds of one. */
const floorMargin = 1.5;
/** What varies much within a session also drifts much between captures: so do disks and networks (floors of 1.7 to 1.8). */
const spreadMargin = 1.2;
/** Less nobody can tell who calls from outside: programs take turns in such times. */
const leastMs = 0.2;

export function measure(pair: Pair, { prober, waiting, waking, crowded }: Surroundings): Measured {
  const pace = paceOf(pair.first, pair.second);
  const [first, second] = [valuesOf(pair.first, pace), valuesOf(pair.second, pace)];
  const floor = Math.max(driftFloor(first), driftFloor(second));
  const [before, after] = [mean(plainOf(pair.first)), mean(plainOf(pair.second))];
  const usualMs = Math.exp(Math.min(before, after));
  return {
    ...pair,
    pace,
    normalised: permutationTest(first, second, `median ${pair.operation}`),
    raw: after - before,
    explained: [Math.sign(prober) * waiting(usualMs), waking(usualMs), ...crowded],
    floor,
    threshold:
      Math.max(
        smallestEffect,
        Math.log1p(leastMs / Math.max(smallestMs, usualMs)),
        floor * floorMargin,
        spreadOf(pair) * spreadMargin,
      ) +
      pace.uncertainty * Math.abs(pace.hosts),
  };
}

/** Logarithms, in order of time. */
export function valuesOf(rows: readonly SessionRow[], pace: Pace): number[] {
  return rows.filter(isUsable).map((row) => row.logMedian - paceEffect(row, pace));
}

const plainOf = (rows: readonly SessionRow[]): number[] => rows.filter(isUsable).map(({ logMedian }) => logMedian);

/** Half the distance between the 16th and the 84th percentile of the logarithms: a usual session's. */
function spreadOf({ first, second }: Pair): number {
  const spreads = [...first, ...second].filter(isUsable).map(({ okMs }) => {
    const [low, high] = [quantile(okMs, 0.16), quantile(okMs, 0.84)];
    return Math.log(Math.max(smallestMs, high) / Math.max(smallestMs, low)) / 2;
  });
  return quantile(spreads, 0.5);
}

/** The largest difference between thirds of one side, in order of time: what time alone does. */
function driftFloor(inOrderOfTime: readonly number[]): number {
  const size = inOrderOfTime.length / 3;
  const blocks = [0, 1, 2].map((at) => inOrderOfTime.slice(Math.round(at * size), Math.round((at + 1) * size)));
  const means = blocks.filter((block) => block.length > 0).map(mean);
  return Math.max(...means) - Math.min(...means);
}

/** Nothing is called slower that took less time, nor faster that took more, whatever its host did. */
export function directionOf(
  { normalised, raw, pace, threshold, explained }: Measured,
  isSignificant: boolean,
): Direction {
  const { difference } = normalised;
  const sign = Math.sign(difference);
  const own = Math.abs(difference) - excused(difference, explained) - paceDoubt(sign, pace);
  if (!isSignificant || own <= threshold || Math.sign(raw) !== sign) return 'same';
  return sign > 0 ? 'slower' : 'faster';
}

/** Of a slow-down. */
export function detectable({ first, second, pace, threshold, explained }: Measured, tests: number): number {
  return minimumDetectable({
    first: valuesOf(first, pace),
    second: valuesOf(second, pace),
    alpha: alpha / tests,
    threshold: threshold + Math.max(0, ...explained) + paceDoubt(1, pace),
  });
}

/**
 * Of the plain values, with the host's part in them; but not with what the prober's own machine went through at the time,
 * which an agent would not have met.
 */
export function isDoubled(
  { operation, first, second, raw, explained }: Measured,
  tests: number,
  { prober }: Surroundings,
): boolean {
  const own = Math.abs(raw) - excused(raw, [prober, ...explained]);
  if (own <= Math.LN2) return false;
  const [left, right] = [plainOf(first), plainOf(second)];
  const floor = Math.max(driftFloor(left), driftFloor(right));
  return own > floor * floorMargin && permutationTest(left, right, `plain ${operation}`).p < alpha / tests;
}
