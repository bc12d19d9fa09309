import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'suspend',
  summary: 'Stops every process in a sandbox where it stands; memory, open files and process ids stay.',
  examples: [
    ['holdfast suspend box', 'until it is resumed'],
    ['holdfast suspend box --json', 'the sandbox as JSON'],
  ],
  arguments: { sandbox: { description: "a sandbox's id or name", completes: 'sandbox' } },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    const sandbox = await (await context.service()).suspendSandbox(args.sandbox);
    if (options.json) await output.document(sandbox);
    else await output.line(sandbox.id);
    await output.hint(`next: holdfast resume ${sandbox.name ?? sandbox.id}`);
    return 0;
  },
});
export default command;
