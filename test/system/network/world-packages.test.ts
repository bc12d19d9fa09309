/**
 * Worlds that install their packages: frozen from a sandbox in which npm or pip did, graded and run when the registries are gone.
 * What came then comes from the tape; what is not on it is refused, and named.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeTimeLibrary } from '../../../src/tools/index.ts';
import { enterWorld, type Graded, parseWorld, playOf } from '../../../src/worlds/index.ts';
import { type CliRun, runCli } from '../../fixtures/cli.ts';
import { until } from '../../fixtures/network/holding.ts';
import type { Inside } from '../../fixtures/network/inside.ts';
import { makeNpmRegistry, makePipIndex, registries, sentences } from '../../fixtures/network/registries.ts';
import { openRegistries, type RegistryWorld } from '../../fixtures/network/registry-world.ts';
import { type World, worldMissing } from '../../fixtures/network/world.ts';

interface Manager {
  preset: 'npm' | 'pip';
  needs: readonly string[];
  /** What the project has: name and content. */
  file: [name: string, content: string];
  /** What is done once, before it is installed for the first time. */
  before: string;
  /** Installs what the project names, and shows that it is there. */
  install: string;
  /** Installs something else, which was not installed then. */
  other: string;
  make(files: string): void;
}

const managers: readonly Manager[] = [
  {
    preset: 'npm',
    needs: ['/usr/bin/npm', '/usr/bin/node'],
    file: ['package.json', JSON.stringify({ name: 'project', dependencies: { 'tiny-thing': '^1.0.0' } })],
    before: 'npm install --package-lock-only >&2',
    install: `npm ci && node -p 'require("tiny-thing")'`,
    // A miss is an answer, which npm would ask for again for a minute.
    other: 'npm install --fetch-retries=0 other-thing',
    make: makeNpmRegistry,
  },
  {
    preset: 'pip',
    needs: ['/usr/bin/pip', '/usr/bin/python3'],
    file: ['requirements.txt', 'tiny-thing==1.0\n'],
    before: 'true',
    install: `pip install --upgrade --target lib -r requirements.txt && PYTHONPATH=lib python3 -c 'import tiny_thing; print(tiny_thing.words)'`,
    other: 'pip install --target other other-thing',
    make: makePipIndex,
  },
];
const frozenAt = '2026-01-01T00:00:00.000Z';
const tried = managers.filter(({ needs }) => needs.every((program) => existsSync(program)));
const missing = worldMissing() ?? (existsSync(fakeTimeLibrary) ? null : 'libfaketime is not installed');

describe.skipIf(missing !== null)('a frozen world that installs packages', { timeout: 240_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'hf-worlds-'));
  let opened: RegistryWorld;
  let world: World;
  let inside: Inside;
  let packets: number[];
  const seen = (): number[] => [world.home, world.friend, world.canary].map((host) => host.packets());
  const fileOf = (preset: string): string => join(directory, `${preset}.yaml`);
  const cli = (...words: string[]): Promise<CliRun> => runCli(words, inside.service, { directory });
  const gradeOf = async (preset: string, command: string): Promise<Graded> => {
    const { stdout } = await cli('world', 'grade', fileOf(preset), '--json', '--', 'sh', '-c', command);
    return JSON.parse(stdout) as Graded;
  };

  beforeAll(async () => {
    opened = await openRegistries(tried.map(({ make }) => make));
    ({ world, inside } = opened);
    for (const manager of tried) await freeze(manager);
    await world.friend.end();
    packets = seen();
  }, 240_000);
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const manager of managers) {
    const { preset, needs, install, other } = manager;
    const lacks = (skip: (why: string) => void): void => {
      if (!tried.includes(manager)) skip(`one of ${needs.join(', ')} is not installed`);
    };

    it(`${preset} installs in it from the tape alone, from the registry of then`, async ({ skip }) => {
      lacks(skip);
      const frozen = parseWorld(readFileSync(fileOf(preset), 'utf8'), preset);
      expect(frozen).toMatchObject({ presets: [preset], zone: [{ host: 'friend.test', protocol: 'https' }] });
      const { id } = await enterWorld(inside.service, frozen);
      const argv = ['sh', '-c', `echo $npm_config_registry$PIP_INDEX_URL && ${install}`];
      const ran = await inside.boxes.get(id).then((box) => box.exec({ argv, timeoutMs: 60_000 }));
      expect(ran.exitCode, ran.stdoutText + ran.stderrText).toBe(0);
      const lines = ran.stdoutText.trim().split('\n');
      expect([lines[0], lines.at(-1)]).toEqual([registries[preset], sentences[preset]]);
      const play = await playOf(inside.service, id);
      expect(play).toMatchObject({ misses: 0 });
      expect(play?.used).toBeGreaterThan(0);
      await inside.service.destroySandbox(id);
      expect(seen()).toEqual(packets);
    });

    it(`${preset} has it graded by two runs with the network gone`, async ({ skip }) => {
      lacks(skip);
      const { grade, findings, misses } = await gradeOf(preset, install);
      expect(misses).toEqual([]);
      expect(findings.map(({ what, holds, detail }) => `${what} ${holds} ${detail}`)).toEqual([
        'network true all of it from the tape',
        `clock true stands at ${Date.parse(frozenAt) / 1000}.000000000`,
        expect.stringMatching(/^entropy true /),
        expect.stringMatching(/^outputs true /),
      ]);
      expect(grade).toBe('D4');
      expect(seen()).toEqual(packets);
    });

    it(`${preset} gets nothing else there, and what it asked for is named`, async ({ skip }) => {
      lacks(skip);
      const wanted = `${registries[preset].replace(/\/$/, '').replace('friend.test', 'friend.test:443')}/other-thing`;
      const { grade, findings, misses } = await gradeOf(preset, other);
      expect(grade).toBe('D0');
      expect(findings[0]).toMatchObject({ what: 'network', holds: false });
      expect(misses.length).toBeGreaterThanOrEqual(2);
      for (const missed of misses) expect(missed).toContain(`has no answer to GET ${wanted}`);
      const ran = await cli('world', 'run', fileOf(preset), '--', 'sh', '-c', other);
      expect(ran.status).not.toBe(0);
      expect(ran.stderr).toMatch(/^not on the tape: .*other-thing/m);
      expect(ran.stderr).not.toContain('not in the world');
      expect(seen()).toEqual(packets);
      expect((await inside.service.listSandboxes()).items).toEqual([]);
    });
  }

  it('names the hosts that it does not have, which are refused each time', async ({ skip }) => {
    const preset = tried[0]?.preset ?? skip('neither npm nor pip is installed');
    const command = 'curl -s --max-time 20 https://canary.test/ || echo refused';
    const { findings, misses } = await gradeOf(preset, command);
    const detail = 'all of it from the tape; refused, as they are not in the world: canary.test';
    expect(findings[0]).toMatchObject({ holds: true, detail });
    expect(misses).toEqual([]);
    const ran = await cli('world', 'run', fileOf(preset), '--', 'sh', '-c', command);
    expect(ran.stdout).toBe('refused\n');
    expect(ran.stderr).toMatch(/^not in the world: canary\.test$/m);
    expect(seen()).toEqual(packets);
  });

  it('is not entered with what its tape does not have', async ({ skip }) => {
    const preset = tried[0]?.preset ?? skip('neither npm nor pip is installed');
    const frozen = parseWorld(readFileSync(fileOf(preset), 'utf8'), preset);
    // It would be asked of this machine, and of a registry of now.
    await expect(enterWorld(inside.service, { ...frozen, presets: [preset, 'maven'] })).rejects.toMatchObject({
      code: 'not-found',
    });
    expect((await inside.service.listSandboxes()).items).toEqual([]);
  });

  /** Records what the manager asks for, in a sandbox that is then the world. */
  async function freeze({ preset, file: [name, content], before, install }: Manager): Promise<void> {
    await using box = await inside.boxes.create({
      network: { presets: [preset], tape: { mode: 'record', name: preset } },
    });
    await inside.service.writeFile(box.id, `/workspace/${name}`, new TextEncoder().encode(content));
    // With what it has in its cache a manager asks nobody.
    const argv = ['sh', '-c', `${before} && ${install} && rm -rf ~/.npm ~/.cache`];
    const ran = await box.exec({ argv, timeoutMs: 60_000 });
    expect(ran.exitCode, ran.stdoutText + ran.stderrText).toBe(0);
    await inside.service.setNetwork(box.id, 'none');
    await until(async () => (await inside.service.listTapes()).every(({ open }) => !open), 'the tape is closed');
    const words = ['--tape', preset, '--clock', frozenAt, '--seed', '7', '--name', preset, '-o', fileOf(preset)];
    const frozen = await cli('world', 'freeze', box.id, ...words);
    expect(frozen.status, frozen.stderr).toBe(0);
  }
});
