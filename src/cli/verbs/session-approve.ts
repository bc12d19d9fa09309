import { type Command, defineCommand } from '../command.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'session approve',
  summary: 'Approves what an agent wants to do, or denies it. Silence is a no when the time is over.',
  examples: [
    ['holdfast session approve ses-01….5 --by milo', 'yes'],
    [
      'holdfast session approve ses-01….5 --by milo --deny --reason "not to customers"',
      'no, and the agent is told why',
    ],
  ],
  arguments: { approval: { description: 'as `session approvals` lists it' } },
  options: {
    by: {
      kind: 'text',
      value: 'PERSON',
      description: 'who decides; where four eyes are wanted, not whom the session works for',
    },
    deny: { kind: 'flag', description: 'no' },
    reason: { kind: 'text', value: 'TEXT', description: 'why' },
  },
  async run({ args, options, context: { output, ...context } }) {
    const { HoldfastError } = await import('../../schema/error-class.ts');
    if (options.by === undefined) {
      throw new HoldfastError('invalid-argument', 'session approve needs --by', { hint: 'Say who decides: --by milo' });
    }
    const approval = await (await context.service()).decideApproval(args.approval, {
      approve: !options.deny,
      by: options.by,
      ...defined('reason', options.reason),
    });
    if (options.json) await output.document(approval);
    else await output.hint(`${options.deny ? 'denied' : 'approved'}: ${approval.tool} of ${approval.agent}`);
    return 0;
  },
});
export default command;
