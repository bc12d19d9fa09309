import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, begin, record, type Said, temporaryHome, textOf } from '../../../test/fixtures/tapes.ts';
import type { TapeRulesInput } from '../../schema/index.ts';
import type { Player } from './player.ts';
import { openTapeStore, type PlayOptions, type TapeStore } from './store.ts';

const tenant = 'local';
const json = ['content-type', 'application/json'];
let home: string;
let store: TapeStore;
const players: Player[] = [];

beforeAll(async () => {
  home = await temporaryHome();
  store = await openTapeStore({ home });
});

afterAll(async () => {
  for (const player of players.splice(0)) await player.close();
  await store.close();
  await rm(home, { recursive: true });
});

/** A player of a tape with these requests, each answered with its number, from 1. */
async function played(requests: readonly Said[], options: PlayOptions = {}): Promise<Player> {
  const recorder = await store.create({ tenant });
  for (const [index, said] of requests.entries()) record(recorder, said, { body: [String(index + 1)] });
  await recorder.close();
  const player = await store.player(tenant, recorder.tape, options);
  players.push(player);
  return player;
}

const withRule = (rule: Omit<NonNullable<TapeRulesInput['hosts']>[number], 'host'>): PlayOptions => ({
  rules: { hosts: [{ host: 'api.example.com', ...rule }] },
});

describe('the exact rung', () => {
  it('tells apart by method, host, port, target and body', async () => {
    const requests: Said[] = [
      { target: '/a' },
      { method: 'DELETE', target: '/a' },
      { target: '/a', host: 'other.example.com' },
      { target: '/a', port: 8443 },
      { target: '/a?x=1' },
      { target: '/a', method: 'POST', body: ['one'] },
      { target: '/a', method: 'POST', body: ['two'] },
    ];
    const player = await played(requests);
    for (const [index, said] of requests.entries()) expect(await textOf(player, said)).toBe(String(index + 1));
    expect(player.coverage()).toMatchObject({ answers: { exact: 7, canonical: 0, rule: 0 }, unused: [] });
  });

  it('gives repeats in recorded order; then GET and HEAD the last again, and others a miss', async () => {
    const post: Said = { method: 'POST', body: ['x'] };
    const player = await played([{}, post, {}, post]);
    const gets = [];
    const posts = [];
    for (let turn = 0; turn < 4; turn++) {
      gets.push(await textOf(player, {}));
      posts.push(await textOf(player, post));
    }
    expect(gets).toEqual(['1', '3', '3', '3']);
    expect(posts).toEqual(['2', '4', 'miss', 'miss']);
    expect((await ask(player, post)).miss?.message).toMatch(/exchange 2 \(the same, already given\)/);
  });

  it('compares no headers unless the rules name them', async () => {
    const requests: Said[] = [{ headers: ['Accept', 'text/html'] }, { headers: ['accept', 'application/json'] }];
    const plain = await played(requests);
    expect(await textOf(plain, { headers: ['accept', 'application/json'] })).toBe('1');
    const strict = await played(requests, { rules: { headers: ['accept'] } });
    expect(await textOf(strict, { headers: ['accept', 'application/json'] })).toBe('2');
    expect(await textOf(strict, { headers: ['accept', 'image/png'] })).toBe('miss');
  });
});

describe('the canonical rung', () => {
  const same: [string, Said, Said][] = [
    ['the order of parameters', { target: '/a?x=1&y=2' }, { target: '/a?y=2&x=1' }],
    ['cache-busters', { target: '/a?x=1&_=123' }, { target: '/a?cb=9&x=1&utm_source=mail' }],
    ['times in seconds and milliseconds', { target: '/a?ts=1700000000' }, { target: '/a?ts=1800000000123' }],
    ['an empty query', { target: '/a?' }, { target: '/a' }],
    ['escapes', { target: '/a?q=a+b%21' }, { target: '/a?q=a%20b!' }],
    ['the spelling of JSON', body(json, '{"a":1,"b":[1.0]}'), body(json, '{ "b":[1],\n"a":1 }')],
    ['the order of a form', form('a=1&b=2'), form('b=2&a=1')],
    ['the boundary of a form', multipart('xyz'), multipart('another')],
  ];
  it.each(same)('overlooks %s', async (_what, recorded, asked) => {
    const player = await played([recorded]);
    const { response } = await ask(player, asked);
    expect(response?.match).toBe('canonical');
  });

  const different: [string, Said, Said][] = [
    ['a parameter', { target: '/a?x=1' }, { target: '/a?x=2' }],
    ['the order of one parameter’s values', { target: '/a?x=1&x=2' }, { target: '/a?x=2&x=1' }],
    ['a small number that only looks like a time’s name', { target: '/a?t=5' }, { target: '/a?t=6' }],
    ['a value of JSON', body(json, '{"a":1}'), body(json, '{"a":2}')],
    ['long numbers that would be rounded', body(json, '{"a":9007199254740993}'), body(json, '{"a":9007199254740992}')],
    ['a number and its text', body(json, '{"a":12345678901234567890}'), body(json, '{"a":"12345678901234567890"}')],
    ['JSON that is not said to be JSON', body([], '{"a":1,"b":2}'), body([], '{"b":2,"a":1}')],
    ['a path', { target: '/a' }, { target: '/b' }],
  ];
  it.each(different)('minds %s', async (_what, recorded, asked) => {
    expect(await textOf(await played([recorded]), asked)).toBe('miss');
  });
});

describe('the rule rung', () => {
  it('overlooks parameters, headers and JSON values', async () => {
    const requests: Said[] = [
      { target: '/a?token=1&x=1', headers: ['accept', 'text/html'] },
      body(json, '{"id":1,"messages":[{"at":1,"text":"a"}]}'),
    ];
    const ignore = { query: ['token'], headers: ['accept'], json: ['/id', '/messages/*/at'] };
    const { rules } = withRule({ ignore });
    const player = await played(requests, { rules: { headers: ['accept'], ...rules } });
    expect((await ask(player, { target: '/a?x=1&token=2' })).response?.match).toBe('rule');
    expect(await textOf(player, body(json, '{"messages":[{"text":"a","at":7}],"id":9}'))).toBe('2');
    expect(await textOf(player, body(json, '{"messages":[{"text":"b","at":7}],"id":9}'))).toBe('miss');
  });

  it('replaces parts of the target on both sides', async () => {
    const rule = { replace: [{ pattern: '/runs/[0-9a-f]+', with: '/runs/ID' }] };
    const player = await played([{ target: '/runs/12ab/log' }], withRule(rule));
    expect(await textOf(player, { target: '/runs/99ff/log' })).toBe('1');
    expect(await textOf(player, { target: '/runs/99ff/other' })).toBe('miss');
  });

  it('overlooks a whole body, also a long one', async () => {
    const player = await played([{ method: 'PUT', body: ['x'.repeat(100_000)] }], withRule({ ignore: { body: true } }));
    expect(await textOf(player, { method: 'PUT', body: ['y'] })).toBe('1');
  });

  it('answers in sequence whatever is asked, and then not at all', async () => {
    const requests: Said[] = [{ method: 'POST', body: ['a'] }, { method: 'POST', body: ['b'] }, { target: '/free' }];
    const player = await played(requests, withRule({ sequence: true, methods: ['POST'] }));
    const asked: Said = { method: 'POST', target: '/elsewhere', body: ['b'] };
    expect([await textOf(player, asked), await textOf(player, asked)]).toEqual(['1', '2']);
    expect((await ask(player, asked)).miss?.message).toMatch(/all its answers to POST of api.example.com/);
    expect(await textOf(player, { target: '/free' })).toBe('3');
  });

  it('covers names below a star, and only those', async () => {
    const requests: Said[] = [
      { host: 'a.example.com', target: '/1' },
      { host: 'example.com', target: '/1' },
    ];
    const rules = { hosts: [{ host: '*.example.com', ignore: { query: ['q'] } }] };
    const player = await played(requests, { rules });
    expect(await textOf(player, { host: 'a.example.com', target: '/1?q=5' })).toBe('1');
    expect(await textOf(player, { host: 'example.com', target: '/1?q=5' })).toBe('miss');
  });

  it('refuses rules it does not understand', async () => {
    const recorder = await store.create({ tenant });
    const broken = { hosts: [{ host: 'a.example.com', replace: [{ pattern: '(', with: '' }] }] };
    await expect(store.player(tenant, recorder.tape, { rules: broken })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });
});

describe('the ladder under concurrency', () => {
  it('gives every key the same answers in whatever order they are asked', { timeout: 30_000 }, async () => {
    const variants: Said[] = [
      { target: '/a?x=1&y=1' },
      { target: '/a?y=1&x=1' },
      { target: '/a?y=1&x=1&_=5' },
      body(json, '{"a":1,"b":2}'),
      body(json, '{"b":2,"a":1}'),
      { method: 'DELETE', target: '/a' },
    ];
    const meanings = ['a', 'a', 'a', 'json', 'json', 'delete'];
    const index = fc.nat(variants.length - 1);
    await fc.assert(
      fc.asyncProperty(
        fc.array(index, { minLength: 1, maxLength: 10 }),
        fc.array(index, { maxLength: 12 }),
        fc.func(fc.nat()),
        async (recorded, asked, order) => {
          const requests = recorded.map((which) => variants[which] ?? {});
          const shuffled = asked.map((which, at) => ({ which, at })).sort((a, b) => order(a.at) - order(b.at));
          const inOrder = await answersOf(requests, asked, false);
          const together = await answersOf(
            requests,
            shuffled.map(({ which }) => which),
            true,
          );
          expect(together).toEqual(inOrder);
        },
      ),
      { numRuns: 25 },
    );

    /** The answers by what they were matched by, sorted: among equals, who comes first is chance. */
    async function answersOf(requests: Said[], asked: readonly number[], isTogether: boolean): Promise<unknown> {
      const player = await played(requests);
      const answers = new Map<string, string[]>();
      const one = async (which: number): Promise<void> => {
        const answer = await textOf(player, variants[which] ?? {});
        const key = requests.includes(variants[which] ?? {}) ? `spelled ${which}` : `meaning ${meanings[which]}`;
        answers.set(key, [...(answers.get(key) ?? []), answer]);
      };
      if (isTogether) await Promise.all(asked.map(one));
      else for (const which of asked) await one(which);
      return [...answers].map(([key, given]) => [key, given.toSorted()]).sort();
    }
  });
});

describe('a miss', () => {
  it('names the closest recordings and what differs, and no value', async () => {
    const player = await played([
      body(json, '{"model":"a","messages":["secret words"]}'),
      { method: 'PUT', target: '/a' },
      { target: '/list?page=1&size=10' },
    ]);
    const wrongBody = (await ask(player, body(json, '{"model":"a","messages":["other words"]}'))).miss;
    expect(wrongBody).toMatchObject({ allowed: false, code: 'tape-miss', rule: null });
    expect(wrongBody?.message).toMatch(/closest is exchange 1 \(another body at \/messages\/0\)/);
    expect(wrongBody?.message).not.toMatch(/words/);
    expect((await ask(player, { target: '/list?size=10&page=2' })).miss?.message).toMatch(
      /exchange 3 \(other query parameters: page\)/,
    );
    expect((await ask(player, { target: '/none' })).miss?.message).toMatch(
      /it has other paths, e.g. \/v1, \/a, \/list/,
    );
    expect((await ask(player, { host: 'x.example.com' })).miss?.message).toMatch(/nothing of this host, only of api/);
    expect(player.coverage()).toMatchObject({ exchanges: 3, used: 0, unused: [1, 2, 3], misses: 4 });
    expect(player.coverage().missed).toHaveLength(4);
  });

  it('is what a body longer than any recording gets, without being read to its end', async () => {
    const small = await openTapeStore({ home, limits: { bodyBytes: 1000 } });
    const recorder = await small.create({ tenant });
    begin(recorder, {}).failed('x');
    await recorder.close();
    const player = await small.player(tenant, recorder.tape);
    const { miss } = await ask(player, { method: 'POST', body: ['x'.repeat(999), 'yz'] });
    expect(miss?.message).toMatch(/longer than any/);
    await player.close();
    await small.close();
  });
});

describe('dates', () => {
  it('are as recorded, or moved by the same time', async () => {
    const headers = [
      ...['Date', 'Tue, 01 Oct 2024 10:00:00 GMT', 'Expires', 'Tue, 01 Oct 2024 11:00:00 GMT', 'Expires', '0'],
      ...['Set-Cookie', 'a=1; Expires=Wed, 02 Oct 2024 10:00:00 GMT; Path=/', 'Set-Cookie', 'b=2'],
    ];
    const recorder = await store.create({ tenant });
    const startedMs = Date.parse('2024-10-01T10:00:00Z');
    const taped = recorder.begin(
      {
        question: { scheme: 'https', method: 'GET', host: 'd.example.com', port: 443, target: '/' },
        httpVersion: '2',
        headers: [],
      },
      { startedMs, address: null },
    );
    taped.requestEnd();
    taped.response({ status: 200, reason: '', headers });
    taped.responseEnd();
    await recorder.close();
    const plain = await store.player(tenant, recorder.tape);
    const fresh = await store.player(tenant, recorder.tape, { refreshDates: true });
    players.push(plain, fresh);
    expect((await ask(plain, { host: 'd.example.com' })).response?.head.headers).toEqual(headers);
    const moved = (await ask(fresh, { host: 'd.example.com' })).response?.head.headers ?? [];
    const [date, expires] = [Date.parse(moved[1] ?? ''), Date.parse(moved[3] ?? '')];
    expect(Math.abs(date - Date.now())).toBeLessThan(5000);
    expect(expires - date).toBe(3_600_000);
    expect(moved[5]).toBe('0');
    expect(Date.parse(/Expires=([^;]+); Path/.exec(moved[7] ?? '')?.[1] ?? '') - date).toBe(86_400_000);
    expect(moved[9]).toBe('b=2');
  });
});

function body(headers: string[], text: string): Said {
  return { method: 'POST', target: '/v1', headers, body: [text] };
}

function form(text: string): Said {
  return body(['Content-Type', 'application/x-www-form-urlencoded'], text);
}

function multipart(boundary: string): Said {
  const part = `--${boundary}\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--${boundary}--\r\n`;
  return body(['content-type', `multipart/form-data; boundary=${boundary}`], part);
}
