import { type Command, defineCommand } from '../command.ts';
import { contractOf } from '../new-sandbox.ts';
import { writeOutput } from '../output-file.ts';
import { chosen } from '../values.ts';
import { loadSetting, tellUnbound } from '../world-files.ts';

const command: Command = defineCommand({
  name: 'world grade',
  summary: 'Runs a command twice in a frozen world and says how still it holds: D0 to D4, and what moved.',
  examples: [
    ['holdfast world grade world.yaml -- sh -c "date; echo hello"', 'network, clock, chance, outputs'],
    ['holdfast world grade world.yaml --write -- date', 'declares what was seen, for later runs to be held to'],
    ['holdfast world grade world.yaml --least D1 --json -- date', 'as JSON; 1 where not even the network holds'],
  ],
  arguments: {
    world: { description: 'a world or a training profile', completes: 'file' },
    command: {
      description: 'program and arguments; the world’s own suite if not said',
      optional: true,
      many: true,
      mayBeEmpty: true,
    },
  },
  options: {
    timeout: { kind: 'duration', value: 'TIME', description: 'of each run; ten minutes if not said' },
    least: {
      kind: 'text',
      value: 'GRADE',
      description: 'ends with 1 below it; the one that the file declares if not said',
    },
    write: { kind: 'flag', description: 'writes the grade that was seen into the file' },
  },
  async run({ args, options, context: { io, output, ...context } }) {
    const { gradeWorld, grades, isBelow, withGrade } = await import('../../worlds/index.ts');
    const { world, text, contract } = await loadSetting(args.world, io);
    await tellUnbound(world, output);
    const wanted = options.least === undefined ? undefined : chosen('--least', options.least, grades);
    // One that is written anew is not held to what it said before.
    const least = wanted ?? (options.write ? undefined : world.grade);
    const { command } = args;
    const suite = command.length === 0 ? world.suite : [{ argv: command }];
    const held = contract === null ? undefined : await contractOf(contract, io.directory);
    const graded = await gradeWorld(await context.service(), world, suite, options.timeout, held);
    const status = least !== undefined && isBelow(graded.grade, least) ? 1 : 0;
    if (options.write && status === 0)
      await writeOutput(args.world, io, withGrade(text, graded.grade), { mode: 0o600 });
    if (options.json) {
      await output.document({ ...graded, least: least ?? null });
      return status;
    }
    await output.line(graded.grade);
    for (const { what, holds, detail } of graded.findings)
      await output.line(`  ${what.padEnd(8)}  ${holds ? 'holds' : 'moves'}  ${detail}`);
    for (const missed of graded.misses.slice(0, 10)) await output.line(`  not on the tape: ${missed}`);
    if (status === 1) {
      const said = `below ${least}, which ${wanted ? 'was asked for' : 'the file declares'}`;
      await output.say(options.write ? `${said}: nothing was written` : said);
    }
    return status;
  },
});
export default command;
