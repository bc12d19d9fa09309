/** Large tunnels through a real gateway process: who moves them, and what ends them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayWorld } from '../../../test/fixtures/gateway-world.ts';
import { systemClock } from '../../base/index.ts';
import type { NetworkPolicyInput, NetworkRuleLimits } from '../../schema/index.ts';

/** What had left before may lie in the server's own kernel for a moment. */
const drainedMs = 300;
const whole = 48 * 1024 * 1024;

let world: GatewayWorld;
let server: Server;
const sockets = new Set<Socket>();
let arrived = 0;

beforeAll(async () => {
  world = await GatewayWorld.start();
  // Whoever connects says how many bytes he wants; all that he sends later is counted.
  server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.once('close', () => sockets.delete(socket));
    socket.once('data', (asked) => {
      send(socket, Number.parseInt(asked.toString(), 10));
      socket.on('data', ({ length }) => {
        arrived += length;
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await world.attach(policy());
});
beforeEach(() => world.update(policy()));
afterEach(() => {
  for (const socket of sockets) socket.destroy();
});
afterAll(async () => {
  server.close();
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

const port = (): number => (server.address() as AddressInfo).port;

function policy(hosts: Record<string, NetworkRuleLimits> = { bulk: {}, other: {} }): NetworkPolicyInput {
  return {
    allow: Object.entries(hosts).map(([name, limits]) => ({
      host: `${name}.example.test`,
      protocol: 'tcp',
      ports: [port()],
      addresses: ['127.0.0.0/8'],
      limits,
    })),
  };
}

/** Takes so many bytes while it sends what it can; prints how many came, and how it ended. */
const transfer = (bytes: number, sends: boolean, host = 'bulk'): Promise<string> =>
  world.script(`
    const net = await import('node:net');
    const socket = net.connect(3128, '127.0.0.1', () => socket.write('CONNECT ${host}.example.test:${port()} HTTP/1.1\\r\\n\\r\\n'));
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

/** No byte arrives any more. */
async function quiet(): Promise<void> {
  await systemClock.sleep(drainedMs);
  const stood = arrived;
  await systemClock.sleep(300);
  expect(arrived).toBe(stood);
}

const flowing = async (): Promise<number> => {
  const before = arrived;
  await vi.waitFor(() => expect(pumps()).toHaveLength(1), { timeout: 8000 });
  await vi.waitFor(() => expect(arrived).toBeGreaterThan(before + 8e6), { timeout: 8000 });
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

  it('is cut by a policy that does not allow it any more; the others go on', async () => {
    const [cut, stays] = [transfer(1e12, true), transfer(whole, false, 'other')];
    await flowing();
    await world.update(policy({ other: {} }));
    await quiet();
    expect(await cut).toMatch(/^\d+ (ECONNRESET|EPIPE|ended)\n$/);
    expect(await stays).toBe(`${whole} ended\n`);
    const flow = await world.flow(({ decision }) => decision.code === 'policy-changed');
    expect(flow).toMatchObject({ kind: 'tunnel', host: 'bulk.example.test' });
    expect(flow.bytesUp).toBeGreaterThan(8e6);
  });

  it('ends with the pump, and says so; the next one has another', async () => {
    const running = transfer(1e12, true);
    process.kill(await flowing(), 'SIGKILL');
    await quiet();
    expect(await running).toMatch(/^\d+ (ECONNRESET|EPIPE|ended)\n$/);
    await world.flow(({ error }) => error?.includes('counted as last told') === true);
    expect(await transfer(whole, false)).toBe(`${whole} ended\n`);
    expect(pumps()).toHaveLength(1);
  });

  it('stands still while the gateway hangs, and goes on', { timeout: 20_000 }, async () => {
    const running = transfer(1e12, true);
    await flowing();
    process.kill(world.supervisor.pid ?? 0, 'SIGSTOP');
    await systemClock.sleep(2000);
    await quiet();
    const stood = arrived;
    process.kill(world.supervisor.pid ?? 0, 'SIGCONT');
    await vi.waitFor(() => expect(arrived).toBeGreaterThan(stood + 8e6), { timeout: 8000 });
    for (const socket of sockets) socket.resetAndDestroy();
    await running;
  });

  it('ends with the gateway: not one byte leaves afterwards', async () => {
    for (let round = 0; round < 3; round++) {
      const running = transfer(1e12, true);
      const pump = await flowing();
      process.kill(world.supervisor.pid ?? 0, 'SIGKILL');
      await vi.waitFor(() => expect(hasEnded(pump)).toBe(true), { timeout: 500, interval: 5 });
      await quiet();
      expect(await running).toMatch(/^\d+ (ECONNRESET|EPIPE|ended)\n$/);
      await vi.waitFor(async () => expect(await transfer(10, false)).toBe('10 ended\n'), { timeout: 15_000 });
    }
  });
});
