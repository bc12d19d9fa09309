import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask, begin, headOf, record, temporaryHome } from '../../../test/fixtures/tapes.ts';
import { rootScope } from '../../base/index.ts';
import { MemoryBudget } from '../memory.ts';
import { TapeReader } from './reader.ts';
import { openTapeStore, type TapeStore } from './store.ts';

const tenant = 'local';
let home: string;
let store: TapeStore;

beforeEach(async () => {
  home = await temporaryHome();
  store = await openTapeStore({ home });
});

afterEach(async () => {
  await store.close();
  await rm(home, { recursive: true });
});

describe('record and replay', () => {
  it('is the identity for whatever was exchanged, pieces and all', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyExchange(), { minLength: 1, maxLength: 5 }), async (exchanges) => {
        const recorder = await store.create({ tenant });
        const asked = exchanges.map((one, index) => ({ ...one, target: `${one.target}/${index}` }));
        for (const one of asked) {
          const taped = begin(recorder, one);
          for (const head of one.interim) taped.response(head);
          taped.response({ status: one.status, reason: one.reason, headers: one.responseHeaders });
          for (const piece of one.responseBody) taped.responseBody(piece);
          taped.responseEnd(one.trailers);
        }
        await recorder.close();
        const player = await store.player(tenant, recorder.tape);
        for (const [index, one] of asked.toReversed().entries()) {
          const { response, pieces } = await ask(player, one);
          expect(response).toMatchObject({
            exchange: asked.length - index,
            match: 'exact',
            broken: null,
            frames: null,
            interim: one.interim,
            head: { status: one.status, reason: one.reason, headers: one.responseHeaders },
            trailers: one.trailers,
          });
          expect(pieces?.map(hex)).toEqual(one.responseBody.map(hex));
        }
        expect(player.coverage()).toMatchObject({ used: asked.length, unused: [], misses: 0 });
        await player.close();
      }),
      { numRuns: 30 },
    );
  });

  it('breaks a broken exchange after the same bytes', async () => {
    const recorder = await store.create({ tenant });
    const taped = begin(recorder, { target: '/cut' });
    taped.response({ status: 200, reason: 'OK', headers: [] });
    taped.responseBody(Buffer.from('half'));
    taped.failed('the connection was reset');
    begin(recorder, { target: '/dead' }).failed('connection refused');
    await recorder.close();
    const player = await store.player(tenant, recorder.tape);
    const { response, pieces } = await ask(player, { target: '/cut' });
    expect(response?.broken).toBe('the connection was reset');
    expect(String(pieces)).toBe('half');
    await expect(ask(player, { target: '/dead' })).rejects.toMatchObject({
      code: 'network-unreachable',
      message: 'as recorded: connection refused',
    });
    await player.close();
  });

  it('keeps what was under way at the close as broken', async () => {
    const recorder = await store.create({ tenant });
    const taped = begin(recorder, { target: '/slow' });
    taped.response({ status: 200, reason: '', headers: [] });
    taped.responseBody(Buffer.from('first'));
    await recorder.close();
    taped.responseBody(Buffer.from('after the end'));
    taped.responseEnd();
    const player = await store.player(tenant, recorder.tape);
    const { response, pieces } = await ask(player, { target: '/slow' });
    expect(response?.broken).toMatch(/closed before/);
    expect(String(pieces)).toBe('first');
    await player.close();
  });

  it('waits for the request when the answer comes first', async () => {
    const recorder = await store.create({ tenant });
    const taped = recorder.begin(headOf({ method: 'POST' }), { startedMs: 0, address: null });
    taped.response({ status: 413, reason: '', headers: [] });
    taped.responseEnd();
    taped.requestBody(Buffer.from('late'));
    taped.requestEnd(['x-trailer', '1']);
    await recorder.close();
    const player = await store.player(tenant, recorder.tape);
    expect((await ask(player, { method: 'POST', body: ['late'] })).response?.head.status).toBe(413);
    await player.close();
  });

  it('plays frames of a WebSocket with direction, order and payload', async () => {
    const recorder = await store.create({ tenant });
    const taped = begin(recorder, { target: '/socket', headers: ['upgrade', 'websocket'] });
    taped.response({ status: 101, reason: 'Switching Protocols', headers: ['upgrade', 'websocket'] });
    const sent: { direction: 'up' | 'down'; opcode: number; payload: string }[] = [];
    for (let index = 0; index < 700; index++) {
      const payload = Buffer.alloc(index % 50 === 0 ? 10_000 : index % 7, index);
      const frame = { direction: index % 3 === 0 ? 'up' : 'down', opcode: index % 2 === 0 ? 1 : 2 } as const;
      taped.frame(frame.direction, frame.opcode, payload);
      sent.push({ ...frame, payload: hex(payload) });
    }
    taped.responseEnd();
    await recorder.close();
    const player = await store.player(tenant, recorder.tape);
    const { response } = await ask(player, { target: '/socket' });
    const played = [];
    for await (const frame of response?.frames ?? []) played.push({ ...frame, payload: hex(frame.payload) });
    expect(played).toEqual(sent);
    expect(response?.broken).toBeNull();
    await player.close();
  });

  it('answers from what a running recording has so far', async () => {
    const recorder = await store.create({ tenant });
    record(recorder, { target: '/a' }, { body: ['one'] });
    recorder.resolved('known.example.com', true);
    recorder.resolved('unknown.example.com', false);
    await recorder.durable();
    const player = await store.player(tenant, recorder.tape);
    expect(String((await ask(player, { target: '/a' })).pieces)).toBe('one');
    const hosts = ['api.example.com', 'known.example.com', 'unknown.example.com'];
    expect(hosts.map((host) => player.knows(host))).toEqual([true, true, false]);
    expect(player.ports('API.example.com.')).toEqual([443]);
    await player.close();
  });

  it('looks at few of many recordings to say what a miss is closest to', async () => {
    const recorder = await store.create({ tenant });
    for (let at = 0; at < 100; at++) record(recorder, { method: 'POST', body: [`{"n":${at}}`] });
    await recorder.close();
    const player = await store.player(tenant, recorder.tape);
    const reading = vi.spyOn(TapeReader.prototype, 'exchange');
    expect((await ask(player, { method: 'POST', body: ['{"n":"new"}'] })).miss?.message).toContain('closest');
    expect(reading.mock.calls.length).toBeLessThanOrEqual(16);
    reading.mockRestore();
    await player.close();
  });

  it('ends with the scope while a request is still being read', async () => {
    const recorder = await store.create({ tenant });
    await recorder.close();
    const player = await store.player(tenant, recorder.tape);
    const scope = rootScope({ name: 'ask', timeoutMs: 20 });
    const endless = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
    await expect(
      player.answer(headOf({}), endless, { scope, memory: new MemoryBudget().share() }),
    ).rejects.toMatchObject({ code: 'deadline-exceeded' });
    await scope.close();
    await player.close();
  });
});

/** Buffers of many bytes are compared as text: element by element takes seconds. */
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function anyExchange() {
  const text = fc.string({ maxLength: 30 }).map((raw) => raw.toWellFormed());
  const headers = fc.array(fc.tuple(text, text), { maxLength: 4 }).map((pairs) => pairs.flat());
  const body = fc.array(fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 200 }), longPiece()), { maxLength: 8 });
  return fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', 'DELETE'),
    target: text.map((raw) => `/${encodeURIComponent(raw)}`),
    headers,
    body,
    interim: fc.array(fc.record({ status: fc.constantFrom(100, 103), reason: text, headers }), { maxLength: 2 }),
    status: fc.constantFrom(200, 204, 301, 304, 404, 500),
    reason: text,
    responseHeaders: headers,
    responseBody: body,
    trailers: headers,
  });
}

/** Long enough for a blob, several of them for a spool. */
function longPiece(): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.integer({ min: 4000, max: 90_000 }), fc.integer({ min: 0, max: 255 }), fc.boolean())
    .map(([length, seed, isRandom]) =>
      Uint8Array.from({ length }, (_, index) => (isRandom ? (index * index * 31 + seed * index) >> 3 : seed)),
    );
}
