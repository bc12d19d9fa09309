/** Tunnels that grow large: the compiled agent, a real pump, programs inside and servers outside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { connectLending, type OwnedScope, rootScope, systemClock } from '../../src/base/index.ts';
import { connectGuest, type GuestClient, type GuestStream } from '../../src/guest/index.ts';
import { Pump } from '../../src/network/gateway/pump.ts';
import { bulkBytes, Tunnel } from '../../src/network/gateway/tunnel.ts';
import { TestAgent } from './guest-agent-peer.ts';

const address = '127.64.0.11';
const much = 24 * 1024 * 1024;
let agent: TestAgent;
let guest: GuestClient;
let scope: OwnedScope;
let pump: Pump;
const sockets: Socket[] = [];
const servers: Server[] = [];
const tunnels: Tunnel[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  agent = new TestAgent();
  (await agent.peer()).socket.destroy();
});
afterAll(() => agent.stop());
beforeEach(async () => {
  scope = rootScope({ name: 'test' });
  guest = await connectGuest(agent.socketPath, scope);
  pump = new Pump({
    clock: systemClock,
    program: buildGuest(),
    agentSocket: agent.socketPath,
  });
  pump.isPossible = (await guest.hello(scope)).handsOver;
  expect(pump.isPossible).toBe(true);
});
afterEach(async () => {
  for (const tunnel of tunnels.splice(0)) tunnel.cut({ error: 'the test is over' });
  await pump.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  guest.close();
  await scope.close();
});

interface Way extends Tunnelled {
  program: Socket;
  server: Socket;
}

interface Tunnelled {
  tunnel: Tunnel;
  /** Bytes that this process has seen of it. */
  seen(): number;
}

/** Listens inside for one program; its connection is tunnelled to a port outside. */
async function door(to: number, through: Pump | null = pump): Promise<{ port: number; opened: Promise<Tunnelled> }> {
  const outside = connectLending({ host: '127.0.0.1', port: to, allowHalfOpen: true, noDelay: true });
  await once(outside, 'connect');
  const accepted = Promise.withResolvers<GuestStream>();
  const { port } = await guest.tunnels.listen({ address, port: 0 }, accepted.resolve, scope);
  const opened = accepted.promise.then((inside) => {
    let seen = 0;
    for (const stream of [inside, outside]) {
      stream.on('data', ({ length }: Buffer) => {
        seen += length;
      });
    }
    const ends = { inside, outside, up: null, down: null };
    const tunnel = new Tunnel(ends, { pump: through && { pump: through, inside, outside } });
    tunnels.push(tunnel);
    return { tunnel, seen: () => seen };
  });
  return { port, opened };
}

function kept(socket: Socket): Socket {
  sockets.push(socket.on('error', () => undefined));
  return socket;
}

const enter = (port: number): Socket => kept(connect({ port, host: address, allowHalfOpen: true, noDelay: true }));

/** A program inside, connected to a server outside. */
async function way(through: Pump | null = pump): Promise<Way> {
  const server = createServer({ allowHalfOpen: true });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const arrived = once(server, 'connection');
  const { port, opened } = await door((server.address() as { port: number }).port, through);
  const program = enter(port);
  return { program, ...(await opened), server: kept(((await arrived) as [Socket])[0]) };
}

/** Sends so many random bytes in pieces of all sizes; resolves to their digest. */
async function pour(socket: Socket, bytes: number, end = true): Promise<string> {
  const digest = createHash('sha256');
  for (let left = bytes; left > 0; ) {
    const piece = randomBytes(Math.min(left, 1 + Math.floor(Math.random() * 200_000)));
    digest.update(piece);
    left -= piece.length;
    if (!socket.write(piece)) await once(socket, 'drain');
  }
  if (end) socket.end();
  return digest.digest('hex');
}

function farEnd(...words: string[]): { says(): Promise<string> } {
  const child = spawn('python3', [join(import.meta.dirname, '../fixtures/network/far_ends.py'), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { says: async () => String((await lines.next()).value) };
}

/** Takes all there is; resolves to its digest. */
async function drink(socket: Socket): Promise<string> {
  const digest = createHash('sha256');
  for await (const piece of socket) digest.update(piece as Buffer);
  return digest.digest('hex');
}

/** What this process has open, and the agent. */
const open = (): number[] => ['self', agent.process.pid].map((of) => readdirSync(`/proc/${of}/fd`).length);

/** However it ends. */
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => void socket.resume().once('close', () => resolve()));

const ended = (socket: Socket): Promise<void> => new Promise((resolve) => void socket.once('end', () => resolve()));

/** Until the pump moves its bytes. */
async function pumped({ program, server, tunnel, seen }: Way): Promise<void> {
  program.resume();
  server.write(Buffer.alloc(bulkBytes + 1));
  await vi.waitFor(
    () => {
      server.write('x');
      expect(tunnel.bytes).toBeGreaterThan(seen());
    },
    { timeout: 5000, interval: 20 },
  );
}

describe('a large tunnel', () => {
  it('arrives whole in both directions, is counted to the byte, and mostly not seen here', async () => {
    const made = await way();
    const [down, up, got, came] = await Promise.all([
      pour(made.server, much),
      pour(made.program, much / 2),
      drink(made.program),
      drink(made.server),
    ]);
    expect([got, came]).toEqual([down, up]);
    expect(await made.tunnel.done).toEqual({ bytesDown: much, bytesUp: much / 2, refusal: null, error: null });
    expect(made.seen()).toBeLessThan(much / 2);
  });

  it('is handed over wherever its bytes happen to be: many, of many sizes', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 12; round++) {
      const made = await Promise.all(Array.from({ length: 4 }, () => way()));
      await Promise.all(
        made.map(async ({ program, server, tunnel }, at) => {
          const [bytesDown, bytesUp] = [bulkBytes + at * 77_777 * round, (bulkBytes * (round % 4)) / 2 + at + 1];
          const [down, up, got, came] = await Promise.all([
            pour(server, bytesDown),
            pour(program, bytesUp),
            drink(program),
            drink(server),
          ]);
          expect([got, came]).toEqual([down, up]);
          expect(await tunnel.done).toEqual({ bytesDown, bytesUp, refusal: null, error: null });
        }),
      );
    }
  });

  it('keeps one direction open when the other has ended', async () => {
    const made = await way();
    await pumped(made);
    made.program.end();
    await once(made.server.resume(), 'end');
    let last = '';
    made.program.on('data', (piece: Buffer) => {
      last = (last + piece.toString('latin1')).slice(-5);
    });
    made.server.write('still');
    await vi.waitFor(() => expect(last).toBe('still'));
    made.server.end();
    await once(made.program, 'end');
    expect(await made.tunnel.done).toMatchObject({ error: null, refusal: null, bytesUp: 0 });
  });

  it.each([
    ['a tenth', 6554, 12],
    ['what it reads', 65_536, 32],
    ['ten times', 655_360, 32],
  ])(
    'loses no echo, and never stands still, of a program that sends at once and reads %s',
    async (_, bytes, mebibytes) => {
      // Handed over when every buffer on the way is full.
      pump.isPossible = false;
      const echo = farEnd('echo');
      const { port, opened } = await door(Number(await echo.says()));
      const program = enter(port);
      const { tunnel, seen } = await opened;
      const possible = setInterval(() => {
        pump.isPossible = tunnel.bytes > 16e6;
      }, 2);
      program.pause();
      const whole = mebibytes * 1024 * 1024;
      const poured = pour(program, whole, false);
      const echoed = createHash('sha256');
      let got = 0;
      // So many in 5 ms, however late it is called.
      let readMs = performance.now();
      const reading = setInterval(() => {
        const due = Math.ceil((bytes * (performance.now() - readMs)) / 5);
        readMs = performance.now();
        const piece: Buffer | null = program.read(Math.min(due, program.readableLength || 1));
        if (!piece) return;
        got += piece.length;
        echoed.update(piece);
      }, 5);
      await vi.waitFor(() => expect(got).toBe(whole), { timeout: 18_000, interval: 20 });
      clearInterval(reading);
      clearInterval(possible);
      expect(tunnel.bytes).toBeGreaterThan(seen());
      expect(echoed.digest('hex')).toBe(await poured);
    },
  );

  it('passes the answer of a server that resets while what came before the hand-over still waits here', async () => {
    for (let round = 0; round < 3; round++) {
      const server = farEnd('refuse');
      const { port, opened } = await door(Number(await server.says()));
      const program = farEnd('upload', `${port}`, address);
      const { tunnel } = await opened;
      expect(await program.says()).toBe('8192 ECONNRESET');
      expect(await tunnel.done).toMatchObject({ bytesDown: 8192, error: expect.stringMatching(/broke.*ECONNRESET/) });
    }
  });

  it('stops reading from who is too fast for the other', async () => {
    const made = await way();
    await pumped(made);
    made.program.pause();
    const filling = setInterval(() => made.server.writableLength < 1e6 && made.server.write(Buffer.alloc(1 << 20)), 1);
    let last = -1;
    await vi.waitFor(
      () => {
        const before = last;
        last = made.tunnel.bytes;
        expect(last).toBe(before);
      },
      { timeout: 10_000, interval: 400 },
    );
    clearInterval(filling);
    expect(last).toBeLessThan(24 * 1024 * 1024);
  });

  it('goes on here where there is no pump, and when the program had ended its side before', async () => {
    const none = new Pump({ clock: systemClock, program: '/bin/false', agentSocket: agent.socketPath });
    none.isPossible = true;
    for (const through of [none, pump]) {
      const made = await way(through);
      if (through === pump) made.program.end();
      const [down, got] = await Promise.all([pour(made.server, much / 4), drink(made.program)]);
      expect(got).toBe(down);
      made.program.end();
      expect(await made.tunnel.done).toMatchObject({ bytesDown: much / 4, error: null });
      expect(made.seen()).toBe(much / 4);
    }
    await none.close();
  });

  it('is cut by a refusal, both sides at once, with every byte counted', async () => {
    const made = await way();
    await pumped(made);
    const refusal = { allowed: false, code: 'policy-changed' as const, rule: null, message: 'changed', hint: null };
    let taken = 0;
    made.program.on('data', ({ length }: Buffer) => {
      taken += length;
    });
    const gone = Promise.all([closed(made.program), closed(made.server)]);
    made.tunnel.cut({ refusal });
    made.tunnel.cut({ error: 'later' });
    const { bytesDown, ...how } = await made.tunnel.done;
    expect(how).toMatchObject({ refusal, error: null });
    await gone;
    expect(bytesDown).toBeGreaterThanOrEqual(taken);
    expect(pump.pid).toBeDefined();
  });

  it('ends with the pump, and the next one has another', async () => {
    const made = await way();
    await pumped(made);
    // The kernel ends the one connection as any whose process has ended; the other is reset by the agent.
    const gone = Promise.all([closed(made.program), Promise.race([closed(made.server), ended(made.server)])]);
    process.kill(pump.pid ?? 0, 'SIGKILL');
    expect(await made.tunnel.done).toMatchObject({ error: expect.stringContaining('counted as last told') });
    await gone;
    await pumped(await way());
  });

  it('is reset when the pump ends that had not taken its socket yet', async () => {
    await pumped(await way());
    const { pid = 0 } = pump;
    process.kill(pid, 'SIGSTOP');
    // Of two the second is not even sent: the first was not acknowledged.
    const made = [await way(), await way()];
    for (const { program } of made) program.write(Buffer.alloc(32 << 20));
    await vi.waitFor(() => expect(made.every(({ tunnel }) => tunnel.bytes > bulkBytes)).toBe(true));
    await systemClock.sleep(500);
    process.kill(pid, 'SIGKILL');
    for (const { tunnel, server } of made) {
      expect(await tunnel.done).toMatchObject({ error: expect.stringContaining('counted as last told') });
      expect((await once(server.resume(), 'error'))[0]).toMatchObject({ code: 'ECONNRESET' });
    }
  });

  it('ends when the sandbox is reset, though its socket is elsewhere', async () => {
    const made = await way();
    await pumped(made);
    const gone = closed(made.server);
    await guest.reset(scope);
    expect(await made.tunnel.done).toMatchObject({ error: expect.stringMatching(/broke|dropped/) });
    await gone;
  });

  it('ends when either side is reset', async () => {
    for (const side of ['program', 'server'] as const) {
      const made = await way();
      await pumped(made);
      const other = closed(side === 'program' ? made.server : made.program);
      made[side].resetAndDestroy();
      expect(await made.tunnel.done).toMatchObject({
        error: `the connection broke: ECONNRESET of the ${side === 'program' ? 'inside' : 'outside'}`,
      });
      await other;
    }
  });

  it('leaves no process and no descriptor behind when the pump is closed', async () => {
    const made = [await way(), await way()];
    const [own = 0, agents = 0] = open();
    for (const one of made) await pumped(one);
    const { pid } = pump;
    await pump.close();
    for (const { program, server } of made) for (const socket of [program, server]) socket.destroy();
    // Three ends of each in this process; the agent keeps none of the sockets it gave away.
    await vi.waitFor(() => expect(open()).toEqual([own - 6, agents - 2]));
    for (const { tunnel } of made) expect(await tunnel.done).toBeTruthy();
    expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
  });
});
