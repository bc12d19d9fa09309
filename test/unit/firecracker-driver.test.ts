/**
 * The Firecracker driver against a server of the recorded shape: driver, bridge, API, vsock greeting and the guest's agent, with
 * only KVM left out. Numbers are those of the driver's and the bridge's invariants.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectUnix, type OwnedScope, rootScope } from '../../src/base/index.ts';
import type { GuestClient } from '../../src/guest/index.ts';
import type { FirecrackerSettings } from '../fixtures/firecracker-server.ts';
import { FirecrackerRig } from './firecracker-rig.ts';

let rig: FirecrackerRig;
let scope: OwnedScope;

function make(settings: Partial<FirecrackerSettings> = {}): void {
  rig = new FirecrackerRig(settings);
}

beforeEach(() => {
  scope = rootScope({ name: 'test', timeoutMs: 20_000 });
});
afterEach(async () => {
  await rig.close();
  await scope.close();
  await nothingLeft();
});

/** The kernel ends whoever is bound to another; it takes a moment. */
const nothingLeft = (): Promise<void> => vi.waitFor(() => expect(rig.left()).toEqual([]), { timeout: 5000 });

async function echo(guest: GuestClient, text: string): Promise<string> {
  const outcome = await guest.exec(
    {
      argv: ['/bin/echo', text],
      cwd: '/',
      environment: {},
      graceMs: 100,
      timeoutMs: 10_000,
      retainBytes: 4096,
      outputCapBytes: 4096,
      processId: `p-${text}`,
    },
    scope,
  );
  return outcome.stdout.toString().trim();
}

describe('a machine', () => {
  it('is booted, stopped, gone on with, saved, and taken up by another process', async () => {
    make();
    const first = await rig.boot('first', scope);
    const agent = await rig.guest('first', 'agent', scope);
    expect((await agent.hello(scope)).incarnation).toBe('agent');
    expect(await echo(agent, 'one')).toBe('one');
    const inside = await rig.guest('first', 'machine', scope);
    expect((await inside.hello(scope)).incarnation).toBe('machine');

    const { socketPath } = rig.machine('first');
    await rig.driver.pause(socketPath, scope);
    const answered = agent.ping(scope).then(() => 'answered');
    expect(await Promise.race([answered, pause(150)])).toBe('silent');
    await rig.driver.resume(socketPath, scope);
    expect(await answered).toBe('answered');

    await rig.save('first', scope);
    // A snapshot ends what goes through the vsock.
    await expect(agent.ping(scope)).rejects.toMatchObject({ code: 'sandbox-died' });
    await rig.end('first', first, scope);
    expect(rig.sockets()).toEqual([]);
    expect(JSON.parse(readFileSync(rig.files.state, 'utf8'))).toMatchObject({ drives: ['/proc/self/fd/17'] });

    const second = await rig.restore('second', scope);
    const again = await rig.guest('second', 'agent', scope);
    expect((await again.hello(scope)).incarnation).toBe('agent');
    expect(await echo(again, 'two')).toBe('two');
    await rig.end('second', second, scope);
    await rig.end('second', second, scope);
  });

  it('is given its files at the same numbers in both lives, and its sockets behind them (1)', async () => {
    make();
    const first = await rig.boot('first', scope);
    await rig.save('first', scope);
    await rig.end('first', first, scope);
    await rig.restore('second', scope);
    const [boot, restore] = rig.started;
    const { image, memory, state, kernel, initramfs } = rig.files;
    const guest = expect.stringContaining('holdfast-guest');
    expect(boot?.files.map(({ path }) => path)).toEqual([guest, image, memory, state, kernel, initramfs]);
    expect(restore?.files.map(({ path }) => path)).toEqual([guest, image, memory, state]);
    expect(boot?.files.map(({ access }) => access)).toEqual(['read', 'read', 'write', 'write', 'read', 'read']);
    expect(restore?.files.map(({ access }) => access)).toEqual(['read', 'read', 'kept', 'read']);
    expect(boot?.argv.slice(0, 6)).toEqual([
      '/proc/self/fd/16',
      'bridge',
      '--vsock',
      '22',
      `${rig.root}/inside/vsock`,
      '1024',
    ]);
    expect(restore?.argv.slice(2, 4)).toEqual(['--vsock', '20']);
    expect(boot?.limits).toEqual({ memoryBytes: 320 * 1024 * 1024, cpuMillis: 1500 });
  });

  it('is loaded with nothing an older version does not know', async () => {
    make({ version: '1.15.0' });
    const first = await rig.boot('first', scope);
    await rig.save('first', scope);
    await rig.end('first', first, scope);
    await rig.restore('second', scope);
    const agent = await rig.guest('second', 'agent', scope);
    expect(await echo(agent, 'old')).toBe('old');
  });

  it('waits for a guest that does not listen yet', async () => {
    make({ bootMs: 400 });
    await rig.boot('slow', scope);
    const agent = await rig.guest('slow', 'agent', scope);
    expect((await agent.hello(scope)).incarnation).toBe('agent');
  });

  it('serves several clients at once, each with a stream of its own', async () => {
    make();
    await rig.boot('busy', scope);
    const guests = await Promise.all(Array.from({ length: 4 }, () => rig.guest('busy', 'agent', scope)));
    await Promise.all(guests.map((guest) => guest.hello(scope)));
    const said = await Promise.all(guests.map((guest, index) => echo(guest, `n${index}`)));
    expect(said).toEqual(guests.map((_, index) => `n${index}`));
  });
});

describe('what goes wrong', () => {
  it.each(['PUT /machine-config', 'PUT /vsock', 'PUT /actions'])('leaves nothing when it dies in %s', async (dies) => {
    make({ dies });
    await expect(rig.boot('dying', scope)).rejects.toMatchObject({ code: 'launch-failed' });
    expect(rig.sockets()).toEqual([]);
    await nothingLeft();
  });

  it('leaves nothing when it dies while it loads', async () => {
    make({ dies: 'PUT /snapshot/load' });
    await expect(rig.restore('dying', scope)).rejects.toMatchObject({ code: 'launch-failed' });
    await nothingLeft();
  });

  it.each(['PATCH /vm', 'PUT /snapshot/create'])('is told when it dies in %s', async (dies) => {
    make({ dies });
    await rig.boot('dying', scope);
    await expect(rig.save('dying', scope)).rejects.toMatchObject({
      code: 'launch-failed',
      message: expect.stringContaining(dies),
    });
  });

  it('gives up on a silent one with its scope, and ends it (2)', async () => {
    make({ hangs: 'PUT /boot-source' });
    await using short = scope.child({ name: 'short', timeoutMs: 1500 });
    await expect(rig.boot('silent', short)).rejects.toMatchObject({ code: 'deadline-exceeded' });
    await nothingLeft();
  });

  it('says that what was saved is of another version, and ends the process', async () => {
    make();
    const first = await rig.boot('first', scope);
    await rig.save('first', scope);
    await rig.end('first', first, scope);
    const text = readFileSync(rig.files.state, 'utf8').replace('1.16.1', '1.17.0');
    writeFileSync(rig.files.state, text);
    await expect(rig.restore('second', scope)).rejects.toMatchObject({
      code: 'snapshot-corrupt',
      message: expect.stringContaining('Failed to load snapshot state from file'),
    });
    await nothingLeft();
  });

  it('refuses a Firecracker that is too old for it', async () => {
    make({ version: '1.7.0' });
    await expect(rig.boot('old', scope)).rejects.toMatchObject({ code: 'capability-missing' });
    await nothingLeft();
  });
});

describe('a vsock that answers something else', () => {
  it.each([
    ['no OK', 'NO 1073741824\n'],
    ['OK without a number', 'OK \n'],
    ['OK with something that is none', 'OK 12x\n'],
    ['no end', 'OK 1'.padEnd(4096, '1')],
    ['nothing but an end', '\n'],
    ['bytes that are no text', '\xff\xfe\n'],
  ])('%s: the client is closed', async (_, greeting) => {
    make({ greeting });
    await rig.boot('odd', scope);
    const agent = await rig.guest('odd', 'agent', scope);
    await expect(agent.hello(scope)).rejects.toMatchObject({ code: 'sandbox-died' });
    expect(existsSync(rig.machine('odd').socketPath)).toBe(true);
  });

  it('takes not one byte of the guest for the answer', async () => {
    make({ greeting: 'OK 7\nabc' });
    await rig.boot('early', scope);
    const socket = await connectUnix(rig.machine('early').socketPath, scope);
    const said = await new Promise((resolve) => socket.once('data', (bytes: Buffer) => resolve(bytes.toString())));
    expect(said).toBe('abc');
    socket.destroy();
  });
});

const pause = (ms: number): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('silent'), ms));
