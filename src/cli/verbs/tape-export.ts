import { type Command, defineCommand } from '../command.ts';
import { outputOption, writePieces } from '../pieces.ts';

const command: Command = defineCommand({
  name: 'tape export',
  summary: 'Writes a tape as HAR 1.2, which browsers and other tools read.',
  examples: [
    ['holdfast tape export tap-01… -o run.har', 'to a file'],
    ['holdfast tape export run', 'by the name it was given'],
  ],
  arguments: { tape: { description: "a tape's id or name" } },
  options: { output: outputOption },
  async run({ args, options, context }) {
    return await writePieces(options.output, context, async () => (await context.service()).exportTape(args.tape));
  },
});
export default command;
