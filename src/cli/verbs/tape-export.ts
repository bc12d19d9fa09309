import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'tape export',
  summary: 'Writes a tape as HAR 1.2, which browsers and other tools read.',
  examples: [
    ['holdfast tape export tap-01… > run.har', 'to a file'],
    ['holdfast tape export run', 'by the name it was given'],
  ],
  arguments: { tape: { description: "a tape's id or name" } },
  options: {},
  async run({ args, context: { output, ...context } }) {
    const service = await context.service();
    for await (const piece of await service.exportTape(args.tape)) await output.data(piece);
    return 0;
  },
});
export default command;
