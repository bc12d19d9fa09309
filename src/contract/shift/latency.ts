/**
 * Which operations are slower, faster, or break more often, with almost no false alarms.
 *
 * Measured: textbook Kolmogorov-Smirnov tests alarm in nearly every comparison of a machine with itself, because samples of
 * one session are not independent and machines drift. Hence the session is the unit, and:
 * 1. A median differs only if a permutation test over sessions says so (Holm over all operations) and the effect exceeds
 *    1.25, a fifth of a millisecond, one and a half drift floors, 1.2 of its own spreads within a session, and what is not
 *    known about its share in the host's speed; and only if it moved the same way as it was measured. What waiting, waking
 *    and crowds explain is excused: surroundings.ts.
 * 2. Tails, timeouts and errors are shares per session, tested the same way, one-sided: in the direction they moved. Not corrected
 *    for many: what keeps false alarms away is that each must also move by a margin, two points of a hundred for a tail.
 *    What no door of the runtime takes part in, held up as often, excuses a tail: surroundings.ts.
 * 3. An operation with too few sessions to be significant even if every value differed is not judged. Sessions in which
 *    it hangs or breaks all the time are sessions: they say how often it does, though not how long it takes.
 */

import { burstIndex } from '../../noise/index.ts';
import { latencyClassOf } from '../document/latency-class.ts';
import { mean, quantile, wasserstein } from '../statistics/describe.ts';
import { holm } from '../statistics/permutation.ts';
import { detectable, directionOf, isDoubled, type Measured, measure, valuesOf } from './medians.ts';
import { paceEffect } from './pace.ts';
import { alpha, isUsable, type OperationTable, type Pair, type SessionRow, smallestMs } from './sessions.ts';
import { testCalls, testTail } from './shares.ts';
import type { Surroundings } from './surroundings.ts';
import type { Calls, Latencies, NotMeasured, OperationShift, TimedShift, UntimedShift } from './types.ts';

/** An operation with its verdict, and what it takes to look at other sessions of it. */
export interface JudgedOperation {
  shift: OperationShift;
  first: SessionRow[];
  second: SessionRow[];
  /** Of normalised logarithms, second less first. */
  differenceOf(first: readonly SessionRow[], second: readonly SessionRow[]): number;
  /** How many answered calls of a session lie in the tail. */
  beyond(row: SessionRow): number;
}

export interface LatencyShift {
  judged: JudgedOperation[];
  /** Also what is judged by how often it fails alone. */
  couldNotMeasure: NotMeasured[];
}

export function compareLatency(
  first: OperationTable,
  second: OperationTable,
  surroundings: Surroundings,
): LatencyShift {
  const names = [...new Set([...first.keys(), ...second.keys()])].sort();
  const pairs = names.map((operation) => pairOf(operation, first, second));
  const reasons = pairs.map((pair) => reasonAgainst(pair, pairs.length));
  const timed = pairs.filter((_, at) => reasons[at] === null).map((pair) => measure(pair, surroundings));
  const significant = holm(
    timed.map(({ normalised }) => normalised.p),
    alpha,
  );
  const judged = new Map(
    timed.map((one, at) => [
      one.operation,
      judgedOf(one, { isSignificant: significant[at] ?? false, tests: timed.length, surroundings }),
    ]),
  );
  return {
    judged: pairs.flatMap((pair) => judged.get(pair.operation) ?? failingOf(pair, pairs.length) ?? []),
    couldNotMeasure: pairs.flatMap(({ operation }, at) => {
      const reason = reasons[at];
      return reason ? [{ what: `latency.${operation}`, reason }] : [];
    }),
  };
}

function pairOf(operation: string, first: OperationTable, second: OperationTable): Pair {
  return { operation, first: first.get(operation) ?? [], second: second.get(operation) ?? [] };
}

/** Why nobody can say how long it takes; null where that can be judged. */
function reasonAgainst({ first, second }: Pair, tests: number): string | null {
  if (first.length === 0) return 'not measured on the first side';
  if (second.length === 0) return 'not measured on the second side';
  const [left, right] = [first.filter(isUsable).length, second.filter(isUsable).length];
  if (areEnough(left, right, tests)) return null;
  return `${left} and ${right} sessions with enough answered calls are too few to tell a difference from chance; 12 a side are enough`;
}

function areEnough(left: number, right: number, tests: number): boolean {
  const ways = choose(left + right, Math.min(left, right));
  // The two complete separations, of all labellings.
  return 2 / ways <= alpha / tests;
}

function choose(n: number, k: number): number {
  return Array.from({ length: k }, (_, at) => (n - at) / (at + 1)).reduce((product, factor) => product * factor, 1);
}

interface Judging {
  isSignificant: boolean;
  /** How many operations are judged at once. */
  tests: number;
  surroundings: Surroundings;
}

function judgedOf(one: Measured, judging: Judging): JudgedOperation {
  const shift = timedShift(one, judging);
  return {
    shift,
    first: one.first,
    second: one.second,
    differenceOf: (first, second) => mean(valuesOf(second, one.pace)) - mean(valuesOf(first, one.pace)),
    beyond: (row) => row.okMs.filter((ms) => ms > shift.tail.thresholdMs).length,
  };
}

function timedShift(one: Measured, { isSignificant, tests, surroundings }: Judging): TimedShift {
  const { operation, normalised, raw, floor, pace } = one;
  const logs = (rows: readonly SessionRow[]): number[] =>
    rows.flatMap((row) => row.okMs.map((ms) => Math.log(Math.max(smallestMs, ms)) - paceEffect(row, pace)));
  const [first, second] = [latenciesOf(one.first), latenciesOf(one.second)];
  return {
    operation,
    first,
    second,
    ratio: Math.exp(normalised.difference),
    rawRatio: Math.exp(raw),
    p: normalised.p,
    driftFloor: Math.exp(floor),
    minimumDetectable: Math.exp(detectable(one, tests)),
    distance: wasserstein(logs(one.first), logs(one.second)),
    tail: testTail(one, surroundings),
    ...callsOf(one),
    doubled: isDoubled(one, tests, surroundings),
    verdict: directionOf(one, isSignificant),
    classes: [latencyClassOf(first.p50Ms), latencyClassOf(second.p50Ms)],
  };
}

function callsOf(pair: Pair): Pick<OperationShift, 'timeouts' | 'errors' | 'bursts'> {
  const burstsOf = (rows: readonly SessionRow[]): number | null => burstIndex(rows.flatMap(({ failed }) => failed));
  return {
    timeouts: testCalls(pair, 'timeouts'),
    errors: testCalls(pair, 'errors'),
    bursts: [burstsOf(pair.first), burstsOf(pair.second)],
  };
}

/** Of an operation that too few sessions answered to time it; null where it fails as often on both sides, or too few tried. */
function failingOf(pair: Pair, tests: number): JudgedOperation | null {
  const { operation, first, second } = pair;
  if (first.length === 0 || second.length === 0 || !areEnough(first.length, second.length, tests)) return null;
  const calls = callsOf(pair);
  if (!calls.timeouts.differs && !calls.errors.differs) return null;
  const shift: UntimedShift = {
    operation,
    first: countsOf(first),
    second: countsOf(second),
    ratio: null,
    rawRatio: null,
    p: null,
    driftFloor: null,
    minimumDetectable: null,
    distance: null,
    tail: null,
    ...calls,
    doubled: false,
    verdict: 'unknown',
    classes: null,
  };
  return { shift, first, second, differenceOf: () => 0, beyond: () => 0 };
}

function countsOf(rows: readonly SessionRow[]): Calls {
  const samples = rows.reduce((sum, { okMs }) => sum + okMs.length, 0);
  return { sessions: rows.filter(isUsable).length, samples };
}

function latenciesOf(rows: readonly SessionRow[]): Latencies {
  const all = rows.flatMap(({ okMs }) => okMs);
  return { ...countsOf(rows), p50Ms: quantile(all, 0.5), p90Ms: quantile(all, 0.9), p99Ms: quantile(all, 0.99) };
}
