import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'secret rm',
  summary: 'Forgets a secret; requests that would need it are refused from now on.',
  examples: [
    ['holdfast secret rm api-token', 'gone from this machine'],
    ['holdfast secret rm api-token --json', 'the answer as JSON'],
  ],
  arguments: { name: { description: "a secret's name" } },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    await (await context.service()).deleteSecret(args.name);
    if (options.json) await output.document({ removed: [args.name] });
    return 0;
  },
});
export default command;
