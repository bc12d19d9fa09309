import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'rollback',
  summary: 'Puts a sandbox’s files back to a snapshot, in place; its processes end, its id stays.',
  examples: [
    ['holdfast rollback box snp-01…', 'what was done since is gone'],
    ['holdfast rollback box before-upgrade', 'to the newest of that name'],
    ['holdfast rollback box $(holdfast snapshots box --ids | tail -n 1)', 'to the last one'],
  ],
  arguments: {
    sandbox: { description: "a sandbox's id or name", completes: 'sandbox' },
    snapshot: { description: "a snapshot's id, or a name: the newest of that name" },
  },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    const sandbox = await (await context.service()).rollbackSandbox(args.sandbox, args.snapshot);
    if (options.json) await output.document(sandbox);
    else await output.line(sandbox.id);
    return 0;
  },
});
export default command;
