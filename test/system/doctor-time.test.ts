/** How long `doctor` takes, with a daemon that runs and nothing else. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const main = resolve(import.meta.dirname, '../../src/cli/main.mjs');
let base = '';
let pid = 0;

async function holdfast(...words: string[]): Promise<unknown> {
  const environment = { ...process.env, HOLDFAST_HOME: join(base, 'home'), NO_COLOR: '1' };
  const program = ['--disable-warning=ExperimentalWarning', main, ...words, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, program, { env: environment, cwd: base });
  return JSON.parse(stdout);
}

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'holdfast-doctor-'));
  await holdfast('ps');
  pid = ((await holdfast('version')) as { daemon: { pid: number } }).daemon.pid;
});

afterAll(async () => {
  process.kill(pid, 'SIGTERM');
  for (let turn = 0; turn < 500 && isAlive(pid); turn++) await sleep(20);
  await rm(base, { recursive: true, force: true });
});

function isAlive(one: number): boolean {
  try {
    return process.kill(one, 0);
  } catch {
    return false;
  }
}

it('doctor answers in two seconds', async () => {
  const startedMs = performance.now();
  const report = (await holdfast('doctor')) as { substrates: { usable: boolean }[] };
  const tookMs = performance.now() - startedMs;
  expect(report.substrates.some(({ usable }) => usable)).toBe(true);
  expect(tookMs).toBeLessThan(2000);
});
