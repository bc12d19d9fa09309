/** Sorts support mail and opens a ticket for each. Large refunds are asked about first. */
import { agent, at, limits, memory, textOf } from 'holdfast/program';

const kinds = ['refund', 'bug', 'other'] as const;
type Kind = (typeof kinds)[number];
const mostCents = 10_000;

const kindOf = (said: string): Kind => kinds.find((kind) => said.toLowerCase().includes(kind)) ?? 'other';

export default agent({
  name: 'triage',
  purpose: 'Sorts support mail, and opens a ticket for each.',
  instructions: 'You sort support mail. Answer with one word: refund, bug or other.',
  model: {
    provider: 'scripted',
    rules: [{ sees: 'money', say: 'refund' }, { sees: 'crash', say: 'bug' }, { say: 'other' }],
  },
  grants: ['crm:read', 'tickets:write', 'model:ask', 'person:ask', 'memory:read', 'memory:write'],
  tools: ['crm_lookup', 'ticket_open', 'think', 'ask', 'recall', 'remember'],
  memory: memory({ cases: { scope: 'user', retentionDays: 30, class: 'personal' } }),
  limits: limits({ steps: 12, tokens: 50_000, cents: 20, wallMs: 120_000, depth: 0 }),
  run: async (ctx, message) => {
    const customer = await ctx.call('crm_lookup', { mail: message });
    const kind = kindOf(await ctx.think(`Which kind is this mail? ${message}`));
    const open = at(customer, 'openCents');
    if (kind === 'refund' && typeof open === 'number' && open > mostCents) {
      const word = await ctx.ask(`Refund ${open} cents to ${textOf(at(customer, 'name'))}?`, { ms: 86_400_000 });
      if (word !== 'yes') return 'The refund was not agreed to. Nothing was opened.';
    }
    const before = await ctx.recall('cases', 'last');
    const ticket = await ctx.call('ticket_open', { kind, text: message });
    await ctx.remember('cases', 'last', kind);
    return `Opened ${textOf(at(ticket, 'id'))} as ${kind}${before === null ? '' : `, after ${before}`}.`;
  },
});
