/** The launcher's end under a living daemon: sandboxes live on, and whoever asks next has a new one. */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { rootScope, silentLog } from '../../src/base/index.ts';
import { NamespaceSubstrate } from '../../src/compute/index.ts';
import { oneHome } from '../fixtures/one-home.ts';

const { path, start } = oneHome();
const held = (): string => join(path(), 'held');
const pidFile = (): string => join(path(), 'launcher.pid');

/** Says which process is the launcher, and keeps one from starting as long as the test wants. */
function guestBinary(): string {
  const binary = join(path(), 'guest');
  const script = [
    '#!/bin/sh',
    'if [ "$1" = launcher ]; then',
    `  echo $$ > ${pidFile()}.new && mv ${pidFile()}.new ${pidFile()}`,
    `  while [ -e ${held()} ]; do sleep 0.02; done`,
    'fi',
    `exec ${buildGuest()} "$@"`,
  ];
  writeFileSync(binary, `${script.join('\n')}\n`);
  chmodSync(binary, 0o755);
  return binary;
}

function killLauncher(): void {
  process.kill(Number(readFileSync(pidFile(), 'utf8')), 'SIGKILL');
  rmSync(pidFile());
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: { code?: string }) => error.code,
  );

describe('a launcher that is killed', () => {
  it('takes no sandbox with it, and a new one makes the next', async () => {
    const service = (await start({ guestBinary: guestBinary() })).service();
    const { id } = await service.createSandbox({});
    killLauncher();
    await expect.poll(() => codeOf(service.createSandbox({}))).toBe(null);
    expect((await service.exec(id, { argv: ['true'] })).exitCode).toBe(0);
    await service.createSnapshot(id);
    await service.destroySandbox(id);
    expect(await service.getSandbox(id)).toMatchObject({ state: 'gone', exitReason: 'cancelled' });
  });
});

describe('a launcher that starts again', () => {
  let substrate: NamespaceSubstrate;
  beforeEach(async () => {
    const home = path();
    const options = { binary: guestBinary(), home, mode: 'root', kind: 'fork', log: silentLog } as const;
    substrate = new NamespaceSubstrate({ ...options, keepApart: join(home, 'sandboxes') });
    await ask();
  });
  afterEach(() => substrate[Symbol.asyncDispose]());

  async function ask(timeoutMs = 20_000): Promise<void> {
    await using scope = rootScope({ name: 'ask', timeoutMs });
    await substrate.strays(scope);
  }

  it('does so for whoever waits longer than the one who asked first', async () => {
    writeFileSync(held(), '');
    killLauncher();
    // That it was killed may be heard of only after the first request.
    await expect.poll(() => codeOf(ask(200))).toBe('deadline-exceeded');
    const patient = ask();
    rmSync(held());
    await patient;
    await ask();
  });

  it('does so after a start that failed', async () => {
    writeFileSync(held(), '');
    killLauncher();
    await expect.poll(async () => existsSync(pidFile()) || (await codeOf(ask(200)))).toBe(true);
    const waiting = codeOf(ask());
    killLauncher();
    expect(await waiting).toBe('launch-failed');
    rmSync(held());
    await ask();
  });
});
