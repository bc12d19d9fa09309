import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { everyVerb, socketVerbs } from '../../test/fixtures/every-verb.ts';
import { errorOf, inProcess } from '../../test/fixtures/served.ts';
import { type Clock, systemClock } from '../base/index.ts';
import { type ErrorBody, errorBodySchema, errorCodes, HoldfastError, type HoldfastService } from '../schema/index.ts';
import { maxJsonBytes } from './body.ts';
import type { App } from './index.ts';
import { routes } from './routes/index.ts';

const json = { 'content-type': 'application/json' };
const key = { authorization: 'Bearer key-a' };

interface Failed {
  status: number;
  error: ErrorBody;
}

/** Also checks that it is the one shape, with its code's status. */
async function failed(app: App, path: string, init: RequestInit = {}): Promise<Failed> {
  const response = await app.request(path, { ...init, headers: { ...key, ...init.headers } });
  const body = (await response.json()) as { error: ErrorBody };
  expect(Object.keys(body)).toEqual(['error']);
  const error = errorBodySchema.parse(body.error);
  expect(response.status).toBe(errorCodes[error.code].httpStatus);
  return { status: response.status, error };
}

const post = (body: unknown, more: RequestInit = {}): RequestInit => ({
  method: 'POST',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers: json,
  ...more,
});

describe('refusals', () => {
  const { app, services } = inProcess();
  const { sandbox } = services.a.ids;

  it('names an unknown field', async () => {
    const { error } = await failed(app, '/v1/sandboxes', post({ limits: { memoryByte: 1 } }));
    expect(error).toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('memoryByte') });
    expect(error.details?.['issues']).toEqual([{ path: 'limits', message: 'Unrecognized key: "memoryByte"' }]);
  });

  it.each([
    ['malformed JSON', post('{"a":')],
    ['not UTF-8', { method: 'POST', body: new Uint8Array([0x22, 0xff, 0x22]), headers: json }],
    ['another type of body', post('a=b', { headers: { 'content-type': 'application/x-www-form-urlencoded' } })],
    ['an array', post([])],
    ['null', post('null')],
  ] as const)('%s', async (_, init) => {
    expect((await failed(app, '/v1/sandboxes', init)).error.code).toBe('invalid-argument');
  });

  it.each([
    ['an unknown query parameter', `/v1/sandboxes?colour=red`, 'colour'],
    ['a parameter given twice', `/v1/sandboxes?limit=1&limit=2`, 'limit'],
    ['a number in disguise', `/v1/sandboxes?limit=1e2`, 'limit'],
    ['an empty number', `/v1/sandboxes?limit=`, 'limit'],
    ['a number out of range', `/v1/sandboxes?limit=1001`, 'limit'],
    ['a flag that is neither', `/v1/sandboxes?all=1`, 'all'],
    ['a pair without a key', `/v1/sandboxes?metadata==b`, 'metadata'],
    ['a relative path', `/v1/sandboxes/${sandbox}/files/stat?path=a`, 'absolute'],
    ['a NUL in a path', `/v1/sandboxes/${sandbox}/files/stat?path=/a%00b`, 'NUL'],
    ['a missing path', `/v1/sandboxes/${sandbox}/files`, 'path'],
    ['a NUL in a reference', `/v1/sandboxes/a%00b`, 'ref'],
    ['a reference too long', `/v1/sandboxes/${'a'.repeat(300)}`, 'ref'],
    ['an attachment without a WebSocket', `/v1/sandboxes/${sandbox}/processes/prc-1/attach`, 'WebSocket'],
  ])('%s', async (_, path, named) => {
    const { error } = await failed(app, path);
    expect(error).toMatchObject({ code: 'invalid-argument', message: expect.stringContaining(named) });
  });

  it('a method that the path does not take', async () => {
    const response = await app.request('/v1/version', { method: 'PATCH', headers: key });
    expect(response.headers.get('allow')).toBe('GET');
    expect((await failed(app, '/v1/version', { method: 'PATCH' })).error.code).toBe('invalid-argument');
  });

  it('an unknown route, without a key', async () => {
    const response = await app.request('/nowhere');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'not-found' } });
  });

  it('a body where none belongs', async () => {
    const { error } = await failed(app, `/v1/sandboxes/${sandbox}/resume`, post({ a: 1 }));
    expect(error.message).toContain('takes no body');
  });

  it('a deadline that is none', async () => {
    const { error } = await failed(app, '/v1/version', { headers: { 'holdfast-timeout-ms': '-1' } });
    expect(error.message).toContain('holdfast-timeout-ms');
  });

  it('a body too large, as soon as that is known', async () => {
    const { error, status } = await failed(app, '/v1/sandboxes', post(`"${'a'.repeat(maxJsonBytes)}"`));
    expect([error.code, status]).toEqual(['file-too-large', 413]);
    const body = new ReadableStream({ pull: () => Promise.reject(new Error('it was read')) }, { highWaterMark: 0 });
    const headers = { ...json, 'content-length': String(maxJsonBytes + 1) };
    const announced = await failed(app, '/v1/sandboxes', { ...post(''), body, headers, duplex: 'half' } as RequestInit);
    expect(announced.error.code).toBe('file-too-large');
  });

  it('a client that falls silent in the middle of its body', async () => {
    const clock: Clock = {
      ...systemClock,
      after: (ms, fn) => (ms === 60_000 ? systemClock.after(10, fn) : () => undefined),
    };
    const { app: impatient } = inProcess({ clock });
    const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([0x7b])) });
    const init = { ...post(''), body, duplex: 'half' } as RequestInit;
    expect((await failed(impatient, '/v1/sandboxes', init)).error.code).toBe('deadline-exceeded');
  });

  it('no key, before the body is read', async () => {
    const body = new ReadableStream({ pull: () => Promise.reject(new Error('it was read')) });
    const response = await app.request('/v1/sandboxes', { method: 'POST', body, duplex: 'half' } as RequestInit);
    expect(response.status).toBe(401);
  });

  it('a bug of ours, without its stack', async () => {
    services.a.failures.set('version', new TypeError('x is not a function'));
    const { error } = await failed(app, '/v1/version');
    expect(error).toMatchObject({ code: 'internal', fault: 'bug', message: 'x is not a function' });
    expect(JSON.stringify(error)).not.toContain('.ts:');
  });
});

describe('ordinary answers', () => {
  const { app, services } = inProcess();
  const { sandbox } = services.a.ids;
  const exec = `/v1/sandboxes/${sandbox}/exec`;

  it('gives bytes as base64, or as text when asked', async () => {
    const body = { argv: ['cat'], stdin: Buffer.from([0, 255]).toString('base64') };
    const asBase64 = await app.request(exec, { ...post(body), headers: { ...json, ...key } });
    expect(await asBase64.json()).toMatchObject({ stdout: 'AP8=', stderr: 'AP8K', encoding: 'base64', exitCode: 0 });
    const asText = await app.request(`${exec}?encoding=utf8`, {
      ...post({ argv: ['hé'] }),
      headers: { ...json, ...key },
    });
    expect(await asText.json()).toMatchObject({ stdout: 'hé', encoding: 'utf8' });
  });

  it('refuses stdin that is not base64', async () => {
    expect((await failed(app, exec, post({ argv: ['a'], stdin: '*' }))).error.message).toContain('stdin');
  });

  it('feeds the idempotency-key header, and refuses two that differ', async () => {
    await app.request('/v1/sandboxes', { ...post({}), headers: { ...json, ...key, 'idempotency-key': 'k1' } });
    expect(services.a.calls.at(-1)?.args[0]).toMatchObject({ idempotencyKey: 'k1' });
    const two = post({ idempotencyKey: 'k2' }, { headers: { ...json, 'idempotency-key': 'k1' } });
    expect((await failed(app, '/v1/sandboxes', two)).error.message).toContain('differ');
    const useless = post({ argv: ['a'] }, { headers: { ...json, 'idempotency-key': 'k1' } });
    expect((await failed(app, exec, useless)).error.message).toContain('no idempotency-key');
  });

  it('passes the deadline on', async () => {
    await app.request('/v1/version', { headers: { ...key, 'holdfast-timeout-ms': '1234' } });
    expect(services.a.calls.at(-1)?.args).toEqual([{ timeoutMs: 1234 }]);
  });

  it('keeps a request id, or makes one', async () => {
    const given = await app.request('/v1/health', { headers: { 'x-request-id': 'abc-1' } });
    expect(given.headers.get('x-request-id')).toBe('abc-1');
    const made = await app.request('/v1/health', { headers: { 'x-request-id': 'a b' } });
    expect(made.headers.get('x-request-id')).toMatch(/^opr-/);
  });

  it('answers HEAD without the body, and leaves nothing open', async () => {
    services.a.files.set('/f', new Uint8Array(100_000));
    const response = await app.request(`/v1/sandboxes/${sandbox}/files?path=/f`, { method: 'HEAD', headers: key });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  it('cancels reads when the client leaves, and never what changes something', async () => {
    const cancelled: string[] = [];
    for (const verb of (Object.keys(everyVerb) as (keyof HoldfastService)[]).filter((one) => !socketVerbs.has(one))) {
      const { services: fresh, clientOf } = inProcess();
      fresh.a.happening = [{ id: 'evt-1', type: 'sandbox-ready', at: 'now', tenant: 'a', sandbox: null, data: {} }];
      fresh.a.changes = [{ kind: 'created', path: '/a' }];
      await everyVerb[verb](clientOf('a'), fresh.a.ids);
      if (fresh.a.calls.some((call) => call.verb === verb && call.signal)) cancelled.push(verb);
    }
    expect(cancelled.join(' ')).toBe(
      'version doctor getSandbox listSandboxes getSnapshot listSnapshots verifySnapshot diff patch exportFiles faultReport ' +
        'listProcesses statFile listFiles readFile searchFiles watchFiles ' +
        'explainNetwork networkFlows listSecrets listTapes exportTape environmentTokens listRecordings getRecording recordingEvents ' +
        'recordingContent verifyRecording replayRecording bisectRecording exportRecording exportTest runTest listPreviews ' +
        'listWatches listFindings getFinding metrics ' +
        'listTools getSession listSessions listStops sessionEntries sessionUpdates listApprovals searchMemories auditEntries ' +
        'auditEvidence exportAudit listHolds listTemplates buildTemplate events journal',
    );
  });

  it('makes downloads harmless to a browser', async () => {
    services.a.files.set('/x.html', new TextEncoder().encode('<script>'));
    const response = await app.request(`/v1/sandboxes/${sandbox}/files?path=/x.html`, { headers: key });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
      'x-content-type-options': 'nosniff',
    });
  });
});

describe('events', () => {
  const event = (id: string) =>
    ({ id, type: 'sandbox-ready', at: 'now', tenant: 'a', sandbox: null, data: {} }) as const;

  it('resume after the last one seen', async () => {
    const { app, services } = inProcess();
    services.a.happening = [event('evt-1'), event('evt-2'), event('evt-3')];
    const leave = new AbortController();
    const headers = { ...key, 'last-event-id': 'evt-1' };
    const response = await app.request('/v1/events', { headers, signal: leave.signal });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('evt-3')) text += (await reader?.read())?.value ?? '';
    expect(text.match(/^id: .*$/gm)).toEqual(['id: evt-2', 'id: evt-3']);
    expect(services.a.calls.at(-1)).toMatchObject({ verb: 'events', args: [{ since: 'evt-1' }, {}] });
    await reader?.cancel();
    expect(services.a.calls.at(-1)?.signal?.aborted).toBe(true);
  });

  it('end with an error that says why', async () => {
    const { clientOf, services } = inProcess();
    services.a.events = () => lost();
    const read = async (): Promise<void> => {
      for await (const _ of clientOf('a').events());
    };
    expect(await errorOf(read())).toMatchObject({ code: 'events-lost' });
  });

  it('end when the server closes', async () => {
    const closing = new AbortController();
    const { clientOf } = inProcess({ closing: closing.signal });
    const read = async (): Promise<void> => {
      for await (const _ of clientOf('a').events());
    };
    setTimeout(() => closing.abort(), 20);
    expect(await errorOf(read())).toMatchObject({ code: 'daemon-unreachable' });
  });

  it('carry the failure of a build', async () => {
    const { clientOf, services } = inProcess();
    services.a.failures.set('buildTemplate', new HoldfastError('disk-full', 'no room'));
    const build = clientOf('a').buildTemplate({ name: 't', from: 'directory', directory: '/x' });
    expect(await errorOf(build)).toMatchObject({ code: 'disk-full' });
  });
});

function lost(): AsyncIterable<never> {
  return {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new HoldfastError('events-lost', 'too late')) }),
  };
}

describe('tenants', () => {
  const swapped = (Object.keys(everyVerb) as (keyof HoldfastService)[]).filter(
    (verb) => /ids\./.test(String(everyVerb[verb])) && !socketVerbs.has(verb),
  );

  it('were swapped on every verb that takes an id', () => {
    expect(swapped.length).toBe(68);
  });

  it.each(swapped)('%s finds nothing of another', async (verb) => {
    const { clientOf, services } = inProcess();
    services.b.changes = [{ kind: 'created', path: '/secret' }];
    const error = await errorOf(everyVerb[verb](clientOf('a'), services.b.ids));
    expect(error.code).toMatch(/^(sandbox|snapshot|template|session|recording)-not-found$/);
    const touched = services.b.calls.filter((call) => call.verb === verb);
    expect(touched).toEqual([]);
  });
});

describe('any request', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('..', '%', '%00', '__proto__', ''));
  const request = fc.record({
    route: fc.constantFrom(...routes),
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
    params: fc.array(fc.oneof(fc.constant('sbx-a'), text), { minLength: 2, maxLength: 2 }),
    query: fc.dictionary(fc.oneof(fc.constantFrom('path', 'limit', 'offset', 'to', 'source', 'since'), text), text),
    body: fc.oneof(fc.json(), fc.string(), fc.constant(undefined)),
    type: fc.constantFrom('application/json', 'application/vnd.holdfast.exec', 'text/plain'),
    own: fc.boolean(),
  });

  it('gets an answer or the one error shape, never our own failure', async () => {
    const { app } = inProcess();
    await fc.assert(
      fc.asyncProperty(request, async ({ route, method, params, query, body, type, own }) => {
        const path = route.path.replace(/\{\w+\}/g, () => encodeURIComponent(params.pop()?.toWellFormed() ?? ''));
        const search = new URLSearchParams(query);
        const asked = own ? route.method : method;
        const response = await app.request(`/v1${path}?${search}`, {
          method: asked,
          headers: { ...key, 'content-type': type },
          ...(body !== undefined && asked !== 'GET' ? { body: body.toWellFormed() } : {}),
        });
        expect(response.status).not.toBe(500);
        if (response.status >= 400) errorBodySchema.parse(((await response.json()) as { error: unknown }).error);
        else await response.body?.cancel();
      }),
      { numRuns: 1500 },
    );
  });
});
