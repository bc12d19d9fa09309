import { type Command, defineCommand } from '../command.ts';
import { faultOptions, faultsInputOf } from '../fault-files.ts';
import { newSandboxOf, newSandboxOptions } from '../new-sandbox.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'create',
  summary: 'Makes a sandbox and prints its id.',
  examples: [
    ['holdfast create --name box', 'with this machine’s /usr, an empty /workspace and no network'],
    ['holdfast create --memory 512m --cpus 1 --disk 2g', 'with limits'],
    ['holdfast create --template snp-01… --contract coding-agent', 'from a snapshot, held to a contract'],
  ],
  arguments: {},
  options: {
    ...newSandboxOptions,
    ...faultOptions,
    metadata: { kind: 'pairs', short: 'm', value: 'K=V', description: 'words of yours to find it by; may be repeated' },
    lifetime: { kind: 'duration', value: 'TIME', description: 'it ends this long after now; one hour if not said' },
    idle: { kind: 'duration', value: 'TIME', description: 'it ends, or is suspended, after this long without a call' },
    suspend: { kind: 'flag', description: 'suspend it where it would end' },
    record: { kind: 'flag', description: 'record every call, to show, replay and fork' },
    key: { kind: 'text', value: 'KEY', description: 'repeating a create with the same key makes no second sandbox' },
  },
  async run({ options, context }) {
    const create = await newSandboxOf(options, context.io);
    const faults = await faultsInputOf(options, context.io);
    const service = await context.service();
    const onEnd = options.suspend ? 'suspend' : 'destroy';
    const sandbox = await service.createSandbox({
      ...create,
      ...defined('faults', faults),
      ...(options.record ? { record: true } : {}),
      metadata: options.metadata,
      onIdle: onEnd,
      onLifetimeEnd: onEnd,
      ...defined('idempotencyKey', options.key),
    });
    if (options.json) await context.output.document(sandbox);
    else await context.output.line(sandbox.id);
    await context.output.hint(`next: holdfast exec ${sandbox.name ?? sandbox.id} -- sh -c 'echo hello'`);
    return 0;
  },
});
export default command;
