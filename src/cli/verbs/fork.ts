import type { HoldfastService } from '../../schema/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { contractOf } from '../new-sandbox.ts';
import type { Output } from '../output.ts';
import { defined, isolationOf } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'fork',
  summary: 'Makes new sandboxes that start with the files of another one or of a snapshot, and prints their ids.',
  examples: [
    ['holdfast fork box', 'one'],
    ['holdfast fork box --count 3', 'three, all or none'],
    ['holdfast fork rec-01… --step 1', 'from a recording, in the state after that step'],
  ],
  arguments: {
    source: {
      description: "a sandbox's id or name, a snapshot's id, or a recording's with --step",
      completes: 'sandbox',
    },
  },
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
    step: {
      kind: 'number',
      value: 'N',
      description: 'of a recording: in the state after this step; 0 is its beginning',
    },
    execute: { kind: 'flag', description: 'of a recording: do again what stands between a snapshot and the step' },
    record: { kind: 'flag', description: 'of a recording: record the child too' },
    lifetime: { kind: 'duration', value: 'TIME', description: 'they end this long after now' },
  },
  async run({ args, options, context: { io, output, ...context } }) {
    const contract = options.contract === undefined ? undefined : await contractOf(options.contract, io.directory);
    const service = await context.service();
    if (options.step !== undefined) return await forkAtStep(service, args.source, options.step, options, output);
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

async function forkAtStep(
  service: HoldfastService,
  recording: string,
  step: number,
  options: { execute: boolean; record: boolean; lifetime: number | undefined; json: boolean },
  output: Output,
): Promise<number> {
  const { execute, record, lifetime } = options;
  const forked = await service.forkRecording(recording, { step, execute, record, ...defined('lifetimeMs', lifetime) });
  if (options.json) await output.document(forked);
  else await output.line(forked.sandbox.id);
  for (const note of forked.notes) await output.say(note);
  await output.hint(`next: holdfast exec ${forked.sandbox.id} -- sh`);
  return 0;
}
