import { HoldfastError } from '../../schema/error-class.ts';
import type { HoldfastService } from '../../schema/index.ts';
import { type Command, type Context, defineCommand, firstSaid, flagOf } from '../command.ts';
import { Interrupts } from '../interrupts.ts';
import { holdLease } from '../lease.ts';
import { newSandboxOf, newSandboxOptions } from '../new-sandbox.ts';
import { streamProcess } from '../stream.ts';
import { createThrowAway } from '../throw-away.ts';

/** The best shell that is there; decided inside, because templates differ. */
const argv = ['/bin/sh', '-c', 'if command -v bash >/dev/null; then exec bash -l; else exec sh -l; fi'];

const command: Command = defineCommand({
  name: 'shell',
  summary: 'Opens a shell in a sandbox, in this terminal.',
  examples: [
    ['holdfast shell box', 'bash where it is there, else sh'],
    ['holdfast shell --project none', 'in a throw-away sandbox, whatever project this is'],
    ['holdfast run -it -- sh', 'a program of yours in a throw-away sandbox'],
  ],
  arguments: {
    sandbox: {
      description: "a sandbox's id or name; a throw-away one if not said",
      optional: true,
      completes: 'sandbox',
    },
  },
  options: newSandboxOptions,
  status: 'command',
  async run({ args, options, context }) {
    if (options.json) {
      throw new HoldfastError('invalid-argument', 'a shell has no JSON form', {
        hint: 'Use `holdfast exec --json` for one command.',
      });
    }
    using interrupts = new Interrupts(context.io);
    if (args.sandbox !== undefined) {
      refuseSettings(options);
      return open(await context.service('attach'), args.sandbox, interrupts, context);
    }
    const wanted = await newSandboxOf(options, context.io);
    const service = await context.service('attach');
    return interrupts.statusOf(async () => {
      const { id } = await createThrowAway(service, wanted, interrupts.signal);
      try {
        using _lease = holdLease(service, id);
        return await open(service, id, interrupts, context);
      } finally {
        await service.destroySandbox(id);
      }
    });
  },
});
export default command;

function open(
  service: HoldfastService,
  sandbox: string,
  interrupts: Interrupts,
  { io, output }: Context,
): Promise<number> {
  return streamProcess({
    service,
    sandbox,
    input: { argv },
    interactive: true,
    terminal: true,
    io,
    output,
    interrupts,
  });
}

/** What a sandbox that is there already is made of cannot be said any more. */
function refuseSettings(options: Readonly<Record<string, unknown>>): void {
  const said = firstSaid(newSandboxOptions, options);
  if (said === undefined) return;
  throw new HoldfastError('invalid-argument', `${flagOf(said)} is for a new sandbox, and this one is there already`, {
    hint: 'Leave it out, or leave out the sandbox.',
  });
}
