import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootScope, systemClock } from '../../base/index.ts';
import { type HoldfastError, networkPolicySchema } from '../../schema/index.ts';
import { compilePolicy } from '../policy/compile.ts';
import type { CompiledPolicy, Grant } from '../types.ts';
import { CheckedDialler, type Lookup } from './dialler.ts';
import { ownAddresses } from './own-addresses.ts';
import { UpstreamProxy, type UpstreamProxyOptions } from './upstream-proxy.ts';
import { readUpstreamProxy } from './upstream-setting.ts';

let server: Server;
let port: number;
const sockets = new Set<Socket>();

async function listen(onSocket: (socket: Socket) => void): Promise<Server> {
  const listening = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return listening;
}

beforeAll(async () => {
  server = await listen((socket) => socket.pipe(socket));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

const policyFor = (host: string, addresses?: string[]): CompiledPolicy =>
  compilePolicy(
    networkPolicySchema.parse({
      allow: [{ host, protocol: 'tcp', ports: [port], ...(addresses ? { addresses } : {}) }],
    }),
  );

function grantOf(policy: CompiledPolicy, host: string): Grant {
  const verdict = policy.connect({ host, port }, 'other');
  if (verdict.action !== 'tunnel') throw new Error(verdict.decision.message);
  return verdict.grant;
}

async function dial(host: string, options: { answers?: string[][]; addresses?: string[]; dialler?: CheckedDialler }) {
  const answers = options.answers ?? [];
  const lookup = async (): Promise<string[]> => answers.shift() ?? [];
  const dialler = options.dialler ?? new CheckedDialler({ clock: systemClock, lookup, upstream: null });
  const policy = policyFor(host, options.addresses);
  await using scope = rootScope({ name: 'test' });
  const dialled = await dialler.dial({ host, port }, grantOf(policy, host), policy, scope);
  dialled.socket.destroy();
  return dialled.address;
}

const own = { addresses: ['127.0.0.0/8'] };
const refused = (code: string) => ({ code: 'forbidden', details: { decision: { code } } });

describe('the dialler', () => {
  it('dials what is allowed, by number', async () => {
    expect(await dial('a.example', { ...own, answers: [['127.0.0.1']] })).toBe('127.0.0.1');
  });

  it.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1', 'fd00::1', '100.64.0.1', '0.0.0.0'])(
    'refuses a name at %s (1)',
    async (address) => {
      await expect(dial('a.example', { answers: [[address]] })).rejects.toMatchObject(refused('address-refused'));
    },
  );

  it('dials only the allowed ones among many (1)', async () => {
    const answers = [['10.0.0.1', '169.254.169.254', '127.0.0.1']];
    expect(await dial('a.example', { ...own, answers })).toBe('127.0.0.1');
  });

  it('refuses addresses of this machine, public ones too, unless the rule opens them (4)', async () => {
    const isOwn = (address: string): boolean => address === '44.1.2.3';
    const lookup = async (): Promise<string[]> => ['44.1.2.3'];
    const dialler = new CheckedDialler({ clock: systemClock, lookup, upstream: null, isOwn });
    await expect(dial('a.example', { dialler })).rejects.toMatchObject(refused('address-refused'));
    await expect(dial('a.example', { ...own, dialler })).rejects.toMatchObject(refused('address-refused'));
    const [mine = ''] = Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []);
    expect(ownAddresses(systemClock)(mine)).toBe(true);
    expect(ownAddresses(systemClock)('44.1.2.3')).toBe(false);
  });

  it('keeps the addresses of the first lookup, whatever the second would say (2)', async () => {
    const answers = [['127.0.0.1'], ['169.254.169.254']];
    const lookup = async (): Promise<string[]> => answers.shift() ?? [];
    let nowMs = 0;
    const clock = { ...systemClock, monotonicMs: () => nowMs };
    const dialler = new CheckedDialler({ clock, lookup, upstream: null });
    expect(await dial('a.example', { ...own, dialler })).toBe('127.0.0.1');
    nowMs = 59_000;
    expect(await dial('a.example', { ...own, dialler })).toBe('127.0.0.1');
    nowMs = 61_000;
    await expect(dial('a.example', { ...own, dialler })).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('says what failed', async () => {
    const reason = (name: string) => ({ code: 'network-unreachable', details: { reason: name } });
    await expect(dial('a.example', own)).rejects.toMatchObject(reason('not-resolved'));
    const failing = new CheckedDialler({
      clock: systemClock,
      upstream: null,
      lookup: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
    });
    await expect(dial('a.example', { ...own, dialler: failing })).rejects.toMatchObject({
      details: { reason: 'not-resolved', isAnswer: true },
    });
    const silent = new CheckedDialler({
      clock: systemClock,
      upstream: null,
      lookup: () => Promise.reject(Object.assign(new Error('no'), { code: 'EAI_AGAIN' })),
    });
    const unanswered = await dial('a.example', { ...own, dialler: silent }).catch((error: HoldfastError) => error);
    expect(unanswered).toMatchObject({ details: { reason: 'not-resolved' } });
    expect((unanswered as HoldfastError).details).not.toHaveProperty('isAnswer');
    const closed = await listen(() => undefined);
    const was = port;
    port = (closed.address() as AddressInfo).port;
    closed.close();
    await once(closed, 'close');
    await expect(dial('a.example', { ...own, answers: [['127.0.0.1', '127.0.0.2']] })).rejects.toMatchObject(
      reason('refused'),
    );
    port = was;
  });

  it('has a bound on lookups under way (5)', async () => {
    const dialler = new CheckedDialler({
      clock: systemClock,
      upstream: null,
      lookup: () => new Promise(() => undefined),
    });
    const policy = compilePolicy(
      networkPolicySchema.parse({ allow: [{ host: '*.example.com', protocol: 'tcp', ports: [port] }] }),
    );
    await using scope = rootScope({ name: 'test' });
    const dials = Array.from({ length: 9 }, (_, index) => {
      const host = `n${index}.example.com`;
      return dialler.dial({ host, port }, grantOf(policy, host), policy, scope);
    });
    const last = dials.pop();
    const rest = Promise.allSettled(dials);
    await expect(last).rejects.toMatchObject({ details: { reason: 'busy' } });
    await scope.close();
    await rest;
  });

  it('dials nothing while a tape is played', async () => {
    const policy = policyFor('a.example', ['127.0.0.0/8']);
    const grant = grantOf(policy, 'a.example');
    const played = { ...policy.policy, tape: { mode: 'replay' as const, tape: 'tap-1' } };
    const dialler = new CheckedDialler({ clock: systemClock, upstream: null, lookup: async () => ['127.0.0.1'] });
    await using scope = rootScope({ name: 'test' });
    const replaying: CompiledPolicy = Object.create(policy, { policy: { value: played } });
    await expect(dialler.dial({ host: 'a.example', port }, grant, replaying, scope)).rejects.toMatchObject(
      refused('tape-miss'),
    );
  });
});

describe('an upstream proxy', () => {
  const options = (
    kind: 'http' | 'socks5',
    proxy: Server,
    more: Partial<UpstreamProxyOptions> = {},
  ): UpstreamProxyOptions => ({
    kind,
    host: '127.0.0.1',
    port: (proxy.address() as AddressInfo).port,
    credentials: { user: 'me', password: 'word' },
    except: [],
    ...more,
  });
  const unknown = (): Promise<string[]> => Promise.reject(new Error('not found here'));
  const through = (settings: UpstreamProxyOptions, lookup: Lookup = unknown): CheckedDialler =>
    new CheckedDialler({ clock: systemClock, lookup, upstream: new UpstreamProxy(settings, systemClock, unknown) });

  it('is given the name, and says who asks', async () => {
    let asked = '';
    const proxy = await listen((socket) =>
      socket.once('data', (data) => {
        asked = data.toString();
        socket.write('HTTP/1.1 200 OK\r\nx: y\r\n\r\n220 first');
      }),
    );
    const policy = policyFor('a.example');
    await using scope = rootScope({ name: 'test' });
    const dialler = through(options('http', proxy));
    const { socket, address } = await dialler.dial(
      { host: 'a.example', port },
      grantOf(policy, 'a.example'),
      policy,
      scope,
    );
    expect(asked).toBe(
      `CONNECT a.example:${port} HTTP/1.1\r\nHost: a.example:${port}\r\nProxy-Authorization: Basic bWU6d29yZA==\r\n\r\n`,
    );
    expect(address).toBeNull();
    expect(String(socket.read())).toBe('220 first');
    socket.destroy();
    proxy.close();
  });

  it('takes plain HTTP itself, where it speaks HTTP', async () => {
    const asked: string[] = [];
    const proxy = await listen((socket) => socket.once('data', (data) => asked.push(data.toString())));
    const policy = policyFor('a.example');
    await using scope = rootScope({ name: 'test' });
    const to = { host: 'a.example', port };
    const dialled = await through(options('http', proxy)).dial(to, grantOf(policy, 'a.example'), policy, scope, {
      isHttp: true,
    });
    expect(dialled).toMatchObject({ address: null, bare: null, proxy: { authorization: 'Basic bWU6d29yZA==' } });
    expect(asked).toEqual([]);
    dialled.socket.destroy();
    const inward = grantOf(policy, 'a.example');
    const checked = through(options('http', proxy), () => Promise.resolve(['10.0.0.5']));
    await expect(checked.dial(to, inward, policy, scope, { isHttp: true })).rejects.toMatchObject(
      refused('address-refused'),
    );
    const direct = new UpstreamProxy(options('socks5', proxy), systemClock, unknown);
    expect(await direct.forward(scope)).toBeNull();
    proxy.close();
  });

  it('may speak SOCKS5 with a password', async () => {
    const got: Buffer[] = [];
    const replies = [Buffer.from([5, 2]), Buffer.from([1, 0]), Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])];
    const proxy = await listen((socket) =>
      socket.on('data', (data) => {
        got.push(data);
        const reply = replies.shift();
        if (reply) socket.write(reply);
      }),
    );
    expect(await dial('a.example', { dialler: through(options('socks5', proxy)) })).toBeNull();
    expect(got[0]).toEqual(Buffer.from([5, 2, 0, 2]));
    expect(got[1]?.toString('latin1')).toBe('\x01\x02me\x04word');
    expect(got[2]?.toString('latin1').slice(0, 14)).toBe('\x05\x01\x00\x03\x09a.example');
    proxy.close();
  });

  it('is told apart from the destination when it refuses', async () => {
    const proxy = await listen((socket) => socket.once('data', () => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')));
    await expect(dial('a.example', { dialler: through(options('http', proxy)) })).rejects.toMatchObject({
      code: 'network-unreachable',
      message: expect.stringContaining('403'),
    });
    proxy.close();
  });

  it('still has addresses checked here (3)', async () => {
    const proxy = await listen(() => undefined);
    await expect(dial('10.0.0.1', { dialler: through(options('http', proxy)) })).rejects.toMatchObject({
      code: 'forbidden',
    });
    proxy.close();
  });

  it('is given no name that leads inwards by any address found here (3)', async () => {
    const asked: string[] = [];
    const proxy = await listen((socket) => {
      asked.push('asked');
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    });
    const found = (...addresses: string[]): CheckedDialler =>
      through(options('http', proxy), () => Promise.resolve(addresses));
    for (const inward of [['10.0.0.5'], ['93.184.216.34', '169.254.169.254'], ['::ffff:127.0.0.1']]) {
      await expect(dial('a.example', { dialler: found(...inward) })).rejects.toMatchObject(refused('address-refused'));
    }
    expect(asked).toEqual([]);
    expect(await dial('a.example', { dialler: found('93.184.216.34', '93.184.216.35') })).toBeNull();
    expect(await dial('a.example', { dialler: found('10.0.0.5'), addresses: ['10.0.0.0/8'] })).toBeNull();
    expect(asked).toHaveLength(2);
    proxy.close();
  });

  it('is given names that are not found here, or not soon, and no more than may be looked up at once (3)', async () => {
    const proxy = await listen((socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\n')));
    const lookups: string[] = [];
    const dialler = through(options('http', proxy), (host) => {
      lookups.push(host);
      return new Promise(() => undefined);
    });
    const names = Array.from({ length: 8 }, (_, at) => `n${at}.example`);
    const dials = names.map((host) => dial(host, { dialler }));
    await expect(dial('n9.example', { dialler })).rejects.toMatchObject({ details: { reason: 'busy' } });
    expect(await Promise.all(dials)).toEqual(names.map(() => null));
    const startedMs = performance.now();
    expect(await dial('n0.example', { dialler })).toBeNull();
    expect(performance.now() - startedMs).toBeLessThan(1000);
    expect(lookups).toEqual(names);
    proxy.close();
  });

  it('is not used for exceptions', () => {
    const proxy = new UpstreamProxy(
      {
        kind: 'http',
        host: 'p',
        port: 1,
        credentials: null,
        except: ['.internal.example', 'one.example', '10.0.0.0/8'],
      },
      systemClock,
      async () => [],
    );
    const direct = ['a.internal.example', 'one.example', 'b.one.example', '10.1.2.3'];
    expect(direct.map((host) => proxy.concerns(host))).toEqual([false, false, false, false]);
    expect(['noone.example', '11.0.0.1', '2001:db8::1'].map((host) => proxy.concerns(host))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('is read from a URL', () => {
    expect(readUpstreamProxy('socks5://u:p%40@proxy.example', '.a.example, 10.0.0.0/8')).toEqual({
      kind: 'socks5',
      host: 'proxy.example',
      port: 1080,
      credentials: { user: 'u', password: 'p@' },
      except: ['.a.example', '10.0.0.0/8'],
    });
    for (const text of ['proxy:1', 'ftp://a', 'https://a', 'http://a/path', ''])
      expect(() => readUpstreamProxy(text)).toThrow(/upstream proxy/);
  });

  it('has exceptions that can be read', () => {
    const except = (text: string): string[] => readUpstreamProxy('http://proxy.example', text).except;
    expect(except(' *.Internal.example ,, .corp, one.example., 10.0.0.0/8, fd00::/8, 10.1.2.3,[fd00::1]')).toEqual([
      '.internal.example',
      '.corp',
      'one.example',
      '10.0.0.0/8',
      'fd00::/8',
      '10.1.2.3',
      'fd00::1',
    ]);
    expect(except('*')).toEqual(['*']);
    for (const text of ['10.0.0.0/33', '10.0.0.1/8', 'a.example:8080', 'http://a.example', 'a b', '*a.example', '.'])
      expect(() => except(text), text).toThrow(/no exception of the upstream proxy/);
  });
});
