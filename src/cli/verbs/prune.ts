import { type Command, defineCommand } from '../command.ts';
import { formatBytes } from '../output.ts';

const command: Command = defineCommand({
  name: 'prune',
  summary: 'Forgets sandboxes that are gone and frees what nothing refers to; nothing that lives is touched.',
  examples: [
    ['holdfast prune', 'records of gone sandboxes, unreferenced layers, what machines no longer start from'],
    ['holdfast prune --snapshots', 'also snapshots that no sandbox and no other snapshot is made of'],
  ],
  arguments: {},
  options: { snapshots: { kind: 'flag', description: 'also snapshots nothing refers to' } },
  async run({ options, context: { output, ...context } }) {
    const report = await (await context.service()).prune({ snapshots: options.snapshots });
    if (options.json) await output.document(report);
    else {
      const { sandboxes, snapshots, layers, freedBytes } = report;
      await output.line(
        `${sandboxes} sandboxes, ${snapshots} snapshots and ${layers} layers removed, ${formatBytes(freedBytes)} freed`,
      );
    }
    return 0;
  },
});
export default command;
