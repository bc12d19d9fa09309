/**
 * Latency bounds of a contract against samples. A bound is broken when it is broken beyond what sessions leave open:
 * quantiles with a bootstrap interval over sessions (Efron 1979), shares with Wilson's. How long calls take is said by
 * sessions that answered enough of them; how many run out of time by all.
 */
import type { Contract } from '../document/contract.ts';
import { isOfClass, type LatencyClass, latencyClasses, latencyClassOf } from '../document/latency-class.ts';
import { type LatencyTerm, toolOfLatency } from '../document/terms.ts';
import type { Profile } from '../profile/index.ts';
import { inWords } from '../shift/operations.ts';
import { isUsable, type SessionRow, tableOf } from '../shift/sessions.ts';
import { quantile, showsQuantile } from '../statistics/describe.ts';
import { type Interval, wilson } from '../statistics/proportions.ts';
import { seededRandom } from '../statistics/random.ts';
import { fewestSessions } from './fields.ts';
import { type Check, unmeasured, type Verdict } from './verdicts.ts';

export function checkLatency(contract: Contract, profile: Profile): Check[] {
  const table = tableOf(profile, []);
  const problems = new Map(profile.latency.unmeasured.map((one) => [one.operation, one]));
  return timedTerms(contract).flatMap(([operation, term]) => {
    const { level } = term;
    if (level === 'free') return [];
    const rows = table.get(operation) ?? [];
    if (rows.length > 0) return checksOf(operation, term, level, rows);
    const problem = problems.get(operation);
    const verdict = problem ? unmeasured(problem.trouble) : 'insufficient-data';
    const note = problem?.reason ?? 'the profile has no samples of it';
    return [{ id: `latency.${operation}`, level, verdict, wanted: term.class, got: 'not measured', note }];
  });
}

function checksOf(operation: string, term: LatencyTerm, level: Check['level'], all: readonly SessionRow[]): Check[] {
  const rows = all.filter(isUsable);
  const checks: Check[] = [];
  const add = (name: string, wanted: string, { verdict, got, note }: Pick<Check, 'verdict' | 'got' | 'note'>): void => {
    checks.push({ id: `latency.${operation}.${name}`, level, verdict, wanted, got, note });
  };
  const late = 'time limits that were ample get tight';
  for (const [name, share] of [
    ['p50Ms', 0.5],
    ['p90Ms', 0.9],
    ['p99Ms', 0.99],
  ] as const) {
    const bounds = term[name];
    if (bounds) add(name, `${inWords(bounds[0])} to ${inWords(bounds[1])}`, quantileVerdict(rows, share, bounds, late));
  }
  const answered = rows.flatMap(({ okMs }) => okMs);
  const classes = classesOf(term);
  add('class', classes.length > 1 ? `${classes[0]} to ${term.class}` : term.class, classVerdict(rows, classes));
  const early = answered.filter((ms) => ms < term.floorMs).length;
  // One in a hundred may come before its time: a clock ticks, a cache answers.
  if (term.floorMs > 0)
    add('floorMs', `at least ${inWords(term.floorMs)}`, shareVerdict(early, answered.length, 0.01, rows));
  const timeouts = all.reduce((sum, row) => sum + row.timeouts, 0);
  const total = all.reduce((sum, row) => sum + row.total, 0);
  const wanted = `at most ${term.timeoutProbability}`;
  add('timeoutProbability', wanted, shareVerdict(timeouts, total, term.timeoutProbability, all));
  return checks;
}

const unanswered = {
  verdict: 'insufficient-data',
  got: 'not measured',
  note: 'no session answered enough of its calls',
} as const;

/** Of a range whose upper end is of that class: from the class of its lower end on. */
function classesOf({ level, class: slowest, p50Ms }: LatencyTerm): readonly LatencyClass[] {
  if (level !== 'range' || p50Ms === undefined || latencyClassOf(p50Ms[1]) !== slowest) return [slowest];
  return latencyClasses.slice(latencyClasses.indexOf(latencyClassOf(p50Ms[0])), latencyClasses.indexOf(slowest) + 1);
}

function classVerdict(
  rows: readonly SessionRow[],
  wanted: readonly LatencyClass[],
): Pick<Check, 'verdict' | 'got' | 'note'> {
  if (rows.length === 0) return unanswered;
  const medians = rows.map(({ okMs }) => quantile(okMs, 0.5));
  const kept = medians.filter((ms) => wanted.some((name) => isOfClass(ms, name))).length;
  const got = [...new Set(medians.map(latencyClassOf))].join(' or ');
  if (kept === rows.length) return { verdict: enough(rows), got, note: '' };
  const note = 'a policy that learnt when to wait and when to poll is wrong here';
  return { verdict: kept === 0 ? 'fail' : 'flaky', got, note };
}

function quantileVerdict(
  rows: readonly SessionRow[],
  share: number,
  [low, high]: readonly [number, number],
  consequence: string,
): Pick<Check, 'verdict' | 'got' | 'note'> {
  if (rows.length === 0) return unanswered;
  const found = quantile(
    rows.flatMap(({ okMs }) => okMs),
    share,
  );
  const interval = intervalOf(rows, share);
  const got = `${inWords(found)} (95 %: ${inWords(interval.low)} to ${inWords(interval.high)})`;
  if (interval.low > high) return { verdict: 'fail', got, note: consequence };
  if (interval.high < low) return { verdict: 'fail', got, note: 'answers come before the policy looks for them' };
  const samples = rows.reduce((sum, { okMs }) => sum + okMs.length, 0);
  if (!showsQuantile(samples, share))
    return { verdict: 'insufficient-data', got, note: `${samples} samples are too few` };
  if (found < low || found > high) return { verdict: 'flaky', got, note: 'some sessions keep it, some do not' };
  return { verdict: enough(rows), got, note: '' };
}

function shareVerdict(
  hits: number,
  of: number,
  most: number,
  rows: readonly SessionRow[],
): Pick<Check, 'verdict' | 'got' | 'note'> {
  const got = `${hits} of ${of}`;
  const { low, high } = wilson(hits, of);
  if (low > most) return { verdict: 'fail', got, note: 'more often than is promised' };
  // Not broken as far as was seen; how far that is, is said.
  const open = `so few calls rule out only more than ${Number((100 * high).toPrecision(2))} %`;
  return { verdict: enough(rows), got, note: high > most ? open : '' };
}

/** All but what the tool door keeps. */
function timedTerms({ latency }: Contract): [operation: string, term: LatencyTerm][] {
  return Object.entries(latency).filter(([operation]) => toolOfLatency(operation) === null);
}

function enough(rows: readonly SessionRow[]): Verdict {
  return rows.length >= fewestSessions ? 'pass' : 'insufficient-data';
}

const replicates = 200;

function intervalOf(rows: readonly SessionRow[], share: number): Interval {
  const random = seededRandom('verify', share);
  const values = Array.from({ length: replicates }, () =>
    quantile(
      rows.flatMap(() => rows[random.below(rows.length)]?.okMs ?? []),
      share,
    ),
  );
  return { low: quantile(values, 0.025), high: quantile(values, 0.975) };
}
