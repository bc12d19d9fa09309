/** The page of a decision: yes or no, every reason, and the whole comparison that it rests on. */
import type { Gate, GateRequest } from '../verify/gate.ts';
import { html, page } from './markup.ts';
import { shiftSection } from './shift-page.ts';
import { pluralOf } from './words.ts';

export function gatePage(gate: Gate, { train, production }: Pick<GateRequest, 'train' | 'production'>): string {
  const { ship, reasons, evidence, shift } = gate;
  const body = html`
<h1>May this agent ship?</h1>
<p>trained in <b class="first">${train.certificate.target.title}</b>, to run in <b class="second">${production.certificate.target.title}</b></p>
<div class="verdict"><div class="grade ${ship ? 'pass' : 'fail'}">${ship ? '✓' : '✗'}</div><div><b>${ship ? 'Yes, ship.' : 'No, do not ship.'}</b>
<p class="dim">${ship ? 'Nothing speaks against it.' : `${pluralOf(reasons.length, 'reason')} against it.`}</p></div></div>
<h2>Against</h2>
${reasons.length === 0 ? html`<p>Nothing.</p>` : html`<ul>${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`}
<h2>What was looked at</h2>
<ul>${evidence.map((line) => html`<li>${line}</li>`)}</ul>
<h2>How far the two runtimes are apart</h2>
${shiftSection(shift, train.profile, production.profile)}`;
  return page(ship ? 'Yes, ship' : 'No, do not ship', body);
}
