import { type Command, defineCommand } from '../command.ts';
import { contractOf } from '../new-sandbox.ts';
import { defined, isolationOf } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'fork',
  summary: 'Makes new sandboxes that start with the files of another one or of a snapshot, and prints their ids.',
  examples: [
    ['holdfast fork box', 'one'],
    ['holdfast fork box --count 3', 'three, all or none'],
    ['holdfast fork snp-01… --lifetime 10m', 'from a snapshot'],
  ],
  arguments: { source: { description: "a sandbox's id or name, or a snapshot's id", completes: 'sandbox' } },
  options: {
    count: { kind: 'number', short: 'n', value: 'N', description: 'how many; one if not said' },
    memory: { kind: 'flag', description: 'with what runs in it, from where it is; virtual machines can' },
    metadata: {
      kind: 'pairs',
      short: 'm',
      value: 'K=V',
      description: 'words of yours to find them by; may be repeated',
    },
    isolation: {
      kind: 'text',
      value: 'LEVEL',
      description: 'the least accepted; as the sandbox had, if not said',
    },
    contract: {
      kind: 'text',
      value: 'NAME',
      description: 'what they are held to: one that ships, or a file; as the sandbox is, if not said',
    },
    lifetime: { kind: 'duration', value: 'TIME', description: 'they end this long after now' },
  },
  async run({ args, options, context: { io, output, ...context } }) {
    const contract = options.contract === undefined ? undefined : await contractOf(options.contract, io.directory);
    const service = await context.service();
    const fork = {
      metadata: options.metadata,
      ...(options.memory ? { memory: true } : {}),
      ...defined('count', options.count),
      ...defined('isolation', isolationOf(options.isolation)),
      ...defined('contract', contract),
      ...defined('lifetimeMs', options.lifetime),
    };
    const sandboxes = await service.forkSandbox(args.source, fork);
    if (options.json) await output.document(sandboxes);
    else await output.data(sandboxes.map(({ id }) => `${id}\n`).join(''));
    return 0;
  },
});
export default command;
