/** The channels of a machine without serial ports, listening inside: by a process beside the first one, on unix sockets here. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectUnix, type OwnedScope, rootScope } from '../../src/base/index.ts';
import { connectGuest, type GuestClient } from '../../src/guest/index.ts';
import { guestBinary } from './firecracker-rig.ts';

const root = join(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'hf-carry-'));
const program = join(directory, 'carry');
let scope: OwnedScope;

beforeAll(() => {
  const sources = ['relay/carry.c', 'relay/channel.c', 'machine/vsock.c', 'common/buffer.c', 'common/frame.c'];
  const files = [join(root, 'test/fixtures/carry.c'), ...sources.map((name) => join(root, 'guest', name))];
  execFileSync('cc', ['-std=gnu11', '-O1', '-Wall', '-Wextra', '-Werror', '-o', program, ...files]);
  scope = rootScope({ name: 'test', timeoutMs: 20_000 });
});
afterAll(async () => {
  await scope.close();
  rmSync(directory, { recursive: true });
});

describe('channels carried inside', () => {
  const [own, agent] = [join(directory, 'own'), join(directory, 'agent')];
  let child: ChildProcess;

  afterEach(async () => {
    child.kill('SIGKILL');
    await vi.waitFor(() => expect(child.signalCode ?? child.exitCode).not.toBeNull(), { timeout: 10_000 });
  });

  const client = async (): Promise<GuestClient> => await connectGuest(agent, scope);

  async function stillListens(): Promise<void> {
    const socket = await connectUnix(agent, scope);
    socket.on('error', () => undefined).destroy();
  }

  it('serve two clients at once, the next when one has gone, and end with the first process', async () => {
    const files = join(directory, 'files');
    mkdirSync(files);
    child = spawn(program, ['carry', own, agent, guestBinary(), files], { stdio: 'inherit' });
    const first = await vi.waitFor(client, { timeout: 5000 });
    expect((await first.hello(scope)).incarnation).toBe('carried');
    const second = await client();
    await second.hello(scope);
    const third = await client();
    const greeted = third.hello(scope).then(() => 'greeted');
    expect(await Promise.race([greeted, new Promise((resolve) => setTimeout(() => resolve('waits'), 150))])).toBe(
      'waits',
    );
    first.close();
    expect(await greeted).toBe('greeted');
    await second.ping(scope);
    child.kill('SIGKILL');
    await vi.waitFor(() => expect(child.signalCode).toBe('SIGKILL'), { timeout: 10_000 });
    await vi.waitFor(() => expect(stillListens()).rejects.toMatchObject({ code: 'sandbox-died' }), { timeout: 10_000 });
    second.close();
    third.close();
  });
});

describe('what the command line asks for', () => {
  const said = (environment: Record<string, string>): string =>
    spawnSync(program, ['vsock'], { env: environment, encoding: 'utf8', timeout: 5000 }).stdout.trim();

  it('is nothing unless it names a port', () => {
    expect(said({ HOLDFAST_BASE: 'vda' })).toBe('nothing was asked for');
  });

  it.each(['', '0', '-1', ' 1', '1x', '4294967295', '99999999999999999999'])('is no port: %j', (port) => {
    expect(said({ HOLDFAST_MACHINE_VSOCK: port })).toBe('HOLDFAST_MACHINE_VSOCK is no port: 1 to 4294967294');
  });

  it('is both ports, or says which is missing', () => {
    const first = said({ HOLDFAST_MACHINE_VSOCK: '41025' });
    // A host without the address family at all cannot get that far.
    expect(first).toMatch(/^(HOLDFAST_AGENT_VSOCK is no port|listen on the port 41025 of the vsock)/);
    const both = said({ HOLDFAST_MACHINE_VSOCK: '41025', HOLDFAST_AGENT_VSOCK: '41024' });
    expect(both).toMatch(/^(2 ports|listen on the port 41025 of the vsock)/);
  });
});
