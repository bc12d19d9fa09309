import { agent, at, limits, textOf } from 'holdfast/program';

export default agent({
  name: 'triage',
  purpose: 'Sorts support mail.',
  instructions: 'You sort support mail. Answer with one word: refund, bug or other.',
  model: {
    provider: 'scripted',
    rules: [{ sees: 'money', say: 'refund' }, { sees: 'crash', say: 'bug' }, { say: 'other' }],
  },
  grants: ['crm:read', 'model:ask', 'mail:send'],
  tools: ['crm_lookup', 'ticket_open', 'think', 'mail_send'],
  limits: limits({ steps: 12, tokens: 50_000, cents: 20, wallMs: 120_000, depth: 0 }),
  run: async (ctx, message) => {
    const customer = await ctx.call('crm_lookup', { mail: message });
    const said = await ctx.think(`Which kind is this mail? ${message}`);
    const kind = said.includes('refund') ? 'refund' : said.includes('bug') ? 'bug' : 'other';
    const ticket = await ctx.call('ticket_open', { kind, text: message });
    await ctx.call('mail_send', { to: textOf(at(customer, 'name')), text: 'We are on it.' });
    return `Opened ${textOf(at(ticket, 'id'))} as ${kind}.`;
  },
});
