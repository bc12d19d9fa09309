/**
 * Package managers as they are, against the registries this machine is configured with: with their preset alone, then
 * recorded, then from the tape under a daemon that has no interface at all. What cannot be reached here is skipped.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostVariables, rootScope, systemClock } from '../../../src/base/index.ts';
import { expandPreset, hostPresetReader } from '../../../src/network/policy/presets/index.ts';
import type { AllowRule, NetworkFlow, NetworkPolicyInput, NetworkPreset } from '../../../src/schema/index.ts';
import { until } from '../../fixtures/network/holding.ts';
import { type Inside, openDaemon } from '../../fixtures/network/inside.ts';
import { worldMissing } from '../../fixtures/network/world.ts';

interface Manager {
  preset: NetworkPreset;
  /** What people type, and then something that shows what came. */
  command: string;
  shows: RegExp;
  /** Where the program is, when a sandbox has it; `bring` when it must be carried in. */
  program: string;
  bring?: string;
  /** Hundreds of requests: once to the outside is enough. */
  isLong?: true;
}

const cargo = askHost('rustup', ['which', 'cargo']);
const managers: readonly Manager[] = [
  { preset: 'npm', program: '/usr/bin/npm', command: 'npm install is-odd && ls node_modules', shows: /is-odd/ },
  { preset: 'pip', program: '/usr/bin/pip', command: 'pip download six && ls', shows: /six-.*\.whl/ },
  {
    preset: 'apt',
    program: '/usr/bin/apt-get',
    command: 'apt-get update && apt-get download hello && ls',
    shows: /hello_.*\.deb/,
  },
  {
    preset: 'go',
    program: '/usr/local/go/bin/go',
    command: 'go mod init example.test/x && go get github.com/google/uuid && go mod download && cat go.sum',
    shows: /google\/uuid v\S+ h1:/,
  },
  {
    preset: 'maven',
    isLong: true,
    program: '/usr/bin/mvn',
    command: 'mvn -B -q dependency:get -Dartifact=junit:junit:4.13.2 && ls ~/.m2/repository/junit/junit/*',
    shows: /junit-4\.13\.2\.jar/,
  },
  {
    preset: 'cargo',
    program: cargo,
    bring: cargo,
    command:
      'mkdir src && touch src/lib.rs && printf "[package]\\nname=\\"x\\"\\nversion=\\"0.1.0\\"\\n[dependencies]\\nitoa=\\"1\\"\\n" > Cargo.toml && cargo vendor && ls vendor',
    shows: /itoa/,
  },
];

/** In what network the daemon lives. `unshare --net`: not even a loopback that is up. */
let within: (argv: readonly string[]) => string[] = (argv) => [...argv];

describe.skipIf(worldMissing() !== null)('package managers inside a sandbox', { timeout: 120_000 }, () => {
  let inside: Inside;
  const tapes = new Map<NetworkPreset, string>();
  beforeAll(async () => {
    inside = await openDaemon({ within: (argv) => within(argv) });
  });
  afterAll(() => inside?.[Symbol.asyncDispose]());

  for (const manager of managers) {
    const { preset } = manager;
    it(`${preset} works with its preset, and onto a tape`, async ({ skip }) => {
      const missing = await whyNot(manager);
      if (missing !== null) skip(missing);
      if (!manager.isLong) await work(inside, manager, { presets: [preset] });
      await work(inside, manager, { presets: [preset], tape: { mode: 'record', name: preset } });
      const taped = (await inside.service.listTapes()).find(({ name }) => name === preset);
      expect(taped?.exchanges).toBeGreaterThan(0);
      tapes.set(preset, taped?.id ?? '');
    });
  }

  it('they work from their tapes where nothing can be reached', async ({ skip }) => {
    if (tapes.size === 0) skip('nothing was recorded');
    await inside.kill();
    within = (argv) => ['unshare', '--net', '--', ...argv];
    await inside.start();
    for (const manager of managers) {
      const tape = tapes.get(manager.preset);
      if (tape === undefined) continue;
      const flows = await work(inside, manager, { presets: [manager.preset], tape: { mode: 'replay', tape } });
      expect(flows.filter(({ kind, address }) => kind !== 'dns' && address !== null)).toEqual([]);
    }
  });
});

/** Runs the command in a fresh sandbox, sees what it shows, and answers with what left. */
async function work(inside: Inside, manager: Manager, network: NetworkPolicyInput): Promise<NetworkFlow[]> {
  await using box = await inside.boxes.create({ network, ...(await templateOf(inside, manager)) });
  const path = 'PATH=$HOME/bin:$PATH:/usr/local/go/bin';
  const ran = await box.exec({ argv: ['sh', '-c', `${path}; ${manager.command}`], timeoutMs: 60_000 });
  expect(ran.exitCode, `${manager.command}\n${ran.stdoutText}${ran.stderrText}`).toBe(0);
  expect(ran.stdoutText).toMatch(manager.shows);
  const flows = await flowsOf(inside, box.id);
  expect(flows.filter(({ decision }) => !decision.allowed).map(({ host, decision }) => [host, decision.code])).toEqual(
    [],
  );
  return flows;
}

/** They are told a moment after they are over. */
async function flowsOf(inside: Inside, id: string): Promise<NetworkFlow[]> {
  const flows: NetworkFlow[] = [];
  await until(async () => {
    flows.length = 0;
    for await (const flow of inside.service.networkFlows(id, {})) flows.push(flow);
    return flows.some(({ kind }) => kind === 'request');
  }, 'requests are told');
  return flows;
}

/** One that has the program in the user's home. */
async function templateOf(inside: Inside, { bring }: Manager): Promise<{ template?: string }> {
  if (bring === undefined) return {};
  const tar = execFileSync('tar', ['-C', dirname(bring), '-cf', '-', basename(bring)], { maxBuffer: 2 ** 30 });
  const { id } = await inside.service.importFiles(Readable.from([tar]), { path: '/home/agent/bin' });
  return { template: id };
}

/** Why it cannot be tried here, or null. */
async function whyNot({ preset, program }: Manager): Promise<string | null> {
  if (!existsSync(program) || !statSync(program).isFile()) return `${preset} is not installed where a sandbox sees it`;
  await using scope = rootScope({ name: 'presets', clock: systemClock });
  try {
    const { rules } = await expandPreset(preset, hostPresetReader(hostVariables(), scope));
    // Some need not be: a checksum database, for one, that the proxy of modules answers for.
    await Promise.any(rules.map(reach));
    return null;
  } catch (error) {
    const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
    return first instanceof Error ? first.message : String(first);
  }
}

/** Any answer will do. */
async function reach({ host, protocol, ports }: AllowRule): Promise<void> {
  const url = `${protocol}://${[host].flat()[0]}:${ports?.[0] ?? (protocol === 'http' ? 80 : 443)}/`;
  await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(5000) }).catch((cause: unknown) => {
    throw new Error(`a registry of this machine cannot be reached: ${cause}`);
  });
}

function askHost(program: string, argv: string[]): string {
  try {
    return execFileSync(program, argv, { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
