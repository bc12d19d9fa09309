import { type Command, defineCommand } from '../command.ts';
import { outcomeLine } from '../session-view.ts';

const command: Command = defineCommand({
  name: 'session resume',
  summary: 'Lets a paused session go on where it stopped.',
  examples: [
    ['holdfast session resume talk', 'from where it stopped'],
    ['holdfast session resume talk --json', 'where it stands then, as JSON'],
  ],
  arguments: { session: { description: "a session's id or name" } },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    const session = await (await context.service()).resumeSession(args.session);
    if (options.json) await output.document(session);
    else await output.hint(`${session.id}: ${outcomeLine(session)}`);
    return 0;
  },
});
export default command;
