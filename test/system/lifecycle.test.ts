/** What the shared suite cannot see from outside: deaths, restarts, quotas, with the real namespace substrate. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { rootScope, silentLog } from '../../src/base/index.ts';
import { NamespaceSubstrate } from '../../src/compute/index.ts';
import { connectGuest } from '../../src/guest/index.ts';
import { createRuntime } from '../../src/runtime/index.ts';
import { everywhere } from '../fixtures/gvisor.ts';
import { agentPid, oneHome } from '../fixtures/one-home.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const { path, start, closeAll } = oneHome();
const places = await everywhere();

/** As if its lifetime were that much, and nobody had time to come back. */
async function leaseFor(id: string, leaseMs: number): Promise<void> {
  await using scope = rootScope({ name: 'lease', timeoutMs: 5000 });
  const name = createHash('sha256').update(id).digest('hex').slice(0, 20);
  const guest = await connectGuest(join(path(), 'run', `${name}.sock`), scope);
  await guest.lease(leaseMs, scope);
  guest.close();
}

describe('a sandbox that is suspended as soon as it is there', () => {
  it('goes on when it is resumed, though its agent may not have greeted yet', async () => {
    const service = (await start()).service();
    for (let round = 0; round < 10; round++) {
      const { id } = await service.createSandbox({});
      await service.suspendSandbox(id);
      const startedMs = performance.now();
      expect(await service.resumeSandbox(id)).toMatchObject({ state: 'ready' });
      expect(performance.now() - startedMs).toBeLessThan(10_000);
      expect((await service.exec(id, { argv: ['true'] })).exitCode).toBe(0);
      await service.destroySandbox(id);
    }
  });
});

describe('a snapshot of a suspended sandbox', () => {
  it.for(places)('leaves it standing still, isolation $isolation', async ({ isolation, missing }, { skip }) => {
    if (missing !== null) skip(missing);
    const service = (await start()).service();
    const { id } = await service.createSandbox({ isolation });
    const counted = async (): Promise<number> => {
      const { stdout } = await service.exec(id, { argv: ['cat', 'n'] });
      return Number(text(stdout));
    };
    const argv = ['sh', '-c', 'i=0; while :; do i=$((i + 1)); echo $i > t; mv t n; sleep 0.02; done'];
    await service.startProcess(id, { argv });
    await expect.poll(counted, { timeout: 10_000 }).toBeGreaterThan(0);
    await service.suspendSandbox(id);
    const from = await service.createSnapshot(id);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const to = await service.createSnapshot(id);
    expect((await service.diff({ from: from.id, to: to.id })).entries).toEqual([]);
    await service.resumeSandbox(id);
    const before = await counted();
    await expect.poll(counted, { timeout: 10_000 }).toBeGreaterThan(before);
  });
});

describe('the end of a sandbox nobody asked for', () => {
  it('is seen, named and cleaned up', async () => {
    const runtime = await start();
    const service = runtime.service();
    const { id } = await service.createSandbox({});
    process.kill(await agentPid(id), 'SIGKILL');
    await expect.poll(async () => (await service.getSandbox(id)).state, { timeout: 5000 }).toBe('gone');
    expect(await service.getSandbox(id)).toMatchObject({ exitReason: 'died' });
    await expect(service.exec(id, { argv: ['true'] })).rejects.toMatchObject({ code: 'sandbox-gone' });
  });

  it('while no daemon is there is found at the next start', async () => {
    const first = await start();
    const { id } = await first.service().createSandbox({});
    const other = await first.service().createSandbox({});
    const pid = await agentPid(id);
    await first.close();
    process.kill(pid, 'SIGKILL');
    const second = await start();
    expect(second.recovered).toMatchObject({ adopted: 1, ended: 1 });
    expect(await second.service().getSandbox(id)).toMatchObject({ state: 'gone', exitReason: 'died' });
    expect((await second.service().exec(other.id, { argv: ['true'] })).exitCode).toBe(0);
  });
});

describe('a restart', () => {
  it('adopts running processes and their output', async () => {
    const first = await start();
    const { id } = await first.service().createSandbox({});
    const { processId } = await first
      .service()
      .startProcess(id, { argv: ['sh', '-c', 'echo before; sleep 1; echo after; exit 7'] });
    await first.close();
    const second = await start();
    const attached = await second.service().attachProcess(id, processId);
    let seen = '';
    for await (const chunk of attached.output) seen += text(chunk.data);
    expect(seen).toBe('before\nafter\n');
    expect(await attached.exit).toMatchObject({ reason: 'exited', exitCode: 7 });
    await attached.detach();
  });

  it.for(places)(
    'lets processes under a disk limit go on, isolation $isolation',
    async ({ isolation, missing }, { skip }) => {
      if (missing !== null) skip(missing);
      const first = (await start()).service();
      const { id } = await first.createSandbox({ isolation, limits: { diskBytes: 32 * 1024 * 1024 } });
      const { processId } = await first.startProcess(id, { argv: ['sleep', '60'] });
      await closeAll();
      const second = (await start()).service();
      expect(await second.listProcesses(id)).toMatchObject([{ processId, exit: null }]);
    },
  );

  it('keeps a suspended sandbox suspended, and resumes it', async () => {
    const first = await start();
    const { id } = await first.service().createSandbox({});
    await first.service().suspendSandbox(id);
    await first.close();
    const second = await start();
    expect((await second.service().getSandbox(id)).state).toBe('suspended');
    await second.service().resumeSandbox(id);
    expect((await second.service().exec(id, { argv: ['true'] })).exitCode).toBe(0);
  });

  it('lets a suspended sandbox stand longer than its lease and time limits had left, and resumes it', async () => {
    const first = await start();
    const { id } = await first.service().createSandbox({});
    const argv = ['sh', '-c', 'sleep 1; echo done'];
    const { processId } = await first.service().startProcess(id, { argv, timeoutMs: 6000 });
    await leaseFor(id, 6000);
    await first.service().suspendSandbox(id);
    await first.close();
    const second = await start();
    await new Promise((resolve) => setTimeout(resolve, 6500));
    expect(await second.service().resumeSandbox(id)).toMatchObject({ state: 'ready' });
    const attached = await second.service().attachProcess(id, processId);
    let seen = '';
    for await (const chunk of attached.output) seen += text(chunk.data);
    expect(seen).toBe('done\n');
    const exit = await attached.exit;
    expect(exit).toMatchObject({ reason: 'exited', exitCode: 0 });
    expect(exit.durationMs).toBeLessThan(6500);
    await attached.detach();
  });

  it('leaves a hibernated sandbox be, and wakes it', async () => {
    const first = await start();
    const { id } = await first.service().createSandbox({});
    await first.service().writeFile(id, '/workspace/f', new TextEncoder().encode('kept'));
    await first.service().suspendSandbox(id, { memory: false });
    await expect(agentPid(id)).rejects.toThrow('no first process');
    await first.close();
    const second = await start();
    expect((await second.service().getSandbox(id)).state).toBe('hibernated');
    await second.service().resumeSandbox(id);
    expect(text((await second.service().exec(id, { argv: ['cat', '/workspace/f'] })).stdout)).toBe('kept');
  });

  it('is refused while another runtime holds the home', async () => {
    await start();
    await expect(createRuntime({ home: path() })).rejects.toMatchObject({ code: 'in-use' });
  });
});

describe('suspension', () => {
  it('does not count towards a deadline inside', async () => {
    const runtime = await start();
    const service = runtime.service();
    const { id } = await service.createSandbox({});
    const running = service.exec(id, { argv: ['sh', '-c', 'sleep 1; echo done'], timeoutMs: 5000 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await service.suspendSandbox(id);
    await new Promise((resolve) => setTimeout(resolve, 5500));
    await service.resumeSandbox(id);
    const result = await running;
    expect(result).toMatchObject({ reason: 'exited', exitCode: 0 });
    expect(text(result.stdout)).toBe('done\n');
  });

  it('that fails leaves every deadline inside as it was', async () => {
    const home = path();
    const own = { binary: buildGuest(), home, mode: 'root', log: silentLog, kind: 'fork' } as const;
    const substrate = new NamespaceSubstrate({ ...own, keepApart: join(home, 'sandboxes') });
    substrate.freeze = () => Promise.reject(new Error('it would not stand still'));
    const service = (await start({ substrate })).service();
    const { id } = await service.createSandbox({});
    const { processId } = await service.startProcess(id, { argv: ['sleep', '60'], timeoutMs: 1000 });
    await expect(service.suspendSandbox(id)).rejects.toThrow('it would not stand still');
    const attached = await service.attachProcess(id, processId);
    expect(await attached.exit).toMatchObject({ reason: 'timed-out' });
    await attached.detach();
  });

  it('by the end of the lifetime waits for no agent that does not answer', async () => {
    const service = (await start()).service();
    const { id } = await service.createSandbox({ lifetimeMs: 1500, onLifetimeEnd: 'suspend' });
    process.kill(await agentPid(id), 'SIGSTOP');
    await expect.poll(async () => (await service.getSandbox(id)).state, { timeout: 25_000 }).toBe('suspended');
  });
});

describe('quotas', () => {
  it('refuse what exceeds them with the ceiling, also when many ask at once', async () => {
    const runtime = await start({ quotas: (tenant) => (tenant === 'small' ? { sandboxes: 2 } : {}) });
    const small = runtime.service('small');
    const asked = await Promise.allSettled(Array.from({ length: 5 }, () => small.createSandbox({})));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    const refused = asked.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    for (const reason of refused)
      expect(reason).toMatchObject({ code: 'quota-exceeded', fault: 'policy', details: { ceiling: 2 } });
    expect((await runtime.service().createSandbox({})).state).toBe('ready');
  });

  it.each([
    ['memoryBytes', 256 * 2 ** 20],
    ['cpus', 1],
    ['diskBytes', 64 * 2 ** 20],
  ] as const)('of %s count what limits say, and take none without', async (limit, one) => {
    const runtime = await start({ quotas: () => ({ [limit]: 2.5 * one }) });
    const small = runtime.service('small');
    const asked = (count: number) => small.createSandbox({ limits: { [limit]: count * one } });
    await expect(small.createSandbox({})).rejects.toMatchObject({
      code: 'quota-exceeded',
      message: `a quota of ${limit} is in force, so each sandbox must state limits.${limit}`,
    });
    const first = await asked(2);
    await expect(asked(1)).rejects.toMatchObject({ details: { quota: limit, used: 2 * one, wanted: 3 * one } });
    await expect(small.forkSandbox(first.id, { count: 1 })).rejects.toMatchObject({ code: 'quota-exceeded' });
    await small.destroySandbox(first.id);
    expect((await asked(1)).state).toBe('ready');
  });

  it('of processors have room for parts that add up to the ceiling, and for no more', async () => {
    const small = (await start({ quotas: () => ({ cpus: 0.3 }) })).service('small');
    for (const cpus of [0.2, 0.1]) expect((await small.createSandbox({ limits: { cpus } })).state).toBe('ready');
    await expect(small.createSandbox({ limits: { cpus: 0.01 } })).rejects.toMatchObject({
      code: 'quota-exceeded',
      details: { quota: 'cpus' },
    });
  });

  it('of snapshots count those there are', async () => {
    const runtime = await start({ quotas: () => ({ snapshots: 1 }) });
    const small = runtime.service('small');
    const { id } = await small.createSandbox({});
    await small.createSnapshot(id);
    await expect(small.createSnapshot(id)).rejects.toMatchObject({ details: { quota: 'snapshots', ceiling: 1 } });
  });
});
