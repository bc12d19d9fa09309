import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'session rm',
  summary: 'Removes a session that is over, with all below it: its log, and what it alone remembers.',
  examples: [
    ['holdfast session rm talk', 'one that is over; `session cancel` ends one that is not'],
    ['holdfast session rm talk --json', 'says which, as JSON'],
  ],
  arguments: { session: { description: "a session's id or name" } },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    await (await context.service()).removeSession(args.session);
    if (options.json) await output.document({ removed: [args.session] });
    else await output.line(args.session);
    return 0;
  },
});
export default command;
