/** What a shifted operation is worth in the score, and how it is said. */
import { levelWeights } from '../comparison/levels.ts';
import { type Finding, finding, type Severity } from '../findings/index.ts';
import { mean, quantile } from '../statistics/describe.ts';
import type { JudgedOperation } from './latency.ts';
import { type Part, type UsageOf, usageWeight } from './parts.ts';
import type { SessionRow } from './sessions.ts';
import type { OperationShift, ShareTest } from './types.ts';

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
  const { verdict, tail, timeouts, errors } = shift;
  return {
    median: verdict !== 'same' || isCrossing(shift),
    tail: tail.differs,
    timeouts: timeouts.differs,
    errors: errors.differs,
  };
}

/** A median across a class's boundary counts when it is no mere wobble around it, also if the host is to blame. */
function isCrossing({ verdict, classes, doubled }: OperationShift): boolean {
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

/** Of the second side's calls, those outside all but a hundredth of the first's. */
function unseenShare(first: readonly SessionRow[], second: readonly SessionRow[]): number {
  const known = first.flatMap(({ okMs }) => okMs);
  const [low, high] = [quantile(known, 0.005), quantile(known, 0.995)];
  const all = second.flatMap(({ okMs }) => okMs);
  const outside = all.filter((ms) => ms < low || ms > high).length / Math.max(1, all.length);
  return Math.max(0, outside - 0.01);
}

function findingsOf(shift: OperationShift, usage: number | null): Finding[] {
  const { operation, verdict, classes, ratio, minimumDetectable } = shift;
  const say = (severity: Severity, rule: string, [from, to]: [string, string], consequence: string): Finding =>
    finding({
      severity,
      field: `latency.${operation}${rule === 'observed-median' ? '' : `.${rule.slice(9)}`}`,
      rule,
      from,
      to,
      usage,
      consequence,
    });
  const found: Finding[] = [];
  const medians: [string, string] = [`p50 ${inWords(shift.first.p50Ms)}`, `p50 ${inWords(shift.second.p50Ms)}`];
  if (isCrossing(shift)) {
    const crossing: [string, string] = [`${classes[0]} (${medians[0]})`, `${classes[1]} (${medians[1]})`];
    found.push(
      say('major', 'observed-class', crossing, 'a policy that learnt when to wait and when to poll is wrong now'),
    );
  } else if (verdict !== 'same') {
    const often = `×${ratio.toFixed(2)} ${verdict}, of which ×${minimumDetectable.toFixed(2)} would have been noticed`;
    const risk = verdict === 'slower' ? 'time limits that were ample get tight' : 'no risk by itself';
    found.push(say('minor', 'observed-median', medians, `${often}; ${risk}`));
  }
  if (shift.tail.differs) {
    const grew = shift.tail.second > shift.tail.first;
    const beyond = `over ${inWords(shift.tail.thresholdMs)}`;
    const shown: [string, string] = [`${spell(shift.tail.first)} ${beyond}`, `${spell(shift.tail.second)} ${beyond}`];
    found.push(
      say(
        'minor',
        'observed-tail',
        shown,
        grew ? 'now and then a call takes far longer than training showed' : 'slow calls of training do not happen',
      ),
    );
  }
  if (shift.timeouts.differs) {
    found.push(
      say(
        'major',
        'observed-timeouts',
        shares(shift.timeouts),
        'calls run into their time limit at another rate than in training',
      ),
    );
  }
  if (shift.errors.differs) {
    found.push(say('major', 'observed-errors', shares(shift.errors), 'calls break at another rate than in training'));
  }
  return found;
}

function shares({ first, second, firstInterval, secondInterval }: ShareTest): [string, string] {
  const say = (share: number, { low, high }: ShareTest['firstInterval']): string =>
    `${spell(share)} of calls (95 %: ${spell(low)} to ${spell(high)})`;
  return [say(first, firstInterval), say(second, secondInterval)];
}

function spell(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

export function inWords(ms: number): string {
  const short = (value: number): string => String(Number(value.toPrecision(3)));
  return ms >= 1000 ? `${short(ms / 1000)} s` : `${short(ms)} ms`;
}
