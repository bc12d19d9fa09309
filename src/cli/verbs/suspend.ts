import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'suspend',
  summary: 'Stops every process in a sandbox where it stands; memory, open files and process ids stay.',
  examples: [
    ['holdfast suspend box', 'until it is resumed'],
    ['holdfast suspend box --files-only', 'its processes end, its files stay'],
    ['holdfast suspend box --json', 'the sandbox as JSON'],
  ],
  arguments: { sandbox: { description: "a sandbox's id or name", completes: 'sandbox' } },
  options: {
    toDisk: {
      kind: 'flag',
      description: 'write its memory to disk, so that none of it is held; gVisor and virtual machines can',
    },
    filesOnly: { kind: 'flag', description: 'keep its files only: processes end, and nothing of its memory is held' },
  },
  async run({ args, options, context: { output, ...context } }) {
    const sandbox = await (await context.service()).suspendSandbox(args.sandbox, {
      memory: !options.filesOnly,
      ...(options.toDisk ? { disk: true } : {}),
    });
    if (options.json) await output.document(sandbox);
    else await output.line(sandbox.id);
    await output.hint(`next: holdfast resume ${sandbox.name ?? sandbox.id}`);
    return 0;
  },
});
export default command;
