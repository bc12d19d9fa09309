import { loadAgents } from '../agent-files.ts';
import { type Command, defineCommand } from '../command.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'session fork',
  summary: 'Makes a new session with the same log up to an entry; it goes on from there by itself.',
  examples: [
    ['holdfast session fork talk', 'from where nothing was under way last; its sandbox is forked too'],
    ['holdfast session fork talk --at 1 --name again', 'from its first entry on'],
    [
      'holdfast session fork talk --at 3 --bundle other.yaml --sandbox box',
      'with another prompt or model, and those files',
    ],
  ],
  arguments: { session: { description: "a session's id or name" } },
  options: {
    at: { kind: 'whole', value: 'N', description: 'the last entry to keep; no step may be under way there' },
    bundle: { kind: 'text', value: 'FILE', description: 'agents to go on with, that begin with one of the same name' },
    sandbox: {
      kind: 'text',
      value: 'SANDBOX',
      description: "what its tools work in instead of a fork of its source's; no other session may work there",
    },
    message: { kind: 'text', value: 'TEXT', description: 'said to it after that entry' },
    name: { kind: 'text', value: 'NAME', description: 'what to call it' },
  },
  async run({ args, options, context: { output, ...context } }) {
    const { directory } = context.io;
    const agents = options.bundle === undefined ? null : await loadAgents(options.bundle, { directory });
    const forked = await (await context.service()).forkSession(args.session, {
      ...defined('at', options.at),
      ...defined('name', options.name),
      ...defined('sandbox', options.sandbox),
      ...defined('message', options.message),
      ...(agents && { with: { bundle: agents.bundle } }),
    });
    await (options.json ? output.document(forked) : output.line(forked.id));
    return 0;
  },
});
export default command;
