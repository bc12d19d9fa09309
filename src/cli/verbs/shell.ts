import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, defineCommand } from '../command.ts';
import { Interrupts } from '../interrupts.ts';
import { streamProcess } from '../stream.ts';

/** The best shell that is there; decided inside, because templates differ. */
const argv = ['/bin/sh', '-c', 'if command -v bash >/dev/null; then exec bash -l; else exec sh -l; fi'];

const command: Command = defineCommand({
  name: 'shell',
  summary: 'Opens a shell in a sandbox, in this terminal.',
  examples: [
    ['holdfast shell box', 'bash where it is there, else sh'],
    ['holdfast run -it -- sh', 'a shell in a throw-away sandbox'],
  ],
  arguments: { sandbox: { description: "a sandbox's id or name", completes: 'sandbox' } },
  options: {},
  status: 'command',
  async run({ args, options, context: { io, output, ...context } }) {
    if (options.json) {
      throw new HoldfastError('invalid-argument', 'a shell has no JSON form', {
        hint: 'Use `holdfast exec --json` for one command.',
      });
    }
    using interrupts = new Interrupts(io);
    const service = await context.service('attach');
    return await streamProcess({
      service,
      sandbox: args.sandbox,
      input: { argv },
      interactive: true,
      terminal: true,
      io,
      output,
      interrupts,
    });
  },
});
export default command;
