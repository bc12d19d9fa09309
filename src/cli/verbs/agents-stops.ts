import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'agents stops',
  summary: 'Lists the agents that are stopped, who stopped them and when.',
  examples: [
    ['holdfast agents stops', 'those of this tenant, and what holds for every tenant; for the owner all'],
    ['holdfast agents stops --json', 'the same, as JSON'],
  ],
  arguments: {},
  options: {},
  async run({ options, context: { output, ...context } }) {
    const stops = await (await context.service()).listStops();
    if (options.json) await output.document(stops);
    else {
      await output.table(stops, [
        { title: 'STOPPED', of: ({ agent }) => agent ?? 'all agents' },
        { title: 'TENANT', of: ({ tenant }) => tenant ?? 'every tenant' },
        { title: 'BY', of: ({ placedBy, placedFrom }) => placedBy ?? (placedFrom === 'owner' ? 'the owner' : '-') },
        { title: 'SINCE', of: ({ placedAt }) => placedAt },
      ]);
    }
    return 0;
  },
});
export default command;
