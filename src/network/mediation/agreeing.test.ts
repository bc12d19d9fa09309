/** Before the first request of a connection: what the outside is greeted with, and how often. */
import { once } from 'node:events';
import type { Http2SecureServer } from 'node:http2';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  createWorld,
  grant,
  host,
  httpsOrigin,
  originAuthority,
  policyOf,
  talk,
  type World,
  type WorldOptions,
} from '../../../test/unit/mediation-world.ts';
import { systemClock } from '../../base/index.ts';
import { RuleMeter } from '../gateway/meter.ts';
import type { Grant } from '../types.ts';
import type { CertificateAuthority } from './authority.ts';

let authority: CertificateAuthority;
let origin: { server: Http2SecureServer; port: number };
const worlds: World[] = [];
beforeAll(async () => {
  authority = await originAuthority();
  origin = await httpsOrigin(authority);
  origin.server.on('request', (_request, response) => response.end('ok'));
});
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
afterAll(() => origin.server.close());

async function open(grants: Grant[], options: WorldOptions = {}): Promise<World> {
  const sandbox = { policy: { ...policyOf(), grants: () => grants }, ...options.sandbox };
  const world = await createWorld(origin.port, authority, { ...options, sandbox });
  worlds.push(world);
  return world;
}

it('greets the outside no more often than requests may come, and speaks on', async () => {
  const limited = { ...grant, limits: { requestsPerMinute: 2 } };
  const world = await open([limited], { sandbox: { meter: new RuleMeter(systemClock) } });
  const alpn = ['h2', 'http/1.1'];
  const spoken: unknown[] = [];
  for (let at = 0; at < 4; at++) spoken.push((await world.tls({ alpn })).alpnProtocol);
  expect(spoken).toEqual(['h2', 'h2', 'http/1.1', 'http/1.1']);
  expect(world.dials.length).toBe(2);
  const late = await world.tls({ alpn });
  expect(await talk(late, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, 'ok')).toContain('200 OK');
  expect(world.dials.length).toBe(3);
});

it('greets it with the leave that every rule gives, and with none that only one gives', async () => {
  const given: (readonly string[])[] = [];
  const dial = async ({ addresses }: Grant): ReturnType<NonNullable<WorldOptions['dial']>> => {
    given.push(addresses);
    const socket = connect(origin.port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  const opening = (...addresses: string[]): Grant => ({ ...grant, addresses });
  const [near, both] = [opening('10.0.0.0/8'), opening('192.168.0.0/16', '10.0.0.0/8')];
  for (const grants of [[near], [near, both], [near, grant], []]) await (await open(grants, { dial })).tls();
  expect(given).toEqual([['10.0.0.0/8'], ['10.0.0.0/8'], [], []]);
});
