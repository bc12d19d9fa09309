import type { DiffEntry } from '../../schema/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { formatStat, splitPatch } from '../patch.ts';
import { defined } from '../sandbox-options.ts';

const letters = { added: 'A', modified: 'M', deleted: 'D', mode: 'T' } as const satisfies Record<
  DiffEntry['kind'],
  string
>;

const command: Command = defineCommand({
  name: 'diff',
  summary: 'Shows what differs between two sandboxes or snapshots, or since one began, as a patch.',
  examples: [
    ['holdfast diff box', 'since what it started from'],
    ['holdfast diff snp-01… box --stat', 'between any two, as a summary'],
    ['holdfast diff box --path /workspace --name-only', 'below one path, names and kinds only'],
  ],
  arguments: {
    first: { description: 'a sandbox or snapshot; with a second one, the older side', completes: 'sandbox' },
    second: { description: 'a sandbox or snapshot: the newer side', optional: true, completes: 'sandbox' },
  },
  options: {
    path: { kind: 'text', value: 'PATH', description: 'only below this path' },
    stat: { kind: 'flag', description: 'a summary: lines added and removed per file' },
    nameOnly: { kind: 'flag', description: 'A(dded), M(odified), D(eleted) or T (mode), and the path' },
    exitCode: { kind: 'flag', description: 'status 1 when anything differs' },
  },
  async run({ args, options, context: { output, ...context } }) {
    const service = await context.service();
    const sides = args.second === undefined ? { to: args.first } : { from: args.first, to: args.second };
    const request = { ...sides, ...defined('path', options.path) };
    if (options.json || options.nameOnly) {
      const diff = await service.diff(request);
      if (options.json) await output.document(diff);
      else
        await output.text(
          diff.entries.map(({ kind, path }) => `${letters[kind]} ${JSON.stringify(path).slice(1, -1)}\n`).join(''),
        );
      return options.exitCode && diff.entries.length > 0 ? 1 : 0;
    }
    const patch = await service.patch(request);
    await output.text(options.stat ? formatStat(splitPatch(patch)) : patch);
    return options.exitCode && patch !== '' ? 1 : 0;
  },
});
export default command;
