/**
 * How far two runtimes are apart, from training's side to production's: one score with all that explains it.
 *
 * 1. The same two profiles give the same bytes, whatever the order of their sessions.
 * 2. What could not be measured is said, and is no verdict; where that is most of what was asked, there is no grade.
 */
import { levelWeights } from '../comparison/levels.ts';
import type { Contract } from '../document/contract.ts';
import { type Finding, inOrder } from '../findings/index.ts';
import type { Profile } from '../profile/index.ts';
import { mean } from '../statistics/describe.ts';
import { comparedOf } from './compared.ts';
import { compareFields } from './fields.ts';
import { compareLatency } from './latency.ts';
import { compareMessages } from './messages.ts';
import { operationPart } from './operations.ts';
import { type Missed, type UsageOf, usageWeight } from './parts.ts';
import { contributionsOf, gradeOf, intervalOf, scoreOf, supportGapOf } from './score.ts';
import { commonYardsticks, type OperationTable, tableOf } from './sessions.ts';
import { surroundingsOf } from './surroundings.ts';
import type { Shift, Side } from './types.ts';

export interface ShiftOptions {
  /** What is promised; without one, the levels of comparison/levels.ts. */
  contract?: Contract | null;
  usageOf?: UsageOf;
}

export function shiftOf(first: Profile, second: Profile, options: ShiftOptions = {}): Shift {
  const { contract = null, usageOf = () => null } = options;
  const yardsticks = commonYardsticks(first, second);
  const [left, right] = [tableOf(first, yardsticks), tableOf(second, yardsticks)];
  const latency = compareLatency(left, right, surroundingsOf(first, second));
  const operations = latency.judged.map((judged) => operationPart(judged, usageOf));
  const fields = compareFields(first, second, { contract, usageOf });
  const told = new Set(fields.parts.map(({ what }) => what));
  const messages = compareMessages(first, second, told, usageOf);
  const plain = [...fields.parts, ...messages];
  const parts = [...plain, ...operations];
  const findings = inOrder(parts.flatMap((part) => part.findings));
  const score = scoreOf(parts);
  const unasked = unmeasured(first, second);
  const explained = new Set(unasked.map(({ what }) => what));
  const byMessages = new Set(messages.map(({ what }) => what.replace(/^messages\./, '')));
  const { compared, isEnough } = comparedOf(
    { parts: plain, missed: fields.missed.filter(({ what }) => !byMessages.has(what)) },
    { parts: operations, missed: missedOf([...latency.couldNotMeasure, ...unasked], operations, usageOf) },
  );
  return {
    format: 'holdfast-shift/1',
    first: sideOf(first),
    second: sideOf(second),
    score,
    interval: intervalOf(plain, operations, latency.judged, 'score'),
    ...(isEnough ? gradeOf(score, findings) : { grade: null, gradeCap: null }),
    compared,
    supportGap: supportGapOf(parts),
    hostSpeed: hostSpeedOf(left, right),
    findings,
    contributions: contributionsOf(parts),
    operations: latency.judged.map(({ shift }) => shift),
    unstable: fields.unstable,
    couldNotMeasure: [
      ...fields.couldNotMeasure,
      ...unasked,
      // Why there is nothing is said once, by the side that has nothing.
      ...latency.couldNotMeasure.filter(({ what }) => !explained.has(what)),
    ],
    notes: [...notesOf(first, second, yardsticks), ...usageNotes(findings)],
  };
}

function sideOf({ digest, target, suite, sessions, startedAt, endedAt }: Profile): Side {
  const usable = sessions.filter(({ outcome }) => outcome !== 'failed').length;
  return { digest, title: target.title, suite: suite.version, sessions: usable, startedAt, endedAt };
}

function hostSpeedOf(first: OperationTable, second: OperationTable): number | null {
  const paces = [first, second].map((table) => {
    const bySession = new Map([...table.values()].flat().map(({ session, pace }) => [session, pace]));
    return mean([...bySession.entries()].sort(([one], [other]) => one - other).flatMap(([, pace]) => pace ?? []));
  });
  const [left = Number.NaN, right = Number.NaN] = paces;
  return Number.isNaN(left + right) ? null : Math.exp(right - left);
}

function unmeasured(first: Profile, second: Profile): Shift['couldNotMeasure'] {
  const of = ({ latency }: Profile, side: string): Shift['couldNotMeasure'] =>
    latency.unmeasured.map(({ operation, reason }) => ({
      what: `latency.${operation}`,
      reason: `${side} side: ${reason}`,
    }));
  return [...of(first, 'first'), ...of(second, 'second')];
}

/** Each operation once, whichever side has nothing of it. */
function missedOf(
  unmeasured: Shift['couldNotMeasure'],
  compared: readonly { what: string }[],
  usageOf: UsageOf,
): Missed[] {
  const done = new Set(compared.map(({ what }) => what));
  return [...new Set(unmeasured.map(({ what }) => what))]
    .filter((what) => !done.has(what))
    .map((what) => ({ what, weight: levelWeights.range * usageWeight(usageOf(what)) }));
}

/** Said once, not on every line. */
function usageNotes(findings: readonly Finding[]): string[] {
  if (findings.length === 0 || findings.some(({ usage }) => usage !== null)) return [];
  return ['No recorded runs were given: each difference counts as if every run met it.'];
}

function notesOf(first: Profile, second: Profile, yardsticks: readonly string[]): string[] {
  const sides = [
    ['first', first],
    ['second', second],
  ] as const;
  const notes: string[] = [];
  if (first.suite.digest !== second.suite.digest)
    notes.push('The two sides were asked by different probes; some differences may be theirs. Capture one side again.');
  if (yardsticks.length === 0 && first.latency.series.length > 0)
    notes.push('No yardstick was readable on both sides: the speed of the hosts could not be taken out.');
  for (const [side, profile] of sides) {
    const failed = profile.sessions.filter(({ outcome }) => outcome === 'failed').length;
    const harness = profile.sessions
      .flatMap(({ troubles }) => troubles)
      .filter((trouble) => trouble.side === 'harness');
    if (failed > 0) notes.push(`${failed} of ${profile.sessions.length} sessions of the ${side} side never opened.`);
    if (harness.length > 0)
      notes.push(`The way to the ${side} side had ${harness.length} troubles of its own, e.g. ${harness[0]?.code}.`);
    if (isInOneGo(profile)) notes.push(`The ${side} side was captured in one go: drift over time is underestimated.`);
  }
  return notes;
}

/** Windows that follow on each other are one stretch of time, whatever they are numbered. */
function isInOneGo({ sessions, plan }: Profile): boolean {
  const inTime = [...sessions].sort((one, other) => Date.parse(one.startedAt) - Date.parse(other.startedAt));
  const pauses = inTime.slice(1).flatMap((session, at) => {
    const before = inTime[at];
    if (!before || before.window === session.window) return [];
    return [Date.parse(session.startedAt) - Date.parse(before.endedAt)];
  });
  // Half of what was planned: clocks are set, and timers come a little early.
  return plan.windowGapMs === 0 || !pauses.some((ms) => ms >= plan.windowGapMs / 2);
}
