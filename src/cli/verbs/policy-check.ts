import { type Command, defineCommand } from '../command.ts';
import { readPolicyFile } from '../network-options.ts';

const command: Command = defineCommand({
  name: 'policy check',
  summary: 'Reads a policy file and says what it lets out, and what in it is odd; needs no daemon.',
  examples: [
    ['holdfast policy check policy.yaml', 'what may be reached, and why'],
    ['holdfast policy check policy.yaml --json', 'the same as JSON'],
  ],
  arguments: { file: { description: 'a policy, YAML or JSON', completes: 'file' } },
  options: {},
  async run({ args, options, context: { output } }) {
    const policy = await readPolicyFile(args.file);
    const { explainPolicy } = await import('../../network/policy/index.ts');
    const explained = explainPolicy(policy);
    if (options.json) await output.document(explained);
    else for (const line of explained.lines) await output.line(line);
    for (const warning of options.json ? [] : explained.warnings) await output.say(`warning: ${warning}`);
    return 0;
  },
});
export default command;
