/**
 * Which operations are slower, faster, or break more often, with almost no false alarms.
 *
 * Measured: textbook Kolmogorov-Smirnov tests alarm in nearly every comparison of a machine with itself, because samples of
 * one session are not independent and machines drift. Hence the session is the unit, and:
 * 1. A median differs only if a permutation test over sessions says so (Holm over all operations), the effect exceeds 1.25
 *    and the drift floor, and it is still there, in the same direction, without the division by the host's speed.
 * 2. Tails, timeouts and errors are shares per session, tested the same way; each must also move by a margin.
 * 3. An operation with too few sessions to be significant even if every value differed is not judged.
 */
import { mean, quantile } from '../statistics/describe.ts';
import { holm, type PermutationTest, permutationTest } from '../statistics/permutation.ts';
import { minimumDetectable } from '../statistics/power.ts';
import { wilson } from '../statistics/proportions.ts';
import { wasserstein } from '../statistics/describe.ts';
import { latencyClassOf } from '../document/latency-class.ts';
import { isUsable, logMedian, normalisedLogMedian, type OperationTable, type SessionRow } from './sessions.ts';
import type { Latencies, NotMeasured, OperationShift, ShareTest } from './types.ts';

export interface LatencyShift {
  operations: OperationShift[];
  couldNotMeasure: NotMeasured[];
}

const alpha = 0.01;
const smallestEffect = Math.log(1.25);
/** An effect must also show in the plain values, though less: the host's speed may hide part of it. */
const smallestRawEffect = Math.log(1.1);
const margins = { tail: 0.02, timeouts: 0.01, errors: 0.01 };

interface Pair {
  operation: string;
  first: SessionRow[];
  second: SessionRow[];
  reference: number;
}

interface Measured extends Pair {
  normalised: PermutationTest;
  raw: number;
  floor: number;
}

export function compareLatency(first: OperationTable, second: OperationTable): LatencyShift {
  const names = [...new Set([...first.keys(), ...second.keys()])].sort();
  const pairs = names.map((operation) => pairOf(operation, first, second));
  const reasons = pairs.map((pair) => reasonAgainst(pair, pairs.length));
  const judged = pairs.filter((_, at) => reasons[at] === null).map(measure);
  const significant = holm(
    judged.map(({ normalised }) => normalised.p),
    alpha,
  );
  const medians = judged.map((one, at) => isShifted(one, significant[at] ?? false));
  const tails = testShares(judged, 'tail', (one, at) => tailSplit(one, medians[at] ?? false));
  const timeouts = testShares(judged, 'timeouts', (one) => shares(one, ({ timeouts }) => timeouts));
  const errors = testShares(judged, 'errors', (one) => shares(one, ({ errors }) => errors));
  return {
    operations: judged.map((one, at) =>
      describe(one, {
        shifted: medians[at] ?? false,
        tests: judged.length,
        tail: { ...pick(tails, at), thresholdMs: tailThreshold(one) },
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
  const [left, right] = [first.get(operation) ?? [], second.get(operation) ?? []];
  const paces = [...first.values(), ...second.values()].flat().flatMap(({ pace }) => (pace === null ? [] : [pace]));
  return { operation, first: left, second: right, reference: paces.length === 0 ? 0 : mean(paces) };
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

function measure(pair: Pair): Measured {
  const values = (rows: readonly SessionRow[]): number[] =>
    rows.filter(isUsable).map((row) => normalisedLogMedian(row, pair.reference));
  const [first, second] = [values(pair.first), values(pair.second)];
  const plain = (rows: readonly SessionRow[]): number => mean(rows.filter(isUsable).map(logMedian));
  return {
    ...pair,
    normalised: permutationTest(first, second, `median ${pair.operation}`),
    raw: plain(pair.second) - plain(pair.first),
    floor: Math.max(driftFloor(first), driftFloor(second)),
  };
}

/** The largest difference between thirds of one side, in order of time: what time alone does. */
export function driftFloor(inOrderOfTime: readonly number[]): number {
  const size = inOrderOfTime.length / 3;
  const blocks = [0, 1, 2].map((at) => inOrderOfTime.slice(Math.round(at * size), Math.round((at + 1) * size)));
  const means = blocks.filter((block) => block.length > 0).map(mean);
  return Math.max(...means) - Math.min(...means);
}

function isShifted({ normalised, raw, floor }: Measured, significant: boolean): boolean {
  const { difference } = normalised;
  const agrees = Math.sign(raw) === Math.sign(difference) && Math.abs(raw) >= smallestRawEffect;
  return significant && agrees && Math.abs(difference) > Math.max(smallestEffect, floor);
}

/** Well beyond the first side's usual worst. */
export function tailThreshold({ first }: Pick<Pair, 'first'>): number {
  const worst = quantile(
    first.flatMap(({ okMs }) => okMs),
    0.99,
  );
  return worst + Math.min(worst, Math.max(100, worst / 2));
}

interface Split {
  first: { hits: number; of: number }[];
  second: { hits: number; of: number }[];
}

/** A shift of the median moves every sample; what is asked here is whether the tail grew beyond that. */
function tailSplit(one: Measured, isShiftedToo: boolean): Split {
  const threshold = tailThreshold(one);
  const beyond = (row: SessionRow, shift: number): { hits: number; of: number } => {
    const pace = row.pace === null ? 0 : row.pace - one.reference;
    const limit = threshold * Math.exp(Math.max(0, pace) + Math.max(0, shift));
    return { hits: row.okMs.filter((ms) => ms > limit).length, of: row.okMs.length };
  };
  const shift = isShiftedToo ? one.normalised.difference : 0;
  return {
    first: one.first.filter(isUsable).map((row) => beyond(row, 0)),
    second: one.second.filter(isUsable).map((row) => beyond(row, shift)),
  };
}

function shares({ first, second }: Measured, of: (row: SessionRow) => number): Split {
  const split = (rows: readonly SessionRow[]): Split['first'] =>
    rows.map((row) => ({ hits: of(row), of: row.total }));
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
  const significant = holm(
    tests.map(({ p }) => p),
    alpha,
  );
  return splits.map(({ first, second }, at) => {
    const [left, right] = [pool(first), pool(second)];
    const moved = Math.abs(rate(right) - rate(left)) > margins[kind];
    return {
      first: rate(left),
      second: rate(right),
      firstInterval: wilson(left.hits, left.of),
      secondInterval: wilson(right.hits, right.of),
      p: tests[at]?.p ?? 1,
      differs: moved && (significant[at] ?? false),
    };
  });
}

function pool(parts: Split['first']): { hits: number; of: number } {
  const sum = (of: (part: { hits: number; of: number }) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  return { hits: sum(({ hits }) => hits), of: Math.max(1, sum(({ of }) => of)) };
}

interface Verdicts extends Pick<OperationShift, 'tail' | 'timeouts' | 'errors'> {
  shifted: boolean;
  tests: number;
}

function describe(one: Measured, { shifted, tests, ...shareTests }: Verdicts): OperationShift {
  const { operation, normalised, raw, floor, reference } = one;
  const values = (rows: readonly SessionRow[]): number[] =>
    rows.filter(isUsable).map((row) => normalisedLogMedian(row, reference));
  const logs = (rows: readonly SessionRow[]): number[] =>
    rows.flatMap((row) => row.okMs.map((ms) => Math.log(Math.max(1e-4, ms)) - (row.pace ?? reference) + reference));
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
        first: values(one.first),
        second: values(one.second),
        alpha: alpha / tests,
        threshold: Math.max(smallestEffect, floor),
      }),
    ),
    distance: wasserstein(logs(one.first), logs(one.second)),
    ...shareTests,
    verdict: !shifted ? 'same' : normalised.difference > 0 ? 'slower' : 'faster',
    classes: [latencyClassOf(first.p50Ms), latencyClassOf(second.p50Ms)],
  };
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

function pick(tests: readonly ShareTest[], at: number): ShareTest {
  const test = tests[at];
  if (!test) throw new RangeError(`there is no test ${at}`);
  return test;
}
