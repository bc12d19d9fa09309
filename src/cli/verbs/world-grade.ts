import { type Command, defineCommand } from '../command.ts';
import { loadSetting } from '../world-files.ts';

const command: Command = defineCommand({
  name: 'world grade',
  summary: 'Runs a command twice in a frozen world and says how still it holds: D0 to D4, and what moved.',
  examples: [
    ['holdfast world grade world.yaml -- sh -c "date; echo hello"', 'network, clock, chance, outputs'],
    ['holdfast world grade world.yaml --json -- date', 'the same as JSON'],
  ],
  arguments: {
    world: { description: 'a world or a training profile', completes: 'file' },
    command: { description: 'program and arguments; the world’s own suite if not said', optional: true, many: true },
  },
  options: { timeout: { kind: 'duration', value: 'TIME', description: 'of each run; ten minutes if not said' } },
  async run({ args, options, context: { io, output, ...context } }) {
    const { gradeWorld } = await import('../../worlds/index.ts');
    const { world } = await loadSetting(args.world, io);
    const { command } = args;
    const suite = command.length === 0 ? world.suite : [{ argv: command }];
    const graded = await gradeWorld(await context.service(), world, suite, options.timeout);
    if (options.json) {
      await output.document(graded);
      return 0;
    }
    await output.line(graded.grade);
    for (const { what, holds, detail } of graded.findings)
      await output.line(`  ${what.padEnd(8)}  ${holds ? 'holds' : 'moves'}  ${detail}`);
    for (const missed of graded.misses.slice(0, 10)) await output.line(`  not on the tape: ${missed}`);
    return 0;
  },
});
export default command;
