/** Frozen worlds with a real tape, real sandboxes and libfaketime: what holds, what is refused, what a grade says. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import type { HoldfastService } from '../../src/schema/index.ts';
import { fakeTimeLibrary } from '../../src/tools/index.ts';
import {
  enterWorld,
  formatWorld,
  freezeWorld,
  gradeWorld,
  parseTraining,
  parseWorld,
  playOf,
  type World,
} from '../../src/worlds/index.ts';
import { makeSmallRoot } from '../fixtures/small-root.ts';

const clockAt = '2026-01-01T00:00:00.000Z';
const hasLibrary = existsSync(fakeTimeLibrary);
let home = '';
let runtime: Runtime;
let service: HoldfastService;
let server: Server;
let port = 0;
let world: World;
let asked = 0;

const curl = (path: string): string[] => [
  'sh',
  '-c',
  `curl -s --max-time 20 --noproxy '' -w '%{http_code}' http://127.0.0.1:${port}${path}`,
];
afterEach(async () => {
  for (const { id } of (await service.listSandboxes()).items) await service.destroySandbox(id);
});

const textOf = async (id: string, argv: string[]): Promise<string> =>
  new TextDecoder().decode((await service.exec(id, { argv, timeoutMs: 40_000 })).stdout);

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'hf-world-'));
  runtime = await createRuntime({ home });
  service = runtime.service();
  server = createServer((_request, response) => response.end(`answer ${++asked}\n`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on TCP has such an address.
  ({ port } = server.address() as AddressInfo);
  const { id } = await service.createSandbox({
    network: {
      allow: [{ host: '127.0.0.1', protocol: 'http', ports: [port], addresses: ['127.0.0.1/32'] }],
      tape: { mode: 'record', name: 'run' },
    },
  });
  expect(await textOf(id, curl('/known'))).toBe('answer 1\n200');
  await service.writeFile(id, '/workspace/data', new TextEncoder().encode('as it was\n'));
  const kept = await service.createSnapshot(id);
  await service.destroySandbox(id);
  const from = await service.createSandbox({ template: kept.id });
  // Closed with its sandbox.
  expect((await service.listTapes())[0]?.open).toBe(false);
  const freezing = {
    sandbox: from.id,
    tape: 'run',
    name: 'shop',
    clockAt: hasLibrary ? clockAt : null,
    seed: hasLibrary ? 7 : null,
  };
  world = await freezeWorld(service, freezing, systemClock);
  await service.destroySandbox(from.id);
}, 120_000);

afterAll(async () => {
  server.close();
  await runtime.close();
  await using last = await createRuntime({ home, ephemeral: true });
  await last.close();
  await rm(home, { recursive: true, force: true });
});

describe('a frozen world', () => {
  it('says what it is made of, and is read again as it was', () => {
    expect(world).toMatchObject({
      name: 'shop',
      zone: [{ host: '127.0.0.1', protocol: 'http', ports: [port] }],
      tape: { exchanges: 1 },
    });
    expect(world.snapshot.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(parseWorld(formatWorld(world), 'world.yaml')).toEqual(world);
  });

  it('answers from its tape, and refuses and counts what that does not know', { timeout: 60_000 }, async () => {
    const { id } = await enterWorld(service, world);
    const before = asked;
    expect(await textOf(id, curl('/known'))).toBe('answer 1\n200');
    expect(await textOf(id, curl('/unknown'))).toMatch(/tape-miss[\s\S]*504$/);
    expect(asked).toBe(before);
    expect(await playOf(service, id)).toMatchObject({ used: 1, misses: 1 });
    expect(await textOf(id, ['cat', '/workspace/data'])).toBe('as it was\n');
    await service.destroySandbox(id);
  });

  it.runIf(hasLibrary)(
    'has a clock that stands still, and chance as far as a seed reaches',
    { timeout: 60_000 },
    async () => {
      const seen: string[] = [];
      for (let turn = 0; turn < 2; turn++) {
        const { id } = await enterWorld(service, world);
        seen.push(
          await textOf(id, ['sh', '-c', 'date -u +%FT%T.%N; sleep 1.1; date -u +%FT%T.%N; echo $PYTHONHASHSEED']),
        );
        await service.destroySandbox(id);
      }
      expect(seen[0]).toBe('2026-01-01T00:00:00.000000000\n2026-01-01T00:00:00.000000000\n7\n');
      expect(seen[1]).toBe(seen[0]);
    },
  );

  it.runIf(hasLibrary)('has certificates of its own time', { timeout: 60_000 }, async () => {
    const zone = [...world.zone, { host: 'shop.example', protocol: 'https' as const, ports: [443] }];
    const { id } = await enterWorld(service, { ...world, zone });
    const said = await textOf(id, [
      'sh',
      '-c',
      "curl -s --max-time 20 -w '%{http_code} %{ssl_verify_result}' https://shop.example/",
    ]);
    // Read over TLS that was verified at a time when nothing of today was valid yet.
    expect(said).toMatch(/tape-miss[\s\S]*504 0$/);
  });

  it.runIf(hasLibrary)('has an authority of its own, the same each time: what tools trust is held too', async () => {
    expect(world.packagesAsOf).toBe(world.tape && (await service.listTapes())[0]?.createdAt);
    const trusted = { argv: ['sh', '-c', 'find /run/holdfast -name "ca*" -type f | sort | xargs sha256sum'], cwd: '/' };
    const graded = await gradeWorld(service, world, [trusted]);
    expect(graded).toMatchObject({ grade: 'D4' });
    const [one, other] = [await enterWorld(service, world), await service.createSandbox({ network: { allow: [] } })];
    const seen = await Promise.all([one, other].map(({ id }) => textOf(id, trusted.argv)));
    expect(seen[0]?.split('\n').length).toBeGreaterThan(3);
    // One that lives in no world trusts none but its own.
    expect(seen[1]).not.toBe(seen[0]);
  });

  it('is not entered when a part of it is another one', async () => {
    const other = { ...world, snapshot: { ...world.snapshot, digest: '0'.repeat(64) } };
    await expect(enterWorld(service, other)).rejects.toMatchObject({ code: 'snapshot-corrupt' });
    const without = { ...world, tape: { id: 'tap-00000000000000000000000000', exchanges: 1 } };
    await expect(enterWorld(service, without)).rejects.toMatchObject({ code: 'not-found' });
    const longer = { ...world, tape: { id: world.tape?.id ?? '', exchanges: 2 } };
    await expect(enterWorld(service, longer)).rejects.toMatchObject({ code: 'not-found' });
    const later = { ...world, packagesAsOf: world.frozenAt };
    await expect(enterWorld(service, later)).rejects.toMatchObject({ code: 'not-found' });
    expect((await service.listSandboxes()).items).toEqual([]);
  });

  it.runIf(process.getuid?.() === 0)('is not entered where its clock would run', { timeout: 60_000 }, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'hf-root-'));
    makeSmallRoot(directory);
    await service.buildTemplate({ name: 'small', from: 'directory', directory });
    await rm(directory, { recursive: true });
    const { id } = await service.createSandbox({ template: 'small' });
    const freezing = { sandbox: id, tape: null, clockAt, seed: null };
    const running = await freezeWorld(service, freezing, systemClock);
    await service.destroySandbox(id);
    for (const entering of [{}, { record: { name: 'runs' } }]) {
      await expect(enterWorld(service, running, entering)).rejects.toMatchObject({
        code: 'capability-missing',
        hint: expect.stringContaining('libfaketime'),
      });
    }
    expect((await service.listSandboxes()).items).toEqual([]);
    await expect(service.getRecording('runs')).rejects.toMatchObject({ code: 'recording-not-found' });
  });

  it('meets faults too: noise in a world that holds', { timeout: 60_000 }, async () => {
    const plan = {
      format: 'holdfast-faults/1' as const,
      seed: 1,
      faults: [{ id: 'down', kind: 'network.server-error' as const, rate: 1, most: 1 }],
    };
    const { id } = await enterWorld(service, world, { faults: { plan } });
    expect(await textOf(id, curl('/known'))).toBe('Service Unavailable\n503');
    expect(await textOf(id, curl('/known'))).toBe('answer 1\n200');
    await expect
      .poll(async () => (await service.faultReport(id)).labels.map(({ because }) => because))
      .toEqual(['applied', 'budget']);
    await service.destroySandbox(id);
  });

  it('has no call in it but the agent’s: faults and recordings begin with those', { timeout: 60_000 }, async () => {
    const plan = {
      format: 'holdfast-faults/1' as const,
      seed: 1,
      faults: [{ id: 'killed', kind: 'exec.signal' as const, rate: 1, from: 1, until: 1 }],
    };
    const { id } = await enterWorld(service, world, { faults: { plan }, record: { name: 'first' } });
    expect(await service.exec(id, { argv: ['true'] })).toMatchObject({ signal: 'SIGKILL' });
    expect(await textOf(id, ['echo', 'second'])).toBe('second\n');
    await service.destroySandbox(id);
    expect(await service.getRecording('first')).toMatchObject({ steps: 2 });
    const report = await service.replayRecording('first', { with: { world: formatWorld(world) } });
    expect(report.divergence).toBeNull();
    expect(report.steps.map(({ outcome }) => outcome)).toEqual(['signalled SIGKILL', 'exited 0']);
  });
});

describe('a grade', () => {
  it('is what two runs showed', { timeout: 120_000 }, async () => {
    const still = await gradeWorld(service, world, [{ argv: curl('/known') }]);
    expect(still.grade).toBe(hasLibrary ? 'D4' : 'D1');
    expect(still.findings.find(({ what }) => what === 'outputs')).toMatchObject({ holds: true });
    const missing = await gradeWorld(service, world, [{ argv: curl('/unknown') }]);
    expect(missing.grade).toBe('D0');
    expect(missing.misses.join('\n')).toContain('/unknown');
    expect((await service.listSandboxes()).items).toEqual([]);
  });

  it('is not that of outputs that move', { timeout: 60_000 }, async () => {
    const { findings } = await gradeWorld(service, world, [
      { argv: ['sh', '-c', 'date +%N > chance; cat /proc/uptime >> chance'] },
    ]);
    expect(findings.at(-1)).toMatchObject({ what: 'outputs', holds: false });
    expect(findings.at(-1)?.detail).toContain('/workspace/chance');
  });
});

describe('a training profile', () => {
  it('is one file with the world in it', () => {
    const text = [
      'format: holdfast-training/1',
      'contract: coding-agent',
      'limits: { cpus: 1 }',
      'world:',
      ...formatWorld(world)
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`),
    ].join('\n');
    expect(parseTraining(text, 'training.yaml')).toMatchObject({
      contract: 'coding-agent',
      lifetimeMs: 30_000,
      world: { name: 'shop', limits: { cpus: 1 } },
    });
    expect(() => parseTraining(text.replace('snapshot:', 'snapshop:'), 't.yaml')).toThrow(
      /t\.yaml:\d+:\d+: .*snapshop/,
    );
  });
});
