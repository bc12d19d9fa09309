import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'resume',
  summary: 'Lets a suspended sandbox go on; one kept by its files starts anew.',
  examples: [
    ['holdfast resume box', 'its processes go on where they stood'],
    ['holdfast resume box --json', 'the sandbox as JSON'],
  ],
  arguments: { sandbox: { description: "a sandbox's id or name", completes: 'sandbox' } },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    const sandbox = await (await context.service()).resumeSandbox(args.sandbox);
    if (options.json) await output.document(sandbox);
    else await output.line(sandbox.id);
    await output.hint(`suspended for ${Math.round(sandbox.suspendedMs)} ms in all`);
    return 0;
  },
});
export default command;
