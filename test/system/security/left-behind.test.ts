/** What a killed daemon leaves: the next one takes it over or ends it, and what nobody comes back for ends by itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRuntime } from '../../../src/runtime/index.ts';

const worker = join(import.meta.dirname, '../../fixtures/left-behind-worker.ts');
let home = '';
let made: string[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hf-left-'));
});
afterEach(async () => {
  for (const pid of made.flatMap(processesOf)) kill(pid);
  made = [];
  await rm(home, { recursive: true, force: true });
});

/** The ids of sandboxes whose daemon was killed as soon as it had said them. */
async function leftBehind(...words: string[]): Promise<string[]> {
  const flags = ['--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, worker, home, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    // The worker's one line.
    made = JSON.parse(line) as string[];
    child.kill('SIGKILL');
  }
  expect(await ended).toEqual([null, 'SIGKILL']);
  return made;
}

/** The machine's numbers of what runs in a sandbox. */
function processesOf(id: string): number[] {
  return readdirSync('/proc')
    .filter(
      (name) =>
        /^\d+$/.test(name) && groupsOf(name).some((group) => group.endsWith(`/${id}`) || group.includes(`/${id}/`)),
    )
    .map(Number);
}

/** As /proc tells them; none of a process that has ended. */
function groupsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}

/** The sandbox's control group, in the hierarchy that every sandbox has one in. */
function groupOf(id: string): string {
  const [pid] = processesOf(id);
  const line = groupsOf(String(pid)).find((group) => group.startsWith('0::'));
  const mount = existsSync('/sys/fs/cgroup/unified') ? '/sys/fs/cgroup/unified' : '/sys/fs/cgroup';
  const path = `${mount}${line?.slice('0::'.length)}`;
  return path.slice(0, path.indexOf(id) + id.length);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended with the first of its sandbox.
  }
}

/** Others have no groups to find processes by. */
const asRoot = it.skipIf(process.getuid?.() !== 0);

asRoot('S9: the next daemon takes over what a killed one left, and ends what nobody wrote down', async () => {
  const [known = '', unknown = ''] = await leftBehind('known', 'unknown');
  const before = processesOf(known);
  expect([before.length, processesOf(unknown).length]).toEqual([2, 2]);
  const group = groupOf(unknown);
  expect(existsSync(group)).toBe(true);
  const books = new DatabaseSync(join(home, 'state.db'));
  books.prepare('DELETE FROM sandboxes WHERE id = ?').run(unknown);
  books.close();

  await using runtime = await createRuntime({ home, ephemeral: true });
  expect(runtime.recovered).toEqual({ adopted: 1, ended: 0, reaped: 1 });
  expect([processesOf(known), processesOf(unknown)]).toEqual([before, []]);
  expect(existsSync(group)).toBe(false);
  expect((await runtime.service().listSandboxes()).items.map(({ id }) => id)).toEqual([known]);
  expect((await runtime.service().exec(known, { argv: ['true'] })).exitCode).toBe(0);
});

asRoot('S9: a sandbox that nobody comes back for ends with its lease', async () => {
  const [id = ''] = await leftBehind('--brief', 'lonely');
  expect(processesOf(id)).toHaveLength(2);
  const group = groupOf(id);
  await expect.poll(() => processesOf(id), { timeout: 15_000 }).toEqual([]);

  await using runtime = await createRuntime({ home, ephemeral: true });
  expect(runtime.recovered).toEqual({ adopted: 0, ended: 1, reaped: 0 });
  expect(await runtime.service().getSandbox(id)).toMatchObject({ state: 'gone', exitReason: 'died' });
  expect(existsSync(group)).toBe(false);
});
