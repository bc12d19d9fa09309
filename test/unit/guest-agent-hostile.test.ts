/** What the agent does with peers that break the rules, and with too many of them. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messageTypes as m } from '../../src/guest/wire.ts';
import { fields, int, type Peer, TestAgent } from './guest-agent-peer.ts';

let agent: TestAgent;
let peer: Peer;

beforeAll(async () => {
  agent = new TestAgent();
  peer = await agent.peer();
});
afterAll(() => agent.stop());

const header = (length: number, type: number, id: number): Buffer => {
  const bytes = Buffer.alloc(9);
  bytes.writeUInt32LE(length, 0);
  bytes[4] = type;
  bytes.writeUInt32LE(id, 5);
  return bytes;
};
const field = (tag: number, ...bytes: number[]): Buffer => Buffer.from([tag, bytes.length, 0, 0, 0, ...bytes]);

describe('a connection ends', () => {
  const spawn = { processId: 'x', argv: ['true'], cwd: '/' };
  it.each<[string, (other: Peer) => void, boolean]>([
    ['when it does not greet', (other) => other.send(m.ping), false],
    ['when it greets twice', (other) => other.send(m.hello, { version: 1 }), true],
    ['for a frame that is too long', (other) => other.socket.write(header(262_145, m.ping, 9)), true],
    ['for id 0', (other) => other.socket.write(header(0, m.ping, 0)), true],
    ['for an unknown type', (other) => other.send(0x3f), true],
    ['for an answer sent as a request', (other) => other.send(m.ok), true],
    ['for a ping that is too long', (other) => other.send(m.ping, Buffer.alloc(65)), true],
    ['for a field longer than its frame', (other) => other.send(m.stat, Buffer.from([19, 9, 0, 0, 0, 47])), true],
    ['for half a field', (other) => other.send(m.stat, Buffer.from([19, 1])), true],
    ['for an integer of 4 bytes', (other) => other.send(m.lease, field(46, 1, 0, 0, 0)), true],
    ['for a NUL in text', (other) => other.send(m.stat, field(19, 47, 0, 47)), true],
    ['for credit of 3 bytes', (other) => other.send(m.credit, Buffer.alloc(3), 77), true],
    ['for a cancel with content', (other) => other.send(m.cancel, Buffer.alloc(1), 77), true],
    [
      'for an id that is in use',
      (other) => {
        other.send(m.watch, { path: '/' }, 50);
        other.send(m.spawn, spawn, 50);
      },
      true,
    ],
    [
      'for more input than was granted',
      (other) => {
        other.send(m.spawn, { ...spawn, argv: ['/bin/sleep', '1'], flags: 2 });
        other.send(m.stdin, { processId: 'x' }, 60);
        for (let i = 0; i < 3; i++) other.send(m.data, Buffer.alloc(262_144), 60);
      },
      true,
    ],
    [
      'for data to a request that takes none',
      (other) => {
        other.send(m.watch, { path: '/' }, 51);
        other.send(m.data, Buffer.alloc(1), 51);
      },
      true,
    ],
  ])('%s', async (_, offend, greet) => {
    const other = await agent.peer(greet);
    offend(other);
    await other.closed;
    expect((await peer.ask(m.ping)).type).toBe(m.ok);
  });

  it('and the fifth is not taken', async () => {
    const others = await Promise.all([agent.peer(), agent.peer(), agent.peer()]);
    const fifth = await agent.peer(false);
    await fifth.closed;
    for (const other of others) other.socket.destroy();
    await Promise.all(others.map((other) => other.closed));
    const again = await agent.peer();
    again.socket.destroy();
  });
});

describe('the agent', () => {
  it('takes a frame in pieces of any size', async () => {
    const other = await agent.peer();
    const payload = fields({ path: '/' });
    const bytes = Buffer.concat([header(payload.length, m.stat, 900), payload]);
    for (const byte of bytes) {
      other.socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await other.next(900)).type).toBe(m.ok);
    other.socket.destroy();
  });

  it('skips fields it does not know', async () => {
    const answer = await peer.ask(m.stat, Buffer.concat([field(200, 1, 2), fields({ path: '/' }), field(63)]));
    expect(answer.type).toBe(m.ok);
  });

  it('refuses the 257th open request and works on', async () => {
    const other = await agent.peer();
    const processId = 'held';
    await other.ask(m.spawn, { processId, argv: ['sleep', '60'], cwd: '/', env: ['PATH=/usr/bin:/bin'] });
    for (let i = 0; i < 256; i++) other.send(m.attach, { processId, credit: 1 });
    const refused = await other.ask(m.attach, { processId, credit: 1 });
    expect(int(refused.payload, 'errno')).toBe(11);
    expect((await other.ask(m.ping)).type).toBe(m.ok);
    other.socket.destroy();
    await peer.ask(m.signal, { processId, signal: 9, flags: 3 });
  });

  it('stops reading from a peer that does not take its answers, and serves the others', async () => {
    const other = await agent.peer();
    other.socket.pause();
    const burst = Buffer.concat(
      Array.from({ length: 1000 }, () => Buffer.concat([header(64, m.ping, 7), Buffer.alloc(64)])),
    );
    for (let i = 0; i < 200; i++) other.socket.write(burst);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await peer.ask(m.ping)).type).toBe(m.ok);
    const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${agent.process.pid}/status`, 'utf8'))?.[1];
    expect(Number(rss)).toBeLessThan(process.env['HOLDFAST_TEST_GUEST'] ? 300_000 : 16_000);
    other.socket.destroy();
  });

  it('drops the oldest of more than 256 ended processes', async () => {
    for (let i = 0; i < 260; i++) {
      await peer.ask(m.spawn, { processId: `many-${i}`, argv: ['/bin/true'], cwd: '/' });
      await peer.until(peer.send(m.attach, { processId: `many-${i}`, credit: 1 }), m.exit);
    }
    expect((await peer.ask(m.attach, { processId: 'many-0', credit: 1 })).type).toBe(m.error);
    expect((await peer.ask(m.attach, { processId: 'many-259', credit: 1 })).type).toBe(m.exit);
  });
});
