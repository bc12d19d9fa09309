/** Tails, time-outs and errors: shares of calls, of which a session gives one each. */
import { mean, quantile } from '../statistics/describe.ts';
import { permutationTest } from '../statistics/permutation.ts';
import { wilson } from '../statistics/proportions.ts';
import { alpha, isUsable, type Pair, type SessionRow } from './sessions.ts';
import { excused, type Surroundings } from './surroundings.ts';
import type { ShareTest, TailTest } from './types.ts';

/** A program that found its CPU taken has it back after some slices of the kernel's, of 3 ms each; that is no tail. */
const shortestTailMs = 10;
const margins = { tail: 0.02, timeouts: 0.01, errors: 0.01 };

/** A part of a session's calls. */
interface Part {
  hits: number;
  of: number;
}

interface Split {
  first: Part[];
  second: Part[];
}

export function testCalls(pair: Pair, kind: 'timeouts' | 'errors'): ShareTest {
  const split = (rows: readonly SessionRow[]): Part[] => rows.map((row) => ({ hits: row[kind], of: row.total }));
  return testShare({ first: split(pair.first), second: split(pair.second) }, kind, pair.operation);
}

/** A tail may have come or gone: each side's limits are tried, and what differs most is told. */
export function testTail(pair: Pair, surroundings: Surroundings): TailTest {
  const tests = (['first', 'second'] as const).flatMap((side) =>
    tailThresholds(pair[side]).map((thresholdMs) => testBeyond(pair, { side, thresholdMs }, surroundings)),
  );
  const [worst] = tests.sort((one, other) => Number(other.differs) - Number(one.differs) || one.p - other.p);
  if (!worst) throw new RangeError('no test of the tail');
  return worst;
}

/**
 * Two limits well beyond the usual worst of a side. Relative: its 95th percentile and as much again, or 100 ms, or half
 * of it, whichever is more but not twice, and 10 ms at least. Absolute: 100 ms more than all but one of fifty.
 */
function tailThresholds(rows: readonly SessionRow[]): [relative: number, absolute: number] {
  const all = rows.flatMap(({ okMs }) => okMs);
  const [usual, worst] = [quantile(all, 0.95), quantile(all, 0.98)];
  const more = Math.max(shortestTailMs, Math.min(usual, Math.max(100, usual / 2)));
  return [Math.max(usual + more, worst), worst + 100];
}

/** Of one side: at most a fiftieth of its own calls lie beyond it. */
interface Limit {
  side: 'first' | 'second';
  thresholdMs: number;
}

function testBeyond(pair: Pair, { side, thresholdMs }: Limit, surroundings: Surroundings): TailTest {
  const test = testShare(tailSplit(pair, { side, thresholdMs }), 'tail', pair.operation);
  const usual = quantile(
    pair[side].flatMap(({ okMs }) => okMs),
    0.5,
  );
  const moved = test.second - test.first;
  const own = Math.abs(moved) - excused(moved, surroundings.heldUp(thresholdMs - usual));
  return { ...test, thresholdMs, differs: test.differs && own > margins.tail };
}

/** A slower session moves every sample of it; what is asked here is whether the tail is larger beyond that. */
function tailSplit(pair: Pair, { side, thresholdMs }: Limit): Split {
  const usual = mean(pair[side].filter(isUsable).map(({ logMedian }) => logMedian));
  const beyond = ({ okMs, logMedian }: SessionRow): Part => {
    const limit = thresholdMs * Math.exp(Math.max(0, logMedian - usual));
    return { hits: okMs.filter((ms) => ms > limit).length, of: okMs.length };
  };
  return { first: pair.first.filter(isUsable).map(beyond), second: pair.second.filter(isUsable).map(beyond) };
}

function testShare({ first, second }: Split, kind: keyof typeof margins, operation: string): ShareTest {
  const rate = ({ hits, of }: Part): number => hits / of;
  const p = permutationTest(first.map(rate), second.map(rate), `${kind} ${operation}`).p / 2;
  const [left, right] = [pool(first), pool(second)];
  return {
    first: rate(left),
    second: rate(right),
    firstInterval: wilson(left.hits, left.of),
    secondInterval: wilson(right.hits, right.of),
    p,
    differs: Math.abs(rate(right) - rate(left)) > margins[kind] && p < alpha,
  };
}

function pool(parts: readonly Part[]): Part {
  const sum = (of: (part: Part) => number): number => parts.reduce((total, part) => total + of(part), 0);
  return {
    hits: sum(({ hits }) => hits),
    of: Math.max(
      1,
      sum(({ of }) => of),
    ),
  };
}
