/** Chance follows from a seed on every substrate, and a world is graded D3 and above there. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import type { CreateSandboxInput, HoldfastService } from '../../src/schema/index.ts';
import { freezeWorld, gradeWorld } from '../../src/worlds/index.ts';
import { drawProgram } from '../fixtures/draw-program.ts';
import { gvisorMissing } from '../fixtures/gvisor.ts';
import { buildDebian, debianWith, whyNoMachines } from '../fixtures/machines.ts';

const slow = 900_000;

const drawn = 'od -An -N16 -tx1 /dev/urandom; od -An -N16 -tx1 /dev/random; /workspace/draw';

const places = [
  { isolation: 'userspace-kernel' as const, template: 'host', missing: await gvisorMissing(), addresses: false },
  { isolation: 'microvm' as const, template: 'debian', missing: await whyNoMachines('microvm'), addresses: true },
  { isolation: 'vm' as const, template: 'debian', missing: await whyNoMachines('vm'), addresses: true },
];

describe.each(places)('under $isolation', ({ isolation, template, missing, addresses }) => {
  const skipped = missing !== null;
  let runtime: Runtime;
  let service: HoldfastService;
  const made = async (input: CreateSandboxInput = {}): Promise<string> => {
    const { id } = await service.createSandbox({ isolation, template, ...input });
    await service.writeFile(id, '/workspace/draw', drawProgram(), { mode: 0o755 });
    return id;
  };
  const say = async (id: string, command: string): Promise<string> => {
    const { stdout, stderr, exitCode } = await service.exec(id, { argv: ['sh', '-c', command], timeoutMs: 120_000 });
    expect(new TextDecoder().decode(stderr)).toBe('');
    expect(exitCode).toBe(0);
    return new TextDecoder().decode(stdout);
  };
  beforeAll(async () => {
    if (skipped) return;
    runtime = await createRuntime({ ephemeral: true });
    service = runtime.service();
    if (template !== 'debian') return;
    const tree = debianWith(['/usr/bin/openssl'], {});
    await buildDebian(runtime, tree);
    rmSync(tree, { recursive: true, force: true });
  }, slow);
  afterAll(() => runtime?.close());

  it.skipIf(skipped)(
    `what programs draw follows from the seed, whatever asks${skipped ? ` (${missing})` : ''}`,
    {
      timeout: slow,
    },
    async () => {
      const [one, same, other, none] = [
        await made({ seed: 7 }),
        await made({ seed: 7 }),
        await made({ seed: 8 }),
        await made(),
      ];
      const first = await say(one, drawn);
      expect(first).toMatch(/\n8 38 [0-9a-f]{16}\n$/);
      expect(await say(same, drawn)).toBe(first);
      // Each program begins anew.
      expect(await say(one, drawn)).toBe(first);
      for (const [at, line] of first.split('\n').slice(0, 3).entries()) {
        expect((await say(other, drawn)).split('\n')[at]).not.toBe(line);
        expect((await say(none, drawn)).split('\n')[at]).not.toBe(line);
      }
      // The call is there again where nothing is to be held.
      expect(await say(none, '/workspace/draw')).toMatch(/^8 0 /);
      const names = 'hostname; cat /etc/machine-id';
      expect(await say(same, names)).toBe(await say(one, names));
      const kept = await service.createSnapshot(one);
      await service.rollbackSandbox(one, kept.id);
      expect(await say(one, drawn)).toBe(first);
      const [child] = await service.forkSandbox(one);
      expect(await say(child?.id ?? '', drawn)).toBe(first);
      for (const id of [one, same, other, none, child?.id ?? '']) await service.destroySandbox(id);
    },
  );

  it.skipIf(skipped)('a world holds chance too, as far as the table says', { timeout: slow }, async () => {
    const id = await made();
    const freezing = { sandbox: id, tape: null, clockAt: null, seed: 7 };
    const world = await freezeWorld(service, freezing, systemClock);
    await service.destroySandbox(id);
    const suite = [{ argv: ['sh', '-c', `${drawn}; hostname; cat /etc/machine-id; ${drawn} > drawn`] }];
    const { findings } = await gradeWorld(service, world, suite, 120_000);
    const entropy = findings.find(({ what }) => what === 'entropy');
    const [same = '', ...moving] = (entropy?.detail ?? '').split('; ');
    for (const what of ['getrandom', '/dev/urandom', '/dev/random']) expect(same).toContain(what);
    // It mixes an address of its own in, and gVisor draws addresses by itself.
    if (addresses) expect(same).toContain('OpenSSL');
    else expect(moving).toEqual(['different: OpenSSL', 'different beside the grade: addresses of programs']);
    expect(entropy?.holds).toBe(addresses);
    expect(findings.find(({ what }) => what === 'outputs')).toMatchObject({ holds: true });
    if (addresses) expect(moving).toEqual([]);
    expect((await service.listSandboxes()).items).toEqual([]);
  });
});
