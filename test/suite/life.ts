/** The life of a sandbox: suspended, kept, ended, leased, made once. */
import { expect } from 'vitest';
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
];
