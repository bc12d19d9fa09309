/** Firecracker's API against a server that keeps to its documents, and against peers that do not. Numbers are api.ts's. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FirecrackerServer } from '../../../../test/fixtures/firecracker-server.ts';
import { type OwnedScope, rootScope } from '../../../base/index.ts';
import type { MachineShape } from '../arguments.ts';
import { type ApiCall, FirecrackerApi } from './api.ts';
import { bootCalls, loadCall, pauseCall, resumeCall, saveCall } from './requests.ts';
import { parseVersion } from './version.ts';

let directory: string;
let scope: OwnedScope;
let close: () => void;
let api: FirecrackerApi;

const at = (name: string): string => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hf-fc-'));
  for (const name of ['kernel', 'initramfs', 'base', 'memory', 'state']) writeFileSync(at(name), '');
  scope = rootScope({ name: 'test', timeoutMs: 5000 });
  close = () => undefined;
});
afterEach(async () => {
  api?.close();
  close();
  await scope.close();
  rmSync(directory, { recursive: true, force: true });
});

const put = (path: string, body: Record<string, unknown>): ApiCall => ({ method: 'PUT', path, body });
const shape: MachineShape = {
  kind: 'microvm',
  accelerator: 'kvm',
  memoryMib: 256,
  cpus: 2,
  hasAcpi: true,
  clockKhz: 1,
  workMib: 0,
};
const boot = (): ApiCall[] =>
  bootCalls(shape, { kernel: at('kernel'), initramfs: at('initramfs'), base: at('base'), vsock: at('vsock') });
const saved = () => ({ memory: at('memory'), state: at('state'), vsock: at('vsock') });

describe('with the documented API', () => {
  let server: FirecrackerServer;
  let ended: number | null;

  async function serve(version = '1.16.1'): Promise<void> {
    ended = null;
    server = new FirecrackerServer({ version, directory }, (status) => {
      ended = status;
    });
    rmSync(at('api'), { force: true });
    rmSync(at('vsock'), { force: true });
    await server.listen(at('api'));
    api = await FirecrackerApi.connect(at('api'), scope);
    close = () => server.close();
  }
  async function callAll(calls: ApiCall[]): Promise<void> {
    for (const call of calls) await api.call(call, scope);
  }

  it('configures a machine in the documented order and starts it', async () => {
    await serve();
    expect(await api.state(scope)).toBe('Not started');
    expect(await api.version(scope)).toEqual([1, 16, 1]);
    await callAll(boot());
    expect(await api.state(scope)).toBe('Running');
    expect(server.calls.filter((call) => call.startsWith('PUT'))).toEqual([
      'PUT /machine-config',
      'PUT /boot-source',
      'PUT /drives/base',
      'PUT /vsock',
      'PUT /entropy',
      'PUT /actions',
    ]);
    expect(existsSync(at('vsock'))).toBe(true);
  });

  it('pauses, saves and resumes, and pausing twice is no failure', async () => {
    await serve();
    await callAll([...boot(), pauseCall, pauseCall]);
    expect(await api.state(scope)).toBe('Paused');
    await callAll([saveCall(saved()), resumeCall, resumeCall]);
    expect(await api.state(scope)).toBe('Running');
  });

  it.each(['1.8.0', '1.15.2', '1.16.0', '1.17.0'])('takes up in a fresh process what %s saved', async (version) => {
    await serve(version);
    await callAll([...boot(), pauseCall, saveCall(saved())]);
    server.close();
    await serve(version);
    await api.call(loadCall(saved(), parseVersion(version) ?? [0, 0, 0]), scope);
    expect(await api.state(scope)).toBe('Running');
  });

  it.each<[string, () => ApiCall[], string, RegExp]>([
    ['pausing before the start', () => [pauseCall], 'internal', /PATCH \/vm: .*not supported before starting/],
    ['saving before the start', () => [saveCall(saved())], 'internal', /not supported before starting/],
    ['starting without a kernel', () => boot().slice(-1), 'launch-failed', /without kernel configuration/],
    ['configuring after the start', () => [...boot(), ...boot().slice(0, 1)], 'internal', /after starting the microVM/],
    ['starting twice', () => [...boot(), ...boot().slice(-1)], 'internal', /after starting the microVM/],
    ['loading after the start', () => [...boot(), loadCall(saved(), [1, 16, 0])], 'internal', /after starting/],
    [
      'loading behind a configuration',
      () => [...boot().slice(0, 1), loadCall(saved(), [1, 16, 0])],
      'internal',
      /boot-spec/,
    ],
    ['saving while it runs', () => [...boot(), saveCall(saved())], 'internal', /unavailable while running/],
    ['no processor', () => bootCalls({ ...shape, cpus: 0 }, paths()), 'limit-unsupported', /number of vCPUs/],
    ['too many processors', () => bootCalls({ ...shape, cpus: 33 }, paths()), 'limit-unsupported', /number of vCPUs/],
    ['no memory', () => bootCalls({ ...shape, memoryMib: 0 }, paths()), 'limit-unsupported', /memory size/],
    [
      'a kernel that is missing',
      () => bootCalls(shape, { ...paths(), kernel: at('none') }),
      'launch-failed',
      /kernel file/,
    ],
    [
      'a disk that is missing',
      () => bootCalls(shape, { ...paths(), base: at('none') }),
      'launch-failed',
      /backing file/,
    ],
    [
      'a socket that is taken',
      () => bootCalls(shape, { ...paths(), vsock: at('base') }),
      'launch-failed',
      /Address in use/,
    ],
    ['an unknown field', () => [put('/entropy', { quality: 1 })], 'capability-missing', /unknown field `quality`/],
    ['a field too few', () => [put('/vsock', { guest_cid: 3 })], 'capability-missing', /missing field `uds_path`/],
    ['a field of another type', () => [put('/vsock', { guest_cid: 'x', uds_path: 'y' })], 'capability-missing', /u32/],
    ['an unknown path', () => [put('/teleport', {})], 'capability-missing', /Invalid request method and\/or path/],
    [
      'a drive by two names',
      () => [put('/drives/a', { drive_id: 'b', is_root_device: false })],
      'launch-failed',
      /does not match/,
    ],
    [
      'a body that is too long',
      () => [put('/entropy', { x: 'x'.repeat(60_000) })],
      'launch-failed',
      /larger than the limit/,
    ],
  ])('%s is refused in its words', async (_, calls, code, message) => {
    await serve();
    await expect(callAll(calls())).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    // A refusal changes nothing: the next call is answered.
    expect(await api.version(scope)).toEqual([1, 16, 1]);
  });

  it.each<[string, () => void, RegExp]>([
    ['no such state', () => rmSync(at('state')), /Failed to open snapshot file/],
    ['a state that is none', () => writeFileSync(at('state'), 'x'), /bitcode error/],
    ['no such memory', () => rmSync(at('memory')), /guest memory/],
    ['a disk that is gone', () => rmSync(at('base')), /Block: Virtio backend error/],
    ['a socket that is taken', () => writeFileSync(at('vsock'), ''), /VsockUnixBackend/],
  ])('a load that fails (%s) says why, and ends the process', async (_, damage, message) => {
    await serve();
    await callAll([...boot(), pauseCall, saveCall(saved())]);
    server.close();
    await serve();
    damage();
    const load = api.call(loadCall(saved(), [1, 16, 1]), scope);
    await expect(load).rejects.toMatchObject({ code: 'snapshot-corrupt', message: expect.stringMatching(message) });
    await expect(api.state(scope)).rejects.toMatchObject({ code: 'launch-failed' });
    expect(ended).toBe(1);
  });

  it('of one version, gets no field of a later one', async () => {
    await serve('1.15.2');
    const load = api.call(loadCall(saved(), [1, 16, 0]), scope);
    await expect(load).rejects.toMatchObject({
      code: 'capability-missing',
      message: expect.stringContaining('unknown field `vsock_override`'),
    });
  });

  const paths = () => ({ kernel: at('kernel'), initramfs: at('initramfs'), base: at('base'), vsock: at('vsock') });
});

describe('with a hostile peer', () => {
  let requests: string[];

  async function serve(reply: (socket: Socket, count: number) => void): Promise<void> {
    requests = [];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => {
        requests.push(bytes.toString('latin1').split('\r\n')[0] ?? '');
        reply(socket, requests.length);
      });
    });
    server.listen(at('api'));
    await once(server, 'listening');
    close = () => server.close();
    api = await FirecrackerApi.connect(at('api'), scope);
  }
  const sized = (status: number, body: string): string =>
    `HTTP/1.1 ${status} \r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

  it.each([
    ['too long a body', sized(400, JSON.stringify({ fault_message: 'x'.repeat(70_000) }))],
    ['too long a head', `HTTP/1.1 204 \r\nX: ${'x'.repeat(70_000)}`],
    ['a body that is no JSON', sized(400, '<html>')],
    ['a body that is another JSON', sized(400, '[1]')],
    ['a refusal without a reason', sized(400, '{}')],
    ['a reason that is no text', sized(400, '{"fault_message": {"a": 1}}')],
    ['another success', sized(200, '{}')],
    ['a redirection', sized(301, '{}')],
    ['no HTTP', 'hello\r\n\r\n'],
    ['a length that is none', 'HTTP/1.1 400 \r\nContent-Length: -5\r\n\r\n'],
    ['a second answer', sized(400, '{"fault_message":"a"}') + sized(400, '{"fault_message":"b"}')],
    ['an answer of chunks that lie', 'HTTP/1.1 400 \r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcdefgh\r\n0\r\n\r\n'],
  ])('%s ends the call', async (_, bytes) => {
    await serve((socket) => socket.write(bytes));
    await expect(api.call(pauseCall, scope)).rejects.toMatchObject({ code: 'launch-failed' });
  });

  it.each([
    ['that never ends', (socket: Socket) => void drip(socket, 'HTTP/1.1 400 \r\n\r\n', 'x'.repeat(4000))],
    ['of interim answers only', (socket: Socket) => void drip(socket, '', 'HTTP/1.1 100 \r\n\r\n')],
    ['that comes byte by byte', (socket: Socket) => void drip(socket, 'HTTP/1.1 204 ', 'x')],
    ['that never begins', () => undefined],
  ])('an answer %s is given up on, and nothing is sent behind it (1, 2)', async (_, reply) => {
    await serve(reply);
    await using short = scope.child({ name: 'short', timeoutMs: 300 });
    await expect(api.call(pauseCall, short)).rejects.toMatchObject({
      code: expect.stringMatching(/deadline-exceeded|launch-failed/),
    });
    await expect(api.call(resumeCall, scope)).rejects.toMatchObject({ code: 'launch-failed' });
    expect(requests).toEqual(['PATCH /vm HTTP/1.1']);
  });

  it.each([
    ['a version that is none', sized(200, '{"firecracker_version": "new"}')],
    ['no version', sized(200, '{}')],
    ['a version of another type', sized(200, '{"firecracker_version": 1}')],
  ])('%s is not believed', async (_, bytes) => {
    await serve((socket) => socket.write(bytes));
    await expect(api.version(scope)).rejects.toMatchObject({ code: 'launch-failed' });
  });

  it('a state that is not documented is not believed', async () => {
    await serve((socket) => socket.write(sized(200, '{"state": "Exploded"}')));
    await expect(api.state(scope)).rejects.toMatchObject({ message: expect.stringContaining('"Exploded"') });
  });

  it('shows nothing of a reason but its printable text, and not all of that', async () => {
    const fault = `\u001b[2Jgone\r\n${'x'.repeat(5000)}`;
    await serve((socket) => socket.write(sized(400, JSON.stringify({ fault_message: fault }))));
    const error = await api.call(pauseCall, scope).catch((caught: Error) => caught);
    expect((error as Error).message).toMatch(/^Firecracker refused PATCH \/vm: {1,2}\[2Jgone x{480,500}$/);
  });

  it('one call goes out after the other, as they were made (2)', async () => {
    await serve((socket, count) => {
      setTimeout(() => socket.write(sized(204, '').replace('Content-Length: 0\r\n', '')), count === 1 ? 50 : 0);
    });
    await Promise.all([api.call(pauseCall, scope), api.call(saveCall(saved()), scope), api.call(resumeCall, scope)]);
    expect(requests.map((line) => line.split(' ')[1])).toEqual(['/vm', '/snapshot/create', '/vm']);
  });

  it('nobody there is told as such', async () => {
    await expect(FirecrackerApi.connect(at('nobody'), scope)).rejects.toMatchObject({ code: 'launch-failed' });
  });
});

async function drip(socket: Socket, first: string, then: string): Promise<void> {
  socket.write(first);
  while (!socket.destroyed) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    socket.write(then);
  }
}
