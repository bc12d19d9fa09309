import { type Command, defineCommand } from '../command.ts';
import { defined } from '../sandbox-options.ts';
import { outcomeLine } from '../session-view.ts';

const command: Command = defineCommand({
  name: 'session send',
  summary: 'Sends a session a message, or another event; it is kept until the session gets to it.',
  examples: [
    ['holdfast session send talk "And when on Sundays?"', 'a message'],
    ['holdfast session send talk green --event ci:finished --key build-7', 'an event of that name, once'],
  ],
  arguments: {
    session: { description: "a session's id or name" },
    text: { description: 'what to say', mayBeEmpty: true },
  },
  options: {
    event: { kind: 'text', value: 'NAME', description: 'message if not said' },
    key: { kind: 'text', value: 'KEY', description: 'the same key twice is one event' },
  },
  async run({ args, options, context: { output, ...context } }) {
    const session = await (await context.service()).sendToSession(args.session, {
      data: args.text,
      ...defined('event', options.event),
      ...defined('idempotencyKey', options.key),
    });
    if (options.json) await output.document(session);
    else await output.hint(outcomeLine(session));
    return 0;
  },
});
export default command;
