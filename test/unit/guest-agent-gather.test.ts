/** Frames of one command that leave together, because whoever asked waits for its end. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messageTypes as m } from '../../src/guest/wire.ts';
import { type FieldValues, int, type Peer, TestAgent, text } from './guest-agent-peer.ts';

const longestMs = 100;
const environment = [`PATH=${process.env['PATH'] ?? '/usr/bin:/bin'}`];
let agent: TestAgent;
let peer: Peer;
let made = 0;

beforeAll(async () => {
  agent = new TestAgent();
  peer = await agent.peer();
});
afterAll(() => agent.stop());

/** SPAWN and ATTACH in one go, as exec sends them; how many pieces the socket brought until the end. */
function begin(argv: string[], more: FieldValues = {}): { spawn: number; attach: number; pieces: () => number } {
  let pieces = 0;
  const count = (): void => void pieces++;
  peer.socket.on('data', count);
  const processId = `p${++made}`;
  peer.socket.cork();
  const spawn = peer.send(m.spawn, { processId, argv, env: environment, cwd: '/', gatherMs: longestMs, ...more });
  const attach = peer.send(m.attach, { processId, credit: 1 << 30 });
  peer.socket.uncork();
  const counted = (): number => {
    peer.socket.off('data', count);
    return pieces;
  };
  return { spawn, attach, pieces: counted };
}

async function piecesOf(argv: string[], more: FieldValues = {}): Promise<number> {
  const { spawn, attach, pieces } = begin(argv, more);
  expect((await peer.next(spawn)).type).toBe(m.ok);
  const frames = await peer.until(attach, m.exit);
  expect(Buffer.concat(frames.slice(0, -1).map(({ payload }) => payload.subarray(9))).toString()).toBe('hi\n');
  return pieces();
}

/** On a machine that is busy elsewhere even an echo takes its time. */
async function fewest(argv: string[], more: FieldValues = {}): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 20 && least > 1; tries++) least = Math.min(least, await piecesOf(argv, more));
  return least;
}

async function shortest(waits: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 20 && least >= longestMs / 2; tries++) least = Math.min(least, await waits());
  return least;
}

async function end(spawn: number | null, attach: number): Promise<void> {
  if (spawn !== null) await peer.next(spawn);
  await peer.ask(m.signal, { processId: `p${made}`, signal: 9, flags: 3 });
  await peer.until(attach, m.exit);
}

describe('the frames of a command', () => {
  it('come in one piece when it is over soon, in their order', async () => {
    expect(await fewest(['echo', 'hi'])).toBe(1);
  });

  it.each([
    ['what is forgotten', (): number => peer.send(m.forget, { processId: `p${made}` })],
    ['a lease that is renewed', (): number => peer.send(m.lease, { leaseMs: 0 })],
  ])('come in one piece with the answer to %s just before, and not when others are answered too', async (_, along) => {
    const pieces = async (others: () => unknown): Promise<number> => {
      peer.socket.cork();
      others();
      const forgotten = along();
      const { attach, pieces: counted } = begin(['echo', 'hi']);
      peer.socket.uncork();
      await peer.until(attach, m.exit);
      expect((await peer.next(forgotten)).type).toBe(m.ok);
      return counted();
    };
    await fewest(['echo', 'hi']);
    let [alone, beside] = [Number.POSITIVE_INFINITY, 0];
    for (let tries = 0; tries < 20 && (alone > 1 || beside < 2); tries++) {
      alone = Math.min(alone, await pieces(() => undefined));
      beside = Math.max(beside, await pieces(() => peer.send(m.stat, { path: '/' })));
    }
    expect([alone, beside > 1]).toEqual([1, true]);
  });

  it('come in one piece also when its input came with it', async () => {
    let least = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 20 && least > 1; tries++) {
      peer.socket.cork();
      const { attach, pieces } = begin(['cat'], { flags: 2 });
      const input = peer.send(m.stdin, { processId: `p${made}` });
      peer.send(m.data, Buffer.from('hi\n'), input);
      peer.send(m.end, Buffer.alloc(0), input);
      peer.socket.uncork();
      await peer.until(attach, m.exit);
      least = Math.min(least, pieces());
    }
    expect(least).toBe(1);
  });

  it('come as they are made unless that was asked for', async () => {
    expect(await fewest(['sh', '-c', 'sleep 0.02; echo hi; sleep 0.02'], { gatherMs: 0 })).toBeGreaterThan(1);
  });

  it('wait no longer than was allowed', async () => {
    const sentMs = Date.now();
    const { spawn, attach, pieces } = begin(['sh', '-c', 'echo hi; exec sleep 5'], { gatherMs: 50 });
    expect((await peer.next(spawn)).type).toBe(m.ok);
    expect((await peer.next(attach)).payload.subarray(9).toString()).toBe('hi\n');
    expect(Date.now() - sentMs).toBeLessThan(3000);
    expect(pieces()).toBeGreaterThan(0);
    await end(null, attach);
  });

  it('wait for no other request', async () => {
    const waits = async (): Promise<number> => {
      const { spawn, attach } = begin(['sleep', '5']);
      const sentMs = performance.now();
      await peer.ask(m.ping, Buffer.from('echo'));
      const waitedMs = performance.now() - sentMs;
      expect(peer.waiting(spawn)).toBe(1);
      await end(spawn, attach);
      return waitedMs;
    };
    expect(await shortest(waits)).toBeLessThan(longestMs / 2);
  });

  it('hold back nothing that somebody else waits for on the same connection', async () => {
    const argv = ['sh', '-c', 'while :; do echo tick; sleep 0.002; done'];
    await peer.ask(m.spawn, { processId: 'ticking', argv, env: environment, cwd: '/' });
    const ticking = peer.send(m.attach, { processId: 'ticking', credit: 1 << 30 });
    await peer.next(ticking);
    const waits = async (): Promise<number> => {
      const { spawn, attach } = begin(['sleep', '5']);
      const sentMs = performance.now();
      await peer.next(spawn);
      const waitedMs = performance.now() - sentMs;
      await end(null, attach);
      return waitedMs;
    };
    expect(await shortest(waits)).toBeLessThan(longestMs / 2);
    await expect.poll(() => peer.waiting(ticking)).toBeGreaterThan(0);
    await peer.ask(m.signal, { processId: 'ticking', signal: 9, flags: 3 });
    await peer.until(ticking, m.exit);
  });

  it('hold back no answer that waits to be sent when they begin', async () => {
    const waits = async (): Promise<number> => {
      peer.socket.cork();
      const asked = peer.send(m.stat, { path: '/' });
      const { spawn, attach } = begin(['sleep', '5']);
      peer.socket.uncork();
      const sentMs = performance.now();
      await peer.next(asked);
      const waitedMs = performance.now() - sentMs;
      await end(spawn, attach);
      return waitedMs;
    };
    expect(await shortest(waits)).toBeLessThan(longestMs / 2);
  });

  it('hold back no end of what was open when they began', async () => {
    writeFileSync(join(agent.root, 'small'), 'x');
    const waits = async (): Promise<number> => {
      const reading = peer.send(m.read, { path: '/small', credit: 0 });
      expect((await peer.next(reading)).type).toBe(m.ok);
      const { spawn, attach } = begin(['sleep', '5']);
      peer.credit(reading, 100);
      const sentMs = performance.now();
      await peer.until(reading, m.end);
      const waitedMs = performance.now() - sentMs;
      await end(spawn, attach);
      return waitedMs;
    };
    expect(await shortest(waits)).toBeLessThan(longestMs / 2);
  });

  it('do not wait once there is much to say', async () => {
    const waits = async (): Promise<number> => {
      const sentMs = performance.now();
      const { spawn, attach } = begin(['sh', '-c', 'head -c 20000 /dev/zero; exec sleep 5']);
      await peer.next(attach);
      const waitedMs = performance.now() - sentMs;
      await end(spawn, attach);
      return waitedMs;
    };
    expect(await shortest(waits)).toBeLessThan(longestMs / 2);
  });

  it('are few: a writer is left alone for a moment after its first bytes', async () => {
    // Well within that moment: no more than half of it.
    const script =
      "import os, time\nfor _ in range(6):\n  os.write(1, b'a')\n  time.sleep(.0003)\nos.close(1)\ntime.sleep(.0003)";
    let least = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 20 && least > 2; tries++) {
      const { spawn, attach } = begin(['python3', '-c', script]);
      await peer.next(spawn);
      const frames = await peer.until(attach, m.exit);
      least = Math.min(least, frames.length - 1);
    }
    // What was there at the first look, and all that came after it.
    expect(least).toBeLessThanOrEqual(2);
  });

  it('stay whole when much follows a little, or comes after the end of one stream', async () => {
    const bytes = 3_000_000;
    const shapes = [`echo; head -c ${bytes} /dev/zero`, `echo; exec >&-; head -c ${bytes} /dev/zero >&2`];
    for (const shape of shapes) {
      const { spawn, attach } = begin(['sh', '-c', shape]);
      await peer.next(spawn);
      const frames = await peer.until(attach, m.exit);
      const sent = frames.slice(0, -1).reduce((sum, { payload }) => sum + payload.length - 9, 0);
      expect(sent).toBe(bytes + 1);
    }
  });

  it('stay whole when a reader who takes nothing is there from before the end', async () => {
    // A name of its own: the tree is told by it, also among the processes of other files' agents.
    const printed = join(agent.root, 'printed');
    // The pause: what the pipe still holds is to be taken before there is a reader.
    const script = 'head -c 3000000 /dev/zero; sleep 0.5; : > printed; read line; head -c 5000 /dev/zero';
    const spawned = { processId: 'pinned', argv: ['sh', '-c', script], env: environment, cwd: '/', flags: 2 };
    await peer.ask(m.spawn, { ...spawned, retain: 65_536 });
    await expect.poll(() => existsSync(printed), { timeout: 5000 }).toBe(true);
    const attach = peer.send(m.attach, { processId: 'pinned', credit: 0 });
    const input = peer.send(m.stdin, { processId: 'pinned' });
    peer.send(m.data, Buffer.from('\n'), input);
    await peer.ask(m.signal, { processId: 'pinned', signal: 0, flags: 2 });
    // Longer than a pipe that is empty is waited for after the end.
    await new Promise((resolve) => setTimeout(resolve, 200));
    peer.credit(attach, 1 << 30);
    const frames = await peer.until(attach, m.exit);
    expect(int(frames.at(-1)?.payload ?? Buffer.alloc(0), 'stdoutBytes')).toBe(3_005_000);
  });

  it('may not be held for long', async () => {
    const refused = await peer.ask(m.spawn, { processId: 'long', argv: ['true'], cwd: '/', gatherMs: longestMs + 1 });
    expect([refused.type, int(refused.payload, 'errno')]).toEqual([m.error, 22]);
    expect(text(refused.payload, 'message')).toBe('gatherMs is at most 100');
  });
});
