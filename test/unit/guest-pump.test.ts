/** The pump (guest/pump) against agents that lie, sockets that block, and the ends of those it lives by. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { connectLending, systemClock } from '../../src/base/index.ts';
import { PumpProcess } from '../../src/network/gateway/pump-process.ts';

const program = join(import.meta.dirname, '../fixtures/network/pump_agent.py');
const token = '0123456789abcdef0123456789abcdef';
let directory: string;
let server: Server;
/** The far ends of what is given to the pump, and all that came there. */
let far: { socket: Socket; got: number }[];
const children: ChildProcess[] = [];
const pumps: PumpProcess[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hf-pump-'));
  far = [];
  server = createServer({ allowHalfOpen: true }, (socket) => {
    const one = { socket, got: 0 };
    far.push(one);
    socket
      .on('error', () => undefined)
      .on('data', ({ length }) => {
        one.got += length;
      });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(async () => {
  for (const pump of pumps.splice(0)) {
    pump.kill();
    await pump.ended;
  }
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const { socket } of far) socket.destroy();
  server.close();
  rmSync(directory, { recursive: true });
});

async function hostile(kind: string): Promise<string> {
  const path = join(directory, 'agent');
  const child = spawn('python3', [program, path, kind], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  return path;
}

/** Without what the gateway does around it. */
async function bare(gateway: number, daemon: number | undefined): Promise<ChildProcess> {
  const argv = ['pump', '--agent', await hostile('honest'), '--gateway', `${gateway}`, '--daemon', `${daemon}`];
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  const child = spawn(buildGuest(['common', 'agent', 'pump']), argv, { stdio: [...stdio], env: {} });
  children.push(child);
  return child;
}

async function pumpOf(kind: string): Promise<PumpProcess> {
  const pump = new PumpProcess({
    clock: systemClock,
    program: buildGuest(['common', 'agent', 'pump']),
    agentSocket: await hostile(kind),
  });
  pumps.push(pump);
  expect(await pump.ready).toBe(true);
  return pump;
}

/** A connection to the server, as the gateway hands one over. */
async function outside(): Promise<Socket> {
  const { port } = server.address() as { port: number };
  const socket = connectLending({ host: '127.0.0.1', port, allowHalfOpen: true });
  await once(socket, 'connect');
  await vi.waitFor(() => expect(far.length).toBeGreaterThan(0));
  return socket;
}

const pidOf = (pump: PumpProcess): number => pump.pid ?? 0;
const descriptors = (pump: PumpProcess): number => readdirSync(`/proc/${pidOf(pump)}/fd`).length;

describe('an agent that lies', () => {
  it.each(['file', 'pipe', 'listening', 'datagrams', 'unix', 'six', 'nothing', 'with-error'])(
    'loses the connection and nothing else: %s',
    async (kind) => {
      const pump = await pumpOf(kind);
      const before = descriptors(pump);
      for (let time = 0; time < 3; time++) {
        const { failure, bytesDown, bytesUp } = await pump.carry(await outside(), token).done;
        expect({ failure, bytesDown, bytesUp }).toEqual({
          failure: 'the connection was dropped by the inside: its socket was not handed over',
          bytesDown: 0,
          bytesUp: 0,
        });
      }
      await vi.waitFor(() => expect(far.every(({ socket }) => socket.destroyed)).toBe(true));
      expect(far.map(({ got }) => got)).toEqual([0, 0, 0]);
      expect(descriptors(pump)).toBe(before);
    },
  );

  it.each(['two', 'flood', 'other-id', 'twice', 'long'])('loses all: %s', async (kind) => {
    const pump = await pumpOf(kind);
    const { failure } = await pump.carry(await outside(), token).done;
    expect(failure).toMatch(/what moved its bytes has ended/);
    await pump.ended;
    expect(far.map(({ got }) => got)).toEqual([0]);
  });

  it('hands over a socket that leads nowhere: it ends at once', async () => {
    const pump = await pumpOf('unconnected');
    const { failure } = await pump.carry(await outside(), token).done;
    expect(failure).toMatch(/of the inside$/);
  });

  it('says nothing: it is waited for no longer than five seconds', { timeout: 15_000 }, async () => {
    const pump = await pumpOf('silent');
    const startedMs = performance.now();
    const { failure } = await pump.carry(await outside(), token).done;
    expect(failure).toMatch(/not handed over/);
    expect(performance.now() - startedMs).toBeLessThan(7000);
  });

  it('takes no greeting: the pump never gets ready, and is ended', { timeout: 15_000 }, async () => {
    const path = join(directory, 'mute');
    const mute = createServer();
    await once(mute.listen(path), 'listening');
    const pump = new PumpProcess({
      clock: systemClock,
      program: buildGuest(['common', 'agent', 'pump']),
      agentSocket: path,
    });
    pumps.push(pump);
    expect(await pump.ready).toBe(false);
    await pump.ended;
    mute.close();
  });
});

describe('a socket that its other holder makes block', () => {
  it.each(['blocks-reading', 'blocks-writing'])('is let go of, and the next goes on: %s', async (kind) => {
    const pump = await pumpOf(kind);
    const blocked = pump.carry(await outside(), token);
    const [first] = far;
    const filling = kind === 'blocks-writing' ? setInterval(() => first?.socket.write(Buffer.alloc(1 << 20)), 5) : null;
    const end = await blocked.done;
    if (filling) clearInterval(filling);
    expect(end.failure).toBe('the connection was dropped: its socket was made to block');
    const honest = pump.carry(await outside(), token);
    await vi.waitFor(() => expect(far).toHaveLength(2));
    far[1]?.socket.end('there and back');
    expect(await honest.done).toMatchObject({ isClean: true, bytesUp: 14 });
    await vi.waitFor(() => expect(far[1]?.got).toBe(14));
  });
});

describe('the pump', () => {
  it('has no power, and only the calls it needs', async () => {
    const pump = await pumpOf('honest');
    const status = readFileSync(`/proc/${pidOf(pump)}/status`, 'utf8');
    for (const line of [/^Seccomp:\t2$/m, /^NoNewPrivs:\t1$/m, /^CapEff:\t0+$/m, /^CapPrm:\t0+$/m]) {
      expect(status).toMatch(line);
    }
    expect(readFileSync(`/proc/${pidOf(pump)}/limits`, 'utf8')).toMatch(/^Max core file size +0 +0 /m);
  });

  it('ends with the daemon, whatever the gateway does', async () => {
    const daemon = spawn('sleep', ['60']);
    const child = await bare(process.pid, daemon.pid);
    expect((await once(child, 'message'))[0]).toEqual({ pump: 'ready' });
    daemon.kill('SIGKILL');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  it('starts for nobody but the gateway that is its parent', async () => {
    const child = await bare(1, process.pid);
    expect((await once(child, 'exit'))[0]).toBe(64);
  });

  it('stands still while it does not hear from the gateway, and goes on', { timeout: 15_000 }, async () => {
    const daemon = spawn('sleep', ['60']);
    children.push(daemon);
    const child = await bare(process.pid, daemon.pid);
    await once(child, 'message');
    child.send(`open 1 ${token}`, await outside());
    const ticks = setInterval(() => far[0]?.socket.write('x'), 10);
    await vi.waitFor(() => expect(far[0]?.got).toBeGreaterThan(10));
    await systemClock.sleep(2500);
    const stood = far[0]?.got ?? 0;
    await systemClock.sleep(500);
    expect(far[0]?.got).toBe(stood);
    child.send('beat');
    await vi.waitFor(() => expect(far[0]?.got).toBeGreaterThan(stood + 20));
    clearInterval(ticks);
  });

  it('is ended when it does not answer a cut', { timeout: 15_000 }, async () => {
    const pump = await pumpOf('honest');
    const carried = pump.carry(await outside(), token);
    await vi.waitFor(() => expect(far).toHaveLength(1));
    far[0]?.socket.write('x');
    await vi.waitFor(() => expect(far[0]?.got).toBe(1));
    process.kill(pidOf(pump), 'SIGSTOP');
    carried.cut();
    expect((await carried.done).failure).toMatch(/has ended/);
  });

  it('takes no call that a signal ended early for one that blocks', { timeout: 20_000 }, async () => {
    const pump = await pumpOf('honest');
    const carried = pump.carry(await outside(), token);
    await vi.waitFor(() => expect(far).toHaveLength(1));
    const pid = pidOf(pump);
    let signals = setImmediate(function next() {
      signals = setImmediate(next);
      process.kill(pid, 'SIGALRM');
    });
    void carried.done.then(() => clearImmediate(signals));
    const bytes = 256 * 1024 * 1024;
    const piece = Buffer.alloc(1024 * 1024);
    const [one] = far;
    for (let sent = 0; sent < bytes; sent += piece.length) {
      if (one?.socket.write(piece) === false) await once(one.socket, 'drain');
    }
    await vi.waitFor(() => expect(far[0]?.got).toBe(bytes), { timeout: 15_000 });
    one?.socket.end();
    expect(await carried.done).toEqual({ bytesUp: bytes, bytesDown: bytes, isClean: true, failure: null });
  });

  it('cuts one and leaves the others', async () => {
    const pump = await pumpOf('honest');
    const [one, two] = [pump.carry(await outside(), token), pump.carry(await outside(), token)];
    await vi.waitFor(() => expect(far).toHaveLength(2));
    for (const { socket } of far) socket.write('hello');
    await vi.waitFor(() => expect(far.map(({ got }) => got)).toEqual([5, 5]));
    one.cut();
    expect(await one.done).toEqual({ bytesUp: 5, bytesDown: 5, isClean: false, failure: null });
    far[1]?.socket.end(' and bye');
    expect(await two.done).toEqual({ bytesUp: 13, bytesDown: 13, isClean: true, failure: null });
  });
});
