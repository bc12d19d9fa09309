import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'tape rm',
  summary: 'Deletes a tape.',
  examples: [
    ['holdfast tape rm tap-01…', 'refused while it is recorded or played'],
    ['holdfast tape rm run --json', 'the answer as JSON'],
  ],
  arguments: { tape: { description: "a tape's id or name" } },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    await (await context.service()).deleteTape(args.tape);
    if (options.json) await output.document({ removed: [args.tape] });
    return 0;
  },
});
export default command;
