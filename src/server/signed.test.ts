import { describe, expect, it } from 'vitest';
import { errorOf, inProcess, signingKey } from '../../test/fixtures/served.ts';
import { type Clock, systemClock } from '../base/index.ts';
import { checkGrant, maxSignedMs, signedUrl } from './signed.ts';

let nowMs = 1_000_000;
const clock: Clock = { ...systemClock, nowMs: () => nowMs };

const setUp = () => {
  const set = inProcess({ clock });
  const client = set.clientOf('a');
  const { sandbox } = set.services.a.ids;
  set.services.a.files.set('/ä&b', new TextEncoder().encode('secret'));
  return { ...set, client, sandbox };
};

describe('a signed URL', () => {
  it('downloads its file without a key, until it expires', async () => {
    const { app, client } = setUp();
    const { url, expiresAt } = await client.signFile('box-a', { path: '/ä&b', method: 'GET', expiresInMs: 5000 });
    expect(Date.parse(expiresAt)).toBe(nowMs + 5000);
    expect(await (await app.request(url)).text()).toBe('secret');
    nowMs += 5000;
    const late = await app.request(url);
    expect(late.status).toBe(403);
    expect(await late.json()).toMatchObject({
      error: { code: 'forbidden', message: expect.stringContaining('expired') },
    });
  });

  it('uploads its file', async () => {
    const { app, client, services } = setUp();
    const { url } = await client.signFile('box-a', { path: '/new', method: 'PUT' });
    const response = await app.request(url, { method: 'PUT', body: 'data' });
    expect(await response.json()).toMatchObject({ path: '/new', sizeBytes: 4 });
    expect(services.a.files.get('/new')).toEqual(new TextEncoder().encode('data'));
  });

  it('carries the id, not the name', async () => {
    const { client, sandbox } = setUp();
    expect((await client.signFile('box-a', { path: '/x', method: 'GET' })).url).toContain(`/signed/a/${sandbox}?`);
  });

  it.each<[string, (url: string) => string, string?]>([
    ['another method', (url) => url, 'PUT'],
    ['another tenant', (url) => url.replace('/signed/a/', '/signed/b/')],
    ['another sandbox', (url) => url.replace('sbx-a', 'sbx-b')],
    ['another path', (url) => url.replace('path=', 'path=%2F')],
    ['a later expiry', (url) => url.replace(/expires=\d+/, `expires=${nowMs + 10 * maxSignedMs}`)],
    [
      'another signature',
      (url) => url.replace(/signature=./, (start) => `signature=${start.endsWith('A') ? 'B' : 'A'}`),
    ],
    ['half a signature', (url) => url.slice(0, -20)],
  ])('is worth nothing with %s', async (_, tamper, method = 'GET') => {
    const { app, client, services } = setUp();
    const { url } = await client.signFile('box-a', { path: '/ä&b', method: 'GET' });
    services.a.calls.length = 0;
    const body = method === 'PUT' ? { body: 'x' } : {};
    const response = await app.request(tamper(url), { method, ...body });
    expect([response.status, await response.json()]).toMatchObject([403, { error: { code: 'forbidden' } }]);
    expect([...services.a.calls, ...services.b.calls]).toEqual([]);
  });

  it('takes no other range, header or parameter', async () => {
    const { app, client } = setUp();
    const { url } = await client.signFile('box-a', { path: '/ä&b', method: 'GET' });
    expect((await app.request(`${url}&offset=0`)).status).toBe(400);
  });

  it('is made only for what one may reach, and not for ever', async () => {
    const { client, services } = setUp();
    const input = { path: '/x', method: 'GET' } as const;
    expect(await errorOf(client.signFile(services.b.ids.sandbox, input))).toMatchObject({ code: 'sandbox-not-found' });
    const forever = client.signFile('box-a', { ...input, expiresInMs: maxSignedMs + 1 });
    expect(await errorOf(forever)).toMatchObject({ code: 'invalid-argument' });
  });

  it('ends with its key', () => {
    const grant = { method: 'GET', tenant: 'a', sandbox: 's', path: '/', expiresAtMs: nowMs + 1 } as const;
    const signature = new URL(signedUrl(signingKey, grant).url, 'http://x').searchParams.get('signature') ?? '';
    checkGrant(signingKey, grant, signature, nowMs);
    expect(() => checkGrant(new Uint8Array(32), grant, signature, nowMs)).toThrow(/signature/);
  });
});
