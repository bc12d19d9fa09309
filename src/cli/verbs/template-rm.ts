import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'template rm',
  summary: 'Deletes a template; what was made of it keeps its files.',
  examples: [
    ['holdfast template rm tools', 'its files go with the last sandbox or snapshot made of them'],
    ['holdfast template rm tools --json', 'the answer as JSON'],
  ],
  arguments: { name: { description: 'a template’s name' } },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    await (await context.service()).deleteTemplate(args.name);
    await (options.json ? output.document({ removed: [args.name] }) : output.line(args.name));
    return 0;
  },
});
export default command;
