/** A daemon whose only way out is a company's proxy: what passes, what the proxy sees, and that nobody else sees its password. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../../src/client/index.ts';
import type { NetworkFlow, NetworkPolicyInput } from '../../../src/schema/index.ts';
import { sh, status, until } from '../../fixtures/network/holding.ts';
import { type Inside, openInside } from '../../fixtures/network/inside.ts';
import { openUpstream, type Upstream } from '../../fixtures/network/upstream.ts';
import type { Passage } from '../../fixtures/network/upstream-worker.ts';
import { inwardAddresses, openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

const network: NetworkPolicyInput = {
  allow: [
    { host: 'friend.test', paths: ['/**'] },
    { host: 'friend.test', protocol: 'http' },
    { host: '*.friend.test' },
    { host: '*.friend.test', protocol: 'http' },
    { host: 'friend.test', protocol: 'tcp', ports: [9418] },
    { host: '44.213.7.2', protocol: 'http' },
    { host: 'nowhere.test', paths: ['/**'] },
  ],
};
const account = { user: 'clerk', password: 'p@ss:word/of the company' };
/** In every spelling that something on its way might have. */
const spellings = [
  account.password,
  encodeURIComponent(account.password),
  JSON.stringify(account.password).slice(1, -1),
  Buffer.from(account.password).toString('base64').replace(/=+$/, ''),
  Buffer.from(`${account.user}:${account.password}`).toString('base64'),
];
const read = 'https://friend.test/ok';
const unseen = 'https://a.friend.test/ok';
const bare = "--noproxy '*'";

const kinds: Passage['kind'][] = ['http', 'socks5'];

describe.skipIf(worldMissing() !== null).each(kinds)('behind a proxy: %s', { timeout: 60_000 }, (kind) => {
  let world: World;
  let upstream: Upstream;
  let inside: Inside;
  let box: Box;
  beforeAll(async () => {
    world = await openWorld();
    upstream = await openUpstream(world, account);
    inside = await openInside(world, ['--log-level', 'debug', '--upstream-proxy', upstream.url(kind)]);
    box = await inside.boxes.create({ network });
  });
  afterAll(async () => {
    await inside?.[Symbol.asyncDispose]();
    await upstream?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  it('takes everything that is allowed through it, by name', async () => {
    const asked: [url: string, host: string, port: number][] = [
      [read, 'friend.test', 443],
      [unseen, 'a.friend.test', 443],
      ['http://friend.test/ok', 'friend.test', 80],
    ];
    for (const [url, host, port] of asked) {
      for (const flags of ['', bare]) expect(await status(box, url, flags), url).toBe('200');
      expect(upstream.passages).toContainEqual({ kind, host, port, admitted: true });
    }
    expect(await sh(box, `python3 -c '${echo}'`)).toBe('hello');
    expect(upstream.passages).toContainEqual({ kind, host: 'friend.test', port: 9418, admitted: true });
    expect(await status(box, 'http://44.213.7.2/ok')).toBe('200');
    expect(upstream.passages).toContainEqual({ kind, host: '44.213.7.2', port: 80, admitted: true });
    // Names are the proxy's to resolve: no address is known here.
    const named = (await flows(inside, box)).filter(({ kind, host }) => kind !== 'dns' && host.endsWith('.test'));
    expect(named.length).toBeGreaterThan(4);
    expect(named.filter(({ address }) => address !== null)).toEqual([]);
  });

  it('passes bodies and several requests of one connection', async () => {
    const twice = 'curl -s -d a=1 http://friend.test/echo -: -s -d b=2 http://friend.test/echo';
    for (const flags of ['', bare]) {
      const answers = await sh(box, twice.replaceAll('curl', `curl ${flags}`));
      expect(answers.match(/"method":"POST"/g), answers).toHaveLength(2);
    }
  });

  it('asks it for nothing that is denied', async () => {
    const before = upstream.passages.length;
    expect(await status(box, 'https://canary.test/')).toBe('000');
    expect(await status(box, 'http://canary.test/')).toBe('403');
    expect(await status(box, 'http://169.254.169.254/')).toBe('403');
    expect(await status(box, 'https://friend.test:8443/')).toBe('000');
    expect(upstream.passages.slice(before)).toEqual([]);
    expect(world.canary.packets()).toBe(0);
  });

  it('asks it for nothing whose name leads inwards', async () => {
    const before = upstream.passages.length;
    for (const at of inwardAddresses.keys()) {
      const answer = await sh(box, `curl -si http://inward${at}.friend.test/`);
      expect(answer, answer).toMatch(/^HTTP\/1\.1 403 .*\(address-refused\)/);
      expect(await status(box, `https://inward${at}.friend.test/`)).toBe('000');
    }
    for (const name of ['loopback', 'mapped', 'self', 'unspecified']) {
      expect(await status(box, `http://${name}.friend.test/`), name).toBe('403');
    }
    expect(upstream.passages.slice(before)).toEqual([]);
    expect(world.canary.packets()).toBe(0);
  });

  it('dials what is excepted without it, and checks it as ever', async () => {
    const flags = [
      '--upstream-proxy',
      upstream.url(kind),
      '--upstream-except',
      'a.friend.test,.b.friend.test, inward0.friend.test',
    ];
    await using direct = await openInside(world, flags);
    await using excepted = await direct.boxes.create({ network });
    const before = upstream.passages.length;
    for (const url of [unseen, 'http://a.friend.test/ok', 'http://x.b.friend.test/ok']) {
      expect(await status(excepted, url), url).toBe('200');
    }
    expect(await status(excepted, 'http://inward0.friend.test/')).toBe('403');
    expect(upstream.passages.slice(before)).toEqual([]);
    const tunnelOf = async () => (await flows(direct, excepted)).find((flow) => flow.kind === 'tunnel');
    await until(async () => (await tunnelOf()) !== undefined, 'the end of the tunnel is told');
    const tunnel = await tunnelOf();
    expect(tunnel).toMatchObject({ host: 'a.friend.test', address: world.friend.address });
    expect(await status(excepted, read)).toBe('200');
    expect(upstream.passages.slice(before)).toMatchObject([{ kind, host: 'friend.test' }]);
    expect(world.canary.packets()).toBe(0);
  });

  it('says that a name is not to be had there', async () => {
    const answer = await sh(box, 'curl -si https://nowhere.test/');
    expect(answer).toMatch(/HTTP\/[\d.]+ 502[\s\S]*the upstream proxy (answered 502|replied 4) for nowhere\.test:443/);
  });

  it('keeps its password from the sandbox, the flows, the tape and the log', async () => {
    await using taped = await inside.boxes.create({ network: { ...network, tape: { mode: 'record', name: 'taped' } } });
    expect(await status(taped, read)).toBe('200');
    await until(async () => (await inside.service.listTapes()).some(({ exchanges }) => exchanges > 0), 'it is taped');
    const har: Uint8Array[] = [];
    for await (const piece of await inside.service.exportTape('taped')) har.push(piece);
    const seen = {
      tape: Buffer.concat(har).toString(),
      environment: await sh(box, 'env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr "\\0" "\\n"'),
      files: await sh(box, 'cat /run/holdfast/trust/* /etc/resolv.conf /etc/hosts 2>/dev/null | strings'),
      flows: JSON.stringify(await flows(inside, box)),
      answers: await sh(box, `curl -sv ${read.replace('ok', 'echo')} http://friend.test/echo`),
      arrivals: JSON.stringify(world.friend.arrivals),
      sandbox: JSON.stringify(await inside.service.getSandbox(box.id)),
      log: readFileSync(inside.logPath, 'utf8'),
    };
    for (const [where, text] of Object.entries(seen)) {
      expect(where === 'log' || text.length > 0, where).toBe(true);
      for (const spelling of spellings) expect(text.includes(spelling), where).toBe(false);
    }
  });

  it('says why, when it refuses the password, and when it is gone', async () => {
    await using refused = await openInside(world, ['--upstream-proxy', upstream.url(kind, 'wrong')]);
    const before = world.friend.arrivals.length;
    await saysWhy(refused, /the upstream proxy refuses the user name and password/);
    // Names are looked up before they are given to the proxy.
    expect(world.friend.arrivals.slice(before).filter(({ what }) => !/^A+ /.test(what))).toEqual([]);
    expect(upstream.passages.at(-1)).toMatchObject({ kind, admitted: false });
    expect(readFileSync(refused.logPath, 'utf8')).not.toContain('wrong');
    await upstream[Symbol.asyncDispose]();
    await using lost = await openInside(world, ['--upstream-proxy', upstream.url(kind)]);
    await saysWhy(lost, /the upstream proxy cannot be used: 44\.213\.7\.2:\d+ refuses connections/);
  });
});

const echo = `import socket
link = socket.create_connection(("friend.test", 9418), timeout=5)
link.sendall(b"hello")
print(link.recv(64).decode())`;

/** In the answer to what is read, and in the flow of what is not. */
async function saysWhy(inside: Inside, why: RegExp): Promise<void> {
  await using box = await inside.boxes.create({ network });
  for (const url of [read, 'http://friend.test/ok']) {
    const answer = await sh(box, `curl -si -m 10 ${url}`);
    expect(answer, url).toMatch(/HTTP\/[\d.]+ 502/);
    expect(answer, url).toMatch(/"code":"network-unreachable"/);
    expect(answer, url).toMatch(why);
  }
  expect(await status(box, unseen)).toBe('000');
  await until(async () => (await flows(inside, box)).some(({ kind }) => kind === 'tunnel'), 'the tunnel is told');
  const tunnel = (await flows(inside, box)).find(({ host }) => host === 'a.friend.test');
  expect(tunnel).toMatchObject({ decision: { allowed: true }, error: expect.stringMatching(why) });
}

async function flows(inside: Inside, box: Box): Promise<NetworkFlow[]> {
  const found: NetworkFlow[] = [];
  for await (const flow of inside.service.networkFlows(box.id)) found.push(flow);
  return found;
}
