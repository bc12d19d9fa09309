import { type Command, defineCommand } from '../command.ts';
import { formatBytes, formatTime } from '../output.ts';
import { allPages } from '../pages.ts';
import { failuresLine } from '../recording-view.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'recordings',
  summary: 'Lists recordings: what sandboxes’ agents did, kept to be looked at and done again.',
  examples: [
    ['holdfast recordings', 'all, oldest first'],
    ['holdfast recordings box --json', 'of one sandbox, as JSON'],
  ],
  arguments: {
    sandbox: { description: "a sandbox's id or name; all if not said", optional: true, completes: 'sandbox' },
  },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    const service = await context.service();
    const query = defined('sandbox', args.sandbox);
    const all = await allPages((page) => service.listRecordings({ ...query, ...page }));
    if (options.json) {
      await output.document(all);
      return 0;
    }
    const nowMs = Date.now();
    await output.table(all, [
      { title: 'ID', of: ({ id }) => id },
      { title: 'NAME', of: ({ name }) => name ?? '-' },
      { title: 'SANDBOX', of: ({ sandbox }) => sandbox ?? '-' },
      { title: 'STATE', of: ({ state }) => state },
      { title: 'STEPS', of: ({ steps }) => String(steps) },
      { title: 'FAILED', of: ({ failures }) => failuresLine(failures) },
      { title: 'SIZE', of: ({ bytes }) => formatBytes(bytes) },
      { title: 'BEGAN', of: ({ createdAt }) => formatTime(createdAt, nowMs) },
    ]);
    return 0;
  },
});
export default command;
