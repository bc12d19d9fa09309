/** A sandbox makes the gateway keep as much as it can, in every way there is: no more is kept than its budget. */
import { once } from 'node:events';
import { connect as connectH2, type Http2SecureServer } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { brotliCompressSync, constants } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  allowed,
  createWorld,
  grant,
  host,
  httpsOrigin,
  originAuthority,
  policyOf,
  rawTlsOrigin,
  type World,
  type WorldOptions,
} from '../../../test/unit/mediation-world.ts';
import { MemoryBudget } from '../memory.ts';
import { createBroker } from '../secrets/broker.ts';
import { keptBytes } from '../tape/content.ts';
import type { Content } from '../tape/format.ts';
import type { Grant, TapePlayer } from '../types.ts';
import type { CertificateAuthority } from './authority.ts';
import { acceptKey, FrameStage } from './websocket.ts';

const mebi = 1024 * 1024;
const key = { name: 'key', placeholder: `hfs_${'k'.repeat(26)}`, value: Buffer.from('a-value-of-a-secret') };

let authority: CertificateAuthority;
let origin: { server: Http2SecureServer; port: number };
const worlds: World[] = [];
beforeAll(async () => {
  authority = await originAuthority();
  origin = await httpsOrigin(authority);
});
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
afterAll(() => origin.server.close());

async function open(options: WorldOptions, port = origin.port): Promise<World> {
  const world = await createWorld(port, authority, options);
  worlds.push(world);
  return world;
}

interface Said {
  tls: TLSSocket;
  heard(): string;
}

/** Says it, and reads on; what it heard is kept from its beginning. */
async function say(world: World, ...said: (string | Buffer)[]): Promise<Said> {
  const tls = await world.tls({ alpn: ['http/1.1'] });
  let heard = '';
  tls
    .on('error', () => undefined)
    .on('data', (chunk: Buffer) => {
      if (heard.length < 4096) heard += chunk.toString('latin1');
    });
  for (const piece of said) if (!tls.write(piece)) await once(tls, 'drain').catch(() => undefined);
  return { tls, heard: () => heard };
}

const posting = (bytes: number, ...lines: string[]): string =>
  [`POST / HTTP/1.1`, `Host: ${host}`, `Content-Length: ${bytes}`, ...lines, '', ''].join('\r\n');

const refusals = (world: World): number => world.flows.filter(({ decision }) => decision.code === 'rate-limit').length;

/** Keeps what its request asks for until it ends, as a player keeps a body. */
function keeping(...bytes: number[]): TapePlayer {
  const wanted = [...bytes];
  return {
    tape: 'tap_1',
    knows: () => true,
    ports: () => [443],
    missed: () => undefined,
    async answer(_head, _body, { scope, memory }) {
      memory.keeper()(wanted.shift() ?? 0);
      return await new Promise((_resolve, reject) => scope.signal.addEventListener('abort', reject, { once: true }));
    },
  };
}

describe('the budget', () => {
  it('refuses in words, over both versions, and has room again when others are over', async () => {
    const world = await open({ sandbox: { player: keeping(64 * mebi, 1, 1, 64 * mebi) } });
    const holder = await say(world, posting(0));
    await expect.poll(() => worlds.length).toBe(1);
    const second = await say(world, posting(0));
    await expect.poll(second.heard).toMatch(/^HTTP\/1\.1 429 .*rate-limit[\s\S]*"retryable":true/);
    const tls = await world.tls({ alpn: ['h2'] });
    const session = connectH2(`https://${host}`, { createConnection: () => tls });
    const [head] = (await once(session.request({ ':path': '/' }), 'response')) as [{ ':status': number }];
    expect(head[':status']).toBe(429);
    session.destroy();
    holder.tls.destroy();
    await world.flow(3);
    const fourth = await say(world, posting(0));
    await new Promise((go) => setTimeout(go, 50));
    expect(fourth.heard()).toBe('');
    expect(refusals(world)).toBe(2);
  });

  it('is given back by exchanges that were cut, left, refused and answered', async () => {
    const big = `X: ${'x'.repeat(12_000)}`;
    const world = await open({
      sandbox: {
        policy: policyOf(({ target }) =>
          target === '/no'
            ? { allowed: false, decision: { ...allowed, allowed: false, code: 'no-rule' } }
            : { allowed: true, decision: allowed, grant },
        ),
      },
    });
    origin.server.on('request', (request, response) => {
      if (request.url === '/quick') response.end('ok');
    });
    for (const target of ['/quick', '/no', '/slow', '/slow']) {
      const { tls, heard } = await say(world, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${big}\r\n\r\n`);
      if (target !== '/slow') await expect.poll(heard).toContain('HTTP/1.1');
      tls.destroy();
    }
    const { heard } = await say(world, `GET /slow HTTP/1.1\r\nHost: ${host}\r\n${big}\r\n\r\n`);
    await new Promise((go) => setTimeout(go, 50));
    for (const mediation of world.mediations) mediation.close();
    await world.flow(5);
    expect(heard()).toBe('');
    world.sandbox = { ...world.sandbox, player: keeping(64 * mebi) };
    const last = await say(world, posting(0));
    await new Promise((go) => setTimeout(go, 50));
    expect(last.heard()).toBe('');
    origin.server.removeAllListeners('request');
  });
});

describe('what is kept', () => {
  it('of a tape’s answers that nobody reads is counted, in pieces as long as anybody wrote', () => {
    const content = (bytes: number, blob: 'raw' | 'zstd'): Content => ({ bytes, digest: '0'.repeat(64), blob });
    expect(keptBytes(content(64 * 1024, 'zstd'), [[64 * 1024, 1]])).toBe(0);
    expect(keptBytes(content(mebi, 'raw'), [[1000, 1000]])).toBe(mebi);
    expect(keptBytes(content(50 * mebi, 'raw'), [[16 * 1024, 3200]])).toBe(0);
    expect(keptBytes(content(50 * mebi, 'zstd'), [])).toBe(2 * mebi);
    expect(keptBytes(content(50 * mebi, 'raw'), [[1e15, 1]])).toBe(50 * mebi);
  });

  it('of long heads that wait for an answer is counted', async () => {
    const world = await open({ sandbox: { player: keeping(63 * mebi) } });
    await say(world, posting(0));
    const long = `X: ${'x'.repeat(60_000)}`;
    const asked = await Promise.all(Array.from({ length: 30 }, () => say(world, posting(0, long))));
    await expect.poll(() => refusals(world)).toBeGreaterThan(10);
    expect(asked.filter(({ heard }) => heard() === '').length).toBeGreaterThan(10);
  });

  it('of JSON bodies is counted', async () => {
    const json: Grant = { ...grant, credentials: [{ secret: 'key', position: { kind: 'json', pointer: '/k' } }] };
    const policy = policyOf(() => ({ allowed: true, decision: allowed, grant: json }));
    const world = await open({ sandbox: { policy, broker: createBroker({ secrets: [key] }) } });
    const half = Buffer.alloc(900_000, 0x20);
    const asked: Said[] = [];
    for (let at = 0; at < 70; at++)
      asked.push(await say(world, posting(1_000_000, 'Content-Type: application/json'), half));
    await expect.poll(() => refusals(world), { timeout: 10_000 }).toBeGreaterThan(0);
    expect(refusals(world)).toBeLessThan(10);
    await expect.poll(() => asked.some(({ heard }) => heard().startsWith('HTTP/1.1 429'))).toBe(true);
  });

  it('of frames and messages of WebSockets is counted, and breaks them', async () => {
    const raw = await rawTlsOrigin(authority, (socket) => {
      socket.once('data', (head: Buffer) => {
        const [, asked = ''] = /sec-websocket-key: (\S+)/i.exec(head.toString()) ?? [];
        const lines = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${acceptKey(asked)}`];
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
        socket.resume();
      });
    });
    const world = await open({ sandbox: { broker: createBroker({ secrets: [key] }) } }, raw.port);
    const lines = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const upgrade = `GET / HTTP/1.1\r\nHost: ${host}\r\n${lines.join('\r\n')}\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
    const long = Buffer.alloc(14 + 15 * mebi);
    long.set([0x82, 0xff]);
    long.writeBigUInt64BE(BigInt(16 * mebi), 2);
    const sockets: Said[] = [];
    for (let at = 0; at < 5; at++) {
      const socket = await say(world, upgrade);
      await expect.poll(socket.heard).toContain('101');
      sockets.push(socket);
    }
    for (const { tls } of sockets) tls.write(long);
    await expect.poll(() => refusals(world), { timeout: 10_000 }).toBe(1);
    await expect.poll(() => sockets.filter(({ tls }) => tls.destroyed).length).toBe(1);
    raw.server.close();
  });

  it('of rewritten messages that nobody reads is counted', () => {
    const failures: Error[] = [];
    const budget = new MemoryBudget();
    const stages = Array.from({ length: 5 }, () => {
      const next = { write: () => false, end: () => undefined, abort: () => undefined, onDrain: () => undefined };
      const events = { frame: () => undefined, rewrite: ({ payload }: { payload: Buffer }) => payload };
      const failed = (error: Error): void => void failures.push(error);
      const stage = new FrameStage(next, { isMasked: false, events: { ...events, failed }, memory: budget.share() });
      return { next, stage };
    });
    const message = Buffer.alloc(10 + 15 * mebi);
    message.set([0x82, 127]);
    message.writeBigUInt64BE(BigInt(15 * mebi), 2);
    for (const { stage } of stages.slice(0, 4)) expect(stage.write(message)).toBe(false);
    expect(failures).toEqual([]);
    stages[4]?.stage.write(message);
    expect(failures).toEqual([expect.objectContaining({ code: 'forbidden' })]);
    for (const { next } of stages) next.onDrain();
    budget.share().keeper()(64 * mebi);
  });

  it('by decoders of answers is counted, as far as they were filled', async () => {
    const budget = new MemoryBudget();
    const broker = createBroker({ secrets: [key] });
    const params = { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_QUALITY]: 1 };
    const coded = brotliCompressSync(Buffer.alloc(18 * mebi), { params });
    const head = { status: 200, reason: 'OK', headers: ['content-encoding', 'br'] };
    const errors: Error[] = [];
    const read = async (bytes: number): Promise<void> => {
      const body = broker.incomingBody(head, budget.share());
      if (!body) throw new Error('nothing scrubs it');
      body.on('error', (error) => errors.push(error)).end(coded);
      let left = bytes;
      await new Promise<void>((resolve) => {
        body.on('close', resolve).on('data', (chunk: Buffer) => {
          left -= chunk.length;
          if (left > 0) return;
          body.pause();
          resolve();
        });
      });
    };
    for (let at = 0; at < 20; at++) await read(100_000);
    expect(errors).toEqual([]);
    for (let at = 0; at < 4; at++) await read(17 * mebi);
    expect(errors).toEqual([expect.objectContaining({ code: 'forbidden' })]);
  });
});
