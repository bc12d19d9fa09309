import { type Command, defineCommand } from '../command.ts';
import { formatBytes, formatTime } from '../output.ts';
import { allPages } from '../pages.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'snapshots',
  summary: 'Lists snapshots, or reads one whole and compares it with its digests.',
  examples: [
    ['holdfast snapshots', 'all of them'],
    ['holdfast snapshots box', 'those taken of one sandbox'],
    ['holdfast snapshots --verify snp-01…', 'every byte is read'],
  ],
  arguments: {
    sandbox: { description: "a sandbox's id or name; all if not said", optional: true, completes: 'sandbox' },
  },
  options: {
    verify: { kind: 'text', value: 'SNAPSHOT', description: 'check this one instead' },
    ids: { kind: 'flag', short: 'q', description: 'one id per line and nothing else' },
  },
  async run({ args, options, context: { output, ...context } }) {
    const service = await context.service();
    if (options.verify !== undefined) {
      const snapshot = await service.verifySnapshot(options.verify);
      await (options.json ? output.document(snapshot) : output.line(`${snapshot.id} is whole: ${snapshot.digest}`));
      return 0;
    }
    const query = defined('sandbox', args.sandbox);
    const snapshots = await allPages((page) => service.listSnapshots({ ...query, ...page }));
    const nowMs = Date.now();
    if (options.json) await output.document(snapshots);
    else if (options.ids) await output.data(snapshots.map(({ id }) => `${id}\n`).join(''));
    else {
      await output.table(snapshots, [
        { title: 'ID', of: (snapshot) => snapshot.id },
        { title: 'NAME', of: (snapshot) => snapshot.name ?? '-' },
        { title: 'SANDBOX', of: (snapshot) => snapshot.sandbox ?? '-' },
        { title: 'PARENT', of: (snapshot) => snapshot.parent ?? snapshot.template },
        { title: 'ADDED', of: (snapshot) => `${snapshot.addedFiles} files, ${formatBytes(snapshot.addedBytes)}` },
        { title: 'CREATED', of: (snapshot) => formatTime(snapshot.createdAt, nowMs) },
      ]);
    }
    return 0;
  },
});
export default command;
