/**
 * Real clients recorded, then the servers are gone, then the same clients again: what they print is the same to the byte, and
 * no packet leaves. And what was played is told: used, unused, missed.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../../src/client/index.ts';
import type { HoldfastEvent, NetworkPolicyInput, TapeInfo } from '../../../src/schema/index.ts';
import { runCli } from '../../fixtures/cli.ts';
import { gitBackend } from '../../fixtures/network/git-backend.ts';
import { commit, makeRepository } from '../../fixtures/network/git-repository.ts';
import { until } from '../../fixtures/network/holding.ts';
import { type Inside, openInside } from '../../fixtures/network/inside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

const policy: NetworkPolicyInput = {
  allow: [
    { host: 'friend.test', methods: ['GET', 'POST'] },
    { host: 'friend.test', protocol: 'http' },
  ],
};
const say = readFileSync(join(import.meta.dirname, '../../fixtures/network/say.py'), 'utf8');
const upgrade = [
  ...['GET /live HTTP/1.1', 'Host: friend.test', 'Connection: Upgrade', 'Upgrade: websocket'],
  ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', '', ''],
].join('\\r\\n');
const frames = [
  '\\x81\\x85\\0\\0\\0\\0hello',
  '\\x82\\x84\\0\\0\\0\\0\\x00\\x01\\xfe\\xff',
  '\\x88\\x82\\0\\0\\0\\0\\x03\\xe8',
];
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const base = 'https://friend.test';

/** Each prints all that its client got; most show heads too. */
const clients: Record<string, string> = {
  'server-sent events': `curl -siN ${base}/events`,
  'server-sent events over HTTP/1.1, chunks as they are': `curl -siN --raw --http1.1 ${base}/events`,
  'server-sent events in node': `node -e 'fetch("${base}/events").then(async (a) => console.log(a.status, await a.text()))'`,
  'a WebSocket': `python3 -c ${quoted(say)} friend.test ${[upgrade, ...frames].map(quoted).join(' ')} | od -c`,
  'redirects with cookies': `curl -siL -b jar -c jar ${base}/hop/1 && grep -v '^# ' jar`,
  'redirects with cookies in python': `python3 -c ${quoted(`import http.cookiejar, urllib.request as u
jar = http.cookiejar.CookieJar()
answer = u.build_opener(u.HTTPCookieProcessor(jar)).open('${base}/hop/1')
print(answer.url, answer.headers, answer.read(), [(c.name, c.value, c.path, c.secure) for c in jar])`)}`,
  'gzip as it is': `curl -si -H 'accept-encoding: gzip' '${base}/echo?coding=gzip' | od -c`,
  'gzip decoded': `curl -si --compressed '${base}/echo?coding=gzip'`,
  'chunks with trailers': `curl -si --raw --http1.1 ${base}/trailers`,
  'HTTP/2 with trailers': `curl -siv ${base}/trailers 2>&1 | grep -i '^< \\|x-digest\\|one\\|three'`,
  'chunks with trailers, plainly': 'curl -si --raw http://friend.test/trailers',
  'a body that is sent': `curl -si -d 'a=1&b=2' ${base}/echo`,
  'a million bytes': `curl -s ${base}/bytes/1000000 | sha256sum`,
  'an error': `curl -si '${base}/echo?status=500'`,
};
const clone = 'git clone -q https://friend.test/git/team/r.git && cat r/file && git -C r rev-parse HEAD';

describe.skipIf(worldMissing() !== null)('a tape played when its servers are gone', { timeout: 120_000 }, () => {
  const repositories = mkdtempSync(join(tmpdir(), 'hf-git-'));
  const hasGit = existsSync(gitBackend);
  let world: World;
  let inside: Inside;
  let tape = 'none';
  let player: Box;
  const recorded = new Map<string, string>();
  const all: Record<string, string> = { ...clients, ...(hasGit ? { 'git clone': clone } : {}) };
  let packets: number[];
  const seen = (): number[] => [world.home, world.friend, world.canary].map(({ packets }) => packets());

  beforeAll(async () => {
    makeRepository(repositories);
    commit(repositories, 'taped');
    world = await openWorld({ repositories });
    inside = await openInside(world);
    {
      await using recorder = await inside.boxes.create({
        network: { ...policy, tape: { mode: 'record', name: 'gone' } },
      });
      for (const [name, script] of Object.entries(all)) recorded.set(name, await run(recorder, script));
      await run(recorder, `curl -s ${base}/never-asked-again`);
    }
    tape = (await taped())?.id ?? tape;
    for (const host of [world.friend, world.canary]) await host.end();
    packets = seen();
    player = await inside.boxes.create({ network: { ...policy, tape: { mode: 'replay', tape } } });
  }, 120_000);
  afterAll(async () => {
    await inside?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
    rmSync(repositories, { recursive: true, force: true });
  });

  it('was recorded from clients that got something', () => {
    for (const [name, text] of recorded) expect(text.length, name).toBeGreaterThan(10);
    expect(recorded.get('server-sent events')).toContain('data: 3');
    expect(recorded.get('a WebSocket')).toMatch(/h {3}e {3}l {3}l {3}o/);
    expect(recorded.get('redirects with cookies')).toContain('last=2; step2=was-here; step1=was-here\n');
    expect(recorded.get('gzip as it is')).toMatch(/037 213/);
    expect(recorded.get('gzip decoded')).toContain('"method":"GET"');
    expect(recorded.get('chunks with trailers')).toMatch(/\r\n0\r\nx-digest: of-three-pieces\r\n\r\n$/i);
    expect(recorded.get('HTTP/2 with trailers')).toContain('of-three-pieces');
    if (hasGit) expect(recorded.get('git clone')).toMatch(/^taped\n[0-9a-f]{40}\n$/);
  });

  it.each(Object.entries(all))('answers to the byte: %s', async (name, script) => {
    expect(await run(player, script)).toBe(recorded.get(name));
  });

  it('tells what it answered, what it did not have, and what nobody asked for', async () => {
    expect((await taped())?.plays).toMatchObject([{ sandbox: player.id, misses: 0 }]);
    const missed = await run(player, `curl -si ${base}/not/on/it`);
    expect(missed).toMatch(/^HTTP\/2 504 $[\s\S]*x-holdfast-decision: tape-miss$/m);
    const info = await taped();
    const [play] = info?.plays ?? [];
    expect(play).toMatchObject({ exchanges: info?.exchanges, used: (info?.exchanges ?? 0) - 1, misses: 1 });
    expect(play?.unused).toHaveLength(1);
    expect(play?.missed).toEqual([expect.stringContaining('/not/on/it')]);
    expect(play?.answers).toMatchObject({ rule: 0 });
    expect(play?.answers.exact).toBeGreaterThanOrEqual(play?.used ?? Number.NaN);
    const { stdout } = await runCli(['tape', 'ls'], inside.service);
    expect(stdout).toContain(`${player.id} (${play?.used} of ${play?.exchanges} used, 1 miss)`);
  });

  it('tells the same when it is played no more, and nothing has left', async () => {
    const events: HoldfastEvent[] = [];
    const listening = new AbortController();
    const following = (async () => {
      const { signal } = listening;
      for await (const event of inside.service.events({ types: ['tape-played'] }, { signal })) events.push(event);
    })().catch(() => undefined);
    await inside.service.setNetwork(player.id, policy);
    await until(() => events.length > 0, 'it is told');
    const other = await inside.boxes.create({ network: { ...policy, tape: { mode: 'replay', tape } } });
    expect(await run(other, `curl -s ${base}/events`)).toContain('data: 3');
    await inside.service.destroySandbox(other.id);
    await until(() => events.length > 1, 'it is told of the other');
    listening.abort();
    await following;
    expect(events).toMatchObject([
      { sandbox: player.id, data: { tape, misses: 1, unused: [expect.any(Number)] } },
      { sandbox: other.id, data: { tape, used: 1, misses: 0, answers: { exact: 1 } } },
    ]);
    expect((await taped())?.plays).toEqual([]);
    expect(seen()).toEqual(packets);
  });

  it('is not deleted while it is played, nor while one sleeps that will', async () => {
    await using awake = await inside.boxes.create({ network: { ...policy, tape: { mode: 'replay', tape } } });
    const refusal = { code: 'in-use', message: expect.stringContaining(awake.id) };
    await expect(inside.service.deleteTape(tape)).rejects.toMatchObject(refusal);
    await awake.suspend();
    await expect(inside.service.deleteTape('gone')).rejects.toMatchObject(refusal);
    await awake.resume();
    expect(await run(awake, `curl -s ${base}/events`)).toContain('data: 3');
  });

  it('lets nothing in that no rule allows, on the tape or not', async () => {
    await using bare = await inside.boxes.create({ network: { allow: [], tape: { mode: 'replay', tape } } });
    expect(await run(bare, 'getent hosts friend.test; echo $?')).toBe('2\n');
    expect(await run(bare, `curl -s -o /dev/null -w '%{http_connect} %{http_code}' ${base}/events`)).toBe('403 000');
    const { decision } = await inside.service.explainNetwork(bare.id, { url: `${base}/events` });
    expect(decision).toMatchObject({ allowed: false, code: 'no-rule' });
    await inside.service.setNetwork(bare.id, { ...policy, tape: { mode: 'replay', tape } });
    expect(await run(bare, `curl -s ${base}/events`)).toContain('data: 3');
  });

  const taped = async (): Promise<TapeInfo | undefined> =>
    (await inside.service.listTapes()).find(({ name }) => name === 'gone');
});

async function run(box: Box, script: string): Promise<string> {
  const argv = ['sh', '-c', `cd $(mktemp -d) && ${script}`];
  const { stdout, stderrText } = await box.exec({ argv, timeoutMs: 60_000 });
  return `${Buffer.from(stdout).toString('latin1')}${stderrText}`;
}
