/** The page of two contracts: may an agent go from the one to the other, and what would hinder it. */
import type { ContractDiff } from '../diff/index.ts';
import type { Contract } from '../document/contract.ts';
import type { LatencyTerm } from '../document/terms.ts';
import { html, type Markup, page, trusted } from './markup.ts';
import { findingsTable } from './shift-page.ts';
import { type Promised, promisePlot } from './svg.ts';
import { pluralOf } from './words.ts';

export function diffPage(diff: ContractDiff, training: Contract, production: Contract): string {
  const { first, second, safe, equal, open, bump } = diff;
  const words = equal
    ? 'Both promise the same.'
    : safe
      ? 'An agent trained under the first may run under the second.'
      : 'An agent trained under the first can stop working under the second.';
  const body = html`
<h1>Two contracts</h1>
<p>from <b class="first">${first.contract}</b> to <b class="second">${second.contract}</b></p>
<div class="verdict"><div class="grade ${safe ? 'pass' : 'fail'}">${safe ? '✓' : '✗'}</div><div><b>${words}</b>
<p class="dim">${pluralOf(open.length, 'finding')} open, ${diff.waived.length} waived · ${bumpWords(bump)}</p></div></div>
<h2>What differs</h2>
${findingsTable(open)}
<h2>Waivers</h2>
${waivers(diff)}
<h2>Latency as it is promised</h2>
${latencies(training.latency, production.latency)}
<h2>Evidence</h2>
<div class="wide"><table><tbody><tr><td>${first.contract}</td><td class="mono">${first.digest}</td></tr>
<tr><td>${second.contract}</td><td class="mono">${second.digest}</td></tr></tbody></table></div>`;
  return page(`${first.contract} to ${second.contract}`, body);
}

function bumpWords({ needed, made, enough }: ContractDiff['bump']): string {
  if (made === null) return 'the names differ, so versions say nothing';
  return `the changes ask for the version step ${needed}, made was ${made}${enough ? '' : ': too small'}`;
}

function waivers({ waived, expired, stale }: ContractDiff): Markup {
  const rows = [
    ...waived.map(
      ({ finding, waiver }) => [finding.field, `waived until ${waiver.expires}: ${waiver.reason}`] as const,
    ),
    ...expired.map(({ fingerprint, expires }) => [fingerprint, `expired on ${expires}`] as const),
    ...stale.map(({ fingerprint }) => [fingerprint, 'fits nothing any more; remove it'] as const),
  ];
  if (rows.length === 0) return html`<p class="dim">None.</p>`;
  return html`<table><tbody>${rows.map(([what, why]) => html`<tr><td class="mono">${what}</td><td>${why}</td></tr>`)}</tbody></table>`;
}

type Terms = Readonly<Record<string, LatencyTerm>>;

function latencies(training: Terms, production: Terms): Markup {
  const names = [...new Set([...Object.keys(training), ...Object.keys(production)])].sort();
  if (names.length === 0) return html`<p class="dim">Neither says anything of latency.</p>`;
  return html`${names.map((name) => {
    const [one, other] = [training[name], production[name]];
    return html`<h3 class="mono">${name}</h3><p class="dim">class ${one?.class ?? 'not promised'} → ${other?.class ?? 'not promised'}</p>
${trusted(promisePlot(promisedBy(one, other), `what is promised of ${name}, training above production`))}`;
  })}`;
}

function promisedBy(one: LatencyTerm | undefined, other: LatencyTerm | undefined): Promised[] {
  return (['p50Ms', 'p90Ms', 'p99Ms'] as const)
    .map((key): Promised => ({ name: key.replace('Ms', ''), bounds: [one?.[key] ?? null, other?.[key] ?? null] }))
    .filter(({ bounds }) => bounds.some((bound) => bound !== null));
}
