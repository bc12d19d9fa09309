/**
 * Memory through the verbs: a sandbox in a machine of its own forks while it runs, sleeps on disk, and wakes up under
 * another daemon; what can only keep files says so.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../src/client/index.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import { boxes } from '../../src/schema/index.ts';
import { buildDebian, whyNoMachines } from '../fixtures/machines.ts';

const missing = await whyNoMachines('microvm');

describe.skipIf(missing !== null)('memory', { timeout: 240_000 }, () => {
  let home: string;
  let runtime: Runtime;
  let box: Box;
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'hf-memory-'));
    runtime = await createRuntime({ home });
    await buildDebian(runtime);
    box = await runtime.create({ isolation: 'microvm', lifetimeMs: 3_600_000 });
    await box.start(['sh', '-c', 'n=0; while :; do n=$((n + 1)); echo $n > /workspace/count; sleep 0.2; done']);
    await box.exec(['sh', '-c', 'echo secret > /workspace/file; until [ -s /workspace/count ]; do sleep 0.1; done']);
  }, 240_000);
  afterAll(async () => {
    const service = runtime?.service();
    for (const { id } of (await service?.listSandboxes({}))?.items ?? []) await service.destroySandbox(id);
    await runtime?.close();
    rmSync(home, { recursive: true, force: true });
  });

  const sh = async (one: Box, command: string): Promise<string> =>
    (await one.exec(['sh', '-c', command])).stdoutText.trim();
  const counts = async (one: Box): Promise<void> => {
    const before = Number(await sh(one, 'cat /workspace/count'));
    await expect
      .poll(async () => Number(await sh(one, 'cat /workspace/count')), { timeout: 20_000 })
      .toBeGreaterThan(before);
  };

  it('forks what runs: children go on by themselves, and are nobody’s twin', async () => {
    const children = await box.fork({ count: 3, memory: true });
    const all = [box, ...children];
    for (const one of all) await counts(one);
    expect(await Promise.all(all.map((one) => sh(one, 'cat /workspace/file')))).toEqual(Array(4).fill('secret'));
    const own = 'cat /etc/machine-id; hostname; head -c 16 /dev/urandom | od -An -tx1';
    expect(new Set(await Promise.all(all.map((one) => sh(one, own)))).size).toBe(4);
    const now = Date.now() / 1000;
    for (const said of await Promise.all(all.map((one) => sh(one, 'date +%s'))))
      expect(Math.abs(Number(said) - now)).toBeLessThan(10);
    await sh(children[0] as Box, 'echo changed > /workspace/file');
    expect(await sh(box, 'cat /workspace/file')).toBe('secret');
    for (const child of children) await child.destroy();
  });

  it('sleeps on disk with nothing in memory, and wakes under another daemon with what ran in it', async () => {
    await box.suspend({ disk: true });
    expect(await box.refresh()).toMatchObject({ state: 'hibernated' });
    expect(machinesOf(box.id)).toBe(0);
    await runtime.close();
    runtime = await createRuntime({ home });
    const again = await boxes(runtime.service()).get(box.id);
    expect(again.info.state).toBe('hibernated');
    await again.resume();
    await counts(again);
    expect(await sh(again, 'cat /workspace/file')).toBe('secret');
    expect(existsSync(join(home, 'sandboxes', box.id, 'memory'))).toBe(false);
    box = again;
  });

  it('keeps its files alone when that is asked for, with what was written since', async () => {
    await sh(box, 'echo later > /workspace/late');
    await box.suspend({ memory: false });
    await box.resume();
    expect(await sh(box, 'cat /workspace/file /workspace/late; pgrep -fc "[n]=0" || true')).toBe('secret\nlater\n0');
  });

  it('is refused where there is none to keep', async () => {
    await using plain = await runtime.create({});
    await expect(plain.suspend({ disk: true })).rejects.toMatchObject({ code: 'capability-missing' });
    await expect(plain.fork({ count: 1, memory: true })).rejects.toMatchObject({ code: 'capability-missing' });
    await expect(plain.suspend({ memory: false, disk: true })).rejects.toMatchObject({ code: 'invalid-argument' });
    expect((await plain.exec(['true'])).ok).toBe(true);
    const snapshot = await plain.snapshot();
    await expect(runtime.service().forkSandbox(snapshot.id, { memory: true })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });
});

/** Running QEMUs of this sandbox, by the control group they are in. */
function machinesOf(sandbox: string): number {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && groupsOf(pid).includes(sandbox)).length;
}

function groupsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  } catch {
    return '';
  }
}
