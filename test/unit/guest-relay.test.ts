/** The relay: one client at a time on a channel that outlives them all. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { messageTypes as m } from '../../src/guest/wire.ts';
import { int, text } from './guest-agent-peer.ts';
import { frameOf, rawGuest, restartId, TestRelay } from './guest-relay-rig.ts';

const relays: TestRelay[] = [];
afterEach(() => Promise.all(relays.splice(0).map((relay) => relay.stop())));

function relayWith(program?: string[], options?: string[], ports?: string[]): TestRelay {
  const relay = new TestRelay(program, options, ports);
  relays.push(relay);
  return relay;
}

const soon = (ms = 100): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Bytes until there are as many as wanted. */
async function read(socket: Socket, count: number): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  while (bytes.length < count) {
    const piece: Buffer = await new Promise((resolve, reject) => {
      socket.once('data', resolve);
      socket.once('close', () => reject(new Error(`closed after ${bytes.length} bytes`)));
    });
    bytes = Buffer.concat([bytes, piece]);
  }
  return bytes;
}

const restart = frameOf(m.restart, restartId);
const restarted = frameOf(m.ok, restartId);

describe('in front of a program that was saved in the middle of a frame', () => {
  it('finds where the next begins', async () => {
    const { relay, guest } = await rawGuest((program) => relayWith(program));
    expect(await read(guest, restart.length)).toEqual(restart);
    // Its head says more than any frame may, and zeros stand before the answer.
    guest.write(Buffer.concat([Buffer.alloc(5000, 'rest of a frame'), Buffer.alloc(7), restarted]));
    const client = await relay.socket();
    client.write(frameOf(m.hello, 1));
    expect(await read(guest, 9)).toEqual(frameOf(m.hello, 1));
    guest.write(frameOf(m.ok, 1));
    expect(await read(client, 9)).toEqual(frameOf(m.ok, 1));
  });
});

describe('in front of an agent', () => {
  it('serves one client after the other; processes and output outlive them', async () => {
    const relay = relayWith();
    const first = await relay.peer();
    const argv = ['/bin/sh', '-c', 'echo kept; sleep 60'];
    const spawned = await first.ask(m.spawn, { processId: 'p', argv, cwd: '/' });
    first.send(m.attach, { processId: 'p', credit: 1000 });
    first.socket.destroy();
    const second = await relay.peer();
    const known = await second.ask(m.spawn, { processId: 'p', argv, cwd: '/' });
    expect(int(known.payload, 'pid')).toBe(int(spawned.payload, 'pid'));
    const attachment = second.send(m.attach, { processId: 'p', credit: 1000 });
    const output = await second.next(attachment);
    expect([output.type, output.payload.subarray(9).toString()]).toEqual([m.output, 'kept\n']);
  });

  it('lets a second client wait until the first has gone', async () => {
    const relay = relayWith();
    const first = await relay.peer();
    const second = await relay.peer(false);
    const greeting = second.send(m.hello, { version: 1 });
    await soon();
    expect(second.waiting(greeting)).toBe(0);
    first.socket.destroy();
    expect(text((await second.next(greeting)).payload, 'incarnation')).toBe('relayed');
  });

  it('serves as many clients at once as the agent has ports, each with a clean slate of its own', async () => {
    const relay = relayWith(undefined, ['--clients', '2', '--on-standard'], ['0', '1']);
    const [first, second] = [await relay.peer(), await relay.peer()];
    const third = await relay.peer(false);
    const greeting = third.send(m.hello, { version: 1 });
    await first.ask(m.spawn, { processId: 'p', argv: ['/bin/sleep', '60'], cwd: '/' });
    expect((await second.ask(m.listProcesses)).payload.includes('sleep')).toBe(true);
    expect(third.waiting(greeting)).toBe(0);
    first.socket.destroy();
    expect(text((await third.next(greeting)).payload, 'incarnation')).toBe('relayed');
    expect((await second.ask(m.ping)).type).toBe(m.ok);
  });

  it('delivers what a client sent whole before it went, and nothing of half a frame', async () => {
    const relay = relayWith();
    const first = await relay.peer();
    const request = { processId: 'late', argv: ['/bin/sleep', '60'], cwd: '/' };
    first.send(m.spawn, request);
    const half = frameOf(m.spawn, 99, Buffer.alloc(1000));
    first.socket.end(half.subarray(0, 500));
    const second = await relay.peer();
    const list = await second.ask(m.listProcesses);
    expect(list.payload.includes('late')).toBe(true);
  });

  it('closes a client whose connection the agent has ended, and takes the next', async () => {
    const relay = relayWith();
    const first = await relay.peer();
    first.send(0x3f);
    await first.closed;
    expect((await (await relay.peer()).ask(m.ping)).type).toBe(m.ok);
  });

  it('closes a client that sends a frame past the bound, and takes the next', async () => {
    const relay = relayWith();
    const first = await relay.peer();
    const long = frameOf(m.ping, 9);
    long.writeUInt32LE(262_145, 0);
    first.socket.write(long);
    await first.closed;
    expect((await (await relay.peer()).ask(m.ping)).type).toBe(m.ok);
  });

  it('carries large files both ways, also past clients that went in the middle', async () => {
    const relay = relayWith();
    const bytes = Buffer.alloc(4 << 20, 'holdfast');
    for (const client of ['gone', 'stays']) {
      const peer = await relay.peer();
      const write = peer.send(m.write, { path: '/file', parents: 0 });
      expect((await peer.next(write)).type).toBe(m.ok);
      for (let at = 0; at < bytes.length; at += 1 << 17) {
        peer.send(m.data, bytes.subarray(at, at + (1 << 17)), write);
        const credit = (await peer.next(write)).payload.readUInt32LE(0);
        expect(credit).toBeGreaterThan(0);
      }
      if (client === 'stays') {
        peer.send(m.end, {}, write);
        await peer.until(write, m.end);
      }
      const readBack = peer.send(m.read, { path: '/file', credit: 64 << 20 });
      if (client === 'stays') {
        const frames = await peer.until(readBack, m.end);
        const content = Buffer.concat(frames.filter(({ type }) => type === m.data).map(({ payload }) => payload));
        expect(content.equals(bytes)).toBe(true);
      }
      peer.socket.destroy();
    }
  });

  it('ends with the status of its program, after what that still said', async () => {
    const relay = relayWith();
    const peer = await relay.peer();
    expect((await peer.ask(m.shutdown, { graceMs: 0 })).type).toBe(m.ok);
    await peer.closed;
    expect(await relay.exited).toBe(0);
  });
});

describe('in front of a guest nobody trusts', () => {
  it('begins with RESTART and takes nobody before that is answered', async () => {
    const { relay, guest } = await rawGuest(relayWith);
    const client = await relay.socket();
    client.write(frameOf(m.hello, 1));
    expect(await read(guest, restart.length)).toEqual(restart);
    guest.write(restarted);
    expect(await read(guest, 9)).toEqual(frameOf(m.hello, 1));
    guest.write(frameOf(m.ok, 1, Buffer.from('abc')));
    expect(await read(client, 12)).toEqual(frameOf(m.ok, 1, Buffer.from('abc')));
  });

  it('drops what it sends between two clients, and half a frame before them', async () => {
    const { relay, guest } = await rawGuest(relayWith);
    await read(guest, restart.length);
    guest.write(restarted);
    const first = await relay.socket();
    first.write(frameOf(m.hello, 1));
    await read(guest, 9);
    const data = frameOf(m.data, 1, Buffer.alloc(1000, 1));
    guest.write(data.subarray(0, 300));
    await read(first, 300);
    first.destroy();
    expect(await read(guest, restart.length)).toEqual(restart);
    guest.write(Buffer.concat([data.subarray(300), data, restarted]));
    const second = await relay.socket();
    second.write(frameOf(m.hello, 2));
    await read(guest, 9);
    guest.write(frameOf(m.ok, 2));
    expect(await read(second, 9)).toEqual(frameOf(m.ok, 2));
  });

  it('ends it for a head past the bound', async () => {
    const { relay, guest } = await rawGuest(relayWith);
    const long = frameOf(m.ok, 9);
    long.writeUInt32LE(262_145, 0);
    guest.write(Buffer.concat([restarted, long]));
    expect(await relay.exited).not.toBeNull();
  });

  it('is not read from by a client that does not read, and holds little meanwhile', async () => {
    const { relay, guest } = await rawGuest(relayWith);
    await read(guest, restart.length);
    guest.write(restarted);
    const client = await relay.socket();
    client.write(frameOf(m.hello, 1));
    await read(guest, 9);
    client.pause();
    for (let i = 0; i < 200; i++) guest.write(frameOf(m.data, 1, Buffer.alloc(200_000)));
    await soon(500);
    const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${relay.process.pid}/status`, 'utf8'))?.[1];
    expect(Number(resident)).toBeLessThan(4096);
    expect(guest.writableLength).toBeGreaterThan(30_000_000);
  });

  it('never hands a client the answer to RESTART', async () => {
    const { relay, guest } = await rawGuest(relayWith);
    await read(guest, restart.length);
    guest.write(restarted);
    const client = await relay.socket();
    client.write(frameOf(m.hello, 1));
    await read(guest, 9);
    guest.write(Buffer.concat([restarted, frameOf(m.data, restartId, Buffer.alloc(10)), frameOf(m.ok, 1)]));
    expect(await read(client, 9)).toEqual(frameOf(m.ok, 1));
  });
});

describe('and its program', () => {
  it('is told apart by its exit status, and by the signal that ended it', async () => {
    expect(await relayWith(['/bin/sh', '-c', 'exit 75']).exited).toBe(75);
    expect(await relayWith(['/bin/sh', '-c', 'kill -9 $$']).exited).toBe(137);
  });

  it('that cannot be executed ends the relay with the reason', async () => {
    expect(await relayWith(['/nowhere/at/all']).exited).toBe(127);
    expect(await relayWith(['/etc/passwd']).exited).toBe(126);
  });

  it('ends when its channel does, or is killed', async () => {
    expect(await relayWith(['/bin/sh', '-c', 'exec 8<&-; exec sleep 60']).exited).toBe(137);
  });

  it('dies with a relay that is killed', async () => {
    const { relay, guest } = await rawGuest(relayWith);
    // What nobody reads holds the end of a stream back.
    const ended = new Promise<void>((resolve) => guest.resume().once('close', () => resolve()));
    relay.process.kill('SIGKILL');
    await ended;
  });

  it('holds its channels and its standard descriptors only; two channels are these when asked', async () => {
    const second = join('/tmp', `holdfast-relay-${process.pid}`);
    const argv = ['/bin/sh', '-c', 'ls -l /proc/self/fd > "$0"; exec sleep 60', `${second}.list`];
    const relay = relayWith(argv, ['--listen', second, '--clients', '2', '--on-standard']);
    await relay.socket();
    await soon(200);
    const list = readFileSync(`${second}.list`, 'utf8');
    const numbers = [...list.matchAll(/ (\d+) -> (\w+)/g)].map(([, number, kind]) => `${number} ${kind}`);
    expect(numbers.filter((line) => line.endsWith('socket'))).toEqual(
      expect.arrayContaining(['0 socket', '8 socket', '9 socket', '10 socket']),
    );
    expect(numbers.filter((line) => !/^[0-2] /.test(line)).sort()).toEqual(['10 socket', '8 socket', '9 socket']);
  });
});
