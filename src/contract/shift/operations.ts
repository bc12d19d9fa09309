/** What a shifted operation is worth in the score, and how it is said. */
import { levelWeights } from '../comparison/levels.ts';
import { type Finding, finding, type Severity } from '../findings/index.ts';
import { mean, quantile } from '../statistics/describe.ts';
import type { JudgedOperation } from './latency.ts';
import { type Part, type UsageOf, usageWeight } from './parts.ts';
import type { SessionRow } from './sessions.ts';
import type { OperationShift, ShareTest, TimedShift } from './types.ts';

export interface OperationPart extends Part {
  /** The distance again for other sessions of the same two sides: for the interval of the score. */
  resample: (first: readonly SessionRow[], second: readonly SessionRow[]) => number;
}

export function operationPart(judged: JudgedOperation, usageOf: UsageOf): OperationPart {
  const { shift } = judged;
  const what = `latency.${shift.operation}`;
  const usage = usageOf(what);
  const findings = findingsOf(shift, usage);
  const isMajor = findings.some(({ severity }) => severity === 'major');
  const alarms = alarmsOf(shift);
  return {
    what,
    weight: levelWeights[isMajor ? 'promise' : 'range'] * usageWeight(usage),
    distance: findings.length === 0 ? 0 : distanceOf(judged, alarms, judged.first, judged.second),
    unseen: findings.length === 0 ? 0 : unseenShare(judged.first, judged.second),
    findings,
    resample: (first, second) => (findings.length === 0 ? 0 : distanceOf(judged, alarms, first, second)),
  };
}

interface Alarms {
  median: boolean;
  tail: boolean;
  timeouts: boolean;
  errors: boolean;
}

function alarmsOf(shift: OperationShift): Alarms {
  const { tail, timeouts, errors } = shift;
  return {
    median: isTimed(shift) && (shift.verdict !== 'same' || isCrossing(shift)),
    tail: tail?.differs ?? false,
    timeouts: timeouts.differs,
    errors: errors.differs,
  };
}

export function isTimed(shift: OperationShift): shift is TimedShift {
  return shift.verdict !== 'unknown';
}

/** A median across a class's boundary counts when it is no mere wobble around it, also if the host is to blame. */
function isCrossing({ verdict, classes, doubled }: TimedShift): boolean {
  return classes[0] !== classes[1] && (verdict !== 'same' || doubled);
}

/** Twice as slow is 0.63, a tail of 10 % is whole, timeouts or errors of 5 % are whole. */
function distanceOf(
  judged: JudgedOperation,
  alarms: Alarms,
  first: readonly SessionRow[],
  second: readonly SessionRow[],
): number {
  const median = Math.abs(judged.differenceOf(first, second));
  const moved = (of: (row: SessionRow) => number): number => Math.abs(pooled(second, of) - pooled(first, of));
  return Math.max(
    alarms.median ? 1 - Math.exp(-median / Math.LN2) : 0,
    alarms.tail
      ? Math.min(1, moved((row) => (judged.beyond(row) / Math.max(1, row.okMs.length)) * row.total) / 0.1)
      : 0,
    alarms.timeouts ? Math.min(1, moved(({ timeouts }) => timeouts) / 0.05) : 0,
    alarms.errors ? Math.min(1, moved(({ errors }) => errors) / 0.05) : 0,
  );
}

function pooled(rows: readonly SessionRow[], of: (row: SessionRow) => number): number {
  return rows.length === 0 ? 0 : mean(rows.map((row) => of(row) / Math.max(1, row.total)));
}

/** Of the second side's calls: answered ones outside all but a hundredth of the first's, and what fails more often. */
function unseenShare(first: readonly SessionRow[], second: readonly SessionRow[]): number {
  const known = first.flatMap(({ okMs }) => okMs);
  const [low, high] = [quantile(known, 0.005), quantile(known, 0.995)];
  const outside = pooled(second, ({ okMs }) => okMs.filter((ms) => !(ms >= low && ms <= high)).length);
  const failing = ({ timeouts, errors }: SessionRow): number => timeouts + errors;
  return Math.max(0, outside - 0.01) + Math.max(0, pooled(second, failing) - pooled(first, failing));
}

function findingsOf(shift: OperationShift, usage: number | null): Finding[] {
  const say = (severity: Severity, rule: string, [from, to]: [string, string], consequence: string): Finding =>
    finding({
      severity,
      field: `latency.${shift.operation}${rule === 'observed-median' ? '' : `.${rule.slice(9)}`}`,
      rule,
      from,
      to,
      usage,
      consequence,
    });
  const found = isTimed(shift) ? [...medianFindings(shift, say), ...tailFindings(shift, say)] : [];
  const { timeouts, errors } = shift;
  if (timeouts.differs) {
    const risk = 'calls run into their time limit at another rate than in training';
    found.push(say('major', 'observed-timeouts', shares(timeouts), risk));
  }
  if (errors.differs)
    found.push(say('major', 'observed-errors', shares(errors), 'calls break at another rate than in training'));
  return found;
}

type Say = (severity: Severity, rule: string, values: [string, string], consequence: string) => Finding;

function medianFindings(shift: TimedShift, say: Say): Finding[] {
  const { first, second, verdict, classes } = shift;
  const medians: [string, string] = [`p50 ${inWords(first.p50Ms)}`, `p50 ${inWords(second.p50Ms)}`];
  if (isCrossing(shift)) {
    const crossing: [string, string] = [`${classes[0]} (${medians[0]})`, `${classes[1]} (${medians[1]})`];
    const risk = 'a policy that learnt when to wait and when to poll is wrong now';
    return [say('major', 'observed-class', crossing, `${changeOf(shift)}; ${risk}`)];
  }
  if (verdict === 'same') return [];
  const slower = `${changeOf(shift)}, noticed from ×${threeDigits(shift.minimumDetectable)} on; time limits that were ample get tight`;
  return [
    say('minor', 'observed-median', medians, verdict === 'slower' ? slower : `${changeOf(shift)}; no risk by itself`),
  ];
}

/** Less than that of the machines' part is not worth a word. */
const leastPart = Math.log(1.05);

/** As it was measured, and as it would be on machines that are as quick as each other, where that can be told. */
function changeOf({ ratio, rawRatio, verdict }: TimedShift): string {
  const whole = `×${threeDigits(rawRatio)} as long`;
  if (Math.abs(Math.log(rawRatio / ratio)) < leastPart) return whole;
  if (verdict === 'same') return `${whole}, and the machines’ speed may be the cause`;
  return `${whole}, ×${threeDigits(ratio)} with the machines’ speed taken out`;
}

function tailFindings({ tail }: TimedShift, say: Say): Finding[] {
  if (!tail.differs) return [];
  const shown = (share: number): string => `${spell(share)} over ${inWords(tail.thresholdMs)}`;
  const risk =
    tail.second > tail.first
      ? 'now and then a call takes far longer than training showed'
      : 'slow calls of training do not happen';
  return [say('minor', 'observed-tail', [shown(tail.first), shown(tail.second)], risk)];
}

function shares({ first, second, firstInterval, secondInterval }: ShareTest): [string, string] {
  const say = (share: number, { low, high }: ShareTest['firstInterval']): string =>
    `${spell(share)} of calls (95 %: ${spell(low)} to ${spell(high)})`;
  return [say(first, firstInterval), say(second, secondInterval)];
}

function spell(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

const threeDigits = (value: number): string => String(Number(value.toPrecision(3)));

export function inWords(ms: number): string {
  return ms >= 1000 ? `${threeDigits(ms / 1000)} s` : `${threeDigits(ms)} ms`;
}
