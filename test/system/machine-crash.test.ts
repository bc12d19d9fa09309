/**
 * A daemon is killed (SIGKILL) while it saves a machine: forks it as it runs, or puts it on disk. The machine stands still just then,
 * and its channels rest. The next daemon finds it, and what ran in it goes on.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  const isSaving = (): boolean =>
    JSON.parse(readFileSync(join(home, 'sandboxes', id, 'machine/machine.json'), 'utf8')).saving === true;

  it.each(kills)('lets it go on: %s', async (how, delays) => {
    let inside = 0;
    for (const delayMs of delays) {
      await expect.poll(counted, { timeout: 20_000 }).toBeGreaterThan(0);
      const before = await counted();
      await runtime.close();
      const relay = relayOf(id);
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', worker, home, id, how], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(child, 'exit');
      await once(child.stdout, 'data');
      while (nameOf(relay) !== 'holdfast-rest' && child.exitCode === null) await sleep(0);
      if (delayMs > 0) await sleep(delayMs);
      child.kill('SIGKILL');
      await ended;
      if (isSaving()) inside++;
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
});

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
