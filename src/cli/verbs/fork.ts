import { HoldfastError } from '../../schema/error-class.ts';
import type { ForkRecording, HoldfastService } from '../../schema/index.ts';
import { type Command, defineCommand } from '../command.ts';
import type { Io } from '../io.ts';
import { contractOf } from '../new-sandbox.ts';
import type { Output } from '../output.ts';
import { readForkWith } from '../replay-options.ts';
import { defined, isolationOf } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'fork',
  summary: 'Makes new sandboxes that start with the files of another one or of a snapshot, and prints their ids.',
  examples: [
    ['holdfast fork box', 'one'],
    ['holdfast fork box --count 3', 'three, all or none'],
    [
      'holdfast fork rec-01… --step 1 --contract coding-agent',
      'from a recording, after that step, held to that contract',
    ],
  ],
  arguments: {
    source: {
      description: "a sandbox's or a snapshot's id or name, or a recording's with --step",
      completes: 'sandbox',
    },
  },
  options: {
    count: { kind: 'whole', short: 'n', value: 'N', description: 'how many; one if not said' },
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
      kind: 'whole',
      value: 'N',
      description: 'of a recording: in the state after this step; 0 is its beginning',
    },
    execute: { kind: 'flag', description: 'of a recording: do again what stands between a snapshot and the step' },
    record: { kind: 'flag', description: 'of a recording: record the child too' },
    with: {
      kind: 'list',
      value: 'CHANGE',
      description:
        'of a recording: contract=FILE, faults=PLAN or off, tool-result=STEP:JSON, environment=NAME:VALUE, network=live, taped or none; may be repeated',
    },
    lifetime: { kind: 'duration', value: 'TIME', description: 'they end this long after now' },
  },
  async run({ args, options, context: { io, output, ...context } }) {
    if (options.step !== undefined) {
      const request = await requestOf(options.step, options, io);
      return await forkAtStep(await context.service(), args.source, request, output);
    }
    const odd = (['execute', 'record'] as const).find((flag) => options[flag]) ?? (options.with.length > 0 && 'with');
    if (odd) throw wrongPlace(`--${odd} is about a recording's fork`, 'Say which step: --step N.');
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

interface StepOptions {
  count: number | undefined;
  memory: boolean;
  metadata: Record<string, string>;
  isolation: string | undefined;
  contract: string | undefined;
  execute: boolean;
  record: boolean;
  with: string[];
  lifetime: number | undefined;
}

/** Every flag means something at a step, or is refused. */
async function requestOf(step: number, options: StepOptions, io: Io): Promise<ForkRecording> {
  const { count, memory, metadata, execute, record, lifetime } = options;
  if (memory) throw wrongPlace('no step has its memory kept', 'Leave --memory out; processes are in no snapshot.');
  if (count !== undefined && count !== 1)
    throw wrongPlace('a step is forked once', 'Fork what it makes: fork ID --count N.');
  if (options.contract !== undefined && options.with.some((word) => word.startsWith('contract=')))
    throw wrongPlace('--contract and --with contract= say the same', 'Leave one of them out.');
  const contract = options.contract === undefined ? [] : [`contract=${options.contract}`];
  const words = [...options.with, ...contract];
  return {
    step,
    execute,
    record,
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
    ...(words.length > 0 ? { with: await readForkWith(words, io) } : {}),
    ...defined('isolation', isolationOf(options.isolation)),
    ...defined('lifetimeMs', lifetime),
  };
}

async function forkAtStep(
  service: HoldfastService,
  recording: string,
  request: ForkRecording,
  output: Output,
): Promise<number> {
  const forked = await service.forkRecording(recording, request);
  if (output.json) await output.document(forked);
  else await output.line(forked.sandbox.id);
  for (const note of forked.notes) await output.say(note);
  if (forked.edits.length > 0) await output.say(`changed: ${forked.edits.join(', ')}`);
  await output.hint(`next: holdfast exec ${forked.sandbox.id} -- sh`);
  return 0;
}

const wrongPlace = (what: string, hint: string): HoldfastError => new HoldfastError('invalid-argument', what, { hint });
