import { loadWithChannels } from '../channel-files.ts';
import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'agents diff',
  summary: 'Says what agents, and channels to them, may do that they might not before; status 1 when one may do more.',
  examples: [
    ['holdfast agents diff desk.yaml desk.yaml', 'nothing changed'],
    [
      'holdfast agents diff desk.yaml desk-wider.yaml --json',
      'what changed, as JSON; more is allowed, so the status is 1',
    ],
    ['holdfast agents diff channels.yaml channels.yaml', 'channels too, with the agents that they lead to'],
  ],
  arguments: {
    before: { description: 'a file with agents, or with channels', completes: 'file' },
    after: { description: 'another', completes: 'file' },
  },
  options: {
    besides: { kind: 'text', value: 'FILE', description: 'a file with the host tools that they expect' },
  },
  async run({ args, options, context: { io, output } }) {
    const { besides } = options;
    const before = await loadWithChannels(args.before, { directory: io.directory, besides });
    const after = await loadWithChannels(args.after, { directory: io.directory, besides });
    const [{ diffBundles, widestFirst }, { diffChannels }] = await Promise.all([
      import('../../agents/index.ts'),
      import('../../channels/index.ts'),
    ]);
    const changes = widestFirst([
      ...diffBundles(before.bundle, after.bundle),
      ...diffChannels(before.channels, after.channels),
    ]);
    if (options.json) await output.document(changes);
    else {
      for (const { kind, text } of changes)
        await output.line(`${{ widened: '+', narrowed: '-', changed: '~' }[kind]} ${text}`);
      if (changes.length === 0) await output.hint('nothing changed');
    }
    return changes.some(({ kind }) => kind === 'widened') ? 1 : 0;
  },
});
export default command;
