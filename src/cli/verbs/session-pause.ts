import { type Command, defineCommand } from '../command.ts';
import { outcomeLine } from '../session-view.ts';

const command: Command = defineCommand({
  name: 'session pause',
  summary: 'Lets a session do nothing more after the step that is under way.',
  examples: [
    ['holdfast session pause talk', 'after its step'],
    ['holdfast session pause talk --json', 'where it stands then, as JSON'],
  ],
  arguments: { session: { description: "a session's id or name" } },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    const session = await (await context.service()).pauseSession(args.session);
    if (options.json) await output.document(session);
    else await output.hint(`${session.id}: ${outcomeLine(session)}`);
    return 0;
  },
});
export default command;
