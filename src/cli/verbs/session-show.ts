import { type Command, defineCommand } from '../command.ts';
import { formatTime } from '../output.ts';
import { outcomeLine } from '../session-view.ts';

const command: Command = defineCommand({
  name: 'session show',
  summary: 'Shows where a session stands, for whom it works, and what it used of its limits.',
  examples: [
    ['holdfast session show talk', 'as a table'],
    ['holdfast session show talk --json', 'everything, as JSON'],
  ],
  arguments: { session: { description: "a session's id or name" } },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    const session = await (await context.service()).getSession(args.session);
    if (options.json) {
      await output.document(session);
      return 0;
    }
    const { limits, spent, held } = session.budget;
    const nowMs = Date.now();
    const rows: [string, string][] = [
      ['session', session.id],
      ['agent', `${session.agent} (${session.manifest.slice(0, 12)})`],
      ['person', session.person],
      ['state', session.state],
      ['what', outcomeLine(session)],
      ['sandbox', session.sandbox ?? '-'],
      ['above', session.parent ?? '-'],
      ['created', formatTime(session.createdAt, nowMs)],
      ['wakes', session.wakesAt === null ? '-' : formatTime(session.wakesAt, nowMs)],
      ...(['steps', 'tokens', 'cents', 'wallMs'] as const).map((name): [string, string] => [
        name,
        `${spent[name]} used, ${held[name]} held, of ${limits[name]}`,
      ]),
    ];
    await output.table(rows, [
      { title: '', of: ([name]) => name },
      { title: '', of: ([, value]) => value },
    ]);
    return 0;
  },
});
export default command;
