/** A gVisor sandbox sleeps on disk with its memory, and goes on where it was: also under another daemon. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootScope } from '../../src/base/index.ts';
import { connectGuest } from '../../src/guest/index.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import type { HoldfastService } from '../../src/schema/index.ts';
import { gvisorMissing } from '../fixtures/gvisor.ts';

const missing = await gvisorMissing();
const isolation = 'userspace-kernel';

describe.skipIf(missing !== null)('the memory of a gVisor sandbox', { timeout: 120_000 }, () => {
  let home = '';
  let runtime: Runtime;
  let service: HoldfastService;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'hf-memory-'));
    runtime = await createRuntime({ home });
    service = runtime.service();
  });
  afterAll(async () => {
    for (const { id } of (await service?.listSandboxes())?.items ?? []) await service.destroySandbox(id);
    await runtime?.close();
    await rm(home, { recursive: true, force: true });
  });

  const sh = async (id: string, command: string): Promise<string> => {
    const { stdout, stderr } = await service.exec(id, { cwd: '/workspace', argv: ['sh', '-c', command] });
    return Buffer.from(stdout).toString() + Buffer.from(stderr).toString();
  };

  /** A program that holds a number in its memory alone, and says it when it is asked for by a signal. */
  async function counting(limits = {}): Promise<{ id: string; processId: string }> {
    const { id } = await service.createSandbox({ isolation, limits });
    const script = 'n=0; trap "echo \\$n > said" USR1; echo up > up; while :; do n=$((n+1)); sleep 0.02; done';
    const argv = ['bash', '-c', script];
    const { processId } = await service.startProcess(id, { argv, cwd: '/workspace' });
    await expect.poll(() => sh(id, 'cat up 2>/dev/null')).toBe('up\n');
    return { id, processId };
  }

  async function ask(id: string, processId: string): Promise<number> {
    await sh(id, 'rm -f said');
    await service.signalProcess(id, processId, 'SIGUSR1');
    await expect.poll(() => sh(id, 'cat said 2>/dev/null')).not.toBe('');
    return Number(await sh(id, 'cat said'));
  }

  it('is on disk while it sleeps, and nothing of it runs', async () => {
    const { id, processId } = await counting();
    await expect.poll(() => ask(id, processId)).toBeGreaterThan(10);
    const before = await ask(id, processId);
    const [random, pid] = [await sh(id, 'head -c 16 /dev/urandom | od -An -tx1'), await pidOf(id, processId)];
    expect(await service.suspendSandbox(id, { disk: true })).toMatchObject({ state: 'hibernated' });
    expect(existsSync(join(home, 'sandboxes', id, 'memory/image.json'))).toBe(true);
    expect(running(id)).toEqual([]);
    await expect(sh(id, 'true')).rejects.toMatchObject({ code: 'wrong-state' });
    expect(await service.resumeSandbox(id)).toMatchObject({ state: 'ready', id });
    expect(await pidOf(id, processId)).toBe(pid);
    const after = await ask(id, processId);
    expect(after).toBeGreaterThan(before);
    expect(after - before).toBeLessThan(1000);
    expect(await sh(id, 'head -c 16 /dev/urandom | od -An -tx1')).not.toBe(random);
    expect(Math.abs(Number(await sh(id, 'date +%s')) - Date.now() / 1000)).toBeLessThan(5);
    expect(existsSync(join(home, 'sandboxes', id, 'memory'))).toBe(false);
  });

  it('goes on under another daemon, with its files, and can sleep again', async () => {
    const { id, processId } = await counting({ memoryBytes: 256 << 20, diskBytes: 64 << 20 });
    await sh(id, 'echo kept > file');
    for (let round = 0; round < 2; round++) {
      await service.suspendSandbox(id, { disk: true });
      await runtime.close();
      runtime = await createRuntime({ home });
      service = runtime.service();
      expect(await service.connectSandbox(id)).toMatchObject({ state: 'ready' });
      expect(await sh(id, 'cat file')).toBe('kept\n');
      expect(await ask(id, processId)).toBeGreaterThan(0);
    }
    expect((await service.listProcesses(id)).find((one) => one.processId === processId)?.exit).toBeNull();
  });

  it('has all its verbs afterwards: suspend, snapshot, rollback, sleep again', async () => {
    const { id, processId } = await counting();
    await sh(id, 'echo first > file');
    await service.suspendSandbox(id, { disk: true });
    await service.resumeSandbox(id);
    await service.suspendSandbox(id);
    await service.resumeSandbox(id);
    const snapshot = await service.createSnapshot(id);
    await sh(id, 'echo second > file');
    expect(await ask(id, processId)).toBeGreaterThan(0);
    await service.rollbackSandbox(id, snapshot.id);
    expect(await sh(id, 'cat file')).toBe('first\n');
    await service.suspendSandbox(id, { disk: true });
    await service.resumeSandbox(id);
    expect(await sh(id, 'cat file; echo third > file')).toBe('first\n');
    await service.rollbackSandbox(id, snapshot.id);
    expect(await sh(id, 'cat file')).toBe('first\n');
  });

  it('keeps what time it had left, of leases and of time limits, however long it sleeps', async () => {
    const { id } = await service.createSandbox({ isolation });
    const argv = ['sh', '-c', 'sleep 600'];
    const { processId } = await service.startProcess(id, { argv, cwd: '/', timeoutMs: 2500, graceMs: 0 });
    await using scope = rootScope({ name: 'test', timeoutMs: 60_000 });
    const socket = join(home, 'run', `${createHash('sha256').update(id).digest('hex').slice(0, 20)}.sock`);
    const guest = await connectGuest(socket, scope);
    await guest.lease(2500, scope);
    guest.close();
    await service.suspendSandbox(id, { disk: true });
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(await service.resumeSandbox(id)).toMatchObject({ state: 'ready' });
    const exits = (await service.listProcesses(id)).filter((one) => one.processId === processId);
    expect(exits.map(({ exit }) => exit)).toEqual([null]);
    await expect
      .poll(async () => (await service.listProcesses(id)).find((one) => one.processId === processId)?.exit?.reason, {
        timeout: 15_000,
      })
      .toBe('timed-out');
  });

  it('sleeps while bytes are on their way into it, and wakes in step', async () => {
    const { id } = await service.createSandbox({ isolation });
    for (let round = 0; round < 3; round++) {
      const uploads = [0, 1, 2].map((n) =>
        service.writeFile(id, `/tmp/${round}-${n}`, new Uint8Array(8 << 20)).catch(() => undefined),
      );
      await new Promise((resolve) => setTimeout(resolve, 20 * round));
      await service.suspendSandbox(id, { disk: true });
      await Promise.all(uploads);
      await service.resumeSandbox(id);
      expect(await sh(id, 'echo awake')).toBe('awake\n');
    }
  });

  it('is refused by another build of gVisor than made it, or when it was changed, and nothing is lost', async () => {
    const { id, processId } = await counting();
    await service.suspendSandbox(id, { disk: true });
    const image = join(home, 'sandboxes', id, 'memory/image.json');
    const made = readFileSync(image, 'utf8');
    for (const differs of ['program', 'processor']) {
      await writeFile(image, made.replace(`"${differs}":"`, '$&another'));
      await expect(service.resumeSandbox(id)).rejects.toMatchObject({
        code: 'capability-missing',
        message: expect.stringContaining('another'),
        details: { differs },
      });
    }
    await writeFile(image, made);
    const path = join(home, 'sandboxes', id, 'memory/checkpoint.img');
    const saved = readFileSync(path);
    await writeFile(path, Buffer.concat([saved.subarray(0, -1), Buffer.from([(saved.at(-1) ?? 0) ^ 1])]));
    await expect(service.resumeSandbox(id)).rejects.toMatchObject({
      code: 'snapshot-corrupt',
      message: expect.stringContaining('checkpoint.img'),
    });
    await writeFile(path, saved);
    await service.resumeSandbox(id);
    expect(await ask(id, processId)).toBeGreaterThan(0);
  });

  async function pidOf(id: string, processId: string): Promise<number | undefined> {
    return (await service.listProcesses(id)).find((one) => one.processId === processId)?.pid;
  }
});

/** Processes of the machine in a sandbox's control groups. */
function running(sandbox: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(sandbox);
    } catch {
      return false;
    }
  });
}
