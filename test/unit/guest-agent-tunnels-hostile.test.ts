/** The agent's tunnels in hand-made frames: a host that breaks the rules, comes late, or asks for too much. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { messageTypes as m } from '../../src/guest/wire.ts';
import { type Frame, int, type Peer, TestAgent, text } from './guest-agent-peer.ts';

const path = '127.64.0.10';
const window = 65_536;
const token = Buffer.alloc(32, 't');
let agent: TestAgent;
let peer: Peer;
let witness: Peer;
const sockets: Socket[] = [];

beforeAll(async () => {
  agent = new TestAgent();
  witness = await agent.peer();
});
afterAll(() => agent.stop());
beforeEach(async () => {
  peer = await agent.peer();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  peer.socket.destroy();
  await peer.closed;
  expect((await witness.ask(m.ping)).type).toBe(m.ok);
});

interface Open {
  listener: number;
  port: number;
  stream: number;
  socket: Socket;
}

async function inside(port: number): Promise<Socket> {
  const socket = connect({ port, host: path, allowHalfOpen: true });
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function open(credit = 1 << 20): Promise<Open> {
  const listener = peer.send(m.listen, { path, port: 0, credit });
  const port = int((await peer.next(listener)).payload, 'port') ?? 0;
  const socket = await inside(port);
  const told = await peer.next(listener);
  expect([told.type, int(told.payload, 'port'), int(told.payload, 'credit')]).toEqual([
    m.incoming,
    socket.localPort,
    window,
  ]);
  return { listener, port, stream: int(told.payload, 'stream') ?? 0, socket };
}

const errno = (frame: Frame): [number, number | undefined] => [frame.type, int(frame.payload, 'errno')];

describe('a connection ends', () => {
  it.each<[string, (at: Open) => void]>([
    ['for more data than was granted', ({ stream }) => peer.send(m.data, Buffer.alloc(window + 1), stream)],
    ['for data without content', ({ stream }) => peer.send(m.data, Buffer.alloc(0), stream)],
    [
      'for data after the end',
      ({ stream }) => {
        peer.send(m.end, {}, stream);
        peer.send(m.data, Buffer.alloc(1), stream);
      },
    ],
    [
      'for a second end',
      ({ stream }) => {
        peer.send(m.end, {}, stream);
        peer.send(m.end, {}, stream);
      },
    ],
    ['for credit of three bytes', ({ stream }) => peer.send(m.credit, Buffer.alloc(3), stream)],
    ['for a datagram to a stream', ({ stream }) => peer.send(m.datagram, Buffer.alloc(7), stream)],
    ['for a datagram to a listener of connections', ({ listener }) => peer.send(m.datagram, Buffer.alloc(7), listener)],
    ['for data to a listener', ({ listener }) => peer.send(m.data, Buffer.alloc(7), listener)],
    ['for a request under the id of a listener', ({ listener }) => peer.send(m.stat, { path: '/' }, listener)],
    ['for a request under the id of a stream', ({ stream }) => peer.send(m.stat, { path: '/' }, stream)],
    ['for a listener under the id of a listener', ({ listener }) => peer.send(m.listen, { path, port: 0 }, listener)],
    ['for a request with an id of the agent’s half', () => peer.send(m.dial, { port: 1 }, 0x8000_0007)],
    ['for a HANDOVER with a short token', ({ stream }) => peer.send(m.handover, Buffer.alloc(31), stream)],
    [
      'for a second HANDOVER',
      ({ stream }) => {
        peer.send(m.handover, token, stream);
        peer.send(m.handover, token, stream);
      },
    ],
    [
      'for data after HANDOVER',
      ({ stream }) => {
        peer.send(m.handover, token, stream);
        peer.send(m.data, Buffer.alloc(1), stream);
      },
    ],
    ['for a HANDOVER of a listener', ({ listener }) => peer.send(m.handover, token, listener)],
    ['for a CLAIM with a short token', () => peer.send(m.claim, Buffer.alloc(31))],
    ['for a CLAIM with an id of the agent’s half', () => peer.send(m.claim, token, 0x8000_0007)],
    ['for an INCOMING from the host', () => peer.send(m.incoming, { stream: 1 })],
  ])('%s', async (_, offend) => {
    const at = await open();
    offend(at);
    await peer.closed;
    // A socket that has read its end looks no further: writing shows what became of it.
    at.socket.write('x');
    await expect.poll(() => at.socket.destroyed).toBe(true);
    await expect(inside(at.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it.each<[string, Buffer]>([
    ['an answer without a peer', Buffer.alloc(5)],
    ['an answer of 4097 bytes', Buffer.concat([Buffer.from([127, 0, 0, 1, 0, 9]), Buffer.alloc(4097)])],
    ['an answer to another machine', Buffer.from([10, 0, 0, 1, 0, 9, 1])],
    ['an answer to no port', Buffer.from([127, 0, 0, 1, 0, 0, 1])],
  ])('for %s', async (_, payload) => {
    const listener = peer.send(m.listen, { path, port: 0, flags: 1 });
    expect((await peer.next(listener)).type).toBe(m.ok);
    peer.send(m.datagram, payload, listener);
    await peer.closed;
  });
});

describe('a stream that is handed over', () => {
  it('is answered for behind all that was read of it, and gives its socket away once', async () => {
    const { stream, socket } = await open();
    socket.write('before');
    expect((await peer.next(stream)).payload.toString()).toBe('before');
    peer.send(m.handover, token, stream);
    const answer = await peer.next(stream);
    expect([answer.type, answer.payload.length]).toEqual([m.handover, 0]);
    socket.write('after');
    expect((await witness.ask(m.claim, Buffer.alloc(32, 'u'))).type).toBe(m.error);
    expect((await witness.ask(m.claim, token)).type).toBe(m.ok);
    expect(errno(await witness.ask(m.claim, token))).toEqual([m.error, 2]);
    expect(peer.waiting(stream)).toBe(0);
  });

  it('is reset by CLOSE, by the end of its connection, and by RESET, whoever holds its socket', async () => {
    const ends: ((at: Open) => unknown)[] = [
      ({ stream }) => peer.send(m.close, {}, stream),
      () => witness.ask(m.reset),
      () => peer.socket.destroy(),
    ];
    for (const end of ends) {
      const at = await open();
      peer.send(m.handover, token, at.stream);
      await peer.next(at.stream);
      expect((await witness.ask(m.claim, token)).type).toBe(m.ok);
      const reset = once(at.socket, 'error');
      at.socket.resume();
      end(at);
      expect((await reset)[0]).toMatchObject({ code: 'ECONNRESET' });
    }
  });

  it('goes on where the program had ended its side', async () => {
    const { stream, socket } = await open();
    socket.end();
    expect((await peer.next(stream)).type).toBe(m.end);
    peer.send(m.handover, token, stream);
    expect(errno(await peer.next(stream))).toEqual([m.handover, 32]);
    peer.send(m.data, Buffer.from('still'), stream);
    expect(String((await once(socket, 'data'))[0])).toBe('still');
  });

  it('reads on until what waits for the program was taken', async () => {
    const { stream, socket } = await open();
    const sent = Buffer.alloc(window, 'w');
    socket.pause();
    let granted = window;
    // What the program does not read fills its socket first, and then the agent.
    for (let quiet = 0; quiet < 25; quiet++) {
      if (granted > 0) peer.send(m.data, sent.subarray(0, Math.min(granted, window)), stream);
      granted = Math.max(0, granted - window);
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (peer.waiting(stream) > 0) quiet = 0;
      while (peer.waiting(stream) > 0) granted += (await peer.next(stream)).payload.readUInt32LE(0);
    }
    peer.send(m.handover, token, stream);
    socket.write('meanwhile');
    const first = await peer.next(stream);
    expect([first.type, first.payload.toString()]).toEqual([m.data, 'meanwhile']);
    socket.resume();
    const frames = await peer.until(stream, m.handover);
    expect(frames.at(-1)?.payload).toHaveLength(0);
  });
});

describe('what comes late', () => {
  it('is dropped, for streams that were closed and for ids that never were', async () => {
    const { stream, socket } = await open();
    peer.send(m.close, {}, stream);
    for (const type of [m.data, m.end, m.close, m.cancel]) {
      peer.send(type, Buffer.alloc(type === m.data ? 9 : 0), stream);
      peer.send(type, Buffer.alloc(type === m.data ? 9 : 0), 0x8fff_ffff);
    }
    peer.credit(stream, 9);
    peer.send(m.datagram, Buffer.alloc(7), 12_345);
    expect(errno(await peer.next(stream))).toEqual([m.close, 125]);
    expect((await peer.ask(m.ping)).type).toBe(m.ok);
    expect(peer.waiting(stream)).toBe(0);
    await expect.poll(() => socket.destroyed).toBe(true);
  });

  it('CLOSE comes once and last, without errno after both ends', async () => {
    const { stream, socket } = await open();
    peer.send(m.end, {}, stream);
    socket.end('bye');
    const frames = await peer.until(stream, m.close);
    expect(frames.map((frame) => frame.type)).toEqual([m.data, m.end, m.close]);
    expect(int(frames[2]?.payload ?? Buffer.alloc(0), 'errno')).toBeUndefined();
  });

  it('a cancelled dial is cancelled, or a stream that is closed', async () => {
    const server = createServer((socket) => void sockets.push(socket.on('error', () => undefined))).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    for (let i = 0; i < 50; i++) {
      const id = peer.send(m.dial, { port, credit: 9 });
      peer.send(m.cancel, {}, id);
      const first = await peer.next(id);
      if (first.type === m.error) expect(errno(first)[1]).toBe(125);
      else expect(errno(await peer.next(id))).toEqual([m.close, 125]);
    }
    server.close();
  });
});

describe('credit', () => {
  it('is never exceeded by the agent, to the byte', async () => {
    const { stream, socket } = await open(1000);
    socket.end(Buffer.alloc(5000, 'x'));
    let received = 0;
    for (const granted of [1000, 1, 2999, 1000]) {
      if (received > 0) peer.credit(stream, granted);
      for (let part = 0; part < granted; ) {
        const { type, payload } = await peer.next(stream);
        expect(type).toBe(m.data);
        part += payload.length;
        expect(part).toBeLessThanOrEqual(granted);
        received += payload.length;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(peer.waiting(stream)).toBe(0);
    }
    peer.credit(stream, 1);
    expect((await peer.next(stream)).type).toBe(m.end);
  });

  it('for the host grows with a reader, and stays what it was without', async () => {
    const { stream, socket } = await open();
    let granted = window;
    let sent = 0;
    socket.resume();
    for (let round = 0; round < 40; round++) {
      while (sent < granted) {
        const length = Math.min(granted - sent, 65_536);
        peer.send(m.data, Buffer.alloc(length), stream);
        sent += length;
      }
      granted += (await peer.next(stream)).payload.readUInt32LE();
      while (peer.waiting(stream) > 0) granted += (await peer.next(stream)).payload.readUInt32LE();
    }
    expect(granted - sent).toBeGreaterThanOrEqual(128 << 10);
    const other = await open();
    other.socket.pause();
    let may = window;
    for (let used = 0; used < may; ) {
      const length = Math.min(may - used, 65_536);
      peer.send(m.data, Buffer.alloc(length), other.stream);
      used += length;
      await peer.ask(m.ping);
      while (peer.waiting(other.stream) > 0) may += (await peer.next(other.stream)).payload.readUInt32LE();
      expect(used).toBeLessThan(64 << 20);
    }
  });
});

describe('bounds', () => {
  it('2048 listeners, not one more, and all gone with the connection', async () => {
    const before = agent.residentKilobytes();
    const ids = Array.from({ length: 2048 }, () => peer.send(m.listen, { path, port: 0, credit: 1 }));
    for (const id of ids) expect((await peer.next(id)).type).toBe(m.ok);
    expect(errno(await peer.ask(m.listen, { path, port: 0, credit: 1 }))).toEqual([m.error, 11]);
    expect((await peer.ask(m.stat, { path: '/' })).type).toBe(m.ok);
    expect(agent.residentKilobytes() - before).toBeLessThan(process.env['HOLDFAST_TEST_GUEST'] ? 100_000 : 2000);
  });

  it('256 dialled connections, not one more', async () => {
    const { port } = await open();
    const ids = Array.from({ length: 256 }, () => peer.send(m.dial, { path, port, credit: 1 }));
    for (const id of ids) expect((await peer.next(id)).type).toBe(m.ok);
    expect(errno(await peer.ask(m.dial, { path, port }))).toEqual([m.error, 11]);
    peer.send(m.close, {}, ids[0]);
    expect((await peer.next(ids[0] ?? 0)).type).toBe(m.close);
    expect((await peer.ask(m.dial, { path, port })).type).toBe(m.ok);
  });

  it('1024 accepted connections over all listeners; the next waits its turn', async () => {
    const [first, second] = [await open(), await open()];
    const dialled = await Promise.all(Array.from({ length: 1023 }, (_, i) => inside(i % 2 ? first.port : second.port)));
    await expect.poll(() => peer.waiting(first.listener) + peer.waiting(second.listener)).toBe(1022);
    await peer.ask(m.ping);
    expect(peer.waiting(first.listener) + peer.waiting(second.listener)).toBe(1022);
    dialled[0]?.resetAndDestroy();
    await expect.poll(() => peer.waiting(first.listener) + peer.waiting(second.listener)).toBe(1023);
  });

  it('datagrams without credit wait, and what is too much for the kernel is lost', async () => {
    const listener = peer.send(m.listen, { path, port: 0, flags: 1, credit: 4102 });
    const port = int((await peer.next(listener)).payload, 'port') ?? 0;
    const asker = createSocket('udp4');
    for (let i = 0; i < 3; i++) asker.send(Buffer.alloc(4096, i), port, path);
    expect((await peer.next(listener)).payload.length).toBe(4102);
    await peer.ask(m.ping);
    expect(peer.waiting(listener)).toBe(0);
    peer.credit(listener, 2 * 4102);
    for (let i = 0; i < 2; i++) expect((await peer.next(listener)).payload.length).toBe(4102);
    asker.close();
  });
});

describe('nonsense is EINVAL', () => {
  it.each<[number, Record<string, string | number>]>([
    [m.listen, { path }],
    [m.listen, { port: 1 }],
    [m.listen, { path: '192.168.0.1', port: 1 }],
    [m.listen, { path: '127.0.0.1 ', port: 1 }],
    [m.listen, { path, port: 65_536 }],
    [m.dial, {}],
    [m.dial, { port: 0 }],
    [m.dial, { port: 65_536 }],
    [m.dial, { port: 1, path: '169.254.169.254' }],
    [m.dial, { port: 1, path: '::ffff:127.0.0.1' }],
  ])('%i %o', async (type, values) => {
    const answer = await peer.ask(type, values);
    expect(errno(answer)).toEqual([m.error, 22]);
    expect(text(answer.payload, 'message')).not.toBe('');
  });
});
