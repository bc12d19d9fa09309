import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { duplexPair, type PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import type { Grant } from '../types.ts';
import { RuleMeter } from './meter.ts';
import { Tunnel } from './tunnel.ts';

function open(up: PassThrough | null = null, holdUp = false) {
  const [program, inside] = duplexPair();
  const [server, outside] = duplexPair();
  for (const stream of [program, server]) stream.on('error', () => undefined);
  return { program, inside, server, outside, tunnel: new Tunnel({ inside, outside, up, down: null }, { holdUp }) };
}

const text = async (stream: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

describe('a tunnel', () => {
  it('passes bytes both ways, counts them, and closes one direction after the other (2)', async () => {
    const { program, server, tunnel } = open();
    program.end('question');
    expect(await text(server)).toBe('question');
    server.write('ans');
    server.end('wer');
    expect(await text(program)).toBe('answer');
    expect(await tunnel.done).toEqual({ bytesUp: 8, bytesDown: 6, refusal: null, error: null });
  });

  it('reads no more than the other side takes (1)', async () => {
    const { program, inside, outside, server, tunnel } = open();
    for (let sent = 0; sent < 100; sent++) program.write(Buffer.alloc(64 * 1024));
    await systemClock.sleep(50);
    expect(inside.isPaused()).toBe(true);
    expect(server.readableLength + outside.writableLength + inside.readableLength).toBeLessThan(512 * 1024);
    tunnel.cut({ error: 'enough' });
  });

  it('ends both when one breaks (2)', async () => {
    const { outside, inside, tunnel } = open();
    outside.destroy(new Error('reset'));
    expect(await tunnel.done).toMatchObject({ error: 'the connection broke: reset', endedBy: 'outside' });
    expect(inside.destroyed).toBe(true);
  });

  it.each([
    ['a program inside', 'inside', new HoldfastError('port-closed', 'hung up', { details: { errno: 'EPIPE' } })],
    ['a server outside', 'outside', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })],
  ] as const)('takes no offence when %s had closed before the last bytes came', async (_, side, error) => {
    const ends = open();
    ends[side].destroy(error);
    expect(await ends.tunnel.done).toMatchObject({ error: null, refusal: null });
    expect(ends.inside.destroyed && ends.outside.destroyed).toBe(true);
  });

  it('says so when one side is dropped', async () => {
    const { inside, outside, tunnel } = open();
    inside.destroy();
    const error = 'the connection was dropped by the inside';
    expect(await tunnel.done).toMatchObject({ error, endedBy: 'inside' });
    expect(outside.destroyed).toBe(true);
  });

  it('says who reset it', async () => {
    const { inside, tunnel } = open();
    inside.destroy(new HoldfastError('port-closed', 'reset', { details: { errno: 'ECONNRESET' } }));
    expect(await tunnel.done).toMatchObject({ endedBy: 'inside' });
    const cut = open().tunnel;
    cut.cut({ error: 'the network was closed', endedBy: 'gateway' });
    expect(await cut.done).toMatchObject({ error: 'the network was closed', endedBy: 'gateway' });
  });

  it('is cut once, with the reason', async () => {
    const { tunnel } = open();
    const refusal = { allowed: false, code: 'policy-changed' as const, rule: null, message: 'changed', hint: null };
    tunnel.cut({ refusal });
    tunnel.cut({ error: 'later' });
    expect(await tunnel.done).toMatchObject({ refusal, error: null });
  });

  it.each([false, true])(
    'resets a server that reads nothing when it is cut (3); its end is under way: %s',
    async (ends) => {
      const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const arrived = once(server, 'connection');
      const outside = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
      const [[far]] = (await Promise.all([arrived, once(outside, 'connect')])) as [[Socket], unknown];
      const [program, inside] = duplexPair();
      const tunnel = new Tunnel({ inside, outside, up: null, down: null });
      if (ends) {
        const cut = new Promise<void>((resolve) => {
          inside.once('end', () => {
            expect([outside.writableEnded, outside.writableFinished]).toEqual([true, false]);
            tunnel.cut({ error: 'enough' });
            resolve();
          });
        });
        program.end('half');
        await cut;
      } else {
        program.write(Buffer.alloc(64 << 20));
        for (let seen = -1; seen !== tunnel.bytes; await systemClock.sleep(200)) seen = tunnel.bytes;
        tunnel.cut({ error: 'enough' });
      }
      const closed = once(outside, 'close');
      await tunnel.done;
      expect(outside.destroyed).toBe(true);
      await closed;
      let got = 0;
      far.on('data', ({ length }) => {
        got += length;
      });
      const broke = once(far.resume(), 'error');
      const asking = setInterval(() => ends && far.write('x'), 20);
      expect((await broke)[0]).toMatchObject({ code: ends ? expect.stringMatching(/EPIPE|ECONNRESET/) : 'ECONNRESET' });
      clearInterval(asking);
      expect(got).toBeLessThan(ends ? 5 : tunnel.bytes / 2);
      server.close();
    },
  );

  it('lets nothing up before it may', async () => {
    const { program, server, tunnel } = open(null, true);
    program.write('early');
    server.write('hello');
    expect(String((await once(program, 'data'))[0])).toBe('hello');
    expect(server.read()).toBeNull();
    tunnel.startUp();
    expect(String((await once(server, 'data'))[0])).toBe('early');
    tunnel.cut({ error: 'enough' });
  });
});

const grant = (limits: Grant['limits']): Grant => ({
  rule: { list: 'allow', index: 0, preset: null, line: null, text: 'allow tcp a.example' },
  addresses: [],
  limits,
  credentials: [],
});

/** Not `once`, which takes an error for its own. */
const closing = (stream: PassThrough): Promise<unknown> => new Promise((resolve) => stream.once('close', resolve));

describe('the meter', () => {
  it('needs nothing where nothing is limited', () => {
    const meter = new RuleMeter(systemClock);
    expect(meter.stream(grant({}), 'up')).toBeNull();
    expect(meter.admit(grant({}))).toBeNull();
  });

  it('lets exactly so many bytes pass, then refuses (3)', async () => {
    const up = new RuleMeter(systemClock).stream(grant({ bytesUp: 10 }), 'up') as PassThrough;
    const { program, server, tunnel } = open(up);
    const got: Buffer[] = [];
    server.on('data', (chunk: Buffer) => got.push(chunk));
    program.write('12345678');
    program.write('9abc');
    const result = await tunnel.done;
    expect(result).toMatchObject({ refusal: { code: 'byte-limit' }, error: null });
    expect(Buffer.concat(got).toString().length).toBeLessThanOrEqual(10);
  });

  it('counts a head before the bytes, and refuses one that is too long alone (3)', async () => {
    const meter = new RuleMeter(systemClock);
    expect(() => meter.stream(grant({ bytesUp: 10 }), 'up', 11)).toThrow(/allows 10 bytes/);
    const up = meter.stream(grant({ bytesUp: 10 }), 'up', 8) as PassThrough;
    up.write('12');
    expect(String(up.read())).toBe('12');
    up.on('error', () => undefined).write('3');
    await closing(up);
    expect(up.errored).toMatchObject({ details: { decision: { code: 'byte-limit' } } });
  });

  it('lets no more bytes of a rule pass in any 60 seconds (4)', async () => {
    let nowMs = 0;
    const meter = new RuleMeter({ ...systemClock, monotonicMs: () => nowMs });
    const limits = { bytesUpPerMinute: 100, bytesDownPerMinute: 10 };
    const passes = async (bytes: number, headBytes = 0): Promise<boolean> => {
      const stream = meter.stream(grant(limits), 'up', headBytes) as PassThrough;
      stream.on('error', () => undefined).end(Buffer.alloc(bytes));
      stream.resume();
      await closing(stream);
      return stream.errored === null;
    };
    expect([await passes(60), await passes(30, 5), await passes(6), await passes(5)]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(() => meter.stream(grant(limits), 'up', 1)).toThrow(/100 bytes a minute/);
    expect(meter.stream(grant(limits), 'down', 10)).not.toBeNull();
    nowMs = 61_000;
    expect(await passes(100)).toBe(true);
  });

  it('lets as many greetings through as requests, of which none may come (1)', () => {
    const meter = new RuleMeter(systemClock);
    const [one, other] = [grant({ requestsPerMinute: 2 }), grant({})];
    expect([1, 2, 3].map(() => meter.admitGreeting([one]))).toEqual([true, true, false]);
    expect(meter.admitGreeting([one, other])).toBe(true);
    expect(meter.admitGreeting([])).toBe(false);
    expect([meter.admit(one), meter.admit(one)]).toEqual([null, null]);
    expect(meter.admit(one)).toMatchObject({ code: 'rate-limit' });
  });

  it('slows all connections of a rule together (2)', async () => {
    const meter = new RuleMeter(systemClock);
    const limits = { bytesPerSecond: 100_000 };
    const streams = [meter.stream(grant(limits), 'up'), meter.stream(grant(limits), 'down')] as PassThrough[];
    const startedMs = performance.now();
    await Promise.all(
      streams.map(async (stream) => {
        stream.end(Buffer.alloc(25_000));
        expect((await text(stream)).length).toBe(25_000);
      }),
    );
    // 50 000 bytes, 25 000 of them saved up: a quarter of a second.
    expect(performance.now() - startedMs).toBeGreaterThan(180);
  });

  it('admits no more than so many in any 60 seconds (1)', () => {
    let nowMs = 0;
    const meter = new RuleMeter({ ...systemClock, monotonicMs: () => nowMs });
    const admitted: number[] = [];
    for (; nowMs < 300_000; nowMs += 730)
      if (meter.admit(grant({ requestsPerMinute: 7 })) === null) admitted.push(nowMs);
    for (const start of admitted) {
      expect(admitted.filter((at) => at >= start && at < start + 59_000).length).toBeLessThanOrEqual(7);
    }
    expect(admitted.length).toBeGreaterThanOrEqual(28);
    expect(
      meter.admit({ ...grant({ requestsPerMinute: 1 }), rule: { ...grant({}).rule, text: 'another' } }),
    ).toBeNull();
  });
});
