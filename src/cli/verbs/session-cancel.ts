import { type Command, defineCommand } from '../command.ts';
import { outcomeLine } from '../session-view.ts';

const command: Command = defineCommand({
  name: 'session cancel',
  summary: 'Ends a session and all below it now; what is under way is cut off.',
  examples: [
    ['holdfast session cancel talk', 'now'],
    ['holdfast session cancel talk --json', 'where it stands then, as JSON'],
  ],
  arguments: { session: { description: "a session's id or name" } },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    const session = await (await context.service()).cancelSession(args.session);
    if (options.json) await output.document(session);
    else await output.hint(`${session.id}: ${outcomeLine(session)}`);
    return 0;
  },
});
export default command;
