/**
 * npm, pip and apt as they are, against registries over HTTPS that this test has itself: with their preset alone, then recorded,
 * then from the tape when the registries are gone. Nothing inside is told of any of it.
 */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NetworkFlow, NetworkPolicyInput, NetworkPreset } from '../../../src/schema/index.ts';
import { sh, until } from '../../fixtures/network/holding.ts';
import type { Inside } from '../../fixtures/network/inside.ts';
import {
  makeAptRepository,
  makeNpmRegistry,
  makePipIndex,
  registries,
  sentences,
} from '../../fixtures/network/registries.ts';
import { openRegistries, type RegistryWorld } from '../../fixtures/network/registry-world.ts';
import { type World, worldMissing } from '../../fixtures/network/world.ts';

interface Manager {
  preset: NetworkPreset & keyof typeof sentences;
  /** Programs without which it cannot be tried here. */
  needs: readonly string[];
  /** What people type, and then something that shows what came. */
  command: string;
  make(files: string, configuration: string): void;
}

const managers: readonly Manager[] = [
  {
    preset: 'npm',
    needs: ['/usr/bin/npm', '/usr/bin/node'],
    command: `npm install tiny-thing >&2 && node -e 'console.log(require("tiny-thing"))'`,
    make: makeNpmRegistry,
  },
  {
    preset: 'pip',
    needs: ['/usr/bin/pip', '/usr/bin/python3'],
    command: `pip install --target lib tiny-thing >&2 && PYTHONPATH=lib python3 -c 'import tiny_thing; print(tiny_thing.words)'`,
    make: makePipIndex,
  },
  {
    preset: 'apt',
    needs: ['/usr/bin/apt-get', '/usr/bin/dpkg-deb', '/usr/bin/gpg', '/usr/bin/gpgv'],
    // There is nothing to install into: all but the unpacking into /usr.
    command: `{ apt-get update && apt-get install --download-only --yes tiny-thing && apt-get download tiny-thing; } >&2 &&
      dpkg-deb -x tiny-thing_*.deb out && cat out/usr/share/tiny-thing/words`,
    make: makeAptRepository,
  },
];
const tried = managers.filter(({ needs }) => needs.every((program) => existsSync(program)));

describe.skipIf(worldMissing() !== null)('package managers inside a sandbox', { timeout: 120_000 }, () => {
  let opened: RegistryWorld;
  let world: World;
  let inside: Inside;
  const tapes = new Map<string, string>();

  beforeAll(async () => {
    opened = await openRegistries(tried.map(({ make }) => make));
    ({ world, inside } = opened);
  }, 60_000);
  afterAll(() => opened?.[Symbol.asyncDispose]());

  for (const manager of managers) {
    const { preset } = manager;
    it(`${preset} installs with its preset, over TLS that is read, and onto a tape`, async ({ skip }) => {
      if (!tried.includes(manager)) skip(`one of ${manager.needs.join(', ')} is not installed`);
      const before = world.friend.arrivals.length;
      const flows = await work(manager, { presets: [preset] });
      expect(flows.filter(({ kind, protocol }) => kind === 'request' && protocol === 'https').length).toBeGreaterThan(
        1,
      );
      expect(world.friend.arrivals.slice(before).some(({ what }) => what.startsWith('GET friend.test /files/'))).toBe(
        true,
      );
      await work(manager, { presets: [preset], tape: { mode: 'record', name: preset } });
      const taped = (await inside.service.listTapes()).find(({ name }) => name === preset);
      expect(taped?.exchanges).toBeGreaterThan(1);
      tapes.set(preset, taped?.id ?? '');
    });
  }

  it('they read, and nothing else: what else the same host has stays shut', async () => {
    await using box = await inside.boxes.create({ network: { presets: tried.map(({ preset }) => preset) } });
    const answer = "curl -s -o /dev/null -w '%{http_code} %header{x-holdfast-decision}'";
    expect(await sh(box, `${answer} https://friend.test/ok`)).toBe('403 path-not-allowed');
    expect(await sh(box, `${answer} -X PUT -d x ${registries.npm}tiny-thing`)).toBe('403 method-not-allowed');
  });

  it('they install from their tapes when the registries are gone', async () => {
    await world.friend.end();
    const packets = [world.home, world.friend, world.canary].map((host) => host.packets());
    for (const manager of tried) {
      const tape = tapes.get(manager.preset) ?? 'none';
      const flows = await work(manager, { presets: [manager.preset], tape: { mode: 'replay', tape } });
      expect(flows.filter(({ address }) => address !== null && !address.startsWith('127.'))).toEqual([]);
    }
    expect(tapes.size).toBe(tried.length);
    expect([world.home, world.friend, world.canary].map((host) => host.packets())).toEqual(packets);
  });

  /** In a fresh sandbox; answers with what left, of which nothing was denied. */
  async function work({ preset, command }: Manager, network: NetworkPolicyInput): Promise<NetworkFlow[]> {
    await using box = await inside.boxes.create({ network });
    const ran = await box.exec({ argv: ['sh', '-c', `cd $(mktemp -d) && ${command}`], timeoutMs: 60_000 });
    expect(ran.exitCode, `${command}\n${ran.stdoutText}${ran.stderrText}`).toBe(0);
    expect(ran.stdoutText.trim()).toBe(sentences[preset]);
    const flows: NetworkFlow[] = [];
    // They are told a moment after they are over.
    await until(async () => {
      flows.length = 0;
      for await (const flow of inside.service.networkFlows(box.id, {})) flows.push(flow);
      return flows.some(({ kind }) => kind === 'request');
    }, 'requests are told');
    expect(flows.filter(({ decision }) => !decision.allowed)).toEqual([]);
    return flows;
  }
});
