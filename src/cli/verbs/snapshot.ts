import { type Command, defineCommand } from '../command.ts';
import { formatBytes } from '../output.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'snapshot',
  summary: 'Saves all files of a sandbox as they are, and prints the snapshot’s id; the sandbox goes on.',
  examples: [
    ['holdfast snapshot box', 'costs what changed, not what exists'],
    ['holdfast snapshot box --name before-upgrade', 'with a name: holdfast rollback box before-upgrade'],
  ],
  arguments: { sandbox: { description: "a sandbox's id or name", completes: 'sandbox' } },
  options: {
    name: { kind: 'text', value: 'NAME', description: 'what to call it; the newest of a name is meant by it' },
  },
  async run({ args, options, context: { output, ...context } }) {
    const service = await context.service();
    const snapshot = await service.createSnapshot(args.sandbox, defined('name', options.name));
    if (options.json) await output.document(snapshot);
    else await output.line(snapshot.id);
    const { addedFiles, addedBytes, pauseMs } = snapshot;
    await output.hint(
      `${addedFiles} files (${formatBytes(addedBytes)}) more than before; it stood still for ${pauseMs.toFixed(1)} ms`,
    );
    await output.hint(`next: holdfast rollback ${args.sandbox} ${snapshot.id}`);
    return 0;
  },
});
export default command;
