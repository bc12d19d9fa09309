/** The page of a profile: what was seen of one runtime, by section, with its latencies. */
import { textOf } from '../comparison/observed.ts';
import { fieldOf, sections } from '../fields/index.ts';
import type { Observation, Profile } from '../profile/index.ts';
import { latencySection } from './latency-section.ts';
import { html, type Markup, page } from './markup.ts';
import { pluralOf } from './words.ts';

export function profilePage(profile: Profile): string {
  const { target, observations, sessions, plan, prober, complete, digest, latency } = profile;
  const kinds = (kind: Observation['kind']): Observation[] => observations.filter((seen) => seen.kind === kind);
  const [unstable, unmeasured] = [kinds('unstable'), kinds('could-not-measure')];
  const seen = observations.length - unstable.length - unmeasured.length;
  const body = html`
<h1>${target.title}</h1>
<p class="dim">${profile.startedAt} to ${profile.endedAt} · ${pluralOf(sessions.length, 'session')} of ${plan.sessions}, ${plan.rounds} rounds each</p>
<div class="verdict"><div class="grade">${seen}</div><div><b>of ${pluralOf(observations.length, 'field')} were read the same each time.</b>
<p class="dim">${unstable.length} varied, ${unmeasured.length} could not be measured${complete ? '' : ' · the capture is not complete'}</p></div></div>
<h2>What was seen</h2>
${sections.map((section) => sectionOf(section, observations))}
<h2>Latency</h2>
${latencySection(profile)}
<h2>What could not be measured</h2>
${listed([...unmeasured.map(rowOf), ...latency.unmeasured.map(({ operation, reason }) => [`latency.${operation}`, reason] as const)])}
<h2>What went wrong on the way</h2>
${listed(troublesOf(profile))}
<h2>Evidence</h2>
<div class="wide"><table><tbody>
${Object.entries(target.facts).map(([name, value]) => html`<tr><td>${name}</td><td class="mono">${value}</td></tr>`)}
<tr><td>prober</td><td>holdfast ${prober.holdfast}, ${prober.platform}, kernel ${prober.kernel}, ${prober.cpu}, ${prober.cpus} CPUs</td></tr>
<tr><td>digest</td><td class="mono">${digest}</td></tr>
</tbody></table></div>`;
  return page(`${target.title}: what was observed`, body);
}

function sectionOf(section: string, observations: readonly Observation[]): Markup | string {
  const own = observations.filter((seen) => seen.section === section && seen.kind !== 'could-not-measure');
  if (own.length === 0) return '';
  const rows = own.map(
    (
      seen,
    ) => html`<tr><td class="name"><span class="mono">${seen.id}</span><br><span class="dim">${fieldOf(seen.id)?.name ?? ''}</span></td>
<td class="mono">${seen.kind === 'unstable' ? html`<span class="tag">varies</span> ` : ''}${textOf(seen)}</td></tr>`,
  );
  return html`<details><summary>${section} <span class="dim">${pluralOf(own.length, 'field')}</span></summary>
<div class="wide"><table><tbody>${rows}</tbody></table></div></details>`;
}

const rowOf = (seen: Observation): readonly [string, string] => [seen.id, textOf(seen)];

function troublesOf({ sessions }: Profile): (readonly [string, string])[] {
  return sessions.flatMap(({ index, troubles }) =>
    troubles.map(
      ({ side, code, message, during }) =>
        [
          `session ${index + 1}, ${during}`,
          `${side === 'harness' ? 'the way to it' : 'the runtime'}, ${code}: ${message}`,
        ] as const,
    ),
  );
}

function listed(rows: readonly (readonly [string, string])[]): Markup {
  if (rows.length === 0) return html`<p class="dim">Nothing.</p>`;
  const lines = rows.map(([what, why]) => html`<tr><td class="mono">${what}</td><td>${why}</td></tr>`);
  return html`<details><summary>${pluralOf(rows.length, 'entry', 'entries')}</summary><div class="wide"><table><tbody>${lines}</tbody></table></div></details>`;
}
