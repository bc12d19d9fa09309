import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OwnedScope, rootScope } from './scope.ts';
import { connectLending, connectUnix, connectUnixLending, isLent } from './sockets.ts';

const directory = mkdtempSync(join(tmpdir(), 'hfs-'));
const path = join(directory, 's');
let server: Server;
let scope: OwnedScope;
let peer: Promise<Socket>;

beforeEach(async () => {
  scope = rootScope({ name: 'test', timeoutMs: 10_000 });
  const met = Promise.withResolvers<Socket>();
  peer = met.promise;
  server = createServer(met.resolve).listen(path);
  await once(server, 'listening');
});

afterEach(async () => {
  (await peer).destroy();
  server.close();
  await scope[Symbol.asyncDispose]();
  rmSync(path, { force: true });
});

describe('a socket that lends its reads', () => {
  it('reads nothing before it is asked to, and then everything, in order, to the end', async () => {
    const socket = await connectUnixLending(path, scope);
    (await peer).end(Buffer.alloc(3_000_000, 'abcdefg'));
    await sleep(50);
    const copies: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => copies.push(Buffer.from(bytes)));
    expect(socket.bytesRead).toBe(0);
    socket.resume();
    await once(socket, 'end');
    expect(Buffer.concat(copies).equals(Buffer.alloc(3_000_000, 'abcdefg'))).toBe(true);
  });

  it('reads into the same memory again', async () => {
    const socket = await connectUnixLending(path, scope);
    const seen: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => seen.push(bytes)).resume();
    for (const word of ['first', 'other']) {
      (await peer).write(word);
      await expect.poll(() => seen.at(-1)?.toString()).toBe(word);
    }
    expect(seen.map(String)).toEqual(['other', 'other']);
    expect(seen.every(isLent)).toBe(true);
    socket.destroy();
  });

  it('reads one buffer at most in one turn of the event loop, however much there is', async () => {
    const met = Promise.withResolvers<Socket>();
    const tcp = createServer(met.resolve).listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const address = tcp.address();
    const socket = connectLending({ host: '127.0.0.1', port: typeof address === 'object' ? (address?.port ?? 0) : 0 });
    const sender = await met.promise;
    // The kernel takes in some megabytes before anybody reads.
    sender.end(Buffer.alloc(8 * 1024 * 1024));
    await sleep(50);
    const bufferBytes = 256 * 1024;
    let [whole, inTurn, most] = [0, 0, 0];
    socket.on('data', ({ length }: Buffer) => {
      if (inTurn === 0) setImmediate(() => (inTurn = 0));
      inTurn += length;
      most = Math.max(most, inTurn);
      if (length === bufferBytes) whole++;
    });
    socket.resume();
    await once(socket, 'close');
    tcp.close();
    expect(socket.bytesRead).toBe(8 * 1024 * 1024);
    expect(whole).toBeGreaterThan(4);
    expect(most).toBe(bufferBytes);
    (await connectUnix(path, scope)).destroy();
  });

  it('is refused as any other is', async () => {
    const wrong = join(directory, 'nobody');
    await expect(connectUnixLending(wrong, scope, 'launch-failed')).rejects.toMatchObject({ code: 'launch-failed' });
    expect(() => connectUnixLending('/x'.repeat(60), scope)).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    );
    (await connectUnix(path, scope)).destroy();
  });
});

it('owns what a plain socket reads', async () => {
  const socket = await connectUnix(path, scope);
  (await peer).write('x');
  const [bytes] = await once(socket, 'data');
  expect(isLent(bytes)).toBe(false);
  socket.destroy();
});
