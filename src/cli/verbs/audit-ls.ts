import { type Command, defineCommand } from '../command.ts';
import { formatTime } from '../output.ts';
import { defined } from '../sandbox-options.ts';

const usualLimit = 100;

const command: Command = defineCommand({
  name: 'audit ls',
  summary: 'Lists what agents did and who decided, oldest first; people by pseudonym.',
  examples: [
    ['holdfast audit ls --kind policy-denied', 'what policies refused'],
    ['holdfast audit ls --person ada --kind approval-decided', 'what was decided about one person, or by them'],
  ],
  arguments: {},
  options: {
    kind: { kind: 'text', value: 'KIND', description: 'only of this kind, e.g. tool-call, policy-denied, kill-switch' },
    session: { kind: 'text', value: 'ID', description: 'only of this session' },
    person: { kind: 'text', value: 'PERSON', description: 'only about this person, or by them' },
    since: { kind: 'text', value: 'TIME', description: 'from then on, e.g. 2026-11-29T00:00:00Z' },
    until: { kind: 'text', value: 'TIME', description: 'before then' },
    after: { kind: 'whole', value: 'N', description: 'only entries after this number' },
    limit: { kind: 'whole', value: 'N', description: `so many, ${usualLimit} if not said` },
  },
  async run({ options, context: { output, ...context } }) {
    const { json, kind, limit = usualLimit, ...rest } = options;
    const service = await context.service();
    const { items, nextCursor } = await service.auditEntries({
      // The daemon refuses a kind that there is not, with the list of those there are.
      ...defined('kind', kind as never),
      ...defined('session', rest.session),
      ...defined('person', rest.person),
      ...defined('since', rest.since),
      ...defined('until', rest.until),
      ...defined('after', rest.after),
      limit,
    });
    if (json) {
      await output.document({ items, nextCursor });
      return 0;
    }
    const nowMs = Date.now();
    await output.table(items, [
      { title: 'ENTRY', of: ({ sequence }) => String(sequence) },
      { title: 'TIME', of: ({ at }) => formatTime(at, nowMs) },
      { title: 'KIND', of: (entry) => entry.kind },
      { title: 'DECISION', of: ({ decision }) => decision ?? '-' },
      { title: 'AGENT', of: ({ agent }) => agent ?? '-' },
      { title: 'PERSON', of: ({ person, erased }) => `${person ?? '-'}${erased ? ' (erased)' : ''}` },
      { title: 'BY', of: ({ actor }) => actor ?? '-' },
      { title: 'SESSION', of: ({ session }) => session ?? '-' },
    ]);
    if (nextCursor !== null) await output.hint(`there are more: --after ${nextCursor}`);
    return 0;
  },
});
export default command;
