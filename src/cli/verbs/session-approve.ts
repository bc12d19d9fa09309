import { type Command, defineCommand } from '../command.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'session approve',
  summary: 'Approves what an agent wants to do, or denies it, as whose key is in HOLDFAST_KEY. Silence is a no.',
  examples: [
    ['holdfast session approve ses-01….5', 'yes, by whose key it is; without a key, by the owner'],
    ['holdfast session approve ses-01….5 --deny --reason "not to customers"', 'no, and the agent is told why'],
  ],
  arguments: { approval: { description: 'as `session approvals` lists it' } },
  options: {
    deny: { kind: 'flag', description: 'no' },
    reason: { kind: 'text', value: 'TEXT', description: 'why' },
  },
  async run({ args, options, context: { output, ...context } }) {
    const approval = await (await context.service()).decideApproval(args.approval, {
      approve: !options.deny,
      ...defined('reason', options.reason),
    });
    if (options.json) await output.document(approval);
    else await output.hint(`${options.deny ? 'denied' : 'approved'}: ${approval.tool} of ${approval.agent}`);
    return 0;
  },
});
export default command;
