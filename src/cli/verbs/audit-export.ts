import { type Command, defineCommand } from '../command.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'audit export',
  summary: 'Writes the entries of a person, a session or a time: JSON lines with proofs, or a timeline for a report.',
  examples: [
    ['holdfast audit export --person ada > ada.jsonl', 'all about one person, and by them'],
    ['holdfast audit export --since 2026-11-29T00:00:00Z --timeline', 'an incident, for people'],
  ],
  arguments: {},
  options: {
    person: { kind: 'text', value: 'PERSON', description: 'only about this person, or by them' },
    session: { kind: 'text', value: 'ID', description: 'only of this session' },
    since: { kind: 'text', value: 'TIME', description: 'from then on' },
    until: { kind: 'text', value: 'TIME', description: 'before then' },
    timeline: { kind: 'flag', description: 'as text, in order, with the times by which to report' },
  },
  async run({ options, context: { output, ...context } }) {
    const pieces = await (await context.service()).exportAudit({
      ...defined('person', options.person),
      ...defined('session', options.session),
      ...defined('since', options.since),
      ...defined('until', options.until),
      format: options.timeline ? 'timeline' : 'lines',
    });
    for await (const piece of pieces) await output.data(piece);
    return 0;
  },
});
export default command;
