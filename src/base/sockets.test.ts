import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OwnedScope, rootScope } from './scope.ts';
import { connectUnix, connectUnixLending, isLent } from './sockets.ts';

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
