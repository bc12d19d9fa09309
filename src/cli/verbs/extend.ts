import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, defineCommand } from '../command.ts';
import { formatTime } from '../output.ts';

const command: Command = defineCommand({
  name: 'extend',
  summary: 'Lets a sandbox live longer, counted from now.',
  examples: [
    ['holdfast extend box --lifetime 2h', 'two hours from now'],
    ['holdfast extend box --lifetime 1d --json', 'the sandbox as JSON'],
  ],
  arguments: { sandbox: { description: "a sandbox's id or name", completes: 'sandbox' } },
  options: { lifetime: { kind: 'duration', value: 'TIME', description: 'such as 90s, 5m, 2h or 1d; needed' } },
  async run({ args, options, context: { output, ...context } }) {
    if (options.lifetime === undefined) {
      throw new HoldfastError('invalid-argument', 'extend needs --lifetime', {
        hint: `For example: holdfast extend ${args.sandbox} --lifetime 1h`,
      });
    }
    const sandbox = await (await context.service()).extendSandbox(args.sandbox, options.lifetime);
    if (options.json) await output.document(sandbox);
    else await output.line(sandbox.id);
    await output.hint(`ends ${formatTime(sandbox.expiresAt, Date.now())}, at ${sandbox.expiresAt}`);
    return 0;
  },
});
export default command;
