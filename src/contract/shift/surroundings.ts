/**
 * What both captures went through that is no runtime's doing: how slow the prober's own machine was, how often work was
 * held up that no door of the runtime takes part in, and how crowded it was. A comparison excuses by it what it explains,
 * and no more.
 *
 * 1. Of the prober's machine the control is timed at the client, of the runtime's the yardsticks inside: a slow door is in
 *    neither.
 * 2. Nothing is known where nothing was measured; then nothing is excused.
 * 3. A crowd is told by how far work lies above its own best in the same session, usually and on the average: a runtime that is slow
 *    at it is slow every time. Measured: one CPU of two kept busy by a neighbour leaves a lone program as quick as it was, and
 *    slows what two programs do at once by a third to a half. Starting shells then takes as much longer than their best, and 5 %
 *    without a neighbour: on some machines most of the times, on others very much longer now and then, which no median shows.
 * 4. A neighbour also keeps a CPU awake. Measured on virtual machines: a call of half a millisecond takes 0.1 to 0.25 ms more where
 *    nobody is beside it and each program that hears of another has to wake a CPU first. So what is short goes against a crowd.
 */
import type { Profile, Series } from '../profile/index.ts';
import { mean, median, quantile } from '../statistics/describe.ts';
import { fewestSamples, insideOf, smallestMs } from './sessions.ts';

export interface Surroundings {
  /** Logarithm: how much slower the prober's own machine was on the second side. */
  prober: number;
  /**
   * Logarithm: what waiting for its turn as long as the prober's own machine did would add to an operation of so many
   * milliseconds. Nothing while that machine was much the same: small changes are in the pace already.
   */
  waiting(usualMs: number): number;
  /** Logarithm: what waking the machine's CPUs adds to such an operation on the side that had less of a crowd, in the direction it goes. */
  waking(usualMs: number): number;
  /** For each kind of such work: how much more of it was held up by so long on the second side, as a share. */
  heldUp(delayMs: number): number[];
  /** Logarithms, for each kind of such work: how much farther above its own best it usually was on the second side, and was on the average. */
  crowded: readonly number[];
}

/** A busy machine makes everybody wait, and what is short the longer for it. */
const disturbed = Math.log(1.5);
/** A crowd, by how much farther above its best some work was: what a machine goes through by itself stays below. */
const company = Math.log(1.1);
/** Of one call from outside, beyond what nobody can tell. */
const wakesMs = 0.125;
/** Starting a program, which the control does, waits for its turn more often than a call does. */
const waits = 0.5;

/** Times of one kind of work, by session. */
type Kind = readonly [first: readonly number[][], second: readonly number[][]];

export function surroundingsOf(first: Profile, second: Profile): Surroundings {
  const controls: Kind = [timesOf(first, isControl, atClient), timesOf(second, isControl, atClient)];
  const names = new Set([first, second].flatMap(yardsticksOf));
  const kinds = [
    controls,
    ...[...names].sort().map((name): Kind => {
      const isOne = ({ operation }: Series): boolean => operation === name;
      return [timesOf(first, isOne, insideOf), timesOf(second, isOne, insideOf)];
    }),
  ].filter(isOfBoth);
  const [before, after] = isOfBoth(controls) ? [levelOf(controls[0]), levelOf(controls[1])] : [0, 0];
  const waitedMs = Math.abs(after - before) > disturbed ? Math.abs(Math.exp(after) - Math.exp(before)) * waits : 0;
  const crowded = kinds
    .map(([left, right]): Kind => [left.filter(hasBest), right.filter(hasBest)])
    .filter(isOfBoth)
    .flatMap(([left, right]) => levels.map((level) => aboveBest(right, level) - aboveBest(left, level)));
  const most = crowded.reduce((found, one) => (Math.abs(one) > Math.abs(found) ? one : found), 0);
  const wakes = Math.abs(most) > company ? -Math.sign(most) * wakesMs : 0;
  return {
    prober: after - before,
    waiting: (usualMs) => Math.log1p(waitedMs / Math.max(smallestMs, usualMs)),
    waking: (usualMs) => Math.sign(wakes) * Math.log1p(Math.abs(wakes) / Math.max(smallestMs, usualMs)),
    heldUp: (delayMs) => kinds.map(([left, right]) => shareBeyond(right, delayMs) - shareBeyond(left, delayMs)),
    crowded,
  };
}

const isOfBoth = ([left, right]: Kind): boolean => left.length > 0 && right.length > 0;
const isControl = ({ role }: Series): boolean => role === 'control';
const atClient = ({ samples }: Series): number[] =>
  samples.filter(({ outcome }) => outcome === 'ok').map(({ clientMs }) => clientMs);

function yardsticksOf({ latency }: Profile): string[] {
  return latency.series.filter(({ role }) => role === 'yardstick').map(({ operation }) => operation);
}

function timesOf(
  { latency }: Profile,
  isMeant: (series: Series) => boolean,
  of: (series: Series) => number[],
): number[][] {
  return latency.series
    .filter(isMeant)
    .map(of)
    .filter((times) => times.length >= fewestSamples);
}

function levelOf(sessions: readonly number[][]): number {
  return mean(sessions.map((times) => Math.log(Math.max(smallestMs, median(times)))));
}

/** One in ten is as quick as it gets; the very best of a session is chance. */
const best = 0.1;

/** A clock that ticks seldom reads the quickest as nothing: how far above that the rest lies is no ratio. */
const hasBest = (times: readonly number[]): boolean => quantile(times, best) > 0;

/** Of logarithms. */
const levels = [median, mean] as const;

function aboveBest(sessions: readonly number[][], level: (times: readonly number[]) => number): number {
  return mean(
    sessions.map((times) => {
      const bestMs = quantile(times, best);
      return level(times.map((ms) => Math.log(Math.max(smallestMs, ms) / bestMs)));
    }),
  );
}

/** What moved the same way where no door of the runtime takes part: a busy machine holds up everybody. */
export function excused(moved: number, others: readonly number[]): number {
  return Math.max(0, ...others.map((other) => other * Math.sign(moved)));
}

/** Of all, what took so much longer than is usual in its session. */
function shareBeyond(sessions: readonly number[][], delayMs: number): number {
  const late = sessions.reduce((sum, times) => {
    const limitMs = median(times) + delayMs;
    return sum + times.filter((ms) => ms > limitMs).length;
  }, 0);
  const all = sessions.reduce((sum, times) => sum + times.length, 0);
  return late / Math.max(1, all);
}
