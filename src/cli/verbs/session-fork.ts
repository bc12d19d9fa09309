import { type Command, defineCommand } from '../command.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'session fork',
  summary: 'Makes a new session with the same log up to an entry; it goes on from there by itself.',
  examples: [
    ['holdfast session fork talk', 'from where nothing was under way last; its sandbox is forked too'],
    ['holdfast session fork talk --at 1 --name again', 'from its first entry on'],
  ],
  arguments: { session: { description: "a session's id or name" } },
  options: {
    at: { kind: 'number', value: 'N', description: 'the last entry to keep; no step may be under way there' },
    name: { kind: 'text', value: 'NAME', description: 'what to call it' },
  },
  async run({ args, options, context: { output, ...context } }) {
    const forked = await (await context.service()).forkSession(args.session, {
      ...defined('at', options.at),
      ...defined('name', options.name),
    });
    await (options.json ? output.document(forked) : output.line(forked.id));
    return 0;
  },
});
export default command;
