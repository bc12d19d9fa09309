/** Exchanges that travel: what is carried is played elsewhere as it was, and what anybody wrote instead is refused. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, begin, record, temporaryHome, textOf } from '../../../test/fixtures/tapes.ts';
import { sha256 } from './canonical.ts';
import { type CarriedTape, carriedTapeSchema, withOnly } from './carried.ts';
import type { Exchange } from './format.ts';
import { openTapeStore, type TapeStore } from './store.ts';

const tenant = 'local';
let homes: string[] = [];
let store: TapeStore;
let elsewhere: TapeStore;
let carried: CarriedTape;
const noise = randomBytes(9000);

beforeAll(async () => {
  homes = [await temporaryHome(), await temporaryHome()];
  store = await openTapeStore({ home: homes[0] ?? '' });
  elsewhere = await openTapeStore({ home: homes[1] ?? '' });
  const rules = { hosts: [{ host: 'api.example.com', ignore: { query: ['id'] } }] };
  const recorder = await store.create({ tenant, rules });
  record(recorder, { target: '/left-out' }, { body: ['secret'] });
  record(recorder, { target: '/short?id=1' }, { body: ['in the line'] });
  record(recorder, { target: '/long' }, { body: ['x'.repeat(10_000)] });
  record(recorder, { target: '/noise' }, { body: [noise] });
  begin(recorder, { target: '/broken' }).failed('it did not answer');
  const live = begin(recorder, { target: '/live' });
  live.response({ status: 101, reason: 'Switching Protocols', headers: ['upgrade', 'websocket'] });
  live.frame('down', 1, Buffer.from('hello'));
  live.responseEnd();
  await recorder.close();
  carried = await store.carry(tenant, recorder.tape, new Set([2, 3, 4, 5, 6]));
});

afterAll(async () => {
  await Promise.all([store.close(), elsewhere.close()]);
  for (const home of homes) await rm(home, { recursive: true });
});

/** As it comes out of a file. */
const parsed = (tape: unknown): CarriedTape => carriedTapeSchema.parse(JSON.parse(JSON.stringify(tape)));
const lentIn = (home: string | undefined): Promise<string[]> => readdir(join(home ?? '', 'tapes/lent')).catch(() => []);

describe('exchanges that travel', () => {
  it('are those that were asked for, with their bodies, and without the addresses that were dialled', () => {
    expect(carried.exchanges.map(({ number }) => number)).toEqual([2, 3, 4, 5, 6]);
    expect(carried.exchanges.every(({ address }) => address === null)).toBe(true);
    expect(Object.keys(carried.blobs).sort()).toEqual([sha256('x'.repeat(10_000)), sha256(noise)].sort());
    expect(JSON.stringify(carried)).not.toContain('secret');
  });

  it('are played in another home as they were, and are nowhere when they are given back', async () => {
    const id = await elsewhere.lend(tenant, parsed(carried));
    const player = await elsewhere.player(tenant, id);
    expect(await textOf(player, { target: '/short?id=9' })).toBe('in the line');
    expect(await textOf(player, { target: '/long' })).toBe('x'.repeat(10_000));
    expect(Buffer.concat((await ask(player, { target: '/noise' })).pieces ?? [])).toEqual(noise);
    await expect(ask(player, { target: '/broken' })).rejects.toMatchObject({ code: 'network-unreachable' });
    const { response } = await ask(player, { target: '/live' });
    const frames: string[] = [];
    for await (const { payload } of response?.frames ?? []) frames.push(Buffer.from(payload).toString());
    expect(frames).toEqual(['hello']);
    expect(await textOf(player, { target: '/left-out' })).toBe('miss');
    expect(player.served()).toEqual([2, 3, 4, 5, 6]);
    await player.close();
    await elsewhere.giveBack(id);
    await expect(elsewhere.player(tenant, id)).rejects.toMatchObject({ code: 'not-found' });
    expect(await lentIn(homes[1])).toEqual([]);
  });

  it('are their tenant’s alone, on no list, and gone after a start', async () => {
    const id = await elsewhere.lend(tenant, carried);
    expect(await elsewhere.list(tenant)).toEqual([]);
    await expect(elsewhere.player('other', id)).rejects.toMatchObject({ code: 'not-found' });
    await expect(elsewhere.remove(tenant, id)).rejects.toThrow();
    await elsewhere.recover();
    expect(await lentIn(homes[1])).toEqual([]);
    await expect(elsewhere.player(tenant, id)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('are fewer with the bodies of fewer', () => {
    const fewer = withOnly(carried, new Set([3]));
    expect(fewer.exchanges.map(({ number }) => number)).toEqual([3]);
    expect(Object.keys(fewer.blobs)).toEqual([sha256('x'.repeat(10_000))]);
    expect(fewer.frames).toEqual([]);
    expect(parsed(fewer)).toEqual(fewer);
  });

  it('are refused where their tape is damaged, or is another’s', async () => {
    const recorder = await store.create({ tenant });
    record(recorder, {}, { body: [noise] });
    await recorder.close();
    const blob = join(homes[0] ?? '', 'tapes', recorder.tape, 'blobs', sha256(noise).slice(0, 2), sha256(noise));
    await writeFile(blob, 'otherwise');
    await expect(store.carry(tenant, recorder.tape, new Set([1]))).rejects.toMatchObject({ code: 'tape-corrupt' });
    await expect(store.carry('other', recorder.tape, new Set([1]))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('do not go where a link of that name leads', async () => {
    const outside = join(homes[1] ?? '', 'outside');
    await mkdir(outside, { recursive: true });
    const id = await elsewhere.lend(tenant, carried);
    await symlink(outside, join(homes[1] ?? '', 'tapes/lent/tap-link'));
    await elsewhere.giveBack(id);
    await elsewhere.giveBack('../../outside');
    await elsewhere.recover();
    expect(await readdir(homes[1] ?? '')).toContain('outside');
  });
});

/** One exchange is what a stranger made of it. */
const exchangeWith = (change: (exchange: Exchange) => unknown): unknown => {
  const [first, ...rest] = structuredClone(carried.exchanges);
  return { ...carried, exchanges: [first && change(first), ...rest] };
};
const answerWith = (change: Partial<NonNullable<Exchange['response']>>): unknown =>
  exchangeWith((exchange) => ({ ...exchange, response: exchange.response && { ...exchange.response, ...change } }));
const bodyOf = (data: Buffer, says: Partial<Exchange['request']['body']['content']> = {}) => ({
  bytes: says.bytes ?? data.length,
  cut: null,
  content: { bytes: data.length, digest: sha256(data), ...says },
});
/** Every field and item, by where it stands. */
function placesIn(value: unknown): [Record<string, unknown>, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const parent = value as Record<string, unknown>;
  return Object.keys(parent).flatMap((key) => [[parent, key] as [typeof parent, string], ...placesIn(parent[key])]);
}
/** A few bytes that become many. */
const bomb = Buffer.alloc(8 * 1024 * 1024);
const withBlob = (data: Buffer, stored: Buffer, says: Parameters<typeof bodyOf>[1]): unknown => {
  const tape = answerWith({ body: bodyOf(data, says), pieces: [] }) as CarriedTape;
  return { ...tape, blobs: { ...tape.blobs, [sha256(data)]: stored.toString('base64') } };
};

describe('what somebody else wrote is refused:', () => {
  const cases: [string, () => unknown, RegExp][] = [
    ['another answer', () => JSON.parse(JSON.stringify(carried).replace('in the line', 'in the lime')), /digest says/],
    ['another body', () => ({ ...carried, blobs: mapped(() => noise.toString('base64').replace('A', 'B')) }), /digest/],
    ['a body that is missing', () => ({ ...carried, blobs: {} }), /digest says/],
    ['a body nobody names', () => ({ ...carried, blobs: { ...carried.blobs, ['a'.repeat(64)]: '' } }), /names it/],
    ['a body with a path for a name', () => ({ ...carried, blobs: { '../../../x': '' } }), /blobs/],
    [
      'a body that says it is two things',
      () => answerWith({ body: bodyOf(Buffer.from('a'), { text: 'a', blob: 'raw' }), pieces: [] }),
      /digest/,
    ],
    [
      'a body of more bytes than were sent',
      () => answerWith({ body: { ...bodyOf(noise), bytes: 1 } }),
      /more of a body/,
    ],
    ['a body longer than a tape’s', () => answerWith({ body: bodyOf(noise, { bytes: 2 ** 40 }) }), /longer body/],
    [
      'a body that unpacks to more than it says',
      () => withBlob(bomb, zstdCompressSync(bomb), { blob: 'zstd', bytes: 5000 }),
      /digest says/,
    ],
    ['many that unpack to more than all may', () => manyBombs(), /more than \d+ bytes/],
    ['pieces of nothing, without end', () => answerWith({ pieces: [[0, 2 ** 50]] }), /piece/],
    ['a header with a line break', () => answerWith({ headers: ['a', 'b\r\nc: d'] }), /headers/],
    ['half a header', () => answerWith({ headers: ['a'] }), /headers/],
    ['a header that is no name', () => answerWith({ headers: [':status', '200'] }), /headers/],
    ['a reason with a line break', () => answerWith({ reason: 'OK\r\nx: y' }), /headers/],
    ['a trailer with a line break', () => answerWith({ trailers: ['a', '\n'] }), /headers/],
    ['a status that is none', () => answerWith({ status: 700 }), /status/],
    ['an interim answer that is none', () => exchangeWith((one) => ({ ...one, interim: [interim(200)] })), /status/],
    [
      'interim answers without end',
      () => exchangeWith((one) => ({ ...one, interim: Array.from({ length: 33 }, () => interim(103)) })),
      /interim/,
    ],
    ['a time that is none', () => exchangeWith((one) => ({ ...one, startedMs: 1e300 })), /time/],
    ['a port that is none', () => requestWith({ port: 70_000 }), /host/],
    ['a host that is none', () => requestWith({ host: '../../etc' }), /host/],
    ['a method that is none', () => requestWith({ method: 'GET /' }), /request/],
    ['a target without end', () => requestWith({ target: `/${'a'.repeat(70_000)}` }), /request/],
    ['two with one number', () => exchangeWith((one) => ({ ...one, number: 3 })), /another one’s/],
    ['frames of nobody', () => ({ ...carried, frames: [{ exchange: 99, frames: [] }] }), /no exchange 99/],
    ['a frame that is none', () => ({ ...carried, frames: [{ exchange: 6, frames: [frame(16)] }] }), /frame/],
    ['rules that would take long', () => ({ ...carried, rules: heavy() }), /expressions/],
    ['a rule that places a secret', () => ({ ...carried, presets: [preset({ credentials: [] })] }), /credentials/],
    ['a preset of files without end', () => ({ ...carried, presets: [{ ...preset({}), files: manyFiles }] }), /files/],
    ['a rule that opens addresses', () => ({ ...carried, presets: [preset({ addresses: ['::1/128'] })] }), /addresses/],
    [
      'more than there may be',
      () => ({ ...carried, exchanges: Array(10_001).fill(carried.exchanges[0]) }),
      /exchanges/,
    ],
    ['what nobody knows', () => ({ ...carried, more: 1 }), /more/],
  ];
  it.each(cases)('%s', (_what, made, why) => {
    const result = carriedTapeSchema.safeParse(made());
    expect(result.success).toBe(false);
    expect(result.error?.message).toMatch(why);
  });

  it('but not what was carried', () => {
    expect(parsed(carried)).toEqual(carried);
  });

  it('whatever stands in whatever place of it', () => {
    const places = placesIn(carried);
    const anything = fc.oneof(fc.jsonValue(), fc.integer(), fc.constantFrom('', 'raw', 'zstd', '..', -1, 2 ** 53));
    fc.assert(
      fc.property(fc.nat(places.length - 1), anything, (at, value) => {
        const tape = structuredClone(carried);
        const [parent, key] = placesIn(tape)[at] ?? [{}, ''];
        parent[key] = value;
        // It is taken or refused, and never throws.
        const result = carriedTapeSchema.safeParse(tape);
        expect(typeof result.success).toBe('boolean');
      }),
      { numRuns: 300 },
    );
  });

  const mapped = (change: () => string) => Object.fromEntries(Object.keys(carried.blobs).map((key) => [key, change()]));
  const interim = (status: number) => ({ status, reason: '', headers: [] });
  const requestWith = (change: Partial<Exchange['request']>): unknown =>
    exchangeWith((one) => ({ ...one, request: { ...one.request, ...change } }));
  const frame = (opcode: number) => {
    const { content } = bodyOf(Buffer.from('x'), { text: 'x' });
    return { direction: 'down', opcode, atMs: 0, content };
  };
  const heavy = () => ({
    headers: [],
    hosts: Array.from({ length: 20 }, () => ({ host: 'a.example', target: 'a'.repeat(500) })),
  });
  const preset = (more: Record<string, unknown>) => ({
    preset: 'npm',
    rules: [{ host: 'a.example', ...more }],
    environment: {},
    files: [],
  });
  const manyFiles = Array.from({ length: 65 }, (_, at) => ({ name: `f${at}`, base64: '' }));
  function manyBombs(): unknown {
    const all = Array.from({ length: 9 }, (_, at) => Buffer.alloc(8 * 1024 * 1024, at));
    const exchanges = all.map((data, at) => {
      const [one] = structuredClone(carried.exchanges);
      const body = bodyOf(data, { blob: 'zstd' });
      return one && { ...one, number: at + 1, response: one.response && { ...one.response, body, pieces: [] } };
    });
    const blobs = all.map((data) => [sha256(data), zstdCompressSync(data).toString('base64')]);
    return { ...carried, exchanges, frames: [], blobs: Object.fromEntries(blobs) };
  }
});
