/** Connections of one connection of the sandbox, behind a proxy that passes requests on one by one. */
import { type Duplex, duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import type { CompiledPolicy, Grant, MediatedConnection } from '../types.ts';
import { Http2Room } from './h2-room.ts';
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

it('lets one that still answers go on, and ends it with the connection of the sandbox', async () => {
  const first = await upstream.open(wanted(false), signal);
  const request = { method: 'GET', target: '/', scheme: 'http', authority: 'a.test', isWebSocket: false } as const;
  first.send({ ...request, headers: ['Host', 'a.test'], bodyBytes: 0 }, handler);
  await upstream.open(wanted(true), signal);
  const ended = Promise.withResolvers<void>();
  dialled[0]?.once('close', ended.resolve).once('end', ended.resolve).resume();
  expect(await Promise.race([ended.promise.then(() => 'ended'), turn('goes on')])).toBe('goes on');
  upstream.close();
  await ended.promise;
});
