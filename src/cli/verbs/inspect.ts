import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'inspect',
  summary: 'Shows all that is known about a sandbox or a snapshot, as JSON.',
  examples: [
    ['holdfast inspect box', 'a sandbox, with its processes while it lives'],
    ['holdfast inspect snp-01…', 'a snapshot'],
  ],
  arguments: { what: { description: "a sandbox's id or name, or a snapshot's id", completes: 'sandbox' } },
  options: {},
  async run({ args, context: { output, ...context } }) {
    const service = await context.service();
    if (args.what.startsWith('snp-')) {
      await output.document(await service.getSnapshot(args.what));
      return 0;
    }
    const sandbox = await service.getSandbox(args.what);
    const processes = sandbox.state === 'ready' ? await service.listProcesses(args.what) : [];
    await output.document({ ...sandbox, processes });
    return 0;
  },
});
export default command;
