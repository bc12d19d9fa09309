/** Faults where a kernel of its own stands between: what `whereOf` promises there happens, and what it denies is refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demonstrate } from '../../src/cli/fault-demo/demonstrate.ts';
import { whereOf } from '../../src/noise/index.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import type { CreateSandboxInput, FaultKind, FaultPlanInput, HoldfastService } from '../../src/schema/index.ts';
import { gvisorMissing } from '../fixtures/gvisor.ts';
import { buildDebian, whyNoMachines } from '../fixtures/machines.ts';

const slow = 600_000;
const kinds: FaultKind[] = [
  'exec.signal',
  'filesystem.no-space',
  'filesystem.read-only',
  'resources.memory',
  'resources.cpu',
  'resources.processes',
  'resources.descriptors',
  'clock.offset',
  'clock.jump',
  'clock.zone',
  'lifecycle.suspend-gap',
  'lifecycle.restart',
];
const places = [
  { substrate: 'gvisor' as const, isolation: 'userspace-kernel' as const, missing: await gvisorMissing() },
  { substrate: 'microvm' as const, isolation: 'microvm' as const, missing: await whyNoMachines('microvm') },
];

describe.each(places)('under $substrate', ({ substrate, isolation, missing }) => {
  let runtime: Runtime;
  let service: HoldfastService;
  const like: CreateSandboxInput = { isolation, ...(substrate === 'microvm' ? { template: 'debian' } : {}) };
  beforeAll(async () => {
    if (missing !== null) return;
    runtime = await createRuntime({ ephemeral: true });
    service = runtime.service();
    if (substrate === 'microvm') await buildDebian(runtime);
  }, slow);
  afterAll(() => runtime?.close());

  it.skipIf(missing !== null).each(kinds)(
    '%s comes, or is refused, as is promised',
    { timeout: slow },
    async (kind) => {
      const shown = await demonstrate(service, kind, like);
      const isDenied = whereOf(kind)[substrate].startsWith('no');
      expect(shown, shown.seen).toMatchObject({ outcome: isDenied ? 'not-here' : 'happened' });
    },
  );

  it.skipIf(missing !== null || substrate !== 'microvm')(
    'moves the clock of its kernel for every program, and puts it back',
    { timeout: slow },
    async () => {
      const day = 86_400;
      const plan: FaultPlanInput = {
        format: 'holdfast-faults/1',
        seed: 1,
        faults: [
          { id: 'off', kind: 'clock.offset', rate: 1, until: 1, offsetMs: -day * 1000 },
          { id: 'jumps', kind: 'clock.jump', rate: 1, from: 3, until: 3, byMs: 7 * day * 1000 },
          { id: 'both', kind: 'clock.offset', rate: 1, from: 4, until: 4, offsetMs: -day * 1000 },
        ],
      };
      const { id } = await service.createSandbox({ ...like, faults: { plan } });
      const daysOff = async (): Promise<number> => {
        const before = Date.now();
        const { stdout, stderr } = await service.exec(id, { argv: ['date', '+%s'], timeoutMs: 120_000 });
        // No library that is not there is named to its programs.
        expect(new TextDecoder().decode(stderr)).toBe('');
        return Math.round((Number(new TextDecoder().decode(stdout)) - before / 1000) / day) || 0;
      };
      expect([await daysOff(), await daysOff(), await daysOff(), await daysOff(), await daysOff()]).toEqual([
        -1, 0, 7, 6, 7,
      ]);
      await service.stopFaults(id);
      expect(await daysOff()).toBe(0);
      await service.destroySandbox(id);
    },
  );
});
