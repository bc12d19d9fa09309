import { systemClock } from '../../base/index.ts';
import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, defineCommand } from '../command.ts';
import { writeOutput } from '../output-file.ts';
import { timeOf } from '../world-files.ts';

const command: Command = defineCommand({
  name: 'world freeze',
  summary: 'Makes a world of a sandbox and a tape: its files, its network, its clock and its chance held still.',
  examples: [
    ['holdfast world freeze box --clock 2026-01-01T00:00:00Z --seed 7 -o world.yaml', 'without a network'],
    ['holdfast world freeze box --tape run', 'what a recorded run said to the network, as a manifest on stdout'],
  ],
  arguments: { sandbox: { description: 'its id or name', completes: 'sandbox' } },
  options: {
    tape: { kind: 'text', value: 'TAPE', description: 'a closed tape’s id or name; no network if not said' },
    clock: { kind: 'text', value: 'TIME', description: 'where the clock stands still; the machine’s if not said' },
    seed: { kind: 'whole', value: 'N', description: 'for chance, as far as a seed reaches; the kernel’s if not said' },
    name: { kind: 'text', value: 'NAME', description: 'what to call it' },
    keepEnvironment: {
      kind: 'list',
      value: 'NAME',
      description: 'a variable that is written as it is, although it looks like a secret; may be repeated',
    },
    output: { kind: 'text', short: 'o', value: 'FILE', description: 'where to write it; stdout if not said' },
  },
  async run({ args, options, context: { io, output, ...context } }) {
    const { formatWorld, freezeWorld, worldDigest } = await import('../../worlds/index.ts');
    const { seed = null } = options;
    if (seed !== null && !(Number.isInteger(seed) && seed >= 0 && seed <= 0xffff_ffff))
      throw new HoldfastError('invalid-argument', '--seed takes a whole number from 0 to 4294967295');
    const tokens: string[] = [];
    const freezing = {
      sandbox: args.sandbox,
      tape: options.tape ?? null,
      clockAt: timeOf(options.clock),
      seed,
      keepEnvironment: options.keepEnvironment,
      onToken: (name: string) => void tokens.push(name),
      ...(options.name === undefined ? {} : { name: options.name }),
    };
    const world = await freezeWorld(await context.service(), freezing, systemClock);
    if (options.json) await output.document({ ...world, digest: worldDigest(world) });
    else if (options.output === undefined) await output.data(formatWorld(world));
    else await writeOutput(options.output, io, formatWorld(world), { mode: 0o600 });
    for (const name of tokens)
      await output.say(
        `${name}: a token stands in the place of its value (--keep-environment ${name} writes it as it is)`,
      );
    await output.hint(`next: holdfast world grade ${options.output ?? 'world.yaml'} -- make`);
    return 0;
  },
});
export default command;
