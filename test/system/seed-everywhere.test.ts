/** Chance follows from a seed on every substrate, and a world with a clock that is held comes to the grade there that its table says. */
import { existsSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import type { CreateSandboxInput, HoldfastService, Isolation, SubstrateName } from '../../src/schema/index.ts';
import { fakeTimeLibrary } from '../../src/tools/index.ts';
import { freezeWorld, gradeWorld, support, type World } from '../../src/worlds/index.ts';
import { drawProgram } from '../fixtures/draw-program.ts';
import { gvisorMissing } from '../fixtures/gvisor.ts';
import { buildDebian, debianWith, whyNoDebian, whyNoMachines } from '../fixtures/machines.ts';

const slow = 900_000;
const clockAt = '2026-01-01T00:00:00.000Z';
const library = existsSync(fakeTimeLibrary) ? null : 'libfaketime is not installed';

/** The table's last line. */
const comesTo = 'all of it, with libfaketime and OpenSSL';
const drawn = 'od -An -N16 -tx1 /dev/urandom; od -An -N16 -tx1 /dev/random; /workspace/draw';

interface Place {
  substrate: Exclude<SubstrateName, 'fake'>;
  isolation: Isolation;
  template: string;
  /** Why it cannot be tried here, or null. */
  missing: string | null;
}

const places: readonly Place[] = [
  { substrate: 'namespace', isolation: 'namespace', template: 'host', missing: null },
  { substrate: 'gvisor', isolation: 'userspace-kernel', template: 'host', missing: await gvisorMissing() },
  { substrate: 'microvm', isolation: 'microvm', template: 'debian', missing: await whyNoMachines('microvm') },
  { substrate: 'vm', isolation: 'vm', template: 'debian', missing: await whyNoMachines('vm') },
];

const ask = (url: string): string => `curl -s --max-time 60 --noproxy '' -w ' %{http_code}\\n' ${url}`;

describe.each(places)('under $isolation', ({ substrate, isolation, template, missing }) => {
  const skipped = missing !== null;
  const why = missing ?? library;
  const promised = (what: string): string => support.find((line) => line.what === what)?.how[substrate] ?? '';
  let runtime: Runtime;
  let service: HoldfastService;
  const made = async (input: CreateSandboxInput = {}): Promise<string> => {
    const { id } = await service.createSandbox({ isolation, template, ...input });
    await service.writeFile(id, '/workspace/draw', drawProgram(), { mode: 0o755 });
    return id;
  };
  const say = async (id: string, command: string): Promise<string> => {
    const { stdout, stderr, exitCode } = await service.exec(id, { argv: ['sh', '-c', command], timeoutMs: 120_000 });
    expect(new TextDecoder().decode(stderr), command).toBe('');
    expect(exitCode, command).toBe(0);
    return new TextDecoder().decode(stdout);
  };
  const provide = async (programs: readonly string[]): Promise<void> => {
    const tree = debianWith(programs, {}, library === null ? [fakeTimeLibrary] : []);
    await buildDebian(runtime, tree);
    rmSync(tree, { recursive: true, force: true });
  };
  /** Of a sandbox that has asked a server, and a registry that was this machine's then. */
  const freeze = async (): Promise<{ world: World; url: string }> => {
    let asked = 0;
    const server = createServer((_request, response) => response.end(`answer ${++asked}`));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // A server that listens on TCP has such an address.
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    process.env['npm_config_registry'] = `${url}/npm/`;
    const id = await made({
      network: {
        presets: ['npm'],
        allow: [{ host: '127.0.0.1', protocol: 'http', ports: [port], addresses: ['127.0.0.1/32'] }],
        tape: { mode: 'record' },
      },
    });
    delete process.env['npm_config_registry'];
    await say(id, `${ask(`${url}/known`)}; ${ask('$npm_config_registry')}; echo as it was > kept`);
    await service.setNetwork(id, 'none');
    const taped = async () => (await service.listTapes()).find(({ sandbox }) => sandbox === id);
    await expect.poll(taped).toMatchObject({ open: false, exchanges: 2 });
    const tape = (await taped())?.id ?? '';
    const world = await freezeWorld(service, { sandbox: id, tape, clockAt, seed: 7 }, systemClock);
    await service.destroySandbox(id);
    await new Promise((resolve) => server.close(resolve));
    return { world, url };
  };
  beforeAll(async () => {
    if (skipped) return;
    runtime = await createRuntime({ ephemeral: true });
    service = runtime.service();
    if (template === 'debian') await provide(['/usr/bin/openssl', '/usr/bin/curl']);
  }, slow);
  afterAll(() => runtime?.close());

  it.skipIf(skipped)(
    `what programs draw follows from the seed, whatever asks${skipped ? ` (${missing})` : ''}`,
    {
      timeout: slow,
    },
    async () => {
      const [one, same, other, none] = [
        await made({ seed: 7 }),
        await made({ seed: 7 }),
        await made({ seed: 8 }),
        await made(),
      ];
      const first = await say(one, drawn);
      expect(first).toMatch(/\n8 38 [0-9a-f]{16}\n$/);
      expect(await say(same, drawn)).toBe(first);
      // Each program begins anew.
      expect(await say(one, drawn)).toBe(first);
      for (const [at, line] of first.split('\n').slice(0, 3).entries()) {
        expect((await say(other, drawn)).split('\n')[at]).not.toBe(line);
        expect((await say(none, drawn)).split('\n')[at]).not.toBe(line);
      }
      // The call is there again where nothing is to be held.
      expect(await say(none, '/workspace/draw')).toMatch(/^8 0 /);
      const names = 'hostname; cat /etc/machine-id';
      expect(await say(same, names)).toBe(await say(one, names));
      const kept = await service.createSnapshot(one);
      await service.rollbackSandbox(one, kept.id);
      expect(await say(one, drawn)).toBe(first);
      const [child] = await service.forkSandbox(one);
      expect(await say(child?.id ?? '', drawn)).toBe(first);
      for (const id of [one, same, other, none, child?.id ?? '']) await service.destroySandbox(id);
    },
  );

  const graded = `a world comes to the grade that the table says${why === null ? '' : ` (${why})`}`;
  it.skipIf(why !== null)(graded, { timeout: slow }, async () => {
    const { world, url } = await freeze();
    const commands = [`${drawn}; date; hostname; cat /etc/machine-id`, ask(`${url}/known`), `(date; ${drawn}) > made`];
    const suite = commands.map((command) => ({ argv: ['sh', '-c', command] }));
    const { grade, findings, misses } = await gradeWorld(service, world, suite, 120_000);
    expect(misses).toEqual([]);
    // It mixes an address of its own in, and gVisor draws addresses by itself.
    const moving = substrate === 'gvisor' ? ['entropy'] : [];
    expect(findings.filter(({ holds }) => !holds).map(({ what }) => what)).toEqual(moving);
    const [same = '', ...different] = findings[2]?.detail.split('; ') ?? [];
    const known = ['hash seeds of Python', 'hash seeds of Perl', 'getrandom', '/dev/urandom', '/dev/random'];
    for (const what of [...known, ...(substrate === 'gvisor' ? [] : ['OpenSSL'])]) expect(same).toContain(what);
    expect(different).toEqual(
      substrate === 'gvisor' ? ['different: OpenSSL', 'different beside the grade: addresses of programs'] : [],
    );
    expect(grade).toBe(promised(comesTo).slice(0, 2));
    expect((await service.listSandboxes()).items).toEqual([]);
  });

  if (substrate !== 'gvisor') return;
  const noDebian = why ?? whyNoDebian();
  const without = `a world without OpenSSL comes to another one${noDebian === null ? '' : ` (${noDebian})`}`;
  it.skipIf(noDebian !== null)(without, { timeout: slow }, async () => {
    await provide([]);
    const { id } = await service.createSandbox({ isolation, template: 'debian' });
    const freezing = { sandbox: id, tape: null, clockAt, seed: 7 };
    const world = await freezeWorld(service, freezing, systemClock);
    await service.destroySandbox(id);
    const suite = [{ argv: ['sh', '-c', 'date; od -An -N16 -tx1 /dev/urandom > drawn; hostname'] }];
    const { grade, findings } = await gradeWorld(service, world, suite, 120_000);
    expect(findings.filter(({ holds }) => !holds)).toEqual([]);
    expect(promised(comesTo)).toBe(`D2; ${grade} without OpenSSL`);
  });
});
