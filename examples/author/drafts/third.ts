import { agent, at, limits, textOf } from 'holdfast/program';

export default agent({
  name: 'triage',
  purpose: 'Sorts support mail.',
  instructions: 'You sort support mail. Answer with one word: refund, bug or other.',
  model: {
    provider: 'scripted',
    rules: [{ sees: 'money', say: 'refund' }, { sees: 'crash', say: 'bug' }, { say: 'other' }],
  },
  grants: ['crm:read', 'tickets:write', 'model:ask'],
  tools: ['crm_lookup', 'ticket_open', 'think'],
  limits: limits({ steps: 12, tokens: 50_000, cents: 20, wallMs: 120_000, depth: 0 }),
  run: async (ctx, message) => {
    await ctx.call('crm_lookup', { mail: message });
    const said = await ctx.think(`Which kind is this mail? ${message}`);
    const kind = said.includes('refund') ? 'refund' : said.includes('bug') ? 'bug' : 'other';
    const ticket = await ctx.call('ticket_open', { kind, text: message });
    return `Opened ${textOf(at(ticket, 'id'))} as ${kind}.`;
  },
});
