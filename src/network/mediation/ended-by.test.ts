/** Whose doing it is that an exchange broke: what the sandbox breaks off is its own, whatever breaks of that next. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect as connectH2, type Http2SecureServer } from 'node:http2';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  allowed,
  createWorld,
  denied,
  grant,
  host,
  httpsOrigin,
  originAuthority,
  policyOf,
  rawTlsOrigin,
  sandboxOf,
  talk,
  type World,
  type WorldOptions,
} from '../../../test/unit/mediation-world.ts';
import { HoldfastError } from '../../schema/index.ts';
import { broken, enderOf } from '../ended-by.ts';
import type { RequestHead, SecretBroker } from '../types.ts';
import type { CertificateAuthority } from './authority.ts';
import { unreachable } from './upstream.ts';

let authority: CertificateAuthority;
let origin: { server: Http2SecureServer; port: number };
let serve: (request: IncomingMessage, response: ServerResponse) => void;
const worlds: World[] = [];

beforeAll(async () => {
  authority = await originAuthority();
  origin = await httpsOrigin(authority);
  origin.server.on('request', (request, response) => serve(request as never, response as never));
});
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
afterAll(() => {
  origin.server.close();
});

async function open(options: WorldOptions = {}, port = origin.port): Promise<World> {
  const world = await createWorld(port, authority, options);
  worlds.push(world);
  return world;
}

const head = (method: string, ...lines: string[]): string =>
  [`${method} / HTTP/1.1`, `Host: ${host}`, ...lines, '', ''].join('\r\n');

describe('the inside ended', () => {
  it.each([
    ['a request that it did not wait for', head('GET')],
    ['an upload', `${head('POST', 'Content-Length: 100')}half`],
  ])('%s', async (_, request) => {
    const asked = Promise.withResolvers<void>();
    serve = () => asked.resolve();
    const world = await open();
    const tls = await world.tls();
    tls.on('error', () => undefined).write(request);
    await asked.promise;
    tls.destroy();
    expect(await world.flow()).toMatchObject({ error: expect.any(String), endedBy: 'inside' });
  });

  it('an answer that it did not read', async () => {
    serve = (_, response) => void response.writeHead(200).write('x'.repeat(100));
    const world = await open();
    const tls = await world.tls();
    tls.on('error', () => undefined);
    await talk(tls, head('GET'), 'xxx');
    tls.destroy();
    expect(await world.flow()).toMatchObject({ status: 200, endedBy: 'inside' });
  });

  it('an upload that is kept until it is whole', async () => {
    const position = { kind: 'json' as const, pointer: '/key' };
    const policy = policyOf(() => ({
      ...{ allowed: true as const, decision: allowed },
      grant: { ...grant, credentials: [{ secret: 'key', position }] },
    }));
    const begun = Promise.withResolvers<void>();
    const body = new PassThrough();
    body.once('data', () => begun.resolve());
    const broker = {
      concerns: () => true,
      outgoing: ({ headers }: RequestHead) => ({ allowed: true, target: '/', headers, body, secrets: [] }),
      scrubText: (text: string) => text,
    };
    const world = await open({ sandbox: { policy, broker: broker as unknown as SecretBroker } });
    const tls = await world.tls();
    tls.on('error', () => undefined).write(`${head('POST', 'Content-Length: 100')}half`);
    await begun.promise;
    tls.destroy();
    expect(await world.flow()).toMatchObject({ bytesUp: 4, endedBy: 'inside' });
  });

  it('a stream of HTTP/2', async () => {
    const asked = Promise.withResolvers<void>();
    serve = () => asked.resolve();
    const world = await open();
    const tls = await world.tls({ alpn: ['h2'] });
    const session = connectH2(`https://${host}`, { createConnection: () => tls });
    session.on('error', () => undefined);
    const stream = session.request({ ':path': '/' });
    stream.on('error', () => undefined).end();
    await asked.promise;
    stream.close(8);
    expect(await world.flow()).toMatchObject({ error: expect.any(String), endedBy: 'inside' });
    session.destroy();
  });

  it('what was no greeting', async () => {
    const world = await open();
    const tcp = await world.tcp();
    tcp.on('error', () => undefined).write(head('GET'));
    expect(await world.flow()).toMatchObject({ kind: 'refused', error: expect.any(String), endedBy: 'inside' });
  });
});

describe('the outside ended', () => {
  it.each([
    ['what it did not answer', ''],
    ['what is no answer', 'SSH-2.0-x\r\n'],
    ['its answer', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart'],
  ])('%s', async (_, text) => {
    const odd = await rawTlsOrigin(authority, (socket) => socket.once('data', () => socket.end(text, 'latin1')));
    const world = await open({}, odd.port);
    const tls = await world.tls();
    tls.on('error', () => undefined);
    await talk(tls, head('GET'), text === '' || text.startsWith('SSH') ? '}}' : 'part');
    expect(await world.flow()).toMatchObject({ error: expect.any(String), endedBy: 'outside' });
    odd.server.close();
  });

  it('what it did not take', async () => {
    const dial = () => Promise.reject(new HoldfastError('network-unreachable', 'refused'));
    const world = await open({ dial });
    await talk(await world.tls(), head('GET'), '}}');
    expect(await world.flow()).toMatchObject({ status: 502, endedBy: 'outside' });
  });
});

it('the gateway ended what it was told to end, and says so', async () => {
  const asked = Promise.withResolvers<void>();
  serve = () => asked.resolve();
  const world = await open();
  const tls = await world.tls();
  tls.on('error', () => undefined).write(head('GET'));
  await asked.promise;
  world.mediations[0]?.close('gateway');
  expect(await world.flow()).toMatchObject({ error: 'the connection was ended', endedBy: 'gateway' });
});

it('nobody ended what a policy cut, and what was idle', async () => {
  serve = (_, response) => void response.writeHead(200).write('x'.repeat(100));
  const world = await open();
  for (const [at, end] of (['policy', 'idle'] as const).entries()) {
    const tls = await world.tls();
    tls.on('error', () => undefined);
    await talk(tls, head('GET'), 'xxx');
    const mediation = world.mediations.at(-1);
    if (end === 'idle') mediation?.close();
    else {
      world.sandbox = sandboxOf({ policy: policyOf(() => ({ allowed: false, decision: denied('no-rule') })) });
      mediation?.recheck();
      world.sandbox = sandboxOf();
    }
    const flow = await world.flow(at + 1);
    expect(flow.error).toEqual(expect.any(String));
    expect(flow).not.toHaveProperty('endedBy');
  }
});

describe('of what cannot be reached', () => {
  const failure = (details: Record<string, unknown>): HoldfastError =>
    new HoldfastError('network-unreachable', 'x', { details });

  it.each([
    ['a silence', failure({ reason: 'timed-out' }), 'outside'],
    ['a resolver that does not answer', failure({ reason: 'not-resolved' }), 'outside'],
    ['whatever broke on the way', unreachable({ host: 'a', port: 1 }, new Error('x')), 'outside'],
    ['a name that is not there', failure({ reason: 'not-resolved', isAnswer: true }), undefined],
    ['too many lookups at once', failure({ reason: 'busy' }), undefined],
    ['a mistake of ours', new Error('x'), undefined],
    ['another code', new HoldfastError('cancelled', 'x'), undefined],
  ])('%s', (_, error, ender) => {
    expect(enderOf(error)).toBe(ender);
  });

  it('nothing is said of what did not fail', () => {
    expect(broken(null, 'outside')).toEqual({ error: null });
    expect(broken('x', undefined)).toEqual({ error: 'x' });
    expect(broken('x', 'inside')).toEqual({ error: 'x', endedBy: 'inside' });
  });
});
