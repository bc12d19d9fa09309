import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { through } from '../../../test/fixtures/through.ts';
import type { SecretPosition } from '../../schema/index.ts';
import { MemoryBudget } from '../memory.ts';
import type { Grant, RawHeaders, RequestHead, SecretBroker } from '../types.ts';
import { createBroker } from './broker.ts';

const key = { name: 'api-key', placeholder: `hfs_${'k'.repeat(26)}`, value: Buffer.from('s3cret/&"value é') };
const other = { name: 'other', placeholder: `hfs_${'o'.repeat(26)}`, value: Buffer.from('OTHER-VALUE:1') };
const broken = { name: 'broken', placeholder: `hfs_${'b'.repeat(26)}`, value: Buffer.from('line\r\nx-evil: 1') };
const created = createBroker({ secrets: [key, other, broken] });
const broker = {
  ...created,
  outgoing: (head: RequestHead, by: Grant) => created.outgoing(head, by, new MemoryBudget().share()),
};
const K = key.placeholder;

function grant(...credentials: [string, SecretPosition][]): Grant {
  return {
    rule: { list: 'allow', index: 0, preset: null, line: 3, text: 'allow https api.test' },
    addresses: [],
    limits: {},
    credentials: credentials.map(([secret, position]) => ({ secret, position })),
  };
}

const header = (name: string): SecretPosition => ({ kind: 'header', name });
const query = (name: string): SecretPosition => ({ kind: 'query', name });
const json = (pointer: string): SecretPosition => ({ kind: 'json', pointer });
const basic: SecretPosition = { kind: 'basic' };

interface Sent {
  target?: string;
  method?: string;
  headers?: RawHeaders;
  httpVersion?: '1.1' | '2';
}

function request({ target = '/v1', method = 'POST', headers = [], httpVersion = '1.1' }: Sent): RequestHead {
  return { question: { scheme: 'https', host: 'api.test', port: 443, method, target }, httpVersion, headers };
}

function allowed(sent: Sent, by: Grant): Extract<ReturnType<SecretBroker['outgoing']>, { allowed: true }> {
  const out = broker.outgoing(request(sent), by);
  if (!out.allowed) throw new Error(out.decision.message);
  return out;
}

const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');
const latin1 = (bytes: Buffer): string => bytes.toString('latin1');

describe('a secret is placed', () => {
  it.each<[string, SecretPosition, Sent, Sent]>([
    ['in a header', header('x-key'), { headers: ['X-Key', K] }, { headers: ['X-Key', latin1(key.value)] }],
    [
      'in a part of a header',
      header('authorization'),
      { headers: ['Authorization', `Bearer ${K}`] },
      { headers: ['Authorization', `Bearer ${latin1(key.value)}`] },
    ],
    [
      'in one cookie of many',
      header('cookie'),
      { headers: ['cookie', `a=1; t=${K}; b=2`] },
      { headers: ['cookie', `a=1; t=${latin1(key.value)}; b=2`] },
    ],
    [
      'as password',
      basic,
      { headers: ['authorization', `Basic ${base64(`me:${K}`)}`] },
      { headers: ['authorization', `Basic ${base64(Buffer.concat([Buffer.from('me:'), key.value]))}`] },
    ],
    [
      'as user',
      basic,
      { headers: ['authorization', `basic ${base64(`${K}:`)}`] },
      { headers: ['authorization', `basic ${base64(Buffer.concat([key.value, Buffer.from(':')]))}`] },
    ],
    [
      'in a query parameter',
      query('key'),
      { target: `/a?x=%20&key=${K}&y` },
      { target: '/a?x=%20&key=s3cret%2F%26%22value%20%C3%A9&y' },
    ],
    [
      'in an encoded query parameter',
      query('a b'),
      { target: `/a?a+b=v%3A${K.replace('h', '%68')}` },
      { target: '/a?a+b=v%3As3cret%2F%26%22value%20%C3%A9' },
    ],
    [
      'in the target of HTTP/2 too',
      query('key'),
      { target: `/?key=${K}`, headers: [':path', `/?key=${K}`], httpVersion: '2' },
      { target: '/?key=s3cret%2F%26%22value%20%C3%A9', headers: [':path', '/?key=s3cret%2F%26%22value%20%C3%A9'] },
    ],
  ])('%s', (_name, position, sent, expected) => {
    const out = allowed(sent, grant([key.name, position]));
    expect({ target: out.target, headers: out.headers }).toEqual({ target: '/v1', headers: [], ...expected });
    expect(out.secrets).toEqual([key.name]);
  });

  it('and nothing else is changed', () => {
    const headers = ['Accept', '*/*', 'X-%zz', '%zz\\u00', 'accept-encoding', 'gzip, br;q=0.5', 'Cookie', 'a=b'];
    expect(allowed({ target: '/a%2fb?%&=&c=%zz', headers }, grant([key.name, header('x-key')]))).toMatchObject({
      target: '/a%2fb?%&=&c=%zz',
      headers,
      secrets: [],
    });
  });

  it('two of them in one request, each in its place', () => {
    const out = allowed(
      { target: `/?k=${K}`, headers: ['x-other', other.placeholder] },
      grant([key.name, query('k')], [other.name, header('x-other')]),
    );
    expect(out.secrets).toEqual([key.name, other.name]);
    expect(out.headers).toEqual(['x-other', 'OTHER-VALUE:1']);
  });
});

describe('a request is refused with', () => {
  const everything = grant([key.name, header('x-key')], [key.name, query('key')], [other.name, header('x-other')]);
  it.each<[string, Sent]>([
    ['a placeholder in the path', { target: `/a/${K}/b` }],
    ['one that is encoded twice in the path', { target: `/a/${K.replace('h', '%2568')}` }],
    ['one in the name of a parameter', { target: `/?${K}=1` }],
    ['one without any parameter', { target: `/?${K}` }],
    ['one in another parameter', { target: `/?k=${K}` }],
    ['one in base64 in a parameter', { target: `/?key=${base64(K)}` }],
    ['one that is encoded twice in the right parameter', { target: `/?key=%25${K.replace('h', '68')}` }],
    ['one in base64 in the path', { target: `/${Buffer.from(`x${K}`).toString('base64url')}` }],
    ['one in another header', { headers: ['X-Other-Key', K] }],
    ['one of another secret in the header', { headers: ['x-key', other.placeholder] }],
    ['one escaped in the right header', { headers: ['x-key', K.replace('h', '%68')] }],
    ['one in the name of a header', { headers: [K, '1'] }],
    ['one in the name of a header, capitalised', { headers: [`H${K.slice(1)}`, '1'] }],
    ['one in a cookie', { headers: ['cookie', `a=${K}`] }],
    [
      'one in the referer',
      { headers: ['referer', `https://a.test/?q=${encodeURIComponent(encodeURIComponent(K.replace('_', '%5f')))}`] },
    ],
    ['one in the host', { headers: ['host', `${K}.test`] }],
    ['one in basic authentication', { headers: ['authorization', `Basic ${base64(`me:${K}`)}`] }],
    ['one in base64 in a header', { headers: ['x-key', base64(JSON.stringify({ a: K }))] }],
    ['one beside one that is right', { headers: ['x-key', `${K} ${base64(K)}`] }],
    ['one as the method', { method: K }],
  ])('%s', (_name, sent) => {
    const out = broker.outgoing(request(sent), everything);
    expect(out).toMatchObject({
      allowed: false,
      decision: { allowed: false, code: 'secret-misplaced', rule: everything.rule },
    });
    if (!out.allowed) expect(out.decision.message).toMatch(/The placeholder of the secret (api-key|other) stands in /);
  });

  it('a message that names the secret, the place, what is allowed and how to allow more', () => {
    const out = broker.outgoing(request({ headers: ['x-api-key', K] }), everything);
    expect(out).toMatchObject({
      decision: {
        message:
          'The placeholder of the secret api-key stands in the header x-api-key; this rule lets it stand only in the header x-key or the query parameter key.',
        hint: 'Allow it in the rule: credentials: [{ secret: api-key, position: { kind: header, name: x-api-key } }]',
      },
    });
    expect(broker.outgoing(request({ headers: ['x-key', K] }), grant())).toMatchObject({
      decision: { message: expect.stringContaining('this rule lets it stand nowhere') },
    });
  });

  it('a part of basic authentication, a colon in a user name, or a line break in a header', () => {
    const part = { headers: ['authorization', `Basic ${base64(`me:x${K}`)}`] };
    expect(broker.outgoing(request(part), grant([key.name, basic])).allowed).toBe(false);
    const user = { headers: ['authorization', `Basic ${base64(`${other.placeholder}:`)}`] };
    expect(broker.outgoing(request(user), grant([other.name, basic]))).toMatchObject({
      decision: { message: expect.stringContaining('holds a colon') },
    });
    expect(
      broker.outgoing(request({ headers: ['x', broken.placeholder] }), grant([broken.name, header('x')])),
    ).toMatchObject({
      decision: { message: expect.stringContaining('line break') },
    });
  });

  it.each<[string, SecretPosition, Sent]>([
    ['a header', header('x-key'), { headers: ['x-key', `${K} ${K}`] }],
    ['a header that is there twice', header('x-key'), { headers: ['x-key', K, 'X-Key', K] }],
    ['a query parameter', query('key'), { target: `/?key=${K}${K}` }],
    ['a query parameter that is there twice', query('key'), { target: `/?key=${K}&key=${K}` }],
    ['basic authentication', basic, { headers: ['authorization', `Basic ${base64(`${K}:${K}`)}`] }],
    [
      'basic authentication that is there twice',
      basic,
      { headers: [0, 1].flatMap(() => ['authorization', `Basic ${base64(`me:${K}`)}`]) },
    ],
  ])('more than one in %s', (_name, position, sent) => {
    expect(broker.outgoing(request(sent), grant([key.name, position]))).toMatchObject({
      decision: { code: 'secret-misplaced', message: expect.stringContaining('more than once') },
    });
  });

  it('but not one in each of its positions', () => {
    const out = allowed({ target: `/?key=${K}`, headers: ['x-key', K] }, everything);
    expect(out.headers).toEqual(['x-key', latin1(key.value)]);
  });

  it('trailers that hold one', () => {
    expect(broker.outgoingTrailers(['x-sum', K], everything)).toMatchObject({ code: 'secret-misplaced' });
    expect(broker.outgoingTrailers(['x-sum', '1'], everything)).toBeNull();
  });
});

describe('a body', () => {
  const length = (text: string): RawHeaders => [
    'content-type',
    'application/json; charset=utf-8',
    'content-length',
    String(Buffer.byteLength(text)),
  ];

  async function send(body: string, by: Grant, headers = length(body), sizes: number[] = []): Promise<string> {
    const { body: transform } = allowed({ headers }, by);
    return transform ? (await through(transform, Buffer.from(body), sizes)).toString() : body;
  }

  it.each<[string, string, string, string]>([
    [
      'a member',
      '/auth/token',
      `{ "auth" : {"token":"${K}", "x":1e5}, "y":[ ] }`,
      '{ "auth" : {"token":"s3cret/&\\"value é", "x":1e5}, "y":[ ] }',
    ],
    ['a part of a string', '/t', `{"t":"Bearer ${K}\\n"}`, '{"t":"Bearer s3cret/&\\"value é\\n"}'],
    ['an escaped one', '/t', `{"t":"${K.replace('h', '\\u0068')}"}`, '{"t":"s3cret/&\\"value é"}'],
    [
      'an element',
      '/a/1/b',
      `[]`.replace('[]', `{"a":[{"b":"x"},{"b":"${K}"}]}`),
      '{"a":[{"b":"x"},{"b":"s3cret/&\\"value é"}]}',
    ],
    ['a key with escapes', '/a~1b~0', `{"a\\/b~":"${K}"}`, '{"a\\/b~":"s3cret/&\\"value é"}'],
    ['nothing', '/t', '{"t":"x", "é": "\\ud83d\\ude00"}', '{"t":"x", "é": "\\ud83d\\ude00"}'],
    ['nothing, of what is no JSON', '/t', '{"t":', '{"t":'],
  ])('has %s replaced by pointer', async (_name, pointer, body, expected) => {
    expect(await send(body, grant([key.name, json(pointer)]), undefined, [3, 1, 7])).toBe(expected);
  });

  it('announces no length that it will not have, and tells what was placed', async () => {
    const body = `{"t":"${K}"}`;
    const out = allowed({ headers: length(body) }, grant([key.name, json('/t')]));
    expect(out.headers).toEqual(['content-type', 'application/json; charset=utf-8']);
    expect(out.secrets).toEqual([]);
    if (out.body) await through(out.body, Buffer.from(body));
    expect(out.secrets).toEqual([key.name]);
  });

  it.each<[string, string, string]>([
    ['another string', '/t', `{"u":"${K}"}`],
    ['the key itself', '/t', `{"${K}":"t"}`],
    ['a backslash before what looks escaped', '/t', `{"t":"\\\\u0068${K.slice(1)}"}`],
    ['base64 in the right string', '/t', `{"t":"${base64(K)}"}`],
    ['a key that is there twice', '/t', `{"t":"x","t":"${K}"}`],
    ['a key that is there twice, once escaped', '/a/t', `{"a":{"t":"${K}","\\u0074":""}}`],
    ['a string deeper than the pointer', '/t', `{"t":{"t":"${K}"}}`],
    ['a number of leading zeros', '/a/01', `{"a":["x","${K}"]}`],
    ['no JSON', '/t', `{"t":"${K}"`],
    ['a control character', '/t', `{"t":"${K}\u0000"}`],
  ])('is refused with the placeholder in %s', async (_name, pointer, body) => {
    await expect(send(body, grant([key.name, json(pointer)]))).rejects.toMatchObject({
      code: 'forbidden',
      details: { decision: { code: 'secret-misplaced' } },
    });
  });

  it('is refused when it is full of them, which would make gigabytes of a megabyte', async () => {
    const body = `{"t":"${K.repeat(Math.floor((1024 * 1024 - 8) / K.length))}"}`;
    await expect(send(body, grant([key.name, json('/t')]))).rejects.toMatchObject({
      details: { decision: { code: 'secret-misplaced', message: expect.stringContaining('more than once') } },
    });
  });

  it('is refused when it is compressed or too large to be read', async () => {
    const by = grant([key.name, json('/t')]);
    const zipped = request({
      headers: ['content-type', 'application/json', 'content-encoding', 'gzip', 'content-length', '10'],
    });
    expect(broker.outgoing(zipped, by)).toMatchObject({ decision: { message: expect.stringContaining('compressed') } });
    const large = request({ headers: ['content-type', 'application/json', 'content-length', '1048577'] });
    expect(broker.outgoing(large, by)).toMatchObject({
      decision: { message: expect.stringContaining('larger than 1048576 bytes') },
    });
    const chunked = ['content-type', 'application/json', 'transfer-encoding', 'chunked'];
    await expect(send(JSON.stringify('x'.repeat(1_048_576)), by, chunked)).rejects.toThrow('larger than 1048576 bytes');
  });

  it.each<[string, string]>([
    ['itself', K],
    ['a form', `a=${K.replace('_', '%5F')}`],
    ['JSON', `{"t":"${K.replace('_', '\\u005f')}"}`],
    ['base64', base64(`x${K}x`)],
  ])('that only passes fails before a byte of a placeholder leaves: %s', async (_name, held) => {
    const { body } = allowed({ headers: ['transfer-encoding', 'chunked'] }, grant([key.name, header('x-key')]));
    if (!body) throw new Error('nothing looks at it');
    const gone: Buffer[] = [];
    body.on('data', (chunk: Buffer) => gone.push(chunk));
    const sizes = Array.from({ length: held.length + 8 }, () => 1);
    await expect(through(body, Buffer.from(`before: ${held} after`), sizes)).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect('before: '.startsWith(Buffer.concat(gone).toString())).toBe(true);
  });

  it('that only passes is the same afterwards, however it was cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.integer({ min: 1, max: 40 })),
        async (bytes, sizes) => {
          const { body } = allowed({ httpVersion: '2' }, grant());
          expect(body && Buffer.from(bytes).equals(await through(body, Buffer.from(bytes), sizes))).toBe(true);
        },
      ),
    );
  });

  it('that cannot be is not waited for', () => {
    expect(allowed({ method: 'GET' }, grant()).body).toBeNull();
    expect(
      allowed({ headers: ['content-length', '0'], httpVersion: '2' }, grant([key.name, json('/t')])).body,
    ).toBeNull();
    expect(allowed({ method: 'GET', httpVersion: '2' }, grant()).body).not.toBeNull();
  });
});

describe('whatever is sent', () => {
  const by = grant([key.name, header('x-key')], [key.name, query('key')], [key.name, basic]);
  const piece = fc.constantFrom(
    'a',
    '%',
    '=',
    ' ',
    K,
    K.replace('h', '%68'),
    base64(K),
    '?',
    '/',
    ':',
    'Basic ',
    base64(`u:${K}`),
    other.placeholder,
  );
  const text = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));

  it('is refused, or holds the secret in declared positions only, everything else unchanged (1, 2)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('x-key', 'x-free', 'authorization'), text), { maxLength: 4 }),
        text,
        text,
        (lines, path, value) => {
          const sent = { target: `/${path.replaceAll('?', '')}?free=${value}&key=${value}`, headers: lines.flat() };
          const out = broker.outgoing(request(sent), by);
          if (!out.allowed) return;
          expect(out.target.split('key=')[0]).toBe(sent.target.split('key=')[0]);
          expect(broker.scrubText(out.target.split('&key=')[0] ?? '')).toBe(sent.target.split('&key=')[0]);
          for (const [index, [name, before]] of lines.entries()) {
            const after = out.headers[index * 2 + 1] ?? '';
            if (name === 'x-key') expect(after).toBe(before.replaceAll(K, latin1(key.value)));
            if (name === 'x-free') expect(after).toBe(before);
            expect(after).not.toContain(K);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('what a request asks for', () => {
  it('is a whole answer that can be read', () => {
    const headers = [
      'Range',
      'bytes=0-1',
      'If-Range',
      '"x"',
      'Accept-Encoding',
      'gzip, dcz, zstd;q=0.5, *',
      'Sec-WebSocket-Extensions',
      'permessage-deflate',
    ];
    expect(allowed({ headers }, grant()).headers).toEqual(['Accept-Encoding', 'gzip, zstd;q=0.5']);
    expect(allowed({ headers: ['accept-encoding', 'dcz'] }, grant()).headers).toEqual(['accept-encoding', 'identity']);
  });

  it('concerns nobody without secrets', () => {
    expect(createBroker({ secrets: [] }).concerns(grant())).toBe(false);
    expect(broker.concerns(grant())).toBe(true);
  });
});

describe('a secret that was forgotten', () => {
  const { value: _, ...lost } = other;
  const forgetful = createBroker({ secrets: [key], forgotten: [lost] });
  const sent = (more: Sent, by: Grant) => forgetful.outgoing(request(more), by, new MemoryBudget().share());
  const declared = grant([lost.name, header('x-other')], [key.name, header('x-key')], [lost.name, basic]);

  it.each<[string, Sent]>([
    ['where it was declared', { headers: ['x-other', lost.placeholder] }],
    ['in basic authentication', { headers: ['authorization', `Basic ${base64(`me:${lost.placeholder}`)}`] }],
    ['elsewhere', { target: `/?a=${lost.placeholder}` }],
  ])('refuses what holds its placeholder, %s', (_name, more) => {
    expect(sent(more, declared)).toMatchObject({
      allowed: false,
      decision: { code: 'secret-misplaced', message: expect.stringContaining('not kept'), hint: expect.any(String) },
    });
  });

  it('leaves the others as they were', async () => {
    expect(sent({ headers: ['x-key', K] }, declared)).toMatchObject({ allowed: true, secrets: [key.name] });
    const out = sent({ headers: ['content-length', '30'] }, declared);
    if (!out.allowed || !out.body) throw new Error('it is looked at');
    await expect(through(out.body, Buffer.from(lost.placeholder))).rejects.toThrow('not kept');
    const nothing = createBroker({ secrets: [], forgotten: [lost] });
    expect(nothing.concerns(grant())).toBe(true);
    expect(nothing.frames(grant()).up(1, Buffer.from(lost.placeholder), true)).toMatchObject({ allowed: false });
  });
});

describe('WebSocket frames', () => {
  const up = (frames: [string, boolean][]): (string | null)[] => {
    const guard = broker.frames(grant());
    return frames.map(([text, final], index) => {
      const verdict = guard.up(index === 0 ? 1 : 0, Buffer.from(text), final);
      return verdict.allowed ? Buffer.from(verdict.payload).toString() : null;
    });
  };

  it('hold no placeholder on their way out, also not over fragments', () => {
    expect(up([[`x${K}`, true]])).toEqual([null]);
    expect(up([['hello', true]])).toEqual(['hello']);
    expect(
      up([
        [`a ${K.slice(0, 10)}`, false],
        [K.slice(10), true],
      ]),
    ).toEqual(['a ', null]);
    expect(
      up([
        ['a hfs', false],
        ['!', true],
      ]),
    ).toEqual(['a ', 'hfs!']);
    expect(broker.frames(grant()).up(9, Buffer.from(K), true)).toMatchObject({
      decision: { code: 'secret-misplaced' },
    });
  });

  it('hold no secret on their way in', () => {
    const guard = broker.frames(grant());
    expect(Buffer.from(guard.down(1, Buffer.from('it is OTHER-'), false)).toString()).toBe('it is ');
    expect(Buffer.from(guard.down(9, Buffer.from('OTHER-VALUE:1'), true)).toString()).toBe(other.placeholder);
    expect(Buffer.from(guard.down(0, Buffer.from('VALUE:1'), true)).toString()).toBe(other.placeholder);
    expect(Buffer.from(guard.down(2, Buffer.from('OTHER-VALUE:1.'), true)).toString()).toBe(`${other.placeholder}.`);
    const ping = Buffer.from('OTHER-VALUE:1'.repeat(9));
    expect(guard.down(9, ping, true).length).toBeLessThanOrEqual(125);
  });
});
