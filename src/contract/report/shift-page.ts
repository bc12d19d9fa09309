/** The page of a shift: the verdict first, then what causes it, then everything an engineer wants to look at. */
import type { Finding } from '../findings/index.ts';
import type { Profile } from '../profile/index.ts';
import { inWords, isTimed } from '../shift/operations.ts';
import { commonYardsticks, type OperationTable, tableOf } from '../shift/sessions.ts';
import type { Latencies, NotMeasured, OperationShift, Shift } from '../shift/types.ts';
import { html, type Markup, page, trusted } from './markup.ts';
import { distributionPlot, driftPlot, scoreBar } from './svg.ts';
import { followWords, gradeWords, headline, hostWords, plainName, pluralOf } from './words.ts';

export function shiftPage(shift: Shift, first: Profile, second: Profile): string {
  const title = `Runtime shift: ${shift.grade === null ? 'insufficient data' : `grade ${shift.grade}`}`;
  return page(title, html`<h1>Runtime shift</h1>${shiftSection(shift, first, second)}`);
}

/** All but the title: also part of the page that answers whether to ship. */
export function shiftSection(shift: Shift, first: Profile, second: Profile): Markup {
  const yardsticks = commonYardsticks(first, second);
  const tables: [OperationTable, OperationTable] = [tableOf(first, yardsticks), tableOf(second, yardsticks)];
  return html`
<p>from <b class="first">${shift.first.title}</b> to <b class="second">${shift.second.title}</b></p>
<div class="verdict"><div class="grade">${shift.grade ?? '?'}</div><div><b>${gradeWords(shift.grade)}</b>
<p class="dim">${headline(shift)}${shift.gradeCap === null ? '' : ` · ${shift.gradeCap}`}</p>
${shift.grade === null ? '' : trusted(scoreBar(shift.score, shift.interval.low, shift.interval.high))}</div></div>
${[hostWords(shift) ?? '', ...shift.notes].filter((note) => note !== '').map((note) => html`<p class="dim">${note}</p>`)}
<h2>What differs</h2>
${findingsTable(shift.findings)}
<h2>What the score is made of</h2>
${contributionsTable(shift)}
<h2>Latency</h2>
<p class="dim">Medians are compared over sessions, after the speed of the hosts was taken out as far as an operation feels it.
“Would be noticed” is the smallest true change that this comparison finds nine times in ten.</p>
${operationsTable(shift.operations)}
${shift.operations.map((operation) => operationDetails(operation, tables))}
<h2>What could not be measured</h2>
${notMeasured(shift.couldNotMeasure, 'Everything that was asked was answered.')}
<h2>What is not stable</h2>
${notMeasured(shift.unstable, 'Every field gave the same answer each time.')}
<h2>Evidence</h2>
${evidence(shift, [first, second])}`;
}

const mostShown = 25;

export function findingsTable(findings: readonly Finding[]): Markup {
  if (findings.length === 0) return html`<p>Nothing that was compared differs.</p>`;
  const rest = findings.slice(mostShown);
  const more = html`<details><summary>${pluralOf(rest.length, 'more finding')}</summary>${tableOfFindings(rest)}</details>`;
  return html`${tableOfFindings(findings.slice(0, mostShown))}${rest.length === 0 ? '' : more}`;
}

/** Without the column of use where nobody gave recordings. */
function tableOfFindings(findings: readonly Finding[]): Markup {
  const isUsed = findings.some(({ usage }) => usage !== null);
  const use = (usage: number | null): Markup | string =>
    isUsed ? html`<td class="number">${usage === null ? 'unknown' : `${Math.round(usage * 100)} %`}</td>` : '';
  const rows = findings.map(
    ({ severity, field, from, to, usage, consequence, safety, fingerprint }) => html`
<tr><td><span class="tag ${severity}">${severity.toUpperCase()}${safety ? ' · safety' : ''}</span></td>
<td class="name" title="fingerprint ${fingerprint}">${named(field)}</td>${valueCell(from)}${valueCell(to)}
${use(usage)}<td class="words">${consequence}</td></tr>`,
  );
  return html`<div class="wide"><table><thead><tr><th></th><th>field</th><th>first</th><th>second</th>
${isUsed ? html`<th class="number">runs that touch it</th>` : ''}<th>what it means for an agent</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function named(what: string): Markup {
  return html`<span class="mono">${what}</span>${below(plainName(what) ?? '')}`;
}

const below = (words: string): Markup | string => (words === '' ? '' : html`<br><span class="dim">${words}</span>`);

const longestShown = 160;

/** The whole of it is one touch away, and in the JSON. */
function valueCell(text: string): Markup {
  if (text.length <= longestShown) return html`<td class="mono">${text}</td>`;
  return html`<td class="mono" title="${text}">${text.slice(0, longestShown)}…</td>`;
}

const mostContributions = 10;

function contributionsTable({ contributions, score }: Shift): Markup {
  if (contributions.length === 0) return html`<p>Nothing: the score is 0.</p>`;
  const top = contributions.slice(0, mostContributions);
  const rest = contributions.slice(mostContributions).reduce((sum, { points }) => sum + points, 0);
  const rows = top.map(
    ({
      what,
      points,
      follows,
    }) => html`<tr><td>${named(what)}${below(followWords(follows))}</td><td class="number">${points.toFixed(2)}</td>
<td class="number">${((100 * points) / score).toFixed(0)} %</td></tr>`,
  );
  const more = rest > 0 ? html`<tr><td>all others</td><td class="number">${rest.toFixed(2)}</td><td></td></tr>` : '';
  return html`<table><thead><tr><th>what</th><th class="number">points</th><th class="number">of the score</th></tr></thead>
<tbody>${rows}${more}</tbody></table>`;
}

function operationsTable(operations: readonly OperationShift[]): Markup {
  const rows = operations.map(
    (one) => html`<tr><td class="mono">${one.operation}</td>
${timeCells(one)}<td>${wordsOf(one)}</td></tr>`,
  );
  return html`<div class="wide"><table><thead><tr><th>operation</th><th class="number first">p50 / p99</th>
<th class="number second">p50 / p99</th><th class="number">ratio</th><th class="number">would be noticed</th><th></th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function timeCells(one: OperationShift): Markup {
  const cells = isTimed(one)
    ? [timesOf(one.first), timesOf(one.second), `×${one.ratio.toFixed(2)}`, `×${one.minimumDetectable.toFixed(2)}`]
    : ['too few answers', 'too few answers', 'not known', 'not known'];
  return html`${cells.map((cell) => html`<td class="number">${cell}</td>`)}`;
}

const timesOf = ({ p50Ms, p99Ms }: Latencies): string => `${inWords(p50Ms)} / ${inWords(p99Ms)}`;

function wordsOf(one: OperationShift): Markup {
  const { tail, timeouts, errors } = one;
  const found = [
    isTimed(one) && one.verdict !== 'same' ? one.verdict : null,
    tail?.differs ? 'tail' : null,
    timeouts.differs ? 'time-outs' : null,
    errors.differs ? 'errors' : null,
  ].filter((word) => word !== null);
  return found.length === 0
    ? html`<span class="dim">same</span>`
    : html`<span class="tag major">${found.join(', ')}</span>`;
}

function isSame({ verdict, tail, timeouts, errors }: OperationShift): boolean {
  return verdict === 'same' && ![tail, timeouts, errors].some((test) => test?.differs);
}

function operationDetails(one: OperationShift, [first, second]: [OperationTable, OperationTable]): Markup {
  const rows = { first: first.get(one.operation) ?? [], second: second.get(one.operation) ?? [] };
  const share = (value: number): string => `${(value * 100).toFixed(2)} %`;
  return html`<details${trusted(isSame(one) ? '' : ' open')}><summary>${one.operation} <span class="dim">— distributions and drift</span></summary>
${trusted(distributionPlot(rows, `latency of ${one.operation}, first side above, second side below`))}
${trusted(driftPlot(rows, `${one.operation} over sessions`))}
<p class="dim">${timedWords(one, share)}time-outs ${share(one.timeouts.first)} and ${share(one.timeouts.second)} ·
errors ${share(one.errors.first)} and ${share(one.errors.second)}${burstWords(one)} · ${pluralOf(one.first.samples, 'sample')} of
${pluralOf(one.first.sessions, 'session')}, ${pluralOf(one.second.samples, 'sample')} of ${pluralOf(one.second.sessions, 'session')}</p></details>`;
}

function timedWords(one: OperationShift, share: (value: number) => string): string {
  if (!isTimed(one)) return '';
  const { p, rawRatio, driftFloor, distance, tail } = one;
  return [
    `p ${p < 0.0001 ? '< 0.0001' : p.toFixed(4)}`,
    `measured ratio ×${rawRatio.toFixed(2)}`,
    `drift within one side ×${driftFloor.toFixed(2)}`,
    `distance of distributions ${distance.toFixed(2)}`,
    `tail over ${inWords(tail.thresholdMs)}: ${share(tail.first)} and ${share(tail.second)}`,
    '',
  ].join(' · ');
}

function burstWords({ bursts: [first, second] }: OperationShift): string {
  const say = (index: number | null): string => (index === null ? 'too few to say' : `×${index.toFixed(1)}`);
  return first === null && second === null ? '' : `, in bursts of ${say(first)} and ${say(second)}`;
}

function notMeasured(entries: readonly NotMeasured[], none: string): Markup {
  if (entries.length === 0) return html`<p class="dim">${none}</p>`;
  const rows = entries.map(({ what, reason }) => html`<tr><td class="mono">${what}</td><td>${reason}</td></tr>`);
  return html`<details><summary>${pluralOf(entries.length, 'entry', 'entries')}</summary><div class="wide"><table><tbody>${rows}</tbody></table></div></details>`;
}

function evidence(shift: Shift, profiles: readonly Profile[]): Markup {
  const rows = [shift.first, shift.second].map((side, at) => {
    const prober = profiles[at]?.prober;
    return html`<tr><td class="${at === 0 ? 'first' : 'second'}">${side.title}</td><td>${pluralOf(side.sessions, 'session')},
${side.startedAt} to ${side.endedAt}</td><td>${prober?.cpu ?? ''} · ${prober?.kernel ?? ''}</td><td class="mono">${side.digest.slice(0, 19)}</td></tr>`;
  });
  return html`<div class="wide"><table><thead><tr><th>side</th><th>captured</th><th>from</th><th>digest</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
