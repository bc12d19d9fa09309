import { agentsIn } from '../agent-files.ts';
import { type Command, defineCommand } from '../command.ts';
import { defined } from '../sandbox-options.ts';
import { followSession } from './session-attach.ts';

const command: Command = defineCommand({
  name: 'session start',
  summary: 'Starts an agent at work, durably: it goes on over crashes, and waits for days at no cost.',
  examples: [
    ['holdfast session start desk.yaml "Where is my refund?"', 'prints its id; it works on by itself'],
    ['holdfast session start desk.yaml "When are you open?" --task --attach', 'shows what happens until its answer'],
    ['holdfast session start desk.yaml Hello --sandbox box --name talk', 'its tools work in that sandbox'],
  ],
  arguments: {
    agents: { description: 'a file with agents, or the name of one that the daemon knows', completes: 'file' },
    message: { description: 'what to do', mayBeEmpty: true },
  },
  options: {
    sandbox: { kind: 'text', value: 'SANDBOX', description: 'what its tools work in' },
    shareSandbox: {
      kind: 'flag',
      description: 'also where another session works in that sandbox: both change its files at once',
    },
    name: { kind: 'text', value: 'NAME', description: 'what to call the session' },
    person: { kind: 'text', value: 'PERSON', description: 'for whom it works; owner if not said' },
    task: { kind: 'flag', description: 'end with the first answer instead of waiting for the next message' },
    attach: { kind: 'flag', description: 'show what happens, until it ends or Ctrl-C, which ends nothing' },
    key: { kind: 'text', value: 'KEY', description: 'the same key twice is one session' },
  },
  async run({ args, options, context }) {
    const bundle = await agentsIn(args.agents, context.io.directory);
    const service = await context.service();
    const session = await service.startSession({
      ...(bundle === null ? { agent: args.agents } : { bundle }),
      message: args.message,
      task: options.task,
      ...defined('sandbox', options.sandbox),
      ...(options.shareSandbox ? { shareSandbox: true } : {}),
      ...defined('name', options.name),
      ...defined('person', options.person),
      ...defined('idempotencyKey', options.key),
    });
    if (options.attach) return followSession(service, session.id, { after: 0, follow: true }, context);
    if (options.json) await context.output.document(session);
    else {
      await context.output.line(session.id);
      await context.output.hint(`see what it does: holdfast session attach ${session.name ?? session.id}`);
    }
    return 0;
  },
});
export default command;
