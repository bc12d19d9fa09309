/**
 * Real programs inside a sandbox whose TLS is mediated. None gets a flag or a variable of the test's: as they are, they trust
 * the sandbox's authority, by proxy and without one, and their users read why something is denied.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../../src/client/index.ts';
import type { NetworkPolicyInput } from '../../../src/schema/index.ts';
import { runCli } from '../../fixtures/cli.ts';
import { gitBackend } from '../../fixtures/network/git-backend.ts';
import { commit, makeRepository } from '../../fixtures/network/git-repository.ts';
import { type Inside, openInside } from '../../fixtures/network/inside.ts';
import { buildGoHello, goHello, type Tool, tools } from '../../fixtures/network/tools.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

const policy: NetworkPolicyInput = {
  allow: [
    { host: 'friend.test', paths: ['/ok', '/echo', '/digest', '/bytes/*', '/events', '/live'] },
    { host: 'friend.test', methods: ['GET'], paths: ['/git/team/**'] },
    { host: 'friend.test', methods: ['POST'], paths: ['/git/team/*/git-upload-pack'] },
  ],
};
const size = 100 * 2 ** 20;

const ways = {
  'by proxy': '',
  'without a proxy': 'unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY no_proxy NO_PROXY\n',
} as const;

/** What a program says of a request that was denied, and of a host that no rule knows. */
const denied = /403|by network policy|"decision":"path-not-allowed"/;
const unknown =
  /403|no-rule|not resolve|unable to resolve|not known|ENOTFOUND|UnresolvedAddress|ConnectException|UnknownHost|no such host/i;

describe.skipIf(worldMissing() !== null)('tools inside', { timeout: 120_000 }, () => {
  const repositories = mkdtempSync(join(tmpdir(), 'hf-git-'));
  let world: World;
  let inside: Inside;
  let box: Box;
  let hasGo = false;
  beforeAll(async () => {
    makeRepository(repositories);
    world = await openWorld({ repositories });
    inside = await openInside(world);
    const go = buildGoHello();
    hasGo = go !== null;
    const template = go && (await inside.service.importFiles(Readable.from([go]), { path: '/home/agent/bin' }));
    box = await inside.boxes.create({ network: policy, ...(template ? { template: template.id } : {}) });
  }, 240_000);
  afterAll(async () => {
    await inside?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
    rmSync(repositories, { recursive: true, force: true });
  });

  describe.each(tools)('$name', (tool) => {
    it('trusts the authority, and says what is denied', async ({ skip }) => {
      const missing = await whyNot(tool);
      if (missing !== null) skip(missing);
      for (const [way, prefix] of Object.entries(ways).slice(tool.knowsNoProxy ? 1 : 0)) {
        const [said, tookMs] = await run(`${prefix}${tool.command}`, 'https://friend.test/ok');
        expect(said, way).toMatch(tool.says);
        for (const [url, words] of [
          ['https://friend.test/secret', denied],
          ['https://nowhere.test/ok', unknown],
        ] as const) {
          const [refused, refusedMs] = await run(`${prefix}${tool.command}`, url);
          expect(refused, `${way} ${url}`).toMatch(words);
          expect(refused).not.toMatch(tool.says);
          expect(refusedMs, `${way} ${url}`).toBeLessThan(tookMs + 1000);
        }
      }
    });

    it.skipIf(!tool.readsBundle)('needs no variable', async ({ skip }) => {
      const missing = await whyNot(tool);
      if (missing !== null) skip(missing);
      const bare = `env -i PATH="$PATH" HOME="$HOME" URL="$URL" sh <<'ALL'\n${tool.command}\nALL\n`;
      const [said] = await run(bare, 'https://friend.test/ok');
      expect(said).toMatch(tool.says);
    });
  });

  describe.skipIf(!existsSync(gitBackend))('git', () => {
    const url = 'https://friend.test/git/team/r.git';
    it.each(Object.entries(ways))('clones and fetches, and may not push: %s', async (_way, prefix) => {
      commit(repositories, 'one');
      const work = await sh(box, 'mktemp -d');
      const git = (command: string): Promise<string> => sh(box, `${prefix}cd ${work.trim()} && ${command}`);
      expect(await git(`git clone ${url} 2>&1 && cat r/file`)).toMatch(/one\n$/);
      commit(repositories, 'two');
      expect(await git('cd r && git fetch 2>&1 && git show origin/main:file')).toMatch(/two\n$/);
      const push = `cd r && git config user.email a@b && git config user.name a && git commit -q --allow-empty -m x`;
      const [said, tookMs] = await timed(() => git(`${push} && git push origin HEAD:refs/heads/mine 2>&1`));
      expect(said).toMatch(/403/);
      expect(tookMs).toBeLessThan(2000);
      expect(await git('git clone https://friend.test/git/other/r.git elsewhere 2>&1')).toMatch(
        /remote: .*network policy[\s\S]*403/,
      );
    });
  });

  it('leave a word about denials when a command in a throw-away sandbox fails', async () => {
    const run = (url: string): Promise<{ status: number; stderr: string }> =>
      runCli(['run', '--allow', 'friend.test', '--', 'curl', '-sf', url], inside.service);
    expect(await run('https://friend.test/')).toMatchObject({ status: 0, stderr: '' });
    expect((await run('https://nowhere.test/')).stderr).toMatch(
      /^holdfast: denied nowhere\.test:443: No rule allows nowhere\.test\. \(no-rule\)\n {2}hint: /,
    );
  });

  it('speaks WebSocket through mediation', async () => {
    const program = `const socket = new WebSocket("wss://friend.test/live");
socket.onopen = () => socket.send("over");
socket.onmessage = async ({ data }) => { console.log(typeof data === "string" ? data : await data.text()); socket.close(); };
socket.onerror = ({ message, error }) => { console.log("failed", message, error); process.exit(1); };`;
    const flag = 'node -e "WebSocket" 2>/dev/null || flag=--experimental-websocket';
    expect(await sh(box, `${flag}; node --no-warnings $flag -e '${program}'`)).toBe('over\n');
  });

  it('streams events as they come', async () => {
    const program = `fetch("https://friend.test/events").then(async ({ body }) => {
  const at = []; let text = "";
  for await (const piece of body) { at.push(Date.now()); text += Buffer.from(piece); }
  console.log(text.match(/data: ./g).join(), at.at(-1) - at[0]);
});`;
    const [, spread] = /^data: 1,data: 2,data: 3 (\d+)\n$/.exec(await sh(box, `node -e '${program}'`)) ?? [];
    expect(Number(spread)).toBeGreaterThan(50);
  });

  it.each(Object.entries(ways))('carries 100 MiB both ways: %s', async (_way, prefix) => {
    const down = createHash('sha256').update(Buffer.alloc(size, 'a')).digest('hex');
    expect(await sh(box, `${prefix}curl -sSf https://friend.test/bytes/${size} | sha256sum`)).toBe(`${down}  -\n`);
    const up = createHash('sha256').update(Buffer.alloc(size)).digest('hex');
    expect(await sh(box, `${prefix}head -c ${size} /dev/zero | curl -sSf -T - https://friend.test/digest`)).toBe(
      `${size} ${up}\n`,
    );
  });

  it.each([
    ['curl', 'curl -sS --compressed "https://friend.test/echo?coding=gzip"'],
    [
      'node',
      'node -e \'fetch("https://friend.test/echo?coding=gzip").then(async (a) => console.log(await a.text()))\'',
    ],
    [
      'python',
      'python3 -c \'import gzip, urllib.request as u; print(gzip.decompress(u.urlopen("https://friend.test/echo?coding=gzip").read()).decode())\'',
    ],
  ])('decodes gzip: %s', async (_name, command) => {
    expect(await sh(box, command)).toContain('"target":"/echo?coding=gzip"');
  });

  async function whyNot({ name, program, needs, command }: Tool): Promise<string | null> {
    if (!existsSync(program)) return `${program} is not installed`;
    // What this machine has is inside: a template that lost it is no reason to try less.
    expect(await sh(box, `test -x ${program} && echo there`)).toBe('there\n');
    if (command.includes(goHello) && !hasGo) return `${name} could not build a program`;
    if (needs === undefined) return null;
    const answer = await sh(box, `${needs} >/dev/null 2>&1 && echo there`);
    return answer === 'there\n' ? null : `${name} lacks a module: ${needs}`;
  }

  const run = (script: string, url: string): Promise<[said: string, tookMs: number]> =>
    timed(() => sh(box, `cd $(mktemp -d)\nexport URL='${url}'\n${script}`));
});

/** What it printed, both streams, to the last byte. */
async function sh(box: Box, script: string): Promise<string> {
  const { stdoutText, stderrText } = await box.exec({ argv: ['sh', '-c', script], timeoutMs: 60_000 });
  return `${stdoutText}${stderrText}`;
}

async function timed(work: () => Promise<string>): Promise<[said: string, tookMs: number]> {
  const start = Date.now();
  const said = await work();
  return [said, Date.now() - start];
}
