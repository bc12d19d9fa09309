/**
 * Latency samples of a profile as one row per session and operation: the unit of every test.
 *
 * 1. A session that failed is no session. Samples that hit their limit or broke count in proportions only.
 * 2. The pace of a session is how slow its machine was, by the yardsticks inside; how it is taken out of a session's
 *    values stands in pace.ts. A clock that cannot tell a yardstick's start from its end has timed nothing.
 */
import type { Profile, Sample, Series } from '../profile/index.ts';
import { mean, median } from '../statistics/describe.ts';

export interface SessionRow {
  session: number;
  startedMs: number;
  window: number;
  /** Logarithm of the yardsticks' medians, averaged; null where they could not be read. */
  pace: number | null;
  /** Answered samples, at the client. */
  okMs: number[];
  /** Logarithm of their median; no number where there is none. */
  logMedian: number;
  timeouts: number;
  errors: number;
  /** Of each call in order of time: whether it hit its limit or broke. */
  failed: boolean[];
  total: number;
}

export type OperationTable = Map<string, SessionRow[]>;

/** What both sides have of one operation. */
export interface Pair {
  operation: string;
  first: SessionRow[];
  second: SessionRow[];
}

/** The level of every test. */
export const alpha = 0.01;
/** Fewer samples than this say nothing of a session, unless it has no more, as of a start. */
export const fewestSamples = 5;
/** A clock that cannot tell two moments apart reads 0. */
export const smallestMs = 1e-4;

/** In order of time, by operation. */
export function tableOf(profile: Profile, yardsticks: readonly string[]): OperationTable {
  const paces = pacesOf(profile, yardsticks);
  const table: OperationTable = new Map();
  for (const series of profile.latency.series) {
    if (series.role !== 'operation') continue;
    const row = rowOf(profile, series, paces);
    if (!row) continue;
    const rows = table.get(series.operation) ?? [];
    rows.push(row);
    table.set(series.operation, rows);
  }
  for (const rows of table.values())
    rows.sort((one, other) => one.startedMs - other.startedMs || one.session - other.session);
  return table;
}

/** The yardsticks that every session of both profiles could read. */
export function commonYardsticks(first: Profile, second: Profile): string[] {
  if (first.latency.insideClock !== second.latency.insideClock || first.latency.insideClock === 'none') return [];
  const [left, right] = [readable(first), readable(second)];
  const common = [...left].filter((name) => right.has(name)).sort();
  const hosts = common.map((name) => Math.abs(levelOfYardstick(second, name) - levelOfYardstick(first, name)));
  const least = Math.min(...hosts);
  return common.filter((_, at) => (hosts[at] ?? 0) - least < disagreement);
}

/** A yardstick that says another ratio of hosts than the steadiest one measures the runtime, not the host. */
const disagreement = Math.log(1.25);

function levelOfYardstick(profile: Profile, name: string): number {
  return mean([...pacesOf(profile, [name]).values()]);
}

export function isUsable(row: SessionRow): boolean {
  return row.okMs.length >= Math.min(fewestSamples, row.total);
}

function rowOf(profile: Profile, series: Series, paces: ReadonlyMap<number, number>): SessionRow | null {
  const session = profile.sessions[series.session];
  if (!session || session.outcome === 'failed' || series.samples.length === 0) return null;
  const of = (outcome: Sample['outcome']): Sample[] => series.samples.filter((sample) => sample.outcome === outcome);
  const okMs = of('ok').map(({ clientMs }) => clientMs);
  return {
    session: series.session,
    startedMs: Date.parse(session.startedAt),
    window: session.window,
    pace: paces.get(series.session) ?? null,
    okMs,
    logMedian: Math.log(Math.max(smallestMs, median(okMs))),
    timeouts: of('timed-out').length,
    errors: of('error').length,
    failed: [...series.samples].sort((one, other) => one.round - other.round).map(({ outcome }) => outcome !== 'ok'),
    total: series.samples.length,
  };
}

function pacesOf(profile: Profile, yardsticks: readonly string[]): Map<number, number> {
  const readings = new Map<number, number[]>();
  for (const series of profile.latency.series) {
    if (series.role !== 'yardstick' || !yardsticks.includes(series.operation)) continue;
    const inside = insideOf(series);
    if (inside.length < fewestSamples) continue;
    const list = readings.get(series.session) ?? [];
    list.push(Math.log(Math.max(smallestMs, median(inside))));
    readings.set(series.session, list);
  }
  return new Map([...readings].map(([session, values]) => [session, mean(values)]));
}

function readable(profile: Profile): Set<string> {
  const used = new Set(profile.latency.series.filter(({ role }) => role === 'operation').map(({ session }) => session));
  const seen = new Map<string, Set<number>>();
  for (const series of profile.latency.series) {
    if (series.role !== 'yardstick' || insideOf(series).length < fewestSamples) continue;
    seen.set(series.operation, (seen.get(series.operation) ?? new Set()).add(series.session));
  }
  return new Set(
    [...seen].filter(([, sessions]) => [...used].every((session) => sessions.has(session))).map(([name]) => name),
  );
}

/** Nothing where the clock inside stands still, or ticks too seldom for what it is to time. */
export function insideOf(series: Series): number[] {
  const times = series.samples
    .filter(({ outcome }) => outcome === 'ok')
    .map(({ insideMs }) => insideMs)
    .filter((value) => value !== null);
  return median(times) > 0 ? times : [];
}
