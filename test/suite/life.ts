/** The life of a sandbox: suspended, kept, ended, leased, made once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { HoldfastService } from '../../src/schema/index.ts';
import { makeSmallRoot } from '../fixtures/small-root.ts';
import { decode, type Requirement } from './requirement.ts';

export const lifeRequirements: readonly Requirement[] = [
  [
    'suspend-resume',
    'a suspended sandbox stands still, keeps its processes, and refuses calls',
    async ({ box, service, sh }) => {
      const { id } = await box();
      const { processId } = await service.startProcess(id, {
        argv: ['sh', '-c', 'n=0; while :; do n=$((n+1)); echo $n > n; sleep 0.02; done'],
      });
      await expect.poll(async () => decode((await sh(id, 'cat n 2>/dev/null')).stdout)).not.toBe('');
      expect(await service.suspendSandbox(id)).toMatchObject({ state: 'suspended' });
      await expect(sh(id, 'true')).rejects.toMatchObject({ code: 'wrong-state' });
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await service.resumeSandbox(id)).toMatchObject({ state: 'ready', suspendedAt: null });
      expect((await service.listProcesses(id)).find((process) => process.processId === processId)?.exit).toBeNull();
      const first = Number(decode((await sh(id, 'cat n')).stdout));
      await expect.poll(async () => Number(decode((await sh(id, 'cat n')).stdout))).toBeGreaterThan(first);
    },
  ],
  [
    'hibernate',
    'without its memory a sandbox keeps its files, holds no process, and starts anew on resume',
    async ({ box, service, sh }) => {
      const { id, incarnation } = await box();
      await sh(id, 'echo kept > f');
      await service.startProcess(id, { argv: ['sleep', '600'] });
      expect(await service.suspendSandbox(id, { memory: false })).toMatchObject({ id, state: 'hibernated' });
      await expect(sh(id, 'true')).rejects.toMatchObject({ code: 'wrong-state' });
      const awake = await service.connectSandbox(id);
      expect(awake).toMatchObject({ id, state: 'ready', suspendedAt: null });
      expect(awake.incarnation).not.toBe(incarnation);
      expect(decode((await sh(id, 'cat f')).stdout)).toBe('kept\n');
      expect(await service.listProcesses(id)).toEqual([]);
      await service.suspendSandbox(id, { memory: false });
      expect(await service.destroySandbox(id)).toMatchObject({ state: 'gone' });
    },
  ],
  [
    'destroy',
    'destroy is idempotent and a call afterwards says why not',
    async ({ box, service, sh }) => {
      const { id } = await box();
      expect(await service.destroySandbox(id)).toMatchObject({ state: 'gone', exitReason: 'cancelled' });
      expect(await service.destroySandbox(id)).toMatchObject({ state: 'gone' });
      await expect(sh(id, 'true')).rejects.toMatchObject({ code: 'sandbox-gone' });
    },
  ],
  [
    'lifetime',
    'a lifetime ends a sandbox with its reason, and extending moves the end',
    async ({ box, service }) => {
      const short = await box({ lifetimeMs: 1000 });
      const long = await box({ lifetimeMs: 1000 });
      await service.extendSandbox(long.id, 60_000);
      await expect.poll(async () => (await service.getSandbox(short.id)).state, { timeout: 5000 }).toBe('gone');
      expect((await service.getSandbox(short.id)).exitReason).toBe('timed-out');
      expect((await service.getSandbox(long.id)).state).toBe('ready');
    },
  ],
  [
    'idle',
    'an idle sandbox is suspended when asked so; use keeps it awake',
    async ({ box, service, sh }) => {
      const { id } = await box({ idleMs: 1000, onIdle: 'suspend' });
      await sh(id, 'sleep 1.5');
      expect((await service.getSandbox(id)).state).toBe('ready');
      await expect.poll(async () => (await service.getSandbox(id)).state, { timeout: 5000 }).toBe('suspended');
      expect(await service.connectSandbox(id)).toMatchObject({ state: 'ready' });
    },
  ],
  [
    'idle-end',
    'an idle sandbox ends as evicted unless it is to be suspended',
    async ({ box, service }) => {
      const { id } = await box({ idleMs: 1000 });
      await expect.poll(async () => (await service.getSandbox(id)).state, { timeout: 5000 }).toBe('gone');
      expect(await service.getSandbox(id)).toMatchObject({ exitReason: 'evicted' });
    },
  ],
  [
    'idempotent-create',
    'a repeated key adopts the first sandbox; another request under it is refused',
    async ({ box }) => {
      const [first, second] = await Promise.all([box({ idempotencyKey: 'same' }), box({ idempotencyKey: 'same' })]);
      expect(second?.id).toBe(first?.id);
      await expect(box({ idempotencyKey: 'same', metadata: { other: 'request' } })).rejects.toMatchObject({
        code: 'idempotency-conflict',
      });
    },
  ],
  [
    'warm',
    'what warms a template has run in each sandbox of it, and what it started runs on; not so in what starts from files alone',
    async ({ box, service, sh }) => {
      await buildWarmed(service, 'warmed', [
        'echo "$(id -u) $PWD $HOME" > /workspace/warmed',
        '(while :; do date +%s%N > new; mv new tick; sleep 0.05; done) &',
        'until [ -e tick ]; do sleep 0.01; done',
      ]);
      const { id } = await box({ template: 'warmed' });
      expect(decode((await sh(id, 'cat warmed')).stdout)).toBe('1000 /workspace /home/agent\n');
      const tick = async (ref: string): Promise<string> => decode((await sh(ref, 'cat tick; true')).stdout);
      const first = await tick(id);
      await expect.poll(() => tick(id)).not.toBe(first);
      const warmed = (await service.listProcesses(id)).filter(({ processId }) => processId.startsWith('warm'));
      expect(warmed).toMatchObject([{ processId: 'warm-script', exit: { reason: 'exited', exitCode: 0 } }]);
      const { id: snapshot } = await service.createSnapshot(id);
      const { id: cold } = await box({ template: snapshot });
      expect(await service.listProcesses(cold)).toEqual([]);
      expect(decode((await sh(cold, 'cat warmed')).stdout)).toBe('1000 /workspace /home/agent\n');
      const still = await tick(cold);
      await sh(cold, 'sleep 0.3');
      expect(await tick(cold)).toBe(still);
      await service.suspendSandbox(id, { memory: false });
      await service.connectSandbox(id);
      expect(await service.listProcesses(id)).toEqual([]);
      expect(decode((await sh(id, 'cat warmed')).stdout)).toBe('1000 /workspace /home/agent\n');
    },
  ],
  [
    'warm-failed',
    'a create says which program did not warm its template, how it ended and what it said last, and leaves nothing',
    async ({ box, service }) => {
      const living = async (): Promise<number> => (await service.listSandboxes({ limit: 1000 })).items.length;
      const before = await living();
      await buildWarmed(service, 'spoilt', ['echo begins', 'echo no such module >&2', 'exit 3']);
      await expect(box({ template: 'spoilt' })).rejects.toMatchObject({
        code: 'warm-failed',
        fault: 'caller',
        message: expect.stringMatching(/warm\.d\/script of the template ended with status 3: no such module/),
        details: { program: 'script', exitCode: 3, log: ['no such module'] },
      });
      expect(await living()).toBe(before);
    },
  ],
];

/** A template of a small root, warmed by a script. */
async function buildWarmed(service: HoldfastService, name: string, script: readonly string[]): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'hf-warm-'));
  try {
    makeSmallRoot(directory);
    const warm = { name: 'script', text: ['#!/bin/sh', ...script, ''].join('\n') };
    await service.buildTemplate({ name, from: 'directory', directory, warm });
  } finally {
    rmSync(directory, { recursive: true });
  }
}
