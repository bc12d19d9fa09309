/** A training profile with every field filled: it is created from, run and graded, and each field is seen to hold. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { systemClock } from '../../src/base/index.ts';
import { mustShip } from '../../src/contract/index.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import {
  type CreateSandboxInput,
  faultPlanSchema,
  type HoldfastService,
  limitsSchema,
} from '../../src/schema/index.ts';
import { fakeTimeLibrary } from '../../src/tools/index.ts';
import { freezeWorld, parseTraining, type World, worldDigest } from '../../src/worlds/index.ts';
import { worldSchema } from '../../src/worlds/manifest.ts';
import { trainingSchema } from '../../src/worlds/training.ts';
import { runCli } from '../fixtures/cli.ts';

const clockAt = '2026-01-01T00:00:00.000Z';
const missing = !existsSync(fakeTimeLibrary) || process.getuid?.() !== 0;
const mebibyte = 1024 * 1024;
const limits = {
  memoryBytes: 256 * mebibyte,
  cpus: 1,
  processes: 64,
  openFiles: 128,
  diskBytes: 32 * mebibyte,
  outputBytes: mebibyte,
};
const faults = {
  format: 'holdfast-faults/1',
  name: 'full',
  summary: 'one refused request, then peace',
  seed: 3,
  dial: 0,
  activation: 1,
  control: 0,
  group: 'independent',
  position: 'even',
  horizon: 10,
  budget: 5,
  consecutive: 2,
  dependencies: { shop: { enter: 0, leave: 1, factor: 1 } },
  faults: [{ id: 'down', kind: 'network.server-error', rate: 1, most: 1, status: 502, dependency: 'shop' }],
};

/** What ships, without what an episode of a minute under tight limits cannot have. */
async function episodes(): Promise<object> {
  const { fields, ...shipped } = await mustShip('coding-agent');
  const less = ['lifecycle.lifetime', 'resources.open-files', 'filesystem.temporary-space'];
  const kept = Object.entries(fields).filter(([id]) => !less.includes(id));
  return { ...shipped, contract: 'episodes/1.0.0', fields: Object.fromEntries(kept) };
}

describe.skipIf(missing)('a training profile with every field', () => {
  let runtime: Runtime;
  let service: HoldfastService;
  let server: Server;
  let url = '';
  let world: World;
  const directory = mkdtempSync(join(tmpdir(), 'hf-training-'));
  const created: CreateSandboxInput[] = [];
  /** The service itself, watched. */
  const watched = (): HoldfastService => ({
    ...service,
    createSandbox: (input, options) => {
      created.push(input ?? {});
      return service.createSandbox(input, options);
    },
  });
  const curl = (): string => `curl -s --max-time 20 --noproxy '' -w ' %{http_code}' "${url}/stock?nonce=$$"`;

  beforeAll(async () => {
    runtime = await createRuntime({ ephemeral: true });
    service = runtime.service();
    server = createServer((_request, response) => response.end('three'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // A server that listens on TCP has such an address.
    const { port } = server.address() as AddressInfo;
    url = `http://127.0.0.1:${port}`;
    // This machine's registry then; later it has another one, or none.
    process.env['npm_config_registry'] = `${url}/npm/`;
    const recorder = await service.createSandbox({
      network: {
        presets: ['npm'],
        allow: [{ host: '127.0.0.1', protocol: 'http', ports: [port], addresses: ['127.0.0.1/32'] }],
        tape: { mode: 'record', name: 'shop' },
      },
    });
    delete process.env['npm_config_registry'];
    await service.exec(recorder.id, { argv: ['sh', '-c', curl()] });
    await service.writeFile(recorder.id, '/workspace/shelf', new TextEncoder().encode('full\n'));
    const kept = await service.createSnapshot(recorder.id);
    await service.destroySandbox(recorder.id);
    await new Promise((resolve) => server.close(resolve));
    const from = await service.createSandbox({ template: kept.id });
    const freezing = { sandbox: from.id, tape: 'shop', name: 'shop', clockAt, seed: 7 };
    const frozen = await freezeWorld(service, freezing, systemClock);
    await service.destroySandbox(from.id);
    world = {
      ...frozen,
      summary: 'a shop and its shelf',
      limits: { cpus: 0.5 },
      environment: { GREETING: 'good morning' },
      // Another nonce each time is the same request.
      tape: frozen.tape && {
        ...frozen.tape,
        rules: { headers: [], hosts: [{ host: '127.0.0.1', ignore: { query: ['nonce'] } }] },
      },
      suite: [{ argv: ['sh', '-c', 'cat shelf; date; openssl rand -hex 4; echo $GREETING'], cwd: '/workspace' }],
      grade: 'D4',
    };
    const profile = {
      format: 'holdfast-training/1',
      contract: 'episodes.yaml',
      lifetimeMs: 60_000,
      limits,
      faults,
      world,
    };
    writeFileSync(join(directory, 'training.yaml'), stringify(profile));
    writeFileSync(join(directory, 'episodes.yaml'), stringify(await episodes()));
    const has = (given: object, schema: { shape: object }): void =>
      expect(Object.keys(given).sort()).toEqual(Object.keys(schema.shape).sort());
    // A field that is added is to be tried here too.
    has(profile, trainingSchema);
    has(world, worldSchema);
    has(limits, limitsSchema);
    expect(Object.keys(faultPlanSchema.parse(faults)).sort()).toEqual(Object.keys(faults).sort());
  }, 120_000);
  afterAll(async () => {
    await runtime?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('is created from and run, and each field holds', { timeout: 120_000 }, async () => {
    const script = [
      'date -u +%s',
      'echo "$GREETING"',
      'cat /workspace/shelf',
      'od -An -N4 -tx1 /dev/urandom',
      'ulimit -n',
      'echo "$npm_config_registry"',
      'grep MemTotal /proc/meminfo',
      `${curl()}; echo`,
      `${curl()}; echo`,
      `curl -s --noproxy '' -o /dev/null -w '%{http_code}' ${url}/unknown; echo`,
      'head -c 60000000 /dev/zero > /workspace/big; echo "status $?"',
    ].join('; ');
    const ran = await runCli(
      ['world', 'run', 'training.yaml', '--record', 'full', '--rollout', '2', '--', 'sh', '-c', script],
      watched(),
      { directory },
    );
    expect(ran.stderr).toMatch(/No space left on device/);
    expect(ran.stderr).toMatch(/not on the tape: .*unknown/);
    expect(ran.status).toBe(0);
    const [time, greeting, shelf, drawn, files, registry, memory, first, second, unknown, full] =
      ran.stdout.split('\n');
    expect([time, greeting, shelf, files, registry, first, second, unknown, full]).toEqual([
      String(Date.parse(clockAt) / 1000),
      'good morning',
      'full',
      '128',
      `${url}/npm/`,
      'Bad Gateway',
      ' 502',
      'three 200',
      '504',
    ]);
    expect(drawn).toMatch(/^( [0-9a-f]{2}){4}$/);
    expect(memory).toMatch(/ 262144 kB$/);
    expect(created.at(-1)).toMatchObject({ lifetimeMs: 60_000, limits, seed: 7, record: { name: 'full' } });
    const [begun] = (await service.recordingEvents('full')).items;
    expect(begun).toMatchObject({
      manifest: {
        contract: { name: 'episodes/1.0.0' },
        sandbox: { limits },
        seeds: { sandbox: '7', faults: '3', 'faults.episode': expect.stringContaining('"rollout":2,"task":"shop"') },
      },
    });
    expect((await service.listSandboxes()).items).toEqual([]);
  });

  it('is graded by the suite of its world', { timeout: 120_000 }, async () => {
    const graded = await runCli(['world', 'grade', 'training.yaml', '--json'], watched(), { directory });
    expect(graded.stderr).toBe('');
    expect(JSON.parse(graded.stdout)).toMatchObject({ grade: 'D4', misses: [] });
    expect(created.at(-1)).toMatchObject({ limits, contract: { contract: 'episodes/1.0.0' } });
    expect((await service.listSandboxes()).items).toEqual([]);
  });

  it('is held to the grade that it declares, or that is asked for, and declares what was seen', async () => {
    const grade = (...words: string[]) => runCli(['world', 'grade', ...words], watched(), { directory });
    const moving = ['--', 'sh', '-c', 'cat /proc/uptime'];
    const declared = await grade('training.yaml', ...moving);
    expect(declared).toMatchObject({ status: 1, stdout: expect.stringMatching(/^D3\n/) });
    expect(declared.stderr).toContain('below D4, which the file declares');
    expect(await grade('training.yaml', '--least', 'D3', ...moving)).toMatchObject({ status: 0 });
    const file = join(directory, 'written.yaml');
    writeFileSync(
      file,
      `# kept\n${readFileSync(join(directory, 'training.yaml'), 'utf8').replace('  grade: D4\n', '')}`,
    );
    const refused = await grade('written.yaml', '--write', '--least', 'D4', ...moving);
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('nothing was written') });
    expect(readFileSync(file, 'utf8')).not.toContain('grade');
    expect(await grade('written.yaml', '--write', ...moving)).toMatchObject({ status: 0 });
    const written = readFileSync(file, 'utf8');
    expect(written).toContain('# kept');
    const whole = { ...world, limits: { ...world.limits, ...limits } };
    expect(parseTraining(written, 'written').world).toEqual({ ...whole, grade: 'D3' });
    expect(worldDigest(parseTraining(written, 'written').world)).toBe(worldDigest(whole));
    expect(await grade('written.yaml', ...moving)).toMatchObject({ status: 0 });
    expect(await grade('written.yaml', '--least', 'D9', ...moving)).toMatchObject({ status: 2 });
  });
});
