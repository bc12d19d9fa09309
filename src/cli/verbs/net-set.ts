import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, defineCommand } from '../command.ts';
import { networkInputOf, networkOptions } from '../network-options.ts';

const command: Command = defineCommand({
  name: 'net set',
  summary: 'Changes what a living sandbox may reach, at once; connections that no longer comply are cut.',
  examples: [
    ['holdfast net set box --network policy.yaml', 'a policy file'],
    ['holdfast net set box --allow api.example.com', 'one host and nothing else'],
    ['holdfast net set box --network none', 'nothing'],
  ],
  arguments: { sandbox: { description: "a sandbox's id or name", completes: 'sandbox' } },
  options: networkOptions,
  async run({ args, options, context: { output, ...context } }) {
    const network = await networkInputOf(options);
    if (network === undefined) {
      throw new HoldfastError('invalid-argument', 'net set needs to know what may be reached', {
        hint: 'Say --network POLICY or --allow HOST; --network none takes everything away.',
      });
    }
    const sandbox = await (await context.service()).setNetwork(args.sandbox, network);
    if (options.json) await output.document(sandbox);
    else await output.hint(`next: holdfast net log -f ${sandbox.name ?? sandbox.id}`);
    return 0;
  },
});
export default command;
