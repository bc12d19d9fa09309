/**
 * A daemon is killed (SIGKILL) while it saves a machine: forks it as it runs, or puts it on disk. The machine stands still just then,
 * and its channels rest. The next daemon finds it, and what ran in it goes on. One that copies the files of a suspended machine lets
 * it run meanwhile: the next one stops it again.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import type { HoldfastService } from '../../src/schema/index.ts';
import { buildDebian, whyNoMachines } from '../fixtures/machines.ts';

const missing = await whyNoMachines('microvm');
const worker = join(import.meta.dirname, '../fixtures/saving-worker.ts');
/** So long after its channels came to rest: before it is stopped, while it is, and when that is nearly over. */
const kills = [
  ['fork', [0, 5, 20]],
  ['sleep', [0, 50, 200]],
] as const;

describe.skipIf(missing !== null)('a daemon killed while it saves a machine', { timeout: 240_000 }, () => {
  let home: string;
  let runtime: Runtime;
  let service: HoldfastService;
  let id: string;
  const open = async (): Promise<void> => {
    runtime = await createRuntime({ home });
    service = runtime.service();
  };
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'hf-saving-'));
    await open();
    await buildDebian(runtime);
    ({ id } = await service.createSandbox({ isolation: 'microvm', lifetimeMs: 3_600_000 }));
    const count = 'n=0; while :; do n=$((n + 1)); echo $n > t; mv t count; sleep 0.2; done';
    await service.startProcess(id, { argv: ['sh', '-c', count], cwd: '/workspace' });
  }, 240_000);
  afterAll(async () => {
    for (const box of (await service?.listSandboxes({}))?.items ?? []) await service.destroySandbox(box.id);
    await runtime?.close();
    rmSync(home, { recursive: true, force: true });
  });

  const counted = async (): Promise<number> => {
    const { stdout } = await service.exec(id, { argv: ['cat', 'count'], cwd: '/workspace', timeoutMs: 20_000 });
    return Number(Buffer.from(stdout).toString());
  };
  const isNoted = (what: 'saving' | 'heldInside'): boolean =>
    JSON.parse(readFileSync(join(home, 'sandboxes', id, 'machine/machine.json'), 'utf8'))[what] === true;
  const work = (how: string, box: string = id): ChildProcessByStdio<null, Readable, null> =>
    spawn(process.execPath, ['--disable-warning=ExperimentalWarning', worker, home, box, how], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });

  it.each(kills)('lets it go on: %s', async (how, delays) => {
    let inside = 0;
    for (const delayMs of delays) {
      await expect.poll(counted, { timeout: 20_000 }).toBeGreaterThan(0);
      const before = await counted();
      await runtime.close();
      const relay = relayOf(id);
      const child = work(how);
      const ended = once(child, 'exit');
      await once(child.stdout, 'data');
      while (nameOf(relay) !== 'holdfast-rest' && child.exitCode === null) await sleep(0);
      if (delayMs > 0) await sleep(delayMs);
      child.kill('SIGKILL');
      await ended;
      if (isNoted('saving')) inside++;
      await open();
      const { state } = await service.getSandbox(id);
      expect(state, `${delayMs} ms after it came to rest`).toMatch(/^(ready|hibernated)$/);
      if (state === 'hibernated') await service.resumeSandbox(id);
      await expect.poll(counted, { timeout: 20_000, message: `${delayMs} ms after` }).toBeGreaterThan(before);
      const others = (await service.listSandboxes({})).items.filter((box) => box.id !== id);
      for (const box of others) await service.destroySandbox(box.id);
    }
    // Else nothing was proven.
    expect(inside).toBeGreaterThan(0);
  });

  it('copies its disk no more: fork', async () => {
    const limits = { memoryBytes: 64 * 1024 * 1024, diskBytes: 256 * 1024 * 1024 };
    const { id: box } = await service.createSandbox({ isolation: 'microvm', limits });
    const say = async (...argv: string[]): Promise<string> =>
      Buffer.from((await service.exec(box, { argv, cwd: '/workspace', timeoutMs: 60_000 })).stdout).toString();
    await say('sh', '-c', 'head -c 128M /dev/urandom > f; sync');
    const sum = await say('sha256sum', 'f');
    const copy = join(home, 'sandboxes', box, 'machine/disk.copy');
    await runtime.close();
    const child = work('fork', box);
    const ended = once(child, 'exit');
    while (statSync(copy).blocks === 0 && child.exitCode === null) await sleep(0);
    child.kill('SIGKILL');
    await ended;
    const { saving } = JSON.parse(readFileSync(join(home, 'sandboxes', box, 'machine/machine.json'), 'utf8'));
    // Else nothing was proven.
    expect(saving).toBe(true);
    await open();
    expect((await service.getSandbox(box)).state).toBe('ready');
    await say('sh', '-c', 'echo more > more; sync');
    expect(statSync(copy).blocks).toBe(0);
    const [twin] = await service.forkSandbox(box, { count: 1, memory: true });
    expect(await say('sha256sum', 'f')).toBe(sum);
    for (const { id: one } of (await service.listSandboxes({})).items)
      if (one !== id) await service.destroySandbox(one);
    expect(twin?.state).toBe('ready');
  });

  it('stops it again: a snapshot of a suspended one', async () => {
    await service.exec(id, { argv: ['dd', 'if=/dev/zero', 'of=large', 'bs=1M', 'count=32'], cwd: '/workspace' });
    await service.suspendSandbox(id);
    let ran = 0;
    for (const delayMs of [5, 50, 200]) {
      await runtime.close();
      const child = work('copy');
      const ended = once(child, 'exit');
      await once(child.stdout, 'data');
      while (!isNoted('heldInside') && child.exitCode === null) await sleep(0);
      await sleep(delayMs);
      child.kill('SIGKILL');
      await ended;
      if ((await ticksIn(id, 500)) > 0) ran++;
      await open();
      expect((await service.getSandbox(id)).state).toBe('suspended');
      expect(await ticksIn(id, 1000), `${delayMs} ms after it was let go`).toBe(0);
    }
    // Else nothing was proven.
    expect(ran).toBeGreaterThan(0);
    await service.resumeSandbox(id);
    const before = await counted();
    await expect.poll(counted, { timeout: 20_000 }).toBeGreaterThan(before);
  });
});

/** Of processor time that the sandbox's own processes take within so long. */
async function ticksIn(sandbox: string, ms: number): Promise<number> {
  const before = ticksOf(sandbox);
  await sleep(ms);
  return ticksOf(sandbox) - before;
}

function ticksOf(sandbox: string): number {
  const pids = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && groupsOf(pid).includes(sandbox));
  if (pids.length === 0) throw new Error(`nothing runs of ${sandbox}`);
  // After the name: state, ten numbers, then user's and system's time.
  return pids
    .map((pid) => read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [])
    .reduce((sum, fields) => sum + Number(fields[11] ?? 0) + Number(fields[12] ?? 0), 0);
}

/** The sandbox's own, by the control group it is in. */
function relayOf(sandbox: string): string {
  const found = readdirSync('/proc').find(
    (pid) => /^\d+$/.test(pid) && nameOf(pid) === 'holdfast-relay' && groupsOf(pid).includes(sandbox),
  );
  if (found === undefined) throw new Error(`no relay of ${sandbox}`);
  return found;
}

const nameOf = (pid: string): string => read(`/proc/${pid}/comm`).trim();
const groupsOf = (pid: string): string => read(`/proc/${pid}/cgroup`);

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
