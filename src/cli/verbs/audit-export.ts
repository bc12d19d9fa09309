import { type Command, defineCommand } from '../command.ts';
import { outputOption, writePieces } from '../pieces.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'audit export',
  summary: 'Writes the entries of a person, a session or a time: JSON lines with proofs, or a timeline for a report.',
  examples: [
    ['holdfast audit export --person ada -o ada.jsonl', 'all about one person, and by them'],
    ['holdfast audit export --since 2026-11-29T00:00:00Z --timeline', 'an incident, for people'],
  ],
  arguments: {},
  options: {
    person: { kind: 'text', value: 'PERSON', description: 'only about this person, or by them' },
    session: { kind: 'text', value: 'ID', description: 'only of this session' },
    since: { kind: 'text', value: 'TIME', description: 'from then on' },
    until: { kind: 'text', value: 'TIME', description: 'before then' },
    timeline: { kind: 'flag', description: 'as text, in order, with the times by which to report' },
    output: outputOption,
  },
  async run({ options, context }) {
    const wanted = {
      ...defined('person', options.person),
      ...defined('session', options.session),
      ...defined('since', options.since),
      ...defined('until', options.until),
      format: options.timeline ? 'timeline' : 'lines',
    } as const;
    return await writePieces(options.output, context, async () => (await context.service()).exportAudit(wanted));
  },
});
export default command;
