/** Large tunnels through a real gateway process: who moves them, and what ends them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayWorld } from '../../../test/fixtures/gateway-world.ts';
import { systemClock } from '../../base/index.ts';
import type { NetworkPolicyInput, NetworkRuleLimits } from '../../schema/index.ts';

const farEnds = join(import.meta.dirname, '../../../test/fixtures/network/far_ends.py');
const whole = 48 * 1024 * 1024;

let world: GatewayWorld;
let server: Server;
/** Takes what is sent to it, and says how much its kernel has. */
let taker: { child: ChildProcess; port: number; lines: AsyncIterator<string> };
const sockets = new Set<Socket>();

beforeAll(async () => {
  world = await GatewayWorld.start();
  // Whoever connects says how many bytes he wants.
  server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.once('close', () => sockets.delete(socket));
    socket.once('data', (asked) => {
      send(socket, Number.parseInt(asked.toString(), 10));
      socket.resume();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const child = spawn('python3', [farEnds, 'counts'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  taker = { child, port: Number((await lines.next()).value), lines };
  await world.attach(policy());
});
beforeEach(() => world.update(policy()));
afterEach(() => {
  for (const socket of sockets) socket.destroy();
});
afterAll(async () => {
  server.close();
  taker.child.kill('SIGKILL');
  await world.stop();
});

function send(socket: Socket, bytes: number): void {
  let left = bytes;
  const more = (): void => {
    for (let flows = true; flows && left > 0; ) {
      const piece = Buffer.alloc(Math.min(left, 65_536));
      left -= piece.length;
      flows = socket.write(piece);
    }
    // Not in the same turn: while the other end keeps up, this process would do nothing else.
    if (left > 0) socket.once('drain', () => setImmediate(more));
    else socket.end();
  };
  more();
}

const portOf = (of: Server): number => (of.address() as AddressInfo).port;
const port = (): number => portOf(server);

function policy(
  hosts: Record<string, NetworkRuleLimits> = { bulk: {}, other: {}, taker: {} },
  ports = [port(), taker.port],
): NetworkPolicyInput {
  return {
    allow: Object.entries(hosts).map(([name, limits]) => ({
      host: `${name}.example.test`,
      protocol: 'tcp',
      ports,
      addresses: ['127.0.0.0/8'],
      limits,
    })),
  };
}

/** Takes so many bytes while it sends what it can; prints how many came, and how it ended. */
const transfer = (bytes: number, sends: boolean, host = 'bulk', at = port()): Promise<string> =>
  world.script(`
    const net = await import('node:net');
    const socket = net.connect(3128, '127.0.0.1', () => socket.write('CONNECT ${host}.example.test:${at} HTTP/1.1\\r\\n\\r\\n'));
    let got = -1, how = 'ended';
    socket.on('data', (data) => {
      if (got >= 0) { got += data.length; return; }
      got = 0;
      socket.write('${bytes}');
      if (!${sends}) return;
      const more = () => { while (socket.write(Buffer.alloc(65536))); socket.once('drain', more); };
      setTimeout(more, 50);
    });
    socket.on('error', (error) => { how = error.code; });
    socket.on('end', () => socket.end());
    socket.on('close', () => { console.log(got, how); process.exit(); });
  `);

function pumps(): number[] {
  const gateway = world.supervisor.pid ?? 0;
  return readdirSync(`/proc/${gateway}/task`)
    .flatMap((task) => readFileSync(`/proc/${gateway}/task/${task}/children`, 'utf8').split(' '))
    .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/comm`, 'utf8') === 'pump\n')
    .map(Number);
}

/** What nobody has collected yet has ended, too. */
function hasEnded(pid: number): boolean {
  const path = `/proc/${pid}/stat`;
  return !existsSync(path) || /\) Z /.test(readFileSync(path, 'utf8'));
}

/** Sends without end to whoever counts. */
const upload = (host = 'taker'): Promise<string> => transfer(1, true, host, taker.port);

/** How much has come to the taker's kernel by now. */
async function left(): Promise<number> {
  taker.child.stdin?.write('\n');
  return Number((await taker.lines.next()).value);
}

/** Packets of the loopback that the kernel has not come to yet on a busy machine: they had left before. */
const underwayMs = 150;

/** No byte leaves any more, from now on. */
async function quiet(): Promise<void> {
  await systemClock.sleep(underwayMs);
  const before = await left();
  await systemClock.sleep(500);
  expect(await left()).toBe(before);
}

const flowing = async (): Promise<number> => {
  const before = await left();
  await vi.waitFor(() => expect(pumps()).toHaveLength(1), { timeout: 8000 });
  await vi.waitFor(async () => expect(await left()).toBeGreaterThan(before + 8e6), { timeout: 8000 });
  return pumps()[0] ?? 0;
};

describe('a large tunnel', () => {
  it('is moved by the pump, and told as any other, to the byte', async () => {
    expect(await transfer(whole, false)).toBe(`${whole} ended\n`);
    expect(pumps()).toHaveLength(1);
    const flow = await world.flow(({ host, bytesDown }) => host === 'bulk.example.test' && bytesDown === whole);
    expect(flow).toMatchObject({ kind: 'tunnel', error: null, bytesUp: String(whole).length, address: '127.0.0.1' });
  });

  it('is never the pump’s where the rule has limits on bytes', async () => {
    await world.update(policy({ slow: { bytesPerSecond: 400_000_000 }, few: { bytesDown: whole / 2 }, bulk: {} }));
    for (const pid of pumps()) process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(pumps()).toEqual([]));
    expect(await transfer(whole, false, 'slow')).toBe(`${whole} ended\n`);
    await transfer(whole, false, 'few');
    expect(await world.flow(({ decision }) => decision.code === 'byte-limit')).toMatchObject({
      host: 'few.example.test',
    });
    expect(pumps()).toEqual([]);
  });

  it('is cut by a policy that does not allow it any more, before that is said to hold; the others go on', async () => {
    const [cut, stays] = [[upload(), upload(), upload(), upload()], transfer(whole, false, 'other')];
    await flowing();
    await world.update(policy({ other: {} }));
    await quiet();
    for (const one of cut) expect(await one).toMatch(/^\d+ (ECONNRESET|EPIPE|ended)\n$/);
    expect(await stays).toBe(`${whole} ended\n`);
    const flow = await world.flow(({ decision }) => decision.code === 'policy-changed');
    expect(flow).toMatchObject({ kind: 'tunnel', host: 'taker.example.test' });
    expect(world.flows.some(({ decision, bytesUp }) => decision.code === 'policy-changed' && bytesUp > 2e6)).toBe(true);
  });

  it('is over when an update is said to hold, also where the pump does not answer', async () => {
    const running = upload();
    const pump = await flowing();
    process.kill(pump, 'SIGSTOP');
    await world.update(policy({ other: {} }));
    expect(hasEnded(pump)).toBe(true);
    await quiet();
    await running;
  });

  it('ends with the pump, and says so; the next one has another', { timeout: 30_000 }, async () => {
    const running = upload();
    const pump = await flowing();
    process.kill(pump, 'SIGKILL');
    await vi.waitFor(() => expect(hasEnded(pump)).toBe(true), { timeout: 500, interval: 5 });
    await quiet();
    expect(await running).toMatch(/^\d+ (ECONNRESET|EPIPE|ended)\n$/);
    await world.flow(({ error }) => error?.includes('counted as last told') === true);
    // Not the first that was ended: there is a pause.
    await vi.waitFor(
      async () => {
        expect(await transfer(whole, false)).toBe(`${whole} ended\n`);
        expect(pumps()).toHaveLength(1);
      },
      { timeout: 15_000 },
    );
  });

  it('stands still while the gateway hangs, and goes on', { timeout: 20_000 }, async () => {
    const running = upload();
    await flowing();
    process.kill(world.supervisor.pid ?? 0, 'SIGSTOP');
    await systemClock.sleep(2300);
    await quiet();
    const stood = await left();
    process.kill(world.supervisor.pid ?? 0, 'SIGCONT');
    await vi.waitFor(async () => expect(await left()).toBeGreaterThan(stood + 8e6), { timeout: 8000 });
    await world.update(policy({ other: {} }));
    await running;
  });

  it('ends with the gateway: not one byte leaves afterwards', async () => {
    for (let round = 0; round < 3; round++) {
      const running = upload();
      const pump = await flowing();
      process.kill(world.supervisor.pid ?? 0, 'SIGKILL');
      await vi.waitFor(() => expect(hasEnded(pump)).toBe(true), { timeout: 500, interval: 5 });
      await quiet();
      expect(await running).toMatch(/^\d+ (ECONNRESET|EPIPE|ended)\n$/);
      await vi.waitFor(async () => expect(await transfer(10, false)).toBe('10 ended\n'), { timeout: 15_000 });
    }
  });

  it.each(['pump', 'gateway'])('half an upload looks like none when the %s dies', { timeout: 40_000 }, async (who) => {
    const deaf = await deafServer();
    await world.update(policy({ deaf: {} }, [portOf(deaf.server)]));
    const running = transfer(1, true, 'deaf', portOf(deaf.server));
    await vi.waitFor(() => expect(pumps()).toHaveLength(1), { timeout: 15_000, interval: 100 });
    const [pump = 0] = pumps();
    // All that it can hold lies between the program and a server that reads nothing.
    await systemClock.sleep(1000);
    process.kill(who === 'pump' ? pump : (world.supervisor.pid ?? 0), 'SIGKILL');
    await vi.waitFor(() => expect(hasEnded(pump)).toBe(true), { timeout: 500, interval: 5 });
    await deaf.seesReset();
    await running;
    await vi.waitFor(() => world.update(policy()), { timeout: 15_000 });
  });

  it('half an upload looks like none that the gateway carries itself, when a policy update cuts it', async () => {
    const deaf = await deafServer();
    await world.update(policy({ deaf: { bytesUp: whole } }, [portOf(deaf.server)]));
    const running = transfer(1, true, 'deaf', portOf(deaf.server));
    await deaf.arrived;
    await systemClock.sleep(1000);
    await world.update(policy());
    await deaf.seesReset();
    await running;
    const flow = await world.flow(
      ({ host, decision }) => host === 'deaf.example.test' && decision.code === 'policy-changed',
    );
    expect(flow.bytesUp).toBeGreaterThan(2e6);
  });
});

/** One that reads nothing of what comes before it is asked what it sees. */
async function deafServer(): Promise<{ server: Server; arrived: Promise<Socket>; seesReset(): Promise<void> }> {
  const { promise: arrived, resolve } = Promise.withResolvers<Socket>();
  const deaf = createServer({ pauseOnConnect: true }, (socket) => resolve(socket.on('error', () => undefined)));
  await new Promise<void>((listening) => deaf.listen(0, '127.0.0.1', listening));
  const seesReset = async (): Promise<void> => {
    const socket = await arrived;
    let got = 0;
    const how = new Promise<string>((done) => {
      socket
        .on('data', ({ length }) => {
          got += length;
        })
        .once('end', () => done('end'))
        .once('error', (error: NodeJS.ErrnoException) => done(error.code ?? ''));
    });
    socket.resume();
    expect(await how).toBe('ECONNRESET');
    expect(got).toBeGreaterThan(0);
    expect(got).toBeLessThan(1e6);
    deaf.close();
  };
  return { server: deaf, arrived, seesReset };
}
