import { type Command, defineCommand } from '../command.ts';
import { formatTime } from '../output.ts';
import { defined } from '../sandbox-options.ts';
import { chosen } from '../values.ts';

const scopes = ['turn', 'session', 'user', 'tenant'] as const;

const command: Command = defineCommand({
  name: 'memory search',
  summary: 'Searches what agents remember by words; what has most of them comes first.',
  examples: [
    ['holdfast memory search "invoice address"', 'anywhere'],
    ['holdfast memory search refund --scope user --owner ada', 'of one person'],
  ],
  arguments: { words: { description: 'words, or beginnings of words', many: true } },
  options: {
    scope: { kind: 'text', value: 'SCOPE', description: 'turn, session, user or tenant' },
    owner: { kind: 'text', value: 'OWNER', description: 'of this person, or of this session' },
    slot: { kind: 'text', value: 'SLOT', description: 'only in this slot' },
    limit: { kind: 'whole', value: 'N', description: 'so many, 50 if not said' },
  },
  async run({ args, options, context: { output, ...context } }) {
    const scope = options.scope === undefined ? undefined : chosen('--scope', options.scope, scopes);
    const found = await (await context.service()).searchMemories({
      query: args.words.join(' '),
      ...defined('scope', scope),
      ...defined('owner', options.owner),
      ...defined('slot', options.slot),
      ...defined('limit', options.limit),
    });
    const nowMs = Date.now();
    if (options.json) await output.document(found);
    else {
      await output.table(found, [
        { title: 'SCOPE', of: (entry) => entry.scope },
        { title: 'OWNER', of: ({ owner }) => owner },
        { title: 'SLOT', of: ({ slot }) => slot },
        { title: 'KEY', of: ({ key }) => key },
        { title: 'KEPT UNTIL', of: ({ expiresAt }) => formatTime(expiresAt, nowMs) },
        { title: 'VALUE', of: ({ value }) => (typeof value === 'string' ? value : JSON.stringify(value)) },
      ]);
    }
    return 0;
  },
});
export default command;
