/** Connections of one connection of the sandbox, behind a proxy that passes requests on one by one. */
import { createServer } from 'node:http2';
import { type Duplex, duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../base/index.ts';
import type { CompiledPolicy, Grant, MediatedConnection } from '../types.ts';
import { Http2Client } from './h2-client.ts';
import { Http2Room } from './h2-room.ts';
import type { UpstreamConnection } from './message.ts';
import { TlsMemory, Upstream } from './upstream.ts';

let dialled: Duplex[];
let upstream: Upstream;
const { signal } = new AbortController();
const sink = { write: () => true, end: () => undefined, abort: () => undefined, onDrain: () => undefined };
const handler = { interim: () => undefined, head: () => sink, failed: () => undefined };
// Behind a proxy nothing looks at what they allow.
const wanted = (isWebSocket: boolean) => ({ grant: {} as Grant, policy: {} as CompiledPolicy, isWebSocket });

beforeEach(() => {
  dialled = [];
  const dial: MediatedConnection['dialler']['dial'] = async (_destination, _grant, _policy, _scope, options) => {
    const [outside, socket] = duplexPair();
    dialled.push(outside);
    return { socket, address: null, bare: null, ...(options?.isHttp ? { proxy: { authorization: null } } : {}) };
  };
  const connection = {
    destination: { host: 'a.test', port: 80 },
    protocol: 'http',
    dialler: { dial },
  } as unknown as MediatedConnection;
  upstream = new Upstream({
    connection,
    clock: systemClock,
    memory: new TlsMemory(),
    roomDown: new Http2Room(),
    extraAuthorities: '',
  });
});
afterEach(() => upstream.close());

it('ends one that a WebSocket cannot use, when another takes its place', async () => {
  const first = await upstream.open(wanted(false), signal);
  expect(upstream.ready(wanted(false))).toBe(first);
  expect(upstream.ready(wanted(true))).toBe(null);
  await upstream.open(wanted(true), signal);
  expect([dialled.length, first.isReady]).toEqual([2, false]);
});

const request = { method: 'GET', target: '/', scheme: 'http', authority: 'a.test', isWebSocket: false } as const;
const closing = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

it('keeps none that is over, however many it has had', async () => {
  const ended: UpstreamConnection[] = [];
  for (let at = 0; at < 3; at++) {
    const connection = await upstream.open(wanted(false), signal);
    connection.send({ ...request, headers: ['Host', 'a.test'], bodyBytes: 0 }, handler);
    dialled[at]?.resume().write(closing);
    await expect.poll(() => connection.isReady).toBe(false);
    ended.push(connection);
  }
  // One is over only when its place is taken.
  const last = await upstream.open(wanted(false), signal);
  last.send({ ...request, headers: ['Host', 'a.test'], bodyBytes: 0 }, handler);
  await upstream.open(wanted(true), signal);
  const over = Promise.withResolvers<void>();
  last.onceOver(over.resolve);
  dialled[3]?.resume().write(closing);
  await over.promise;
  await turn();
  const closes = [...ended, last].map((connection) => vi.spyOn(connection, 'close'));
  upstream.close();
  expect(closes.map(({ mock }) => mock.calls.length)).toEqual([0, 0, 0, 0]);
});

it('lets one that still answers go on, and ends it with the connection of the sandbox', async () => {
  const first = await upstream.open(wanted(false), signal);
  first.send({ ...request, headers: ['Host', 'a.test'], bodyBytes: 0 }, handler);
  await upstream.open(wanted(true), signal);
  const ended = Promise.withResolvers<void>();
  dialled[0]?.once('close', ended.resolve).once('end', ended.resolve).resume();
  expect(await Promise.race([ended.promise.then(() => 'ended'), turn('goes on')])).toBe('goes on');
  upstream.close();
  await ended.promise;
});

it('hears that one in HTTP/2 is over, whoever ends it, also afterwards', async () => {
  for (const endedBy of ['outside', 'us']) {
    const [outside, socket] = duplexPair();
    const server = createServer().on('session', (session) => {
      if (endedBy === 'outside') session.destroy();
    });
    const client = new Http2Client(socket, null, new Http2Room());
    const over = Promise.withResolvers<void>();
    client.onceOver(over.resolve);
    server.emit('connection', outside);
    if (endedBy === 'us') client.close();
    await over.promise;
    expect(client.isReady).toBe(false);
    const told = vi.fn();
    client.onceOver(told);
    expect(told).toHaveBeenCalledOnce();
  }
});
