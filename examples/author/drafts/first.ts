import { readFileSync } from 'node:fs';
import { agent } from 'holdfast/program';

export default agent({
  name: 'triage',
  purpose: 'Sorts support mail.',
  instructions: 'You sort support mail.',
  model: { provider: 'scripted', rules: [{ say: 'other' }] },
  grants: ['crm:read', 'tickets:write', 'model:ask'],
  tools: ['crm_lookup', 'ticket_open', 'think'],
  limits: { steps: 12, tokens: 50_000, cents: 20, wallMs: 120_000, depth: 0 },
  run: async (ctx, message) => {
    const rules = readFileSync('rules.json', 'utf8');
    const customer = (await ctx.call('crm_lookup', { mail: message })) as any;
    ctx.call('ticket_open', { kind: rules, text: `${customer.name}: ${message}` });
    return `Done at ${Date.now()}.`;
  },
});
