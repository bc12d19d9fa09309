import { type Command, defineCommand } from '../command.ts';
import { formatTime } from '../output.ts';
import { allPages } from '../pages.ts';
import { defined } from '../sandbox-options.ts';
import { outcomeLine } from '../session-view.ts';
import { chosen } from '../values.ts';

const command: Command = defineCommand({
  name: 'session ls',
  summary: 'Lists sessions: where they stand and what they wait for.',
  examples: [
    ['holdfast session ls', 'those that are not over'],
    ['holdfast session ls --all --json', 'also those that ended, as JSON'],
    ['holdfast session ls --state waiting', 'only those'],
  ],
  arguments: {},
  options: {
    all: { kind: 'flag', description: 'also those that ended' },
    state: { kind: 'text', value: 'STATE', description: 'running, waiting, paused, done, failed or cancelled' },
  },
  async run({ options, context: { output, ...context } }) {
    const { sessionStates } = await import('../../schema/index.ts');
    const state = options.state === undefined ? undefined : chosen('--state', options.state, sessionStates);
    const service = await context.service();
    const query = { ...defined('state', state), all: options.all };
    const items = await allPages((page) => service.listSessions({ ...query, ...page }));
    const nowMs = Date.now();
    if (options.json) await output.document(items);
    else {
      await output.table(items, [
        { title: 'SESSION', of: (session) => session.id },
        { title: 'NAME', of: (session) => session.name ?? '-' },
        { title: 'AGENT', of: (session) => session.agent },
        { title: 'STATE', of: (session) => session.state },
        { title: 'CREATED', of: (session) => formatTime(session.createdAt, nowMs) },
        { title: 'WHAT', of: outcomeLine },
      ]);
    }
    return 0;
  },
});
export default command;
