import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { everyVerb, socketVerbs } from '../../test/fixtures/every-verb.ts';
import { type RecordingService, recordingService } from '../../test/fixtures/recording-service.ts';
import { errorOf, inProcess, type Served, serveUnix } from '../../test/fixtures/served.ts';
import { collected } from '../../test/fixtures/streams.ts';
import { HoldfastError, type HoldfastService } from '../schema/index.ts';
import { createClient } from './index.ts';

const verbs = Object.keys(everyVerb) as (keyof HoldfastService)[];
const event = {
  id: 'evt-1',
  type: 'sandbox-ready',
  at: 'now',
  tenant: 't',
  sandbox: null,
  data: { a: 'ä\n\n' },
} as const;

function ready(service: RecordingService): RecordingService {
  service.files.clear();
  service.happening = [event];
  service.changes = [{ kind: 'created', path: '/a\n\nb' }];
  return service;
}

/** Defaults that the schemas fill in may come on top of what was asked. */
async function compare(verb: keyof HoldfastService, client: HoldfastService, behind: RecordingService): Promise<void> {
  const direct = ready(recordingService(behind.ids.sandbox.slice(4)));
  ready(behind);
  const expected = await everyVerb[verb](direct, direct.ids);
  const actual = await everyVerb[verb](client, behind.ids);
  expect(actual).toEqual(expected);
  const asked = (service: RecordingService): unknown[] =>
    service.calls
      .filter((call) => call.verb === verb)
      .map((call) => call.args.filter((arg) => !isStream(arg) && !isEmpty(arg)));
  expect(asked(behind).at(-1)).toMatchObject(asked(direct).at(-1) as unknown[]);
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);

const isStream = (value: unknown): boolean =>
  typeof value === 'function' || (typeof value === 'object' && value !== null && Symbol.asyncIterator in value);

describe('every verb over a unix socket', () => {
  let served: Served;
  beforeAll(async () => {
    served = await serveUnix();
  });
  afterAll(() => served[Symbol.asyncDispose]());

  it.each(verbs)('%s', (verb) => compare(verb, served.client, served.service));
});

describe('every verb over fetch', () => {
  it.each(verbs.filter((verb) => !socketVerbs.has(verb)))('%s', async (verb) => {
    const { clientOf, services } = inProcess();
    await compare(verb, clientOf('a'), services.a);
  });
});

describe('an id that is a path of its own', () => {
  it.each(['', '.', '..'])('reaches nothing else: "%s"', async (word) => {
    const asked: string[] = [];
    const note = async (url: string): Promise<never> => {
      asked.push(url);
      throw new Error('asked');
    };
    const client = createClient({ baseUrl: 'http://in.process', fetch: note, openSocket: note });
    const ids = new Proxy({} as RecordingService['ids'], { get: () => word });
    const refused: string[] = [];
    for (const verb of verbs) {
      const error = await errorOf(Promise.resolve(everyVerb[verb](client, ids)));
      if (error.code === 'invalid-argument') refused.push(verb);
      expect(error.message).toContain(error.code === 'invalid-argument' ? `"${word}"` : 'asked');
    }
    for (const url of asked) {
      const { pathname } = new URL(url);
      expect(url.split('?')[0]?.replace(/^(http|ws):\/\/in\.process/, '')).toBe(pathname);
      expect(pathname).not.toContain('//');
    }
    expect(refused.length).toBeGreaterThan(50);
    expect(refused).toEqual(
      expect.arrayContaining(['cancelSession', 'removeSession', 'revokePreview', 'attachProcess']),
    );
  });
});

describe('what goes wrong', () => {
  it('keeps code, fault, hint and details', async () => {
    const { clientOf, services } = inProcess();
    const thrown = new HoldfastError('disk-full', 'no room', { hint: 'less', details: { a: [1] }, fault: 'injected' });
    services.a.failures.set('getSandbox', thrown);
    const error = await errorOf(clientOf('a').getSandbox(services.a.ids.sandbox));
    expect(error.toBody()).toEqual(thrown.toBody());
  });

  it('says when nobody answers', async () => {
    const { unixTransport } = await import('../base/http.ts');
    const client = createClient(unixTransport('/nowhere/holdfastd.sock'));
    expect(await errorOf(client.version())).toMatchObject({ code: 'daemon-unreachable', retryable: true });
    expect(await errorOf(client.attachProcess('a', 'b'))).toMatchObject({ code: 'daemon-unreachable' });
  });

  it('says when somebody else answers', async () => {
    const fetch = async (): Promise<Response> => new Response('<html>', { status: 502 });
    const error = await errorOf(createClient({ baseUrl: 'http://x', fetch }).version());
    expect(error).toMatchObject({ code: 'daemon-unreachable', message: expect.stringContaining('not Holdfast') });
  });

  it('tells a cancelled call from one out of time', async () => {
    await using served = await serveUnix();
    const { client } = served;
    const controller = new AbortController();
    const following = collectEvents(client.events({}, { signal: controller.signal }));
    setTimeout(() => controller.abort(), 50);
    expect(await errorOf(following)).toMatchObject({ code: 'cancelled' });
    const expired = collectEvents(client.events({}, { signal: AbortSignal.timeout(50) }));
    expect(await errorOf(expired)).toMatchObject({ code: 'deadline-exceeded' });
  });

  it('throws when a download breaks off', async () => {
    await using served = await serveUnix();
    const { client, service } = served;
    service.readFile = async (_ref, path) => {
      service.files.set(path, new Uint8Array(10));
      return { stat: await service.statFile(service.ids.sandbox, path), content: breaking() };
    };
    const { content } = await client.readFile(service.ids.sandbox, '/a');
    expect(await errorOf(collected(content))).toMatchObject({ code: 'daemon-unreachable' });
  });
});

it('calls the platform’s fetch as browsers let it be called', async () => {
  vi.stubGlobal('fetch', async function (this: unknown): Promise<Response> {
    if (this !== undefined && this !== globalThis) throw new TypeError('Illegal invocation');
    return new Response('{"version":"1"}');
  });
  try {
    expect(await createClient({ baseUrl: 'http://a' }).version()).toEqual({ version: '1' });
  } finally {
    vi.unstubAllGlobals();
  }
});

describe('a light client', () => {
  it('imports neither zod nor node', () => {
    const seen = importsOf(resolve(import.meta.dirname, 'index.ts'));
    const names = [...seen].map((path) => relative(resolve(import.meta.dirname, '..'), path)).sort();
    expect(names).toEqual([
      'client/attachment.ts',
      'client/audit.ts',
      'client/call.ts',
      'client/files.ts',
      'client/index.ts',
      'client/machine.ts',
      'client/network.ts',
      'client/ports.ts',
      'client/processes.ts',
      'client/recordings.ts',
      'client/sandboxes.ts',
      'client/sessions.ts',
      'client/sse.ts',
      'client/transport.ts',
      'client/watch.ts',
      'schema/box.ts',
      'schema/error-class.ts',
      'schema/port-stream.ts',
      'schema/wire.ts',
    ]);
  });
});

/** Everything loaded at run time; a package or a Node module throws. */
function importsOf(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  const text = readFileSync(path, 'utf8');
  for (const [, names, target] of text.matchAll(/^(?:import|export) (?!type )([^;]*?)from '([^']+)'/gms)) {
    const isTypesOnly =
      names?.trim().startsWith('{') &&
      names
        .replace(/[{}\s]/g, ' ')
        .split(',')
        .every((name) => /^\s*(type\s|$)/.test(name));
    if (isTypesOnly) continue;
    if (!target?.startsWith('.')) throw new Error(`${path} imports ${target}`);
    importsOf(resolve(dirname(path), target), seen);
  }
  return seen;
}

async function collectEvents(source: AsyncIterable<unknown>): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const one of source) events.push(one);
  return events;
}

async function* breaking(): AsyncGenerator<Uint8Array, void, undefined> {
  yield new Uint8Array(5);
  throw new HoldfastError('sandbox-died', 'gone');
}
