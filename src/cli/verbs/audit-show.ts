import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'audit show',
  summary:
    'Shows one entry of the audit log with what it says; with --json also the proof that it is in the signed log.',
  examples: [
    ['holdfast audit show 1', 'what it says'],
    ['holdfast audit show 1 --json', 'with its line, its proof, the checkpoint and the public key'],
  ],
  arguments: { entry: { description: 'its number, as `audit ls` lists it' } },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    const sequence = /^\d{1,15}$/.test(args.entry) ? Number(args.entry) : 0;
    if (sequence < 1) {
      throw new HoldfastError('invalid-argument', `audit show does not take "${args.entry}"`, {
        hint: 'It takes the number of an entry, as holdfast audit ls lists it.',
      });
    }
    const evidence = await (await context.service()).auditEvidence(sequence);
    if (options.json) {
      await output.document(evidence);
      return 0;
    }
    const { body, erased, ...envelope } = evidence.entry;
    await output.table(Object.entries(envelope), [
      { title: '', of: ([name]) => name },
      { title: '', of: ([, value]) => String(value ?? '-') },
    ]);
    await output.line(erased ? '(erased)' : JSON.stringify(body, null, 2));
    return 0;
  },
});
export default command;
