import { type Command, defineCommand } from '../command.ts';
import { defined } from '../sandbox-options.ts';
import { stopLine, whom } from '../stops.ts';

const command: Command = defineCommand({
  name: 'agents allow',
  summary:
    'Lifts what `agents stop` stopped with the same words; sessions that it held back go on. What the owner stopped, the owner lifts.',
  examples: [
    ['holdfast agents allow publisher', 'one agent'],
    ['holdfast agents allow publisher --json', 'who had stopped it and when, as JSON'],
  ],
  arguments: { agent: { description: 'an agent that was stopped', optional: true } },
  options: {
    all: { kind: 'flag', description: 'lift that every agent is stopped' },
    tenant: { kind: 'text', value: 'TENANT', description: 'lift it where it was said of this tenant; for the owner' },
    everyTenant: { kind: 'flag', description: 'lift it where it was said of every tenant; for the owner' },
  },
  async run({ args, options, context: { output, ...context } }) {
    const { everyTenant, tenant } = options;
    const asked = { ...whom(args.agent, options.all, 'allow'), ...defined('tenant', tenant), everyTenant };
    const lifted = await (await context.service()).allowAgents(asked);
    if (options.json) await output.document(lifted);
    else await output.hint(`may go on: ${stopLine(lifted, tenant)}`);
    return 0;
  },
});
export default command;
