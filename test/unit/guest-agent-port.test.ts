/** The agent on a port: one stream that outlives whoever speaks over it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messageTypes as m } from '../../src/guest/wire.ts';
import { int, text } from './guest-agent-peer.ts';
import { frameOf, PortAgent, restartId } from './guest-relay-rig.ts';

let agent: PortAgent;
beforeEach(() => {
  agent = new PortAgent();
});
afterEach(() => agent.stop());

const hello = async (): Promise<string | undefined> =>
  text((await agent.peer.ask(m.hello, { version: 1 })).payload, 'incarnation');

describe('a port', () => {
  it('is a connection from the start', async () => {
    expect(await hello()).toBe('port');
    expect((await agent.peer.ask(m.ping, Buffer.from('abc'))).payload.toString()).toBe('abc');
  });

  it('is greeted anew after RESTART, which ends attachments, uploads and listeners but no process', async () => {
    await hello();
    const spawned = await agent.peer.ask(m.spawn, { processId: 'p', argv: ['/bin/sleep', '60'], cwd: '/' });
    agent.peer.send(m.attach, { processId: 'p', credit: 1000 });
    const listener = agent.peer.send(m.listen, { path: '127.0.0.1', port: 0, credit: 1000 });
    const port = int((await agent.peer.next(listener)).payload, 'port');
    const write = agent.peer.send(m.write, { path: '/half', parents: 0 });
    expect((await agent.peer.next(write)).type).toBe(m.ok);
    agent.peer.send(m.data, Buffer.from('never finished'), write);
    expect(await agent.restart()).toBe(m.ok);
    expect(readdirSync(agent.root)).toEqual([]);
    await hello();
    const again = agent.peer.send(m.listen, { path: '127.0.0.1', port: port ?? 0, credit: 1000 });
    expect((await agent.peer.next(again)).type).toBe(m.ok);
    const known = await agent.peer.ask(m.spawn, { processId: 'p', argv: ['/bin/sleep', '60'], cwd: '/' });
    expect(int(known.payload, 'pid')).toBe(int(spawned.payload, 'pid'));
  });

  it('takes RESTART before anybody has greeted, and twice', async () => {
    expect(await agent.restart()).toBe(m.ok);
    expect(await agent.restart()).toBe(m.ok);
    expect(await hello()).toBe('port');
  });

  it('says RESTART when it ends the connection itself, and skips what comes until it is sent one', async () => {
    await hello();
    agent.peer.send(0x3f);
    agent.peer.send(m.ping, Buffer.from('unheard'), 50);
    expect((await agent.peer.next(restartId)).type).toBe(m.restart);
    agent.peer.send(m.hello, { version: 1 }, 51);
    expect(await agent.restart()).toBe(m.ok);
    expect(await hello()).toBe('port');
    expect(agent.peer.waiting(50) + agent.peer.waiting(51)).toBe(0);
  });

  it('that was saved in the middle of a frame is in step again once it is renewed', async () => {
    await hello();
    const half = frameOf(m.data, 7, Buffer.alloc(1000, 'x')).subarray(0, 500);
    agent.peer.socket.write(Buffer.concat([half, frameOf(m.restart, restartId)]));
    await agent.other.ask(m.hello, { version: 1 });
    expect(agent.peer.waiting(restartId)).toBe(0);
    expect((await agent.other.ask(m.renew, { incarnation: 'restored', generation: 'again', leaseMs: 0 })).type).toBe(
      m.ok,
    );
    expect((await agent.peer.next(restartId)).type).toBe(m.ok);
    expect(await hello()).toBe('restored');
    expect((await agent.other.ask(m.ping, Buffer.from('still'))).payload.toString()).toBe('still');
  });

  it('that was saved between two frames is not disturbed', async () => {
    await hello();
    await agent.other.ask(m.hello, { version: 1 });
    await agent.other.ask(m.renew, { incarnation: 'restored', generation: 'again', leaseMs: 0 });
    expect((await agent.peer.ask(m.ping, Buffer.from('abc'))).payload.toString()).toBe('abc');
    expect(await agent.restart()).toBe(m.ok);
    expect(await hello()).toBe('restored');
  });

  it('serves what stands behind RESTART in the same piece', async () => {
    await hello();
    agent.peer.socket.write(
      Buffer.concat([
        frameOf(0x3f, 7),
        frameOf(m.restart, restartId),
        frameOf(m.hello, 8, Buffer.from([1, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])),
        frameOf(m.ping, 9),
      ]),
    );
    expect((await agent.peer.next(restartId)).type).toBe(m.restart);
    expect((await agent.peer.next(restartId)).type).toBe(m.ok);
    expect((await agent.peer.next(8)).type).toBe(m.ok);
    expect((await agent.peer.next(9)).type).toBe(m.ok);
  });

  it('finishes the frame it was sending, whoever it was for', async () => {
    await hello();
    await agent.peer.ask(m.spawn, { processId: 'loud', argv: ['/usr/bin/head', '-c', '8m', '/dev/zero'], cwd: '/' });
    agent.peer.socket.pause();
    agent.peer.send(m.attach, { processId: 'loud', credit: 64 << 20 }, 60);
    await new Promise((resolve) => setTimeout(resolve, 300));
    agent.peer.send(m.restart, {}, restartId);
    await new Promise((resolve) => setTimeout(resolve, 100));
    agent.peer.socket.resume();
    // The peer cuts the stream into frames: had one been left half, no answer would be found.
    expect((await agent.peer.next(restartId)).type).toBe(m.ok);
    expect(await hello()).toBe('port');
  });

  it('ends the agent when it is a socket and ends', async () => {
    await hello();
    await agent.peer.ask(m.spawn, { processId: 'p', argv: ['/bin/sleep', '60'], cwd: '/' });
    agent.peer.socket.destroy();
    expect(await agent.exited).toBe(0);
  });

  it('ends the agent when the boundaries of frames are lost', async () => {
    await hello();
    const long = frameOf(m.ping, 9);
    long.writeUInt32LE(262_145, 0);
    agent.peer.socket.write(long);
    expect(await agent.exited).toBe(70);
  });

  it('lets no deadline pass between STILL and the end of that connection, whatever its clock says', async () => {
    await hello();
    await agent.other.ask(m.hello, { version: 1 });
    await agent.other.ask(m.spawn, { processId: 'p', argv: ['/bin/sleep', '60'], cwd: '/', timeoutMs: 400 });
    expect((await agent.other.ask(m.lease, { leaseMs: 1500 })).type).toBe(m.ok);
    expect((await agent.peer.ask(m.still)).type).toBe(m.ok);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const attachment = agent.other.send(m.attach, { processId: 'p', credit: 1000 });
    await agent.other.ask(m.ping);
    expect(agent.other.waiting(attachment)).toBe(0);
    // The lease goes on from where it stood, and so does the time limit.
    expect(await agent.restart()).toBe(m.ok);
    const ended = await agent.other.until(attachment, m.exit);
    expect(int(ended.at(-1)?.payload ?? Buffer.alloc(0), 'reason')).toBe(3);
    expect(await agent.exited).toBe(75);
  });

  it('is none of its children’s descriptors', async () => {
    await hello();
    const argv = ['/bin/sh', '-c', `ls -l /proc/self/fd > ${join(agent.root, 'list')}`];
    const id = agent.peer.send(m.spawn, { processId: 'l', argv, cwd: '/' });
    await agent.peer.next(id);
    const attachment = agent.peer.send(m.attach, { processId: 'l', credit: 1000 });
    await agent.peer.until(attachment, m.exit);
    expect(readFileSync(join(agent.root, 'list'), 'utf8')).not.toContain('socket');
  });
});
