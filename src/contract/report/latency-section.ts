/** The latencies of one profile: distributions, and drift over time. */
import type { LatencyTerm } from '../document/terms.ts';
import type { Profile } from '../profile/index.ts';
import { inWords } from '../shift/operations.ts';
import { type SessionRow, tableOf } from '../shift/sessions.ts';
import { quantile } from '../statistics/describe.ts';
import { html, type Markup, trusted } from './markup.ts';
import { distributionPlot, driftPlot } from './svg.ts';
import { plainName, pluralOf } from './words.ts';

/** @param promised what a contract says of each operation; it then names those it says nothing of last */
export function latencySection(profile: Profile, promised: Readonly<Record<string, LatencyTerm>> = {}): Markup {
  const operations = [...tableOf(profile, [])].sort(
    ([one], [other]) => Number(other in promised) - Number(one in promised) || (one < other ? -1 : 1),
  );
  if (operations.length === 0) return html`<p class="dim">Nothing was timed.</p>`;
  return html`${operations.map(([operation, rows]) => details(operation, rows, promised[operation] ?? null))}`;
}

function details(operation: string, rows: readonly SessionRow[], term: LatencyTerm | null): Markup {
  const all = rows.flatMap(({ okMs }) => okMs);
  const total = rows.reduce((sum, row) => sum + row.total, 0);
  const at = (share: number): string => (all.length === 0 ? 'none' : inWords(quantile(all, share)));
  const words = plainName(`latency.${operation}`);
  const sides = { first: [...rows], second: [] };
  return html`<details><summary><span class="mono">${operation}</span> <span class="dim">${words ?? ''} · p50 ${at(0.5)} ·
p90 ${at(0.9)} · p99 ${at(0.99)}</span></summary>
${term === null ? '' : html`<p>Promised: ${promisedWords(term)}</p>`}
${trusted(distributionPlot(sides, `latency of ${operation}`))}${trusted(driftPlot(sides, `${operation} over sessions`))}
<p class="dim">${pluralOf(total, 'call')} in ${pluralOf(rows.length, 'session')}, ${total - all.length} of them without an answer or
with an error</p></details>`;
}

function promisedWords({ class: kind, p50Ms, p90Ms, p99Ms, floorMs, timeoutProbability }: LatencyTerm): string {
  const of = (name: string, bounds: readonly [number, number] | undefined): string[] =>
    bounds ? [`${name} ${inWords(bounds[0])} to ${inWords(bounds[1])}`] : [];
  const parts = [kind, ...of('p50', p50Ms), ...of('p90', p90Ms), ...of('p99', p99Ms)];
  const floor = floorMs > 0 ? [`never before ${inWords(floorMs)}`] : [];
  return [...parts, ...floor, `at most ${timeoutProbability * 100} % run out of time`].join(' · ');
}
