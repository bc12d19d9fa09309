import { type Command, defineCommand } from '../command.ts';
import { loadContract, usualContract } from '../contract-files.ts';
import { printable } from '../output.ts';

const command: Command = defineCommand({
  name: 'contract show',
  summary: 'Reads a contract and says what it promises; or prints the JSON Schema of contracts.',
  examples: [
    ['holdfast contract show', 'the contract that ships with Holdfast'],
    ['holdfast contract show contract.yaml', 'checked, with the line of everything that is wrong'],
    ['holdfast contract show --schema', 'for editors'],
  ],
  arguments: { contract: { description: 'a file, or the name of one that ships', optional: true, completes: 'file' } },
  options: { schema: { kind: 'flag', description: 'the JSON Schema instead' } },
  async run({ args, options, context: { io, output } }) {
    const { contractDigest, contractJsonSchema } = await import('../../contract/index.ts');
    if (options.schema) {
      await output.document(contractJsonSchema());
      return 0;
    }
    const { value, text } = await loadContract(args.contract ?? usualContract, { directory: io.directory });
    const digest = contractDigest(value);
    if (options.json) await output.document({ ...value, digest });
    else {
      await output.line(`# ${value.contract}, ${digest}`);
      for (const line of text.trimEnd().split('\n')) await output.line(printable(line));
    }
    return 0;
  },
});
export default command;
