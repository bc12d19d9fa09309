/** What a sandbox has beyond its files, where it can be kept and copied: memory, with what runs in it, and a clock. */
import { expect } from 'vitest';
import type { HoldfastService } from '../../src/schema/index.ts';
import { type Bench, decode, type Requirement } from './requirement.ts';

/** For what is emulated, on a busy machine. */
const counts = { timeout: 60_000, interval: 100 };

export const memoryRequirements: readonly Requirement[] = [
  [
    'live-fork',
    'forks go on from where the parent is, with what runs in it, and each has names, clock and chance of its own',
    async (bench) => {
      const { box, service, sh } = bench;
      const { id } = await box({ lifetimeMs: 600_000 });
      await startCounter(service, id);
      await sh(id, 'echo before > file');
      await nextCount(bench, id);
      const children = await service.forkSandbox(id, { count: 2, memory: true });
      const all = [id, ...children.map((child) => child.id)];
      expect(all).toHaveLength(3);
      for (const one of all) await nextCount(bench, one);
      const own = 'cat /etc/machine-id; hostname; cat /run/holdfast/generation; head -c 16 /dev/urandom | od -An -tx1';
      const said = await Promise.all(all.map(async (one) => decode((await sh(one, own)).stdout)));
      for (const line of [0, 1, 2, 3]) expect(new Set(said.map((text) => text.split('\n')[line])).size).toBe(3);
      for (const one of all) await sh(one, `echo ${one} > file`);
      for (const one of all) expect(decode((await sh(one, 'cat file')).stdout)).toBe(`${one}\n`);
      const now = Number(decode((await sh(all[1] ?? '', 'date +%s')).stdout));
      expect(Math.abs(now - Date.now() / 1000)).toBeLessThan(10);
      for (const one of all) await service.destroySandbox(one);
    },
  ],
  [
    'memory-on-disk',
    'asleep on disk a sandbox holds no process, and goes on with what ran in it',
    async (bench) => {
      const { box, service, sh } = bench;
      const { id, incarnation } = await box({ lifetimeMs: 600_000 });
      const { processId } = await startCounter(service, id);
      await nextCount(bench, id);
      const before = await count(bench, id);
      const generation = await generationOf(bench, id);
      expect(await service.suspendSandbox(id, { disk: true })).toMatchObject({ id, state: 'hibernated' });
      await expect(sh(id, 'true')).rejects.toMatchObject({ code: 'wrong-state' });
      const awake = await service.resumeSandbox(id);
      expect(awake).toMatchObject({ id, incarnation, state: 'ready', suspendedAt: null });
      expect(await generationOf(bench, id)).not.toBe(generation);
      expect(await count(bench, id)).toBeGreaterThanOrEqual(before);
      await nextCount(bench, id);
      expect((await service.listProcesses(id)).find((process) => process.processId === processId)?.exit).toBeNull();
      expect(Math.abs(Number(decode((await sh(id, 'date +%s')).stdout)) - Date.now() / 1000)).toBeLessThan(10);
      await service.destroySandbox(id);
    },
  ],
  [
    'own-clock',
    'a sandbox may begin at another time, by a clock of its own that runs',
    async ({ box, service, sh }) => {
      const begins = '2001-02-03T04:05:06.000Z';
      const { id } = await box({ clock: begins });
      const seconds = Number(decode((await sh(id, 'date +%s')).stdout));
      expect(seconds - Date.parse(begins) / 1000).toBeGreaterThanOrEqual(0);
      expect(seconds - Date.parse(begins) / 1000).toBeLessThan(60);
      await expect.poll(async () => Number(decode((await sh(id, 'date +%s')).stdout)), counts).toBeGreaterThan(seconds);
      await service.destroySandbox(id);
    },
  ],
];

/** As a program finds it. */
async function generationOf({ sh }: Bench, id: string): Promise<string> {
  const { stdout } = await sh(id, 'cat /run/holdfast/generation');
  expect(decode(stdout)).toMatch(/^\S+\n$/);
  return decode(stdout);
}

async function startCounter(service: HoldfastService, id: string): Promise<{ processId: string }> {
  const script = 'n=0; while :; do n=$((n+1)); echo $n > t; mv t n; sleep 0.1; done';
  return await service.startProcess(id, { argv: ['sh', '-c', script], cwd: '/workspace' });
}

const count = async ({ sh }: Bench, id: string): Promise<number> =>
  Number(decode((await sh(id, 'cat n 2>/dev/null || echo 0')).stdout));

async function nextCount(bench: Bench, id: string): Promise<void> {
  const before = await count(bench, id);
  await expect.poll(() => count(bench, id), counts).toBeGreaterThan(before);
}
