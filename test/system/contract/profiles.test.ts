/** Profiles of real runtimes: the same twice, in time, and honest about what is not there. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../../src/base/index.ts';
import { runPass } from '../../../src/contract/capture/pass.ts';
import { captureProfile, type Plan, type Profile, type Target } from '../../../src/contract/index.ts';
import { loadPrograms } from '../../../src/contract/probes/programs.ts';
import type { Reading } from '../../../src/contract/probes/reading.ts';
import { BundleTarget } from '../../../src/contract/targets/bundle.ts';
import { CommandTarget } from '../../../src/contract/targets/command.ts';
import { EngineTarget } from '../../../src/contract/targets/engine.ts';
import { HoldfastTarget } from '../../../src/contract/targets/holdfast.ts';
import { SshTarget } from '../../../src/contract/targets/ssh.ts';
import { createRuntime, type Runtime } from '../../../src/runtime/index.ts';
import {
  busybox,
  crunFor,
  isRoot,
  makeBareRoot,
  makeBusyboxRoot,
  makePodman,
  program,
  startSshServer,
} from '../../fixtures/real-runtimes.ts';

const needsBusybox = busybox === null ? ' (skipped: no static busybox)' : !isRoot ? ' (skipped: needs root)' : '';
const needs = (name: string): string => needsBusybox || (program(name) === null ? ` (skipped: no ${name})` : '');
const plan: Plan = {
  sessions: 1,
  windows: 1,
  windowGapMs: 0,
  rounds: 2,
  warmups: 1,
  repeats: 1,
  timeoutMs: 30_000,
  seed: 1,
};
const prober = {
  holdfast: '0',
  node: process.version,
  platform: 'test',
  kernel: '0',
  cpu: 'some',
  cpus: 1,
  memoryBytes: 1,
};
const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
const signal = new AbortController().signal;
const programs = await loadPrograms();

let base = '';
beforeAll(async () => {
  base = await mkdtemp('/tmp/hfc-');
  if (needsBusybox === '') makeBusyboxRoot(join(base, 'root'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

/** @param only names of programs; door probes are then left out */
async function passOver(target: Target, only?: readonly string[]): Promise<{ readings: Reading[]; tookMs: number }> {
  const session = await target.open(signal);
  try {
    const startedMs = performance.now();
    const mark = Buffer.from(systemRandom(8)).toString('hex');
    const some = only && {
      programs: { ...programs, programs: programs.programs.filter(({ name }) => only.includes(name)) },
    };
    const common = {
      programs,
      ...some,
      ...(only && { doors: [] }),
      mark,
      timeoutMs: 30_000,
      clock: systemClock,
      signal,
      onProgress: () => undefined,
    };
    const { readings, stopped } = await runPass({ session, features: target.features, ...common });
    expect(stopped).toBe(null);
    return { readings, tookMs: performance.now() - startedMs };
  } finally {
    await session.close();
  }
}

const capture = (target: Target): Promise<Profile> =>
  captureProfile({
    target,
    plan,
    prober,
    output: null,
    sessionLimitMs: 300_000,
    clock: systemClock,
    random: systemRandom,
    load: () => null,
    signal,
    onProgress: () => undefined,
  });

const seen = (readings: readonly Reading[], field: string): unknown => {
  const reading = readings.find((one) => one.field === field);
  return reading?.kind === 'value' ? reading.value : reading;
};
const observed = (profile: Profile, id: string): unknown => {
  const found = profile.observations.find((one) => one.id === id);
  return found?.kind === 'value' ? found.value : found;
};
const newName = (): string => `hft-${Buffer.from(systemRandom(6)).toString('hex')}`;

describe('a namespace sandbox', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ home: join(base, 'home'), ephemeral: true });
  });
  afterAll(() => runtime.close());

  it('is observed in ten seconds, in fresh sandboxes byte by byte the same', { timeout: 120_000 }, async () => {
    const target = new HoldfastTarget(runtime.service(), {}, 'namespace');
    const [first, second] = [await passOver(target), await passOver(target)];
    expect(JSON.stringify(second.readings)).toBe(JSON.stringify(first.readings));
    const measured = first.readings.filter(({ kind }) => kind !== 'could-not-measure');
    expect(measured.length).toBeGreaterThanOrEqual(280);
    // A machine that is busy with other things as well says nothing about the probes.
    const crowded = Math.max(1, (loadavg()[0] ?? 0) / cpus().length);
    expect(Math.min(first.tookMs, second.tookMs)).toBeLessThan(10_000 * crowded);
    expect(seen(first.readings, 'exec.timeout.kills')).toBe('the whole tree');
    expect(seen(first.readings, 'exec.environment-passed')).toBe('yes');
    expect(seen(first.readings, 'exec.timeout.grace')).toBe('less than 5 s');
    expect(seen(first.readings, 'exec.timeout.longest')).toBe('7 days');
    expect(seen(first.readings, 'network.datagrams')).toBe('no route');
    expect(seen(first.readings, 'resources.memory-usable')).toBe('64');
    expect(first.readings).toContainEqual({
      field: 'network.metadata-addresses',
      kind: 'set',
      members: ['100.100.100.200', '168.63.129.16', '169.254.170.2', 'fd00:ec2::254'].map((one) => `${one} no route`),
    });
    expect(seen(first.readings, 'snapshot.entropy')).toBe('differs');
    expect(seen(first.readings, 'lifecycle.suspend')).toBe('files and processes');
  });

  it('is described without the values of its variables; what is asked wrongly is no statement about it', async () => {
    const create = { environment: { TOKEN: 'hidden' }, template: 'none-such' };
    const target = new HoldfastTarget(runtime.service(), create, 'namespace');
    const described = await target.describe(signal);
    expect(described.facts).toMatchObject({ environment: 'TOKEN', template: 'none-such' });
    expect(JSON.stringify(described)).not.toContain('hidden');
    await expect(target.open(signal)).rejects.toMatchObject({ side: 'harness', trouble: 'not-started' });
  });

  it('leaves no sandbox and no snapshot behind', async () => {
    const service = runtime.service();
    expect((await service.listSandboxes({})).items).toEqual([]);
    expect((await service.listSnapshots({})).items).toEqual([]);
  });

  it('with other files, user and limits is seen to be another', { timeout: 120_000 }, async () => {
    const create = { user: 'root' as const, environment: { TZ: 'Asia/Tokyo', LANG: 'C' }, limits: { openFiles: 128 } };
    const { readings } = await passOver(new HoldfastTarget(runtime.service(), create, 'namespace'), [
      'identity',
      'environment',
      'clock',
      'resources',
    ]);
    expect(seen(readings, 'identity.user')).toBe('root');
    expect(seen(readings, 'clock.zone')).toBe('JST +0900');
    expect(seen(readings, 'environment.locale')).toBe('LANG=C');
    expect(seen(readings, 'resources.open-files')).toBe('128');
  });
});

describe('a local command', () => {
  const chroot = (root: string): string => `chroot ${join(base, root)} /bin/busybox sh -c {}`;

  it.skipIf(needsBusybox !== '')(
    `in a BusyBox tree is the same twice${needsBusybox}`,
    { timeout: 120_000 },
    async () => {
      const target = new CommandTarget(chroot('root'), systemClock);
      const [first, second] = [await passOver(target), await passOver(target)];
      expect(JSON.stringify(second.readings)).toBe(JSON.stringify(first.readings));
      expect(seen(first.readings, 'userland.ls')).toMatch(/^BusyBox v/);
      expect(seen(first.readings, 'userland.timeout-status')).toBe('143');
      expect(seen(first.readings, 'userland.grep-perl')).toBe('fails with 2');
    },
  );

  it.skipIf(!isRoot)('without ls, date, id and nearly all others says so', { timeout: 120_000 }, async () => {
    makeBareRoot(join(base, 'bare'));
    const { readings } = await passOver(new CommandTarget(`chroot ${join(base, 'bare')} /bin/sh -c {}`, systemClock));
    expect(seen(readings, 'userland.ls')).toBe('absent');
    expect(seen(readings, 'shell.arrays')).toBe('unknown');
    for (const [field, reason] of [
      ['filesystem.root-listing', 'there is no ls'],
      ['clock.zone', 'there is no date'],
      ['identity.user', 'there is no id'],
      ['environment.names', 'there is no env'],
      ['filesystem.case', 'no directory can be written'],
      ['exec.output.large', 'yes or head is missing, or nothing arrived'],
    ])
      expect(seen(readings, field ?? '')).toEqual({ field, kind: 'could-not-measure', reason });
  });

  it('without a shell has nothing measured, and is no crash', async () => {
    const { readings } = await passOver(new CommandTarget('env -i /no/such/shell', systemClock));
    expect(readings.find(({ field }) => field === 'shell.implementation')).toMatchObject({
      kind: 'could-not-measure',
      reason: expect.stringContaining('/no/such/shell'),
    });
  });

  it('that is not there is the harness’s trouble', async () => {
    await expect(capture(new CommandTarget('/no/such/program {}', systemClock))).resolves.toMatchObject({
      complete: false,
      sessions: [{ outcome: 'partial', troubles: [{ side: 'harness', code: 'not-installed' }] }],
    });
  });
});

describe('an OCI runtime over a BusyBox root', () => {
  const bundle = (name: string): { target: Target; left: () => string[] } => {
    const directory = join(base, `${name}-state`);
    const runtime = name === 'crun' ? crunFor(base) : name;
    const target = new BundleTarget(runtime, join(base, 'root'), {
      clock: systemClock,
      environment,
      directory,
      newName,
    });
    return {
      target,
      left: () => readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('hft-')),
    };
  };

  it.skipIf(needs('runc') !== '')(
    `runc is profiled, and leaves nothing${needs('runc')}`,
    { timeout: 120_000 },
    async () => {
      const { target, left } = bundle('runc');
      const profile = await capture(target);
      expect(profile.sessions).toMatchObject([{ outcome: 'complete', rounds: 2, troubles: [] }]);
      expect(observed(profile, 'identity.capabilities')).toBe('00000000000000eb');
      expect(observed(profile, 'network.reach-address')).toMatch(/no route|no answer/);
      expect(observed(profile, 'exec.cwd.default')).toBe('/');
      expect(observed(profile, 'exec.timeout.status')).toMatchObject({ kind: 'could-not-measure' });
      expect(profile.latency.series.some(({ operation }) => operation === 'exec.noop')).toBe(true);
      expect(left()).toEqual([]);
    },
  );

  it.skipIf(needs('crun') !== '')(
    `crun is observed, and leaves nothing${needs('crun')}`,
    { timeout: 120_000 },
    async () => {
      const { target, left } = bundle('crun');
      const { readings } = await passOver(target, ['exec-inside', 'identity', 'userland-made']);
      expect(seen(readings, 'identity.capabilities')).toBe('00000000000000eb');
      expect(seen(readings, 'userland.sed')).toMatch(/^BusyBox v/);
      expect(left()).toEqual([]);
    },
  );

  it.skipIf(needs('runc') !== '')(
    `a container that is ended from outside is told as died${needs('runc')}`,
    async () => {
      const { target } = bundle('runc');
      const session = await target.open(signal);
      await session.exec({ command: 'kill -TERM 1; sleep 5', timeoutMs: 10_000 }, signal).catch(() => undefined);
      const next = session.exec({ command: 'true', timeoutMs: 5000 }, signal);
      await expect(next).rejects.toMatchObject({ side: 'runtime', trouble: 'died' });
      await session.close();
    },
  );
});

describe('a machine behind ssh', () => {
  const missing = program('sshd') === null ? ' (skipped: no sshd)' : !isRoot ? ' (skipped: needs root)' : '';

  it.skipIf(missing !== '')(`is profiled over one connection${missing}`, { timeout: 120_000 }, async () => {
    const directory = await mkdtemp(join(base, 's'));
    await using server = await startSshServer(directory);
    const options = { clock: systemClock, environment, directory, words: server.words };
    const target = new SshTarget(`127.0.0.1:${server.port}`, options);
    const session = await target.open(signal);
    await session.writeFile(`${directory}/it's`, Uint8Array.from([0, 255, 10]), signal);
    expect([...(await session.readFile(`${directory}/it's`, 10, signal))]).toEqual([0, 255, 10]);
    expect(
      await session.exec({ command: ['sh', '-c', 'cat; exit 7'], stdin: Buffer.from('in'), timeoutMs: 5000 }, signal),
    ).toMatchObject({ exitCode: 7 });
    expect(await session.exec({ command: 'exit 255', timeoutMs: 5000 }, signal)).toMatchObject({ exitCode: 255 });
    expect(await session.exec({ command: 'sleep 5', timeoutMs: 300 }, signal)).toMatchObject({ timedOut: true });
    await session.close();
    const { readings } = await passOver(target, ['exec-inside', 'identity']);
    expect(seen(readings, 'identity.uid')).toBe('0');
    expect(seen(readings, 'exec.cwd.writable')).toBe('yes');
  });

  it('that nobody answers at is the harness’s trouble', async () => {
    const target = new SshTarget('127.0.0.1:9', { clock: systemClock, environment, directory: base });
    await expect(target.open(signal)).rejects.toMatchObject({ side: 'harness', trouble: 'unreachable' });
  });
});

describe('a container engine', () => {
  const why = needs('podman') || (program('runc') === null ? ' (skipped: no runc)' : '');

  it.skipIf(why !== '')(`podman is profiled, and leaves no container${why}`, { timeout: 120_000 }, async () => {
    const engine = makePodman(join(base, 'podman'), join(base, 'root'));
    const target = new EngineTarget(engine, 'busybox-root:1', { clock: systemClock, environment, newName });
    const { readings } = await passOver(target, ['exec-inside', 'identity', 'userland-made', 'resources']);
    expect(seen(readings, 'userland.ls')).toMatch(/^BusyBox v/);
    expect(seen(readings, 'resources.virtualisation')).toContain('podman');
    const session = await target.open(signal);
    const variable = { environment: { A: 'b c' }, cwd: '/tmp', stdin: Buffer.from('in'), timeoutMs: 20_000 };
    const { stdout } = await session.exec({ command: 'cat; pwd; echo "$A"', ...variable }, signal);
    expect(Buffer.from(stdout).toString()).toBe('in/tmp\nb c\n');
    spawnSync(engine, ['kill', session.name]);
    await expect(session.exec({ command: 'true', timeoutMs: 20_000 }, signal)).rejects.toMatchObject({
      trouble: 'died',
    });
    await session.close();
    expect(spawnSync(engine, ['ps', '--all', '--quiet'], { encoding: 'utf8' }).stdout).toBe('');
  });

  it('whose daemon is away, or that is not installed, is the harness’s trouble', async () => {
    const options = {
      clock: systemClock,
      environment: { ...environment, DOCKER_HOST: 'unix:///no/such/socket' },
      newName,
    };
    await expect(capture(new EngineTarget(program('docker') ?? 'docker', 'debian', options))).rejects.toMatchObject({
      side: 'harness',
    });
    await expect(capture(new EngineTarget('no-such-engine', 'debian', options))).rejects.toMatchObject({
      trouble: 'not-installed',
    });
  });
});
