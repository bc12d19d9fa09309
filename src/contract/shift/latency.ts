/**
 * Which operations are slower, faster, or break more often, with almost no false alarms.
 *
 * Measured: textbook Kolmogorov-Smirnov tests alarm in nearly every comparison of a machine with itself, because samples of
 * one session are not independent and machines drift. Hence the session is the unit, and:
 * 1. A median differs only if a permutation test over sessions says so (Holm over all operations) and the effect exceeds
 *    1.25, a fifth of a millisecond, one and a half drift floors, 1.2 of its own spreads within a session, and what is not
 *    known about its share in the host's speed. What waiting and crowds explain is excused: surroundings.ts.
 * 2. Tails, timeouts and errors are shares per session, tested the same way, one-sided: in the direction they moved. Not corrected
 *    for many: what keeps false alarms away is that each must also move by a margin, two points of a hundred for a tail.
 *    What no door of the runtime takes part in, held up as often, excuses a tail: surroundings.ts.
 * 3. An operation with too few sessions to be significant even if every value differed is not judged.
 */

import { burstIndex } from '../../noise/index.ts';
import { latencyClassOf } from '../document/latency-class.ts';
import { mean, quantile, wasserstein } from '../statistics/describe.ts';
import { holm, type PermutationTest, permutationTest } from '../statistics/permutation.ts';
import { minimumDetectable } from '../statistics/power.ts';
import { wilson } from '../statistics/proportions.ts';
import { type Pace, paceEffect, paceOf } from './pace.ts';
import { isUsable, logMedian, type OperationTable, type SessionRow, smallestMs } from './sessions.ts';
import type { Surroundings } from './surroundings.ts';
import type { Latencies, NotMeasured, OperationShift, ShareTest } from './types.ts';

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
  couldNotMeasure: NotMeasured[];
}

const alpha = 0.01;
const smallestEffect = Math.log(1.25);
/** Two captures lie further apart in time than the thirds of one. */
const floorMargin = 1.5;
/** What varies much within a session also drifts much between captures: so do disks and networks (floors of 1.7 to 1.8). */
const spreadMargin = 1.2;
/** Less nobody can tell who calls from outside: programs take turns in such times. */
const leastMs = 0.2;
/** A program that found its CPU taken has it back after some slices of the kernel's, of 3 ms each; that is no tail. */
const shortestTailMs = 10;
const margins = { tail: 0.02, timeouts: 0.01, errors: 0.01 };

interface Pair {
  operation: string;
  first: SessionRow[];
  second: SessionRow[];
}

interface Measured extends Pair {
  pace: Pace;
  normalised: PermutationTest;
  raw: number;
  /** What the machine explains by itself, by waiting and by crowds, each in the direction it went. */
  explained: number[];
  floor: number;
  /** What an effect must exceed. */
  threshold: number;
}

export function compareLatency(
  first: OperationTable,
  second: OperationTable,
  surroundings: Surroundings,
): LatencyShift {
  const names = [...new Set([...first.keys(), ...second.keys()])].sort();
  const pairs = names.map((operation) => pairOf(operation, first, second));
  const reasons = pairs.map((pair) => reasonAgainst(pair, pairs.length));
  const judged = pairs.filter((_, at) => reasons[at] === null).map((pair) => measure(pair, surroundings));
  const significant = holm(
    judged.map(({ normalised }) => normalised.p),
    alpha,
  );
  const medians = judged.map((one, at) => isShifted(one, significant[at] ?? false));
  const tails = [0, 1].map((which) => testTails(judged, which, surroundings));
  const timeouts = testShares(judged, 'timeouts', (one) => shares(one, ({ timeouts }) => timeouts));
  const errors = testShares(judged, 'errors', (one) => shares(one, ({ errors }) => errors));
  return {
    judged: judged.map((one, at) =>
      judgedOf(one, {
        shifted: medians[at] ?? false,
        doubled: isDoubled(one, judged.length, surroundings),
        tests: judged.length,
        tail: worseOf(tails.map((tests) => pick(tests, at))),
        timeouts: pick(timeouts, at),
        errors: pick(errors, at),
      }),
    ),
    couldNotMeasure: pairs.flatMap(({ operation }, at) => {
      const reason = reasons[at];
      return reason ? [{ what: `latency.${operation}`, reason }] : [];
    }),
  };
}

function pairOf(operation: string, first: OperationTable, second: OperationTable): Pair {
  return { operation, first: first.get(operation) ?? [], second: second.get(operation) ?? [] };
}

/** Null when it can be judged. */
function reasonAgainst({ first, second }: Pair, tests: number): string | null {
  if (first.length === 0) return 'not measured on the first side';
  if (second.length === 0) return 'not measured on the second side';
  const [left, right] = [first.filter(isUsable).length, second.filter(isUsable).length];
  const ways = choose(left + right, Math.min(left, right));
  // The two complete separations, of all labellings.
  if (2 / ways <= alpha / tests) return null;
  return `${left} and ${right} sessions with enough answered calls are too few to tell a difference from chance; 12 a side are enough`;
}

function choose(n: number, k: number): number {
  return Array.from({ length: k }, (_, at) => (n - at) / (at + 1)).reduce((product, factor) => product * factor, 1);
}

function measure(pair: Pair, { prober, waiting, crowded }: Surroundings): Measured {
  const pace = paceOf(pair.first, pair.second);
  const [first, second] = [valuesOf(pair.first, pace), valuesOf(pair.second, pace)];
  const plain = (rows: readonly SessionRow[]): number => mean(rows.filter(isUsable).map(logMedian));
  const floor = Math.max(driftFloor(first), driftFloor(second));
  const [before, after] = [plain(pair.first), plain(pair.second)];
  const usualMs = Math.exp(Math.min(before, after));
  return {
    ...pair,
    pace,
    normalised: permutationTest(first, second, `median ${pair.operation}`),
    raw: after - before,
    explained: [Math.sign(prober) * waiting(usualMs), ...crowded],
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

function valuesOf(rows: readonly SessionRow[], pace: Pace): number[] {
  return rows.filter(isUsable).map((row) => logMedian(row) - paceEffect(row, pace));
}

/** Half the distance between the 16th and the 84th percentile of the logarithms: a usual session's. */
function spreadOf({ first, second }: Pair): number {
  const spreads = [...first, ...second].filter(isUsable).map(({ okMs }) => {
    const [low, high] = [quantile(okMs, 0.16), quantile(okMs, 0.84)];
    return Math.log(Math.max(smallestMs, high) / Math.max(smallestMs, low)) / 2;
  });
  return quantile(spreads, 0.5);
}

/** The largest difference between thirds of one side, in order of time: what time alone does. */
export function driftFloor(inOrderOfTime: readonly number[]): number {
  const size = inOrderOfTime.length / 3;
  const blocks = [0, 1, 2].map((at) => inOrderOfTime.slice(Math.round(at * size), Math.round((at + 1) * size)));
  const means = blocks.filter((block) => block.length > 0).map(mean);
  return Math.max(...means) - Math.min(...means);
}

function isShifted({ normalised, threshold, explained }: Measured, significant: boolean): boolean {
  const { difference } = normalised;
  return significant && Math.abs(difference) > threshold + excused(difference, explained);
}

/**
 * Two limits well beyond the first side's usual worst. Relative: its 95th percentile and as much again, or 100 ms, or half
 * of it, whichever is more but not twice, and 10 ms at least. Absolute: 100 ms more than all but one of fifty.
 */
export function tailThresholds({ first }: Pick<Pair, 'first'>): [relative: number, absolute: number] {
  const all = first.flatMap(({ okMs }) => okMs);
  const [usual, worst] = [quantile(all, 0.95), quantile(all, 0.98)];
  const more = Math.max(shortestTailMs, Math.min(usual, Math.max(100, usual / 2)));
  return [Math.max(usual + more, worst), worst + 100];
}

type TailTest = OperationShift['tail'];

function testTails(judged: readonly Measured[], which: number, surroundings: Surroundings): TailTest[] {
  const limits = judged.map((one) => tailThresholds(one)[which] ?? 0);
  const tests = testShares(judged, 'tail', (one, at) => tailSplit(one, limits[at] ?? 0));
  return tests.map((test, at) => {
    const [one, thresholdMs] = [judged[at], limits[at] ?? 0];
    const usual = quantile(one?.first.flatMap(({ okMs }) => okMs) ?? [], 0.5);
    const moved = test.second - test.first;
    const own = Math.abs(moved) - excused(moved, surroundings.heldUp(thresholdMs - usual));
    return { ...test, thresholdMs, differs: test.differs && own > margins.tail };
  });
}

/** What moved the same way where no door of the runtime takes part: a busy machine holds up everybody. */
function excused(moved: number, others: readonly number[]): number {
  return Math.max(0, ...others.map((other) => other * Math.sign(moved)));
}

function worseOf(tests: readonly TailTest[]): TailTest {
  const [worst] = [...tests].sort((one, other) => Number(other.differs) - Number(one.differs) || one.p - other.p);
  if (!worst) throw new RangeError('no test of the tail');
  return worst;
}

interface Split {
  first: { hits: number; of: number }[];
  second: { hits: number; of: number }[];
}

/** A slower session moves every sample of it; what is asked here is whether the tail grew beyond that. */
function tailSplit({ first, second }: Measured, threshold: number): Split {
  const usual = mean(first.filter(isUsable).map(logMedian));
  const beyond = (row: SessionRow): { hits: number; of: number } => {
    const limit = threshold * Math.exp(Math.max(0, logMedian(row) - usual));
    return { hits: row.okMs.filter((ms) => ms > limit).length, of: row.okMs.length };
  };
  return { first: first.filter(isUsable).map(beyond), second: second.filter(isUsable).map(beyond) };
}

function shares({ first, second }: Measured, of: (row: SessionRow) => number): Split {
  const split = (rows: readonly SessionRow[]): Split['first'] => rows.map((row) => ({ hits: of(row), of: row.total }));
  return { first: split(first), second: split(second) };
}

function testShares(
  judged: readonly Measured[],
  kind: keyof typeof margins,
  splitOf: (one: Measured, at: number) => Split,
): ShareTest[] {
  const splits = judged.map(splitOf);
  const rate = ({ hits, of }: { hits: number; of: number }): number => hits / of;
  const tests = splits.map(({ first, second }, at) =>
    permutationTest(first.map(rate), second.map(rate), `${kind} ${judged[at]?.operation}`),
  );
  return splits.map(({ first, second }, at) => {
    const [left, right] = [pool(first), pool(second)];
    const moved = Math.abs(rate(right) - rate(left)) > margins[kind];
    return {
      first: rate(left),
      second: rate(right),
      firstInterval: wilson(left.hits, left.of),
      secondInterval: wilson(right.hits, right.of),
      p: (tests[at]?.p ?? 1) / 2,
      differs: moved && (tests[at]?.p ?? 1) / 2 < alpha,
    };
  });
}

function pool(parts: Split['first']): { hits: number; of: number } {
  const sum = (of: (part: { hits: number; of: number }) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  return {
    hits: sum(({ hits }) => hits),
    of: Math.max(
      1,
      sum(({ of }) => of),
    ),
  };
}

interface Verdicts extends Pick<OperationShift, 'tail' | 'timeouts' | 'errors'> {
  shifted: boolean;
  doubled: boolean;
  tests: number;
}

function judgedOf(one: Measured, verdicts: Verdicts): JudgedOperation {
  const shift = describe(one, verdicts);
  return {
    shift,
    first: one.first,
    second: one.second,
    differenceOf: (first, second) => mean(valuesOf(second, one.pace)) - mean(valuesOf(first, one.pace)),
    beyond: (row) => row.okMs.filter((ms) => ms > shift.tail.thresholdMs).length,
  };
}

function describe(one: Measured, { shifted, doubled, tests, ...shareTests }: Verdicts): OperationShift {
  const { operation, normalised, raw, explained, floor, threshold, pace } = one;
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
    minimumDetectable: Math.exp(
      minimumDetectable({
        first: valuesOf(one.first, pace),
        second: valuesOf(one.second, pace),
        alpha: alpha / tests,
        threshold: threshold + Math.max(0, ...explained),
      }),
    ),
    distance: wasserstein(logs(one.first), logs(one.second)),
    ...shareTests,
    bursts: [burstsOf(one.first), burstsOf(one.second)],
    doubled,
    verdict: !shifted ? 'same' : normalised.difference > 0 ? 'slower' : 'faster',
    classes: [latencyClassOf(first.p50Ms), latencyClassOf(second.p50Ms)],
  };
}

/**
 * Of the plain values, with the host's part in them; but not with what the prober's own machine went through at the time,
 * which an agent would not have met.
 */
function isDoubled(
  { operation, first, second, raw, explained }: Measured,
  tests: number,
  { prober }: Surroundings,
): boolean {
  const own = Math.abs(raw) - excused(raw, [prober, ...explained]);
  if (own <= Math.LN2) return false;
  const [left, right] = [first, second].map((rows) => rows.filter(isUsable).map(logMedian));
  if (!left || !right) return false;
  const floor = Math.max(driftFloor(left), driftFloor(right));
  return own > floor * floorMargin && permutationTest(left, right, `plain ${operation}`).p < alpha / tests;
}

function burstsOf(rows: readonly SessionRow[]): number | null {
  return burstIndex(rows.flatMap(({ failed }) => failed));
}

function latenciesOf(rows: readonly SessionRow[]): Latencies {
  const all = rows.flatMap(({ okMs }) => okMs);
  return {
    sessions: rows.filter(isUsable).length,
    samples: all.length,
    p50Ms: quantile(all, 0.5),
    p90Ms: quantile(all, 0.9),
    p99Ms: quantile(all, 0.99),
  };
}

function pick<T>(tests: readonly T[], at: number): T {
  const test = tests[at];
  if (!test) throw new RangeError(`there is no test ${at}`);
  return test;
}
