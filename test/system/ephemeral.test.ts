/** A runtime that keeps nothing: beside a daemon of the same machine, and after its process was killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Clock, systemClock } from '../../src/base/index.ts';
import { createRuntime } from '../../src/runtime/index.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'hf-'));
  vi.stubEnv('HOLDFAST_HOME', join(directory, 'home'));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

const left = (): string[] => readdirSync(join(directory, 'home-ephemeral'));

it('works beside the one that owns the machine’s home, and beside another like it', async () => {
  await using _owner = await createRuntime();
  await using first = await createRuntime({ ephemeral: true });
  await using second = await createRuntime({ ephemeral: true });
  await using box = await first.create();
  expect((await box.exec(['echo', 'hi'])).stdoutText).toBe('hi\n');
  expect((await second.service().listSandboxes({})).items).toEqual([]);
  expect(left()).toHaveLength(2);
});

it('leaves nothing when it closes', () => {
  expect(left()).toEqual([]);
});

it('removes what a killed one left: its sandboxes and its home', async () => {
  const program = `
    const { createRuntime } = await import('./src/runtime/index.ts');
    const runtime = await createRuntime({ ephemeral: true });
    const box = await runtime.create();
    await box.start(${JSON.stringify(marked)});
    process.stdout.write('started');
    setInterval(() => {}, 1000);
  `;
  const words = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect([left().length, running()]).toEqual([1, 1]);

  // The home of one that is only just starting is not touched.
  await (await createRuntime({ ephemeral: true })).close();
  expect([left().length, running()]).toEqual([1, 1]);

  const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + 120_000 };
  await (await createRuntime({ ephemeral: true, clock })).close();
  expect([left().length, running()]).toEqual([0, 0]);
});

/** No other process of the machine is called so. */
const marked = ['sleep', '98761.5'];

function running(): number {
  const words = readdirSync('/proc').map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  });
  return words.filter((line) => line === `${marked.join('\0')}\0`).length;
}
