/** What may be read may not be written: registries of presets, and buckets beside an allowed one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sh } from '../../fixtures/network/holding.ts';
import { type Inside, openDaemon } from '../../fixtures/network/inside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

/** Of the friend: presets resolve names with the machine's own resolver, which knows none of the world's. */
const registry = 'http://44.213.7.2';
const answer = "-o /dev/null -w '%{http_code} %header{x-holdfast-decision}'";

describe.skipIf(worldMissing() !== null)('what may be read', { timeout: 60_000 }, () => {
  let world: World;
  let inside: Inside;
  beforeAll(async () => {
    world = await openWorld();
    inside = await openDaemon({
      within: (argv) => world.atHome(argv),
      flags: ['--resolver', world.resolver],
      trust: world.authority,
      environment: { npm_config_registry: `${registry}/npm/`, PIP_INDEX_URL: `${registry}/pip/simple` },
    });
  });
  afterAll(async () => {
    await inside?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  const arrived = (from: number): string[] =>
    world.friend.arrivals
      .slice(from)
      .filter(({ kind }) => kind === 'http')
      .map(({ what }) => what);

  it.each([
    ['npm' as const, ['/npm/mine', '/npm/-/npm/v1/security/audits']],
    // Tools upload beside the index.
    ['pip' as const, ['/pip/simple/', '/pip/simple/mine/', '/pip/legacy/']],
  ])('N12: is not published to, under the preset %s', async (preset, paths) => {
    await using box = await inside.boxes.create({ network: { presets: [preset] } });
    const before = world.friend.arrivals.length;
    const [path] = paths;
    expect(await sh(box, `curl -s ${answer} ${registry}${path}`)).toBe('200');
    const read = arrived(before);
    expect(read).toHaveLength(1);
    for (const method of ['PUT', 'POST', 'PATCH', 'DELETE'])
      for (const place of paths) {
        const said = await sh(box, `curl -s -X ${method} -d secret ${answer} ${registry}${place}`);
        expect(said, `${method} ${place}`).toMatch(/^403 (method|path)-not-allowed$/);
      }
    expect(arrived(before)).toEqual(read);
  });

  it('N12: is not published to by npm itself', async ({ skip }) => {
    await using box = await inside.boxes.create({ network: { presets: ['npm'] } });
    if ((await sh(box, 'test -x /usr/bin/npm && echo there')) !== 'there') skip('npm is not there');
    const before = world.friend.arrivals.length;
    const package_ = `'{"name":"mine","version":"1.0.0"}'`;
    const said = await sh(
      box,
      `cd $(mktemp -d) && echo ${package_} > package.json && npm config set //44.213.7.2/npm/:_authToken x && npm publish`,
    );
    expect(said).toMatch(/E403|403 Forbidden/);
    expect(arrived(before).filter((what) => !what.startsWith('GET '))).toEqual([]);
  });

  it('N12: is no other bucket of the same store', async () => {
    const policy = {
      allow: [
        { host: 'store.friend.test', methods: ['GET', 'PUT'], paths: ['/mine/**'] },
        { host: 'mine-store.friend.test', methods: ['GET', 'PUT'], paths: ['/**'] },
      ],
    };
    await using box = await inside.boxes.create({ network: policy });
    const put = (url: string, flags = ''): Promise<string> =>
      sh(box, `curl -s -X PUT -d secret --path-as-is ${flags} ${answer} '${url}'`);
    const before = world.friend.arrivals.length;
    for (const url of ['https://store.friend.test/mine/key', 'https://mine-store.friend.test/key'])
      expect(await put(url), url).toBe('200');
    const allowed = arrived(before);
    expect(allowed).toHaveLength(2);
    const foreign: [url: string, flags: string, answer: RegExp][] = [
      ['https://store.friend.test/theirs/key', '', /^403 path-not-allowed$/],
      ['https://store.friend.test/mine', '', /^403 path-not-allowed$/],
      ['https://store.friend.test/mine/../theirs/key', '', /^403 path-malformed$/],
      ['https://store.friend.test/mine/%2e%2e/theirs/key', '', /^403 path-malformed$/],
      ['https://store.friend.test/mine%2f..%2ftheirs/key', '', /^403 path-malformed$/],
      ['https://store.friend.test//theirs/key', '', /^403 path-malformed$/],
      ['https://store.friend.test/mine/key', "-H 'Host: theirs-store.friend.test'", /^421 name-mismatch$/],
      ['https://store.friend.test/mine/key', "-H 'X-Original-URL: /theirs/key'", /^403 path-not-allowed$/],
      ['https://theirs-store.friend.test/key', '', /^000/],
      ['https://theirs-store.friend.test/key', "--noproxy '*'", /^000/],
      [
        'https://theirs-store.friend.test/key',
        '--connect-to theirs-store.friend.test:443:mine-store.friend.test:443 -k',
        /^000/,
      ],
      ['https://mine-store.friend.test/key', "-H 'Host: theirs-store.friend.test'", /^421 name-mismatch$/],
    ];
    for (const [url, flags, expected] of foreign) expect(await put(url, flags), `${url} ${flags}`).toMatch(expected);
    expect(arrived(before)).toEqual(allowed);
  });
});
