import { resolve } from 'node:path/posix';
import { captureProcess } from '../capture.ts';
import { type Command, defineCommand } from '../command.ts';
import { Interrupts } from '../interrupts.ts';
import { defined } from '../sandbox-options.ts';
import { streamProcess } from '../stream.ts';

const command: Command = defineCommand({
  name: 'exec',
  summary: 'Runs a command in a sandbox that is there.',
  examples: [
    ['holdfast exec box -- ls -l', 'the command’s output and exit status'],
    ['echo hi | holdfast exec -i box -- cat', 'stdin goes inside only with -i'],
    ['holdfast exec -it box -- vim notes', 'with a terminal'],
  ],
  arguments: {
    sandbox: { description: "a sandbox's id or name", completes: 'sandbox' },
    command: { description: 'program and arguments; no shell is involved', many: true, mayBeEmpty: true },
  },
  options: {
    interactive: { kind: 'flag', short: 'i', description: 'pass stdin on' },
    terminal: { kind: 'flag', short: 't', description: 'give it a terminal' },
    cwd: {
      kind: 'text',
      short: 'w',
      value: 'PATH',
      description: 'where to start; /workspace if not said, and what a relative path starts from',
    },
    env: { kind: 'pairs', short: 'e', value: 'K=V', description: 'a variable for this command; may be repeated' },
    timeout: { kind: 'duration', value: 'TIME', description: 'end it after this long, with status 124' },
    tag: { kind: 'text', value: 'WORD', description: 'a word to find the process again with' },
  },
  status: 'command',
  async run({ args, options, context: { io, output, ...context } }) {
    using interrupts = new Interrupts(io);
    const service = await context.service('attach');
    const input = {
      argv: args.command,
      environment: options.env,
      ...defined('cwd', options.cwd === undefined ? undefined : resolve('/workspace', options.cwd)),
      ...defined('timeoutMs', options.timeout),
      ...defined('tag', options.tag),
    };
    const { interactive, terminal } = options;
    const work = options.json ? captureProcess : streamProcess;
    try {
      return await work({ service, sandbox: args.sandbox, input, interactive, terminal, io, output, interrupts });
    } catch (error) {
      if (interrupts.status === null) throw error;
      return interrupts.status;
    }
  },
});
export default command;
