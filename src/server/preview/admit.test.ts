/** Who gets into a preview, and who does not. Numbers are the invariants of admit.ts and token.ts. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PreviewRig, previewRig, program, type Shared, sendRaw, visit } from '../../../test/fixtures/preview.ts';
import { parsePreviewDomain, placeOf } from './address.ts';
import { withoutToken } from './admit.ts';
import { checkPass, makePass } from './token.ts';

const reasonOf = ({ headers }: { headers: Record<string, unknown> }): unknown => headers['x-holdfast-decision'];

let inside: Awaited<ReturnType<typeof program>>;
let rig: PreviewRig;
let shared: Shared;

beforeAll(async () => {
  inside = await program((_request, response) => {
    response.end('hello from inside');
  });
  rig = await previewRig(inside.port);
  shared = await rig.share();
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await inside[Symbol.asyncDispose]();
});

describe('a first visit', () => {
  it('gets a cookie of this host only, and the clean address', async () => {
    const answer = await shared.get(`/a//b?x=%2f&holdfast_token=${shared.token}&y`);
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toBe(`${shared.origin}/a//b?x=%2f&y`);
    expect(answer.headers['set-cookie']?.[0]).toMatch(
      /^holdfast_preview=[\w.-]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/,
    );
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
  });

  it('leads nowhere else, whatever the path looks like', async () => {
    for (const path of ['//evil.example/', '/\\evil.example', '/%0d%0aset-cookie:x']) {
      const { headers } = await shared.get(`${path}?holdfast_token=${shared.token}`);
      expect(new URL(headers.location ?? '').origin).toBe(shared.origin);
    }
  });

  it('is followed by visits with the cookie', async () => {
    const answer = await shared.get('/page', { cookie: await shared.cookie() });
    expect([answer.status, answer.text]).toEqual([200, 'hello from inside']);
  });

  it('behind https gets a cookie that no other host can set', async () => {
    await using secure = await previewRig(inside.port, { domain: parsePreviewDomain('https://preview.example') });
    const { get, token, host, url } = await secure.share();
    expect(url).toMatch(/^https:\/\/[a-z2-7]{26}\.preview\.example\/\?holdfast_token=/);
    const { headers } = await get(`/?holdfast_token=${token}`, { host });
    expect(headers['set-cookie']?.[0]).toMatch(/^__Host-holdfast_preview=.*; Secure$/);
  });
});

describe('a program', () => {
  it('gets in with the header, from any origin and with any method', async () => {
    const headers = { 'x-holdfast-token': shared.token, origin: 'https://elsewhere.example' };
    expect((await shared.get('/', headers, 'DELETE')).status).toBe(200);
  });

  it('does not with a wrong one, even if its cookie is right', async () => {
    const headers = { 'x-holdfast-token': 'x', cookie: await shared.cookie() };
    expect((await shared.get('/', headers)).status).toBe(403);
  });
});

describe('2: without a token or cookie that is right', () => {
  const forged = (token: string): string => `${token.slice(0, -3)}${token.slice(-3) === 'AAA' ? 'BBB' : 'AAA'}`;

  it('nobody gets in, and nothing inside hears of it', async () => {
    const other = await rig.share();
    const cookie = await shared.cookie();
    const own = new Uint8Array(32).fill(1);
    const before = rig.asked.length;
    const attempts: [string, Record<string, string>, string][] = [
      ['/', {}, 'no-token'],
      ['/?holdfast_token=', {}, 'wrong-token'],
      [`/?holdfast_token=${forged(shared.token)}`, {}, 'wrong-token'],
      [`/?holdfast_token=${other.token}`, {}, 'wrong-token'],
      [`/?holdfast_token=${cookie.split('=')[1]}`, {}, 'wrong-token'],
      [`/?holdfast_token=${makePass(own, 'token', shared.record)}`, {}, 'other-key'],
      ['/', { 'x-holdfast-token': forged(shared.token) }, 'wrong-token'],
      ['/', { 'x-holdfast-token': other.token }, 'wrong-token'],
      ['/', { cookie: `holdfast_preview=${shared.token}` }, 'wrong-token'],
      ['/', { cookie: await other.cookie() }, 'wrong-token'],
      ['/', { cookie: forged(cookie) }, 'wrong-token'],
      ['/', { cookie: cookie.replace('holdfast_preview', '__Host-holdfast_preview') }, 'no-token'],
      ['/', { cookie: `x${cookie}` }, 'no-token'],
    ];
    for (const [path, headers, reason] of attempts) {
      const answer = await shared.get(path, headers);
      expect([answer.status, reasonOf(answer)], `${path} ${JSON.stringify(headers)}`).toEqual([403, reason]);
    }
    expect(rig.asked.length).toBe(before);
  });

  it('a token in the query of what changes something is none', async () => {
    expect((await shared.get(`/?holdfast_token=${shared.token}`, {}, 'POST')).status).toBe(403);
  });

  it('a wrong cookie that a sibling set does not lock the right one out', async () => {
    const cookie = `holdfast_preview=evil; ${await shared.cookie()}`;
    expect((await shared.get('/', { cookie })).status).toBe(200);
  });

  it('one that expired or was revoked says so', async () => {
    const expired = await rig.share({ expiresMs: Date.now() - 1 });
    expect(reasonOf(await expired.get('/', { 'x-holdfast-token': expired.token }))).toBe('expired');
    const revoked = await rig.share({ revoked: true });
    const answer = await revoked.get('/', { 'x-holdfast-token': revoked.token, accept: 'text/html' });
    expect([answer.status, reasonOf(answer)]).toEqual([410, 'revoked']);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.text).toContain('This preview was taken back.');
  });

  it('the reason is JSON for a program', async () => {
    const { text } = await shared.get('/');
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'forbidden', details: { reason: 'no-token' } } });
  });

  it('a public one needs none', async () => {
    const open = await rig.share({ visibility: 'public' });
    expect(open.url).toBe(`${open.origin}/`);
    expect((await open.get('/')).status).toBe(200);
  });
});

describe('1: the Host', () => {
  it('is exactly a preview of this port, or the request is misdirected', async () => {
    const { label } = shared.record;
    const { port } = rig;
    const before = rig.asked.length;
    const hosts = [
      ...['localhost', `localhost:${port}`, '127.0.0.1', `127.0.0.1:${port}`, `[::1]:${port}`, 'evil.example', ''],
      ...[
        `evil.example:${port}`,
        `${label}.localhost`,
        `${label}.localhost:${port + 1}`,
        `${label}.localhost:0${port}`,
      ],
      ...[`x.${label}.localhost:${port}`, `${label}.localhost.:${port}`, `${label}.evil.example:${port}`],
      ...[`${label.slice(1)}.localhost:${port}`, `${label}a.localhost:${port}`, `${'a'.repeat(26)}.localhost:${port}`],
      ...[`${label}.localhost:${port}@evil.example`, `evil.example/${label}.localhost:${port}`],
      ...[`${label}.localhost:${port}, evil.example`, `user@${label}.localhost:${port}`, `${label}.127.0.0.1.nip.io`],
    ];
    for (const host of hosts) {
      const headers = { host, 'x-holdfast-token': shared.token };
      const answer = await visit(port, { path: '/', method: 'GET', headers });
      expect([answer.status, reasonOf(answer)], host).toEqual([421, 'unknown-host']);
    }
    expect(rig.asked.length).toBe(before);
  });

  it('is taken in any case of its letters', async () => {
    const headers = { host: shared.host.toUpperCase(), 'x-holdfast-token': shared.token };
    expect((await visit(rig.port, { path: '/', method: 'GET', headers })).status).toBe(200);
  });

  it('is there once, and in no other place', async () => {
    const token = `x-holdfast-token: ${shared.token}\r\nconnection: close\r\n\r\n`;
    const host = `Host: ${shared.host}\r\n`;
    const twice = await sendRaw(rig.port, `GET / HTTP/1.1\r\n${host}Host: evil.example\r\n${token}`);
    expect(twice).toMatch(/^HTTP\/1\.1 (400|421) /);
    expect(await sendRaw(rig.port, `GET / HTTP/1.1\r\n${token}`)).toMatch(/^HTTP\/1\.1 421 /);
    const whole = await sendRaw(rig.port, `GET http://evil.example/ HTTP/1.1\r\n${host}${token}`);
    expect(whole).toMatch(/^HTTP\/1\.1 400 /);
    const both = 'content-length: 3\r\ntransfer-encoding: chunked\r\n';
    expect(await sendRaw(rig.port, `POST / HTTP/1.1\r\n${host}${both}${token}0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('3: with the cookie', () => {
  const navigation = (site: string, destination: string): Record<string, string> => ({
    'sec-fetch-site': site,
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': destination,
  });
  const tries: [string, string, (own: string) => Record<string, string>, number][] = [
    ['a page of its own', 'POST', (own) => ({ origin: own, 'sec-fetch-site': 'same-origin' }), 200],
    ['a link that a person follows', 'GET', () => navigation('cross-site', 'document'), 200],
    ['a typed address', 'GET', () => navigation('none', 'document'), 200],
    ['a program that names no origin', 'PUT', () => ({}), 200],
    ['a form of another site', 'POST', () => ({ origin: 'https://evil.example' }), 403],
    ['a form of nowhere', 'POST', () => ({ origin: 'null' }), 403],
    ['a sibling preview', 'POST', (own) => ({ origin: own.replace('//b', '//c') }), 403],
    ['the same name on another port', 'POST', (own) => ({ origin: own.replace(/\d+$/, '1') }), 403],
    ['the same name by https', 'POST', (own) => ({ origin: own.replace('http', 'https') }), 403],
    ['a form whose browser hides its origin', 'POST', () => navigation('cross-site', 'document'), 403],
    ['a script of a sibling, read', 'GET', () => ({ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }), 403],
    ['a frame on another site', 'GET', () => navigation('cross-site', 'iframe'), 403],
    ['a read from another origin', 'GET', () => ({ origin: 'https://evil.example' }), 403],
  ];

  it.each(tries)('%s (%s)', async (_name, method, headersOf, status) => {
    const answer = await shared.get('/', { cookie: await shared.cookie(), ...headersOf(shared.origin) }, method);
    expect(answer.status).toBe(status);
    if (status === 403) expect(reasonOf(answer)).toBe('foreign-origin');
  });
});

describe('tokens', () => {
  const key = new Uint8Array(32).fill(3);

  it('1: fit one preview, one kind and one time', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 2 ** 45 }), fc.string(), (id, expiresMs, other) => {
        const token = makePass(key, 'token', { id, expiresMs });
        expect(checkPass(key, 'token', token, { id, nowMs: expiresMs - 1 })).toBe('good');
        expect(checkPass(key, 'token', token, { id, nowMs: expiresMs })).toBe('expired');
        expect(checkPass(key, 'cookie', token, { id, nowMs: 0 })).toBe('wrong');
        if (other !== id) expect(checkPass(key, 'token', token, { id: other, nowMs: 0 })).toBe('wrong');
        const [version, , mac] = token.split('.');
        const later = `${version}.${(expiresMs + 1).toString(36)}.${mac}`;
        expect(checkPass(key, 'token', later, { id, nowMs: 0 })).toBe('wrong');
      }),
    );
  });

  it('2: anything else is wrong and throws nothing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(checkPass(key, 'token', text, { id: 'prv-1', nowMs: 0 })).toBe('wrong');
      }),
    );
  });

  it('leave the rest of a query as it is', () => {
    expect(withoutToken('/a?b=%41&holdfast%5Ftoken=x&c=+&d')).toEqual({ target: '/a?b=%41&c=+&d', token: 'x' });
    expect(withoutToken('/a?holdfast_token=x&holdfast_token=y')).toEqual({ target: '/a', token: 'x' });
    expect(withoutToken('/a?xholdfast_token=x')).toEqual({ target: '/a?xholdfast_token=x', token: null });
  });
});

describe('domains', () => {
  const label = 'a'.repeat(26);

  it.each([
    ['preview.example.com', `http://${label}.preview.example.com:4000`],
    ['https://preview.example.com', `https://${label}.preview.example.com`],
    ['https://preview.example.com:8443', `https://${label}.preview.example.com:8443`],
    ['http://preview.example.com', `http://${label}.preview.example.com`],
  ])('%s', (text, origin) => {
    expect(placeOf(parsePreviewDomain(text), 4000).originOf(label)).toBe(origin);
  });

  it.each(['', 'a b', 'ftp://x', '127.0.0.1', 'x/y', '-x', 'x:0', 'x:99999', 'x..y', '.x'])('%j is refused', (text) => {
    expect(() => parsePreviewDomain(text)).toThrow('--preview-domain');
  });
});
