import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'template rm',
  summary: 'Deletes a template that nothing is made of any more.',
  examples: [
    ['holdfast template rm tools', 'refused while a sandbox or snapshot needs it'],
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
