import { type Command, defineCommand } from '../command.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'audit erase',
  summary:
    'Destroys a person’s key and removes their sessions that are over and their memories; the log still verifies.',
  examples: [
    ['holdfast audit erase ada --reason "request of 29 November"', 'refused while sessions of theirs are not over'],
    ['holdfast audit erase ada --cancel', 'and ends those first'],
  ],
  arguments: { person: { description: 'the name that sessions work for' } },
  options: {
    cancel: { kind: 'flag', description: 'end their sessions that are not over' },
    memories: { kind: 'flag', description: 'remove also what these kept for all of the tenant' },
    reason: { kind: 'text', value: 'TEXT', description: 'why; it is logged' },
  },
  async run({ args, options, context: { output, ...context } }) {
    const report = await (await context.service()).erasePerson({
      person: args.person,
      cancel: options.cancel,
      memories: options.memories,
      ...defined('reason', options.reason),
    });
    if (options.json) {
      await output.document(report);
      return 0;
    }
    const { sessions, memories, mentions, cancelled, pseudonym, leftovers } = report;
    await output.line(
      `${args.person} is ${pseudonym ?? 'not in the log'}: ${sessions} sessions and ${memories} memories removed, ` +
        `${mentions} mentions replaced, ${cancelled} sessions ended`,
    );
    for (const { kind, id, why } of leftovers) await output.line(`not touched: ${kind} ${id}: ${why}`);
    return 0;
  },
});
export default command;
