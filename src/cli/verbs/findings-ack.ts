import { type Command, defineCommand } from '../command.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'findings ack',
  summary: 'Says that somebody knows of a finding: it stays until it is gone, and is no alarm any more.',
  examples: [
    ['holdfast findings ack 0123456789ab', 'without a word'],
    ['holdfast findings ack 0123456789ab --note "new image on Monday"', 'with the reason'],
  ],
  arguments: { finding: { description: "a finding's id" } },
  options: { note: { kind: 'text', value: 'TEXT', description: 'why it may be there' } },
  async run({ args, options, context: { output, ...context } }) {
    const found = await (await context.service()).acknowledgeFinding(args.finding, defined('note', options.note));
    if (options.json) await output.document(found);
    else await output.hint(`acknowledged: ${found.field}`);
    return 0;
  },
});
export default command;
