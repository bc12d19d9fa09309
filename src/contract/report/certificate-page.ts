/** The page of a certificate: one line of verdict, what is broken, then every check, then the latencies beside what is promised. */
import type { Contract } from '../document/contract.ts';
import type { Profile } from '../profile/index.ts';
import type { Certificate } from '../verify/certificate.ts';
import type { Check } from '../verify/verdicts.ts';
import { latencySection } from './latency-section.ts';
import { html, type Markup, page } from './markup.ts';
import { pluralOf } from './words.ts';

const words: Record<Certificate['verdict'], string> = {
  pass: 'This runtime keeps the contract.',
  fail: 'This runtime breaks the contract.',
  flaky: 'This runtime does not always keep the contract: sessions disagree.',
  unsupported: 'This runtime lacks something the contract promises.',
  'insufficient-data': 'Too little was measured to say.',
  'harness-error': 'The measurement failed; nothing is said about the runtime.',
};

/** @param evidence what was certified, by what */
export function certificatePage(certificate: Certificate, evidence: { contract: Contract; profile: Profile }): string {
  const { contract, target, verdict, checks, excluded, issuedAt, expiresAt, profile, suite, prober, digest } =
    certificate;
  const open = checks.filter((check) => check.verdict !== 'pass');
  const body = html`
<h1>${contract.name} on ${target.title}</h1>
<p class="dim">filed as ${certificate.label} · issued ${issuedAt} · valid until ${expiresAt}</p>
<div class="verdict"><div class="grade ${verdict}">${verdict === 'pass' ? '✓' : verdict === 'fail' ? '✗' : '?'}</div><div><b>${words[verdict]}</b>
<p class="dim">${pluralOf(checks.length, 'check')}, ${checks.length - open.length} passed</p></div></div>
<h2>What is not kept, or not known</h2>
${open.length === 0 ? html`<p>Nothing.</p>` : checksTable(open)}
<h2>Every check</h2>
<details><summary>${pluralOf(checks.length, 'check')}</summary>${checksTable(checks)}</details>
<h2>Latency</h2>
${latencySection(evidence.profile, evidence.contract.latency)}
<h2>What no check covers</h2>
<ul>${excluded.map((line) => html`<li>${line}</li>`)}</ul>
<h2>Evidence</h2>
<div class="wide"><table><tbody>
<tr><td>contract</td><td class="mono">${contract.digest}</td></tr>
<tr><td>profile, with every raw sample</td><td class="mono">${profile.digest}</td></tr>
<tr><td>probes</td><td class="mono">${suite.version} ${suite.digest}</td></tr>
<tr><td>captured</td><td>${profile.startedAt} to ${profile.endedAt}</td></tr>
<tr><td>prober</td><td>holdfast ${prober.holdfast}, ${prober.platform}, kernel ${prober.kernel}, ${prober.cpu}, ${prober.cpus} CPUs</td></tr>
${Object.entries(target.facts).map(([name, value]) => html`<tr><td>${name}</td><td class="mono">${value}</td></tr>`)}
<tr><td>this certificate</td><td class="mono">${digest}</td></tr>
</tbody></table></div>`;
  return page(`${contract.name}: ${verdict}`, body);
}

function checksTable(checks: readonly Check[]): Markup {
  const rows = checks.map(
    ({ id, level, verdict, wanted, got, note }) => html`<tr><td><span class="tag ${verdict}">${verdict}</span></td>
<td class="mono name">${id}</td><td class="dim">${level}</td><td class="mono">${wanted}</td><td class="mono">${got}</td><td>${note}</td></tr>`,
  );
  return html`<div class="wide"><table><thead><tr><th></th><th>what</th><th></th><th>promised</th><th>observed</th><th></th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}
