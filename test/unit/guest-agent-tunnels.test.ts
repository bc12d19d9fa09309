/** Tunnels of the compiled agent, through the host's client: what a program inside and the host see of each other. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type OwnedScope, rootScope } from '../../src/base/index.ts';
import { connectGuest, type GuestClient, type GuestListener, type GuestStream } from '../../src/guest/index.ts';
import { TestAgent } from './guest-agent-peer.ts';

const address = '127.64.0.9';
let agent: TestAgent;
let guest: GuestClient;
let scope: OwnedScope;
const sockets: Socket[] = [];
const servers: Server[] = [];

beforeAll(async () => {
  agent = new TestAgent();
  const probe = await agent.peer();
  probe.socket.destroy();
});
afterAll(() => agent.stop());
beforeEach(async () => {
  scope = rootScope({ name: 'test' });
  guest = await connectGuest(agent.socketPath, scope);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
  guest.close();
  await scope.close();
});

/** What a program inside does. */
async function inside(port: number, host = address): Promise<Socket> {
  const socket = connect({ port, host, allowHalfOpen: true });
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function serve(onConnection: (socket: Socket) => void, host = '127.0.0.1'): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  servers.push(server);
  server.listen(0, host);
  await once(server, 'listening');
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

/** A listener, and one connection to it from both sides. */
async function pair(): Promise<{ listener: GuestListener; socket: Socket; stream: GuestStream }> {
  const accepted = Promise.withResolvers<GuestStream>();
  const listener = await guest.tunnels.listen({ address, port: 0 }, accepted.resolve, scope);
  const socket = await inside(listener.port);
  return { listener, socket, stream: await accepted.promise };
}

const noise = (bytes: number): Buffer =>
  Buffer.from(Array.from({ length: bytes }, (_, i) => (i * 7 + (i >> 8)) & 0xff));

describe('a listener', () => {
  it('hands over connections with both ends named', async () => {
    const { listener, socket, stream } = await pair();
    expect([listener.address, stream.localAddress, stream.localPort]).toEqual([address, address, listener.port]);
    expect(stream.remotePort).toBe(socket.localPort);
  });

  it('carries bytes both ways, and either half ends by itself', async () => {
    const { socket, stream } = await pair();
    socket.end('question');
    expect(await text(stream)).toBe('question');
    stream.write('an');
    stream.end('swer');
    expect(await text(socket)).toBe('answer');
    await finished(stream);
  });

  it('the other half too: the host ends first', async () => {
    const { socket, stream } = await pair();
    stream.end('first');
    expect(await text(socket)).toBe('first');
    socket.end('last');
    expect(await text(stream)).toBe('last');
  });

  it('moves megabytes unharmed in both directions at once', async () => {
    const { socket, stream } = await pair();
    const data = noise(8 << 20);
    const echoed = pipeline(stream, stream);
    socket.end(data);
    const parts: Buffer[] = [];
    for await (const part of socket) parts.push(part as Buffer);
    expect(Buffer.concat(parts).equals(data)).toBe(true);
    await echoed;
  });

  it('takes what is only lent, of many streams at once, while what is taken waits', async () => {
    const pairs = await Promise.all(Array.from({ length: 6 }, pair));
    const lent = Buffer.alloc(200_000);
    const sizes = [200_000, 100, 5000, 70_001, 16_384, 150_000];
    await Promise.all(
      pairs.map(async ({ socket, stream }, which) => {
        const content = (turn: number): number => (which * 37 + turn * 11 + 1) & 0xff;
        const sending = (async () => {
          for (let turn = 0; turn < 60; turn++) {
            const piece = lent.subarray(0, sizes[(turn + which) % sizes.length]).fill(content(turn));
            const more = stream.writeLent(piece);
            lent.fill(0);
            if (!more) await once(stream, 'drain');
          }
          stream.end();
        })();
        await new Promise((resolve) => setTimeout(resolve, 100));
        const got: Buffer[] = [];
        for await (const part of socket) got.push(part as Buffer);
        await sending;
        const wanted = Array.from({ length: 60 }, (_, turn) =>
          Buffer.alloc(sizes[(turn + which) % sizes.length] ?? 0, content(turn)),
        );
        expect(Buffer.concat(got).equals(Buffer.concat(wanted))).toBe(true);
      }),
    );
  });

  it('a destroyed stream is a reset inside, and a reset inside is an error here', async () => {
    const first = await pair();
    const failed = once(first.socket, 'error');
    first.stream.destroy();
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
    const second = await pair();
    second.socket.resetAndDestroy();
    await expect(finished(second.stream)).rejects.toMatchObject({ code: 'port-closed' });
  });

  it('a reset inside is noticed while nobody reads here', async () => {
    const { socket, stream } = await pair();
    socket.write(noise(4 << 20));
    await expect.poll(() => stream.readableLength).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.resetAndDestroy();
    await expect(finished(stream)).rejects.toMatchObject({ code: 'port-closed' });
  });

  it('a slow reader on either side holds up its own stream only', async () => {
    const streams: GuestStream[] = [];
    const listener = await guest.tunnels.listen({ address, port: 0 }, (stream) => streams.push(stream), scope);
    const [stuck, quick] = [await inside(listener.port), await inside(listener.port)];
    await expect.poll(() => streams.length).toBe(2);
    const [stuckHere, quickHere] = [streams[0], streams[1]];
    if (!stuckHere || !quickHere) throw new Error('two connections');
    // Nobody reads `stuck` on either end, while both ends write until they may not.
    stuck.write(noise(16 << 20));
    let given = 0;
    const chunk = Buffer.alloc(65_536);
    const fill = (): void => {
      stuckHere.write(chunk, (error) => {
        if (error) return;
        given += chunk.length;
        fill();
      });
    };
    fill();
    quick.end(noise(4 << 20));
    let received = 0;
    for await (const part of quickHere) received += (part as Buffer).length;
    expect(received).toBe(4 << 20);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const settled = given;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(given).toBe(settled);
    expect(stuckHere.readableLength).toBeLessThanOrEqual(128 << 10);
    expect(agent.residentKilobytes()).toBeLessThan(16_000);
    stuck.resume();
    await expect.poll(() => given).toBeGreaterThan(settled + (8 << 20));
  });

  it('200 connections at once, each with its own bytes', async () => {
    const listener = await guest.tunnels.listen(
      { address, port: 0 },
      (stream) => void pipeline(stream, stream).catch(() => undefined),
      scope,
    );
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const socket = await inside(listener.port);
        const sent = `${i}:`.repeat(3000);
        socket.end(sent);
        return (await text(socket)) === sent;
      }),
    );
    expect(answers.every(Boolean)).toBe(true);
  });

  it('past its most connections the next waits until one has ended', async () => {
    const streams: GuestStream[] = [];
    const take = (stream: GuestStream): void => void streams.push(stream);
    const listener = await guest.tunnels.listen({ address, port: 0, maxConnections: 2 }, take, scope);
    for (let i = 0; i < 4; i++) await inside(listener.port);
    await expect.poll(() => streams.length).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(streams.length).toBe(2);
    streams[0]?.destroy();
    streams[1]?.destroy();
    await expect.poll(() => streams.length).toBe(4);
  });

  it('refuses what is taken, what is not loopback, and nonsense', async () => {
    const { listener } = await pair();
    const none = (): void => undefined;
    await expect(guest.tunnels.listen({ address, port: listener.port }, none, scope)).rejects.toMatchObject({
      code: 'in-use',
      details: { errno: 'EADDRINUSE' },
    });
    for (const bad of ['0.0.0.0', '10.0.0.1', '::1', 'localhost', '128.0.0.1', ''])
      await expect(guest.tunnels.listen({ address: bad, port: 0 }, none, scope)).rejects.toMatchObject({
        code: 'invalid-argument',
      });
    await expect(guest.tunnels.listen({ address, port: 65_536 }, none, scope)).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });

  it('closing it frees the port and resets its connections, and no others', async () => {
    const [first, second] = [await pair(), await pair()];
    const reset = once(first.socket, 'error');
    await first.listener.close();
    expect((await reset)[0]).toMatchObject({ code: 'ECONNRESET' });
    expect(first.stream.destroyed).toBe(true);
    await expect(inside(first.listener.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    second.socket.end('still');
    expect(await text(second.stream)).toBe('still');
    await guest.tunnels.listen({ address, port: first.listener.port }, () => undefined, scope);
  });

  it('lives as long as its scope', async () => {
    const own = scope.child({ name: 'listener' });
    const listener = await guest.tunnels.listen({ address, port: 0 }, () => undefined, own);
    await own.close();
    await listener.closed;
    await expect(inside(listener.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('a taker that throws costs its connection only', async () => {
    const listener = await guest.tunnels.listen(
      { address, port: 0 },
      () => {
        throw new Error('taker');
      },
      scope,
    );
    // The reset may be as quick as the connection.
    const met = await inside(listener.port).catch((error: Error) => ({ errored: error }));
    await expect.poll(() => met.errored).toMatchObject({ code: 'ECONNRESET' });
    expect(guest.closed).toBeNull();
  });
});

describe('the end of', () => {
  it('the channel closes listeners and resets streams, both ways', async () => {
    const { listener, socket, stream } = await pair();
    const reset = once(socket, 'error');
    guest.close();
    await expect(finished(stream)).rejects.toMatchObject({ code: 'cancelled' });
    expect((await reset)[0]).toMatchObject({ code: 'ECONNRESET' });
    await listener.closed;
    await expect(inside(listener.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('a reset of the sandbox resets streams and who waits to be one; listeners stay; tunnels are not transfers', async () => {
    const streams: GuestStream[] = [];
    const take = (stream: GuestStream): void => void streams.push(stream);
    const listener = await guest.tunnels.listen({ address, port: 0, maxConnections: 1 }, take, scope);
    const [taken, waiting] = [await inside(listener.port), await inside(listener.port)];
    await expect.poll(() => streams.length).toBe(1);
    expect((await guest.quiet(scope)).transfers).toBe(0);
    const ends = Promise.all([once(taken, 'error'), once(waiting, 'error')]);
    waiting.resume();
    await guest.reset(scope);
    await ends;
    expect(streams[0]?.destroyed).toBe(true);
    expect(streams.length).toBe(1);
    await inside(listener.port);
    await expect.poll(() => streams.length).toBe(2);
  });
});

describe('datagrams', () => {
  it('come with a way to answer', async () => {
    const listener = await guest.tunnels.listenDatagrams(
      { address, port: 0 },
      (data, reply) => reply(Buffer.from(`${data}!`)),
      scope,
    );
    const asker = createSocket('udp4');
    const answers: string[] = [];
    asker.on('message', (message, from) => answers.push(`${message} from ${from.address}:${from.port}`));
    for (const word of ['a', '', 'b'.repeat(4095)]) asker.send(word, listener.port, address);
    asker.send(Buffer.alloc(4097), listener.port, address);
    asker.send('last', listener.port, address);
    await expect.poll(() => answers.length).toBe(4);
    const from = `from ${address}:${listener.port}`;
    expect(answers).toEqual([`a! ${from}`, `! ${from}`, `${'b'.repeat(4095)}! ${from}`, `last! ${from}`]);
    asker.close();
    await expect(
      guest.tunnels.listenDatagrams({ address, port: listener.port }, () => undefined, scope),
    ).rejects.toMatchObject({ code: 'in-use' });
  });

  it('go on past the first window, and cannot be answered with more than fits', async () => {
    let seen = 0;
    const refusals: unknown[] = [];
    const listener = await guest.tunnels.listenDatagrams(
      { address, port: 0 },
      (data, reply) => {
        seen += data.length;
        try {
          reply(Buffer.alloc(4097));
        } catch (error) {
          refusals.push(error);
        }
      },
      scope,
    );
    const asker = createSocket('udp4');
    for (let i = 0; i < 300; i++) {
      asker.send(Buffer.alloc(4096), listener.port, address);
      await expect.poll(() => seen, { interval: 1 }).toBe((i + 1) * 4096);
    }
    expect(refusals[0]).toMatchObject({ code: 'invalid-argument' });
    asker.close();
  });
});

describe('a dial', () => {
  it('reaches a program inside, at 127.0.0.1 and at ::1', async () => {
    const echo = (socket: Socket): void => void socket.pipe(socket);
    for (const host of ['127.0.0.1', '::1']) {
      const port = await serve(echo, host);
      const stream = await guest.tunnels.dial(port, {}, scope);
      expect([stream.localAddress, stream.remotePort]).toEqual([host, port]);
      stream.end('hello');
      expect(await text(stream)).toBe('hello');
    }
    const port = await serve(echo, address);
    const stream = await guest.tunnels.dial(port, { address }, scope);
    stream.end('there');
    expect(await text(stream)).toBe('there');
  });

  it('says when nobody listens, and refuses to leave loopback', async () => {
    const port = await serve(() => undefined);
    for (const server of servers.splice(0)) server.close();
    await expect(guest.tunnels.dial(port, {}, scope)).rejects.toMatchObject({ code: 'port-closed' });
    for (const bad of ['10.0.0.1', '0.0.0.0', '::', 'localhost'])
      await expect(guest.tunnels.dial(port, { address: bad }, scope)).rejects.toMatchObject({
        code: 'invalid-argument',
      });
  });

  it('ends with its scope', async () => {
    const closed = Promise.withResolvers<boolean>();
    const port = await serve((socket) => socket.resume().once('close', closed.resolve));
    const own = scope.child({ name: 'dial' });
    const stream = await guest.tunnels.dial(port, {}, own);
    await own.close();
    expect(await closed.promise).toBe(true);
    await expect(finished(stream)).rejects.toMatchObject({ code: 'cancelled' });
    expect(guest.closed).toBeNull();
    await guest.ping(scope);
  });

  it('a large download and a large upload both come whole', async () => {
    const data = noise(8 << 20);
    const port = await serve((socket) => void pipeline(socket, socket).catch(() => undefined));
    const stream = await guest.tunnels.dial(port, {}, scope);
    const parts: Buffer[] = [];
    const read = (async () => {
      for await (const part of stream) parts.push(part as Buffer);
    })();
    stream.end(data);
    await read;
    expect(Buffer.concat(parts).equals(data)).toBe(true);
  });
});
