/** The path that a program of ours listens on: whoever waits for it finds somebody behind it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';

const binary = buildGuest();
let root: string;
let path: string;
let agent: ChildProcess | null = null;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hf-listen-'));
  path = join(root, 'socket');
});
afterEach(async () => {
  await ended();
  rmSync(root, { recursive: true, force: true });
});

function listen(): ChildProcess {
  agent = spawn(binary, ['agent', '--listen', path, '--root', root, '--incarnation', 'test'], { stdio: 'ignore' });
  return agent;
}
async function ended(): Promise<void> {
  if (agent?.exitCode === null && agent.signalCode === null) {
    agent.kill('SIGKILL');
    await once(agent, 'exit');
  }
  agent = null;
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('is there once it is listened on', { timeout: 30_000 }, async () => {
  for (let time = 0; time < 120; time++) {
    listen();
    while (!existsSync(path)) await turn();
    const socket = connect(path);
    await once(socket, 'connect');
    socket.destroy();
    await ended();
    rmSync(path);
  }
});

it('is in no way of what one that was killed had left', async () => {
  writeFileSync(`${path}~`, 'left');
  listen();
  await expect.poll(() => existsSync(path)).toBe(true);
  expect(existsSync(`${path}~`)).toBe(false);
});

it('that something lies at already is left to that', async () => {
  writeFileSync(path, 'mine');
  const [status] = await once(listen(), 'exit');
  expect(status).not.toBe(0);
  expect(readFileSync(path, 'utf8')).toBe('mine');
});
