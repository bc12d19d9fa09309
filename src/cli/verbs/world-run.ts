import type { HoldfastService, StartProcessInput } from '../../schema/index.ts';
import { captureProcess } from '../capture.ts';
import { type Command, defineCommand } from '../command.ts';
import { Interrupts } from '../interrupts.ts';
import { holdLease } from '../lease.ts';
import { contractOf } from '../new-sandbox.ts';
import { defined } from '../sandbox-options.ts';
import { streamProcess } from '../stream.ts';
import { loadSetting, planOf, tellMisses, tellUnbound } from '../world-files.ts';

const command: Command = defineCommand({
  name: 'world run',
  summary: 'Runs one command in a frozen world, or in a training profile’s, and leaves nothing behind.',
  examples: [
    ['holdfast world run world.yaml -- date', 'the time that stands still there'],
    ['holdfast world run training.yaml --faults plan.yaml -- sh -c "echo hello"', 'with noise'],
  ],
  arguments: {
    world: { description: 'a world or a training profile', completes: 'file' },
    command: { description: 'program and arguments; no shell is involved', many: true, mayBeEmpty: true },
  },
  options: {
    timeout: { kind: 'duration', value: 'TIME', description: 'end the command after this long, with status 124' },
    faults: { kind: 'text', value: 'PLAN', description: 'a fault plan, above the profile’s' },
    record: { kind: 'text', value: 'NAME', description: 'record it; its replays have the same world' },
    rollout: { kind: 'whole', value: 'N', description: 'which run of the plan; 0 if not said' },
  },
  status: 'command',
  async run({ args, options, context }) {
    using interrupts = new Interrupts(context.io);
    const { io, output } = context;
    const setting = await loadSetting(args.world, io);
    await tellUnbound(setting.world, output);
    const plan = await planOf(setting, options.faults, io);
    const { askedBy, enterWorld, playOf } = await import('../../worlds/index.ts');
    const service: HoldfastService = await context.service('attach');
    const faults = plan ? { plan, episode: { task: setting.world.name, rollout: options.rollout ?? 0 } } : undefined;
    const contract = setting.contract === null ? undefined : await contractOf(setting.contract, io.directory);
    const { id } = await enterWorld(service, setting.world, {
      ...defined('contract', contract),
      ...defined('lifetimeMs', setting.lifetimeMs ?? undefined),
      ...defined('faults', faults),
      ...defined('record', options.record === undefined ? undefined : { name: options.record }),
    });
    try {
      using _lease = setting.lifetimeMs === null ? holdLease(service, id) : null;
      const input: StartProcessInput = { argv: args.command, ...defined('timeoutMs', options.timeout) };
      const request = { service, sandbox: id, input, io, output, interrupts };
      const work = options.json ? captureProcess : streamProcess;
      const status = await work({ ...request, interactive: false, terminal: false });
      await tellMisses(await playOf(service, id), await askedBy(service, id), output);
      return status;
    } finally {
      await service.destroySandbox(id);
    }
  },
});
export default command;
