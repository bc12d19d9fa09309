/** Fault plans in real sandboxes: each kind happens, nobody inside is told, everything is put back. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { demonstrate } from '../../src/cli/fault-demo/demonstrate.ts';
import { parseContract } from '../../src/contract/index.ts';
import { createRuntime, type Runtime, type RuntimeOptions } from '../../src/runtime/index.ts';
import { type FaultPlanInput, faultKinds, type HoldfastService, type JournalEntry } from '../../src/schema/index.ts';
import { fakeTimeLibrary } from '../../src/tools/index.ts';

const isRoot = process.getuid?.() === 0;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const planOf = (faults: FaultPlanInput['faults'], more: Partial<FaultPlanInput> = {}): FaultPlanInput => ({
  format: 'holdfast-faults/1',
  seed: 11,
  faults,
  ...more,
});

let home = '';
const open: Runtime[] = [];
const start = async (options: RuntimeOptions = {}): Promise<Runtime> => {
  const runtime = await createRuntime({ home, ...options });
  open.push(runtime);
  return runtime;
};
const clean = async (): Promise<void> => {
  await Promise.all(open.splice(0).map((runtime) => runtime.close().catch(() => undefined)));
  await using last = await createRuntime({ home, ephemeral: true });
  await last.close();
  await rm(home, { recursive: true, force: true });
};
const sh = async (service: HoldfastService, id: string, command: string, timeoutMs = 10_000) => {
  const result = await service.exec(id, { argv: ['/bin/sh', '-c', command], timeoutMs });
  return { ...result, stdout: text(result.stdout), stderr: text(result.stderr) };
};
const journalOf = async (service: HoldfastService, sandbox: string): Promise<JournalEntry[]> =>
  (await service.journal({ sandbox, limit: 1000 })).items;

describe('every kind of fault', () => {
  let service: HoldfastService;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'hf-faults-'));
    service = (await start()).service();
  });
  afterAll(clean);

  it.each(faultKinds)('%s happens', { timeout: 60_000 }, async (kind) => {
    const shown = await demonstrate(service, kind);
    const isMissing =
      (kind.startsWith('clock.') && kind !== 'clock.zone' && !existsSync(fakeTimeLibrary)) ||
      (!isRoot && (kind === 'filesystem.read-only' || kind.startsWith('resources.')));
    expect(shown, shown.seen).toMatchObject({ outcome: isMissing ? 'not-here' : 'happened' });
  });
});

describe('a sandbox under a plan', () => {
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'hf-faults-'));
  });
  afterEach(clean);

  it('shows its agent the natural error, and its scorer that it was injected', async () => {
    const service = (await start()).service();
    const { id } = await service.createSandbox({
      faults: { plan: planOf([{ id: 'lost', kind: 'tool.lost-acknowledgement', rate: 1, until: 1 }]) },
    });
    const result = await service.callTool(id, { tool: 'shell', input: { command: 'touch done' } });
    expect(result).toMatchObject({ ok: false, error: { code: 'deadline-exceeded', fault: 'infrastructure' } });
    expect(JSON.stringify(result)).not.toMatch(/inject|fault plan|"lost"/);
    expect((await service.callTool(id, { tool: 'shell', input: { command: 'test -e done' } })).ok).toBe(true);
    const ended = (await journalOf(service, id)).filter(({ type }) => type === 'call-ended');
    expect(ended[0]?.body).toMatchObject({
      injected: ['lost'],
      error: { code: 'deadline-exceeded', fault: 'injected' },
    });
    expect(ended[1]?.body).not.toHaveProperty('injected');
    const report = await service.faultReport(id);
    expect(report).toMatchObject({ calls: 2, labels: [{ fault: 'lost', applied: true, name: 'shell', ordinal: 1 }] });
  });

  it('stands in a recording with its cause', async () => {
    const service = (await start()).service();
    const { id } = await service.createSandbox({
      record: true,
      faults: { plan: planOf([{ id: 'down', kind: 'tool.unavailable', rate: 1, until: 1 }]) },
    });
    await service.callTool(id, { tool: 'shell', input: { command: 'make' } });
    await service.destroySandbox(id);
    const [recording] = (await service.listRecordings({ sandbox: id })).items;
    const { items } = await service.recordingEvents(recording?.id ?? '', { limit: 1000 });
    const told = items.map((event) => JSON.stringify(event));
    const fault = told.find((event) => event.includes('"tool.unavailable"')) ?? '';
    expect(fault).toContain('"means":"synthetic"');
    expect(told.find((event) => event.includes('"step-ended"'))).toContain('"cause":"injected"');
    expect(told.indexOf(fault)).toBeGreaterThan(0);
  });

  it('speaks in the words of the contract that it is held to, and refuses what that does not know', async () => {
    const contract = parseContract(
      'format: holdfast-contract/1\ncontract: held/1.0.0\ndate: 2026-11-28\nfailures:\n  - { code: busy, layer: tool, template: "come back later ({message})", rate: 0.1, retryable: false, sideEffect: none }\n',
      'held',
    ).value;
    const service = (await start({ contract })).service();
    const { id } = await service.createSandbox({
      faults: { plan: planOf([{ id: 'a', kind: 'tool.unavailable', rate: 1 }]) },
    });
    const result = await service.callTool(id, { tool: 'shell', input: { command: 'true' } });
    expect(result).toMatchObject({
      ok: false,
      error: { message: 'come back later (shell is not available now)', retryable: false },
    });
    const unknown = service.createSandbox({ faults: { plan: planOf([{ id: 'rare', kind: 'tool.rate-limited' }]) } });
    await expect(unknown).rejects.toMatchObject({ code: 'capability-missing', details: { fault: 'rare' } });
  });

  it('is shown under a contract that promises sandboxes that live long', async () => {
    const contract = parseContract(
      'format: holdfast-contract/1\ncontract: long/1.0.0\ndate: 2026-11-28\nfields:\n  lifecycle.lifetime: { atLeast: 3600 }\n',
      'long',
    ).value;
    const shown = await demonstrate((await start({ contract })).service(), 'tool.empty');
    expect(shown).toMatchObject({ outcome: 'happened' });
  });

  it.each<[string, FaultPlanInput['faults'][number]]>([
    ['a limit that it was made without', { id: 'x', kind: 'resources.memory' }],
    ['a network that it has not', { id: 'x', kind: 'network.reset' }],
  ])('is refused for %s, with the fault named, and nothing is left', async (_what, fault) => {
    const service = (await start()).service();
    const made = service.createSandbox({ faults: { plan: planOf([fault]) } });
    await expect(made).rejects.toMatchObject({ code: 'capability-missing', details: { fault: 'x', kind: fault.kind } });
    expect((await service.listSandboxes()).items).toEqual([]);
  });

  it('hits a program in its midst, so that half of what it does is done, and says so', {
    timeout: 60_000,
  }, async () => {
    const service = (await start()).service();
    const { id } = await service.createSandbox({
      record: true,
      faults: {
        plan: planOf([
          { id: 'killed', kind: 'exec.signal', rate: 1, until: 1, afterMs: 400 },
          { id: 'stands', kind: 'exec.hang', rate: 1, from: 2, until: 2, afterMs: 400 },
          { id: 'short', kind: 'exec.timeout-early', rate: 1, from: 3, until: 3, afterMs: 400, fraction: 0.1 },
          { id: 'before', kind: 'exec.hang', rate: 1, from: 4, until: 4, mostMs: 400 },
          { id: 'first', kind: 'exec.signal', rate: 1, from: 5, until: 5 },
        ]),
      },
    });
    const half = (name: string, timeoutMs: number) =>
      sh(service, id, `echo begun > ${name}; sleep 1; echo done > ${name}`, timeoutMs);
    expect(await half('killed', 20_000)).toMatchObject({ reason: 'signalled', signal: 'SIGKILL' });
    expect(await half('stands', 3000)).toMatchObject({ reason: 'timed-out' });
    expect(await half('short', 10_000)).toMatchObject({ reason: 'timed-out' });
    // What was hit before it began goes on when it is let go.
    expect(await half('before', 20_000)).toMatchObject({ reason: 'exited', exitCode: 0 });
    expect(await half('first', 20_000)).toMatchObject({ reason: 'signalled' });
    const left = await sh(service, id, 'for f in killed stands short before first; do echo $f $(cat $f); done');
    expect(left.stdout).toBe('killed begun\nstands begun\nshort begun\nbefore done\nfirst\n');
    await service.destroySandbox(id);
    const [recording] = (await service.listRecordings({ sandbox: id })).items;
    const { items } = await service.recordingEvents(recording?.id ?? '', { limit: 1000 });
    const effects = items.flatMap((event) => (event.type === 'fault' ? [[event.draw['id'], event.effect]] : []));
    expect(Object.fromEntries(effects)).toEqual({
      killed: 'maybe',
      stands: 'maybe',
      short: 'maybe',
      before: 'maybe',
      first: 'none',
    });
  });

  it('is refused for requests that nobody reads', async () => {
    const service = (await start()).service();
    const faults = { plan: planOf([{ id: 'x', kind: 'network.server-error' }]) };
    const tunnelled = service.createSandbox({ faults, network: { allow: [{ host: 'a.example' }] } });
    await expect(tunnelled).rejects.toMatchObject({ code: 'capability-missing', details: { fault: 'x' } });
  });

  it('gives the same bytes in its log at concurrency 1, 8 and 64', { timeout: 240_000 }, async () => {
    const service = (await start()).service();
    const plan = planOf(
      [
        { id: 'cut', kind: 'exec.truncate', rate: 0.2, dependency: 'web' },
        { id: 'error', kind: 'tool.error', rate: 0.2, dependency: 'web' },
        { id: 'empty', kind: 'tool.empty', rate: 0.2 },
      ],
      { control: 0.2, dependencies: { web: { enter: 0.2, leave: 0.4 } } },
    );
    const episode = async (rollout: number): Promise<string> => {
      const { id } = await service.createSandbox({ faults: { plan, episode: { task: 't', rollout } } });
      for (let turn = 0; turn < 3; turn++)
        await service.callTool(id, { tool: 'shell', input: { command: `echo ${turn}` } });
      const { labels } = await service.faultReport(id);
      await service.destroySandbox(id);
      // What is scored is scored afterwards.
      expect((await service.faultReport(id)).labels).toEqual(labels);
      return labels.map((label) => `${rollout} ${JSON.stringify(label)}\n`).join('');
    };
    const logs = async (atOnce: number): Promise<string> => {
      const done: string[] = [];
      let next = 0;
      const work = async (): Promise<void> => {
        for (let rollout = next++; rollout < 64; rollout = next++) done[rollout] = await episode(rollout);
      };
      await Promise.all(Array.from({ length: atOnce }, work));
      return done.join('');
    };
    const alone = await logs(1);
    expect(alone.split('\n').length).toBeGreaterThan(10);
    for (const atOnce of [8, 64]) expect(await logs(atOnce)).toBe(alone);
  });

  it('counts its children on as rollouts of the same group', async () => {
    const service = (await start()).service();
    const { id } = await service.createSandbox({
      faults: { plan: planOf([{ id: 'a', kind: 'tool.error' }]), episode: { group: 'g', rollout: 4 } },
    });
    const children = await service.forkSandbox(id, { count: 2 });
    const reports = await Promise.all(children.map((child) => service.faultReport(child.id)));
    expect(reports.map(({ episode }) => [episode.group, episode.rollout])).toEqual([
      ['g', 5],
      ['g', 6],
    ]);
  });

  it('meets with its whole group what is shared, and alone what is not', { timeout: 120_000 }, async () => {
    const service = (await start()).service();
    const server = createServer((_request, response) => response.end('well'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // A server that listens on TCP has such an address.
    const { port } = server.address() as AddressInfo;
    const allow = [{ host: '127.0.0.1', protocol: 'http' as const, ports: [port], addresses: ['127.0.0.1/32'] }];
    const calls = ['shell'];
    /** Twenty calls and ten requests: what came of each, and what the scorer is told. */
    const life = async (id: string): Promise<string> => {
      const seen: string[] = [];
      for (let turn = 0; turn < 20; turn++) {
        const result = await service.callTool(id, { tool: 'shell', input: { command: `echo turn ${turn}` } });
        seen.push(result.ok ? JSON.stringify(result.output).replace(/"durationMs":\d+/, '') : result.error.message);
      }
      const curl = `curl -s --noproxy '' -o /dev/null -w '%{http_code} ' http://127.0.0.1:${port}/$i`;
      const { stdout } = await sh(service, id, `for i in 1 2 3 4 5 6 7 8 9 10; do ${curl}; done`, 60_000);
      const answers = stdout.trim().split(' ');
      const { length: broken } = answers.filter((status) => status === '503');
      const labels = async () => (await service.faultReport(id)).labels;
      // What the gateway did is told a moment later.
      const inNetwork = async () => (await labels()).filter(({ channel, applied }) => channel === 'request' && applied);
      await expect.poll(async () => (await inNetwork()).length).toBe(broken);
      return JSON.stringify({ seen, answers, labels: await labels() }, null, 1);
    };
    const childrenOf = async (kind: 'shared' | 'independent', group: string): Promise<string[]> => {
      const plan = planOf(
        [
          { id: 'error', kind: 'tool.error', rate: 0.2, calls, dependency: 'all' },
          { id: 'empty', kind: 'tool.empty', rate: 0.2, calls },
          { id: 'often', kind: 'tool.unavailable', rate: 0.2, calls, activation: 0.5 },
          { id: 'down', kind: 'network.server-error', rate: 0.4 },
        ],
        { group: kind, dependencies: { all: { enter: 0.2, leave: 0.4 } } },
      );
      const { id } = await service.createSandbox({
        network: { allow },
        faults: { plan, episode: { task: 't', group } },
      });
      // What their parent went through is not theirs.
      await service.callTool(id, { tool: 'shell', input: { command: 'echo turn 0' } });
      const children = await service.forkSandbox(id, { count: 2 });
      return Promise.all(children.map((child) => life(child.id)));
    };
    const [one = '', other] = await childrenOf('shared', 'g');
    const met = JSON.parse(one) as { seen: string[]; answers: string[]; labels: { applied: boolean }[] };
    expect(met.labels.filter(({ applied }) => applied).length).toBeGreaterThan(4);
    expect(new Set(met.seen).size).toBeGreaterThan(3);
    expect(new Set(met.answers)).toEqual(new Set(['200', '503']));
    expect(other).toBe(one);
    // Another group has other faults, and who shares none has its own.
    expect((await childrenOf('shared', 'h'))[0]).not.toBe(one);
    const [first, second] = await childrenOf('independent', 'g');
    expect(second).not.toBe(first);
    server.close();
  });

  it('meets nothing after faults were stopped, and what reads its files never does', async () => {
    const service = (await start()).service();
    const always: FaultPlanInput['faults'] = [{ id: 'a', kind: 'exec.hang', rate: 1, calls: ['exec'] }];
    const { id } = await service.createSandbox({ faults: { plan: planOf(always) } });
    await service.callTool(id, { tool: 'files', input: { action: 'write', path: 'result', content: 'made' } });
    const { content } = await service.readFile(id, '/workspace/result');
    const pieces: Uint8Array[] = [];
    for await (const piece of content) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe('made');
    expect((await service.stopFaults(id)).stopped).toBe(true);
    expect((await sh(service, id, 'cat /workspace/result')).stdout).toBe('made');
    expect((await service.stopFaults(id)).stopped).toBe(true);
  });

  it('is hit by nothing that was to come later, once faults are stopped', async () => {
    const service = (await start()).service();
    const { id } = await service.createSandbox({
      faults: {
        plan: planOf([
          { id: 'killed', kind: 'exec.signal', rate: 1, until: 1, afterMs: 600 },
          { id: 'stands', kind: 'exec.hang', rate: 1, from: 2, until: 2, afterMs: 600 },
        ]),
      },
    });
    for (const name of ['one', 'two'])
      await service.startProcess(id, { argv: ['/bin/sh', '-c', `sleep 1.5; echo done > ${name}`] });
    expect((await service.faultReport(id)).labels.map(({ applied }) => applied)).toEqual([true, true]);
    const { labels } = await service.stopFaults(id);
    expect(labels).toMatchObject([
      { fault: 'killed', applied: false, because: 'not-possible', parameters: { why: 'faults were stopped' } },
      { fault: 'stands', applied: false },
    ]);
    const found = await sh(service, id, 'sleep 2.5; cat one two');
    expect(found.stdout).toBe('done\ndone\n');
  });

  it('has no stage for a sandbox without a plan, and no report', async () => {
    const service = (await start()).service();
    const { id } = await service.createSandbox({});
    expect((await sh(service, id, 'echo plain')).stdout).toBe('plain\n');
    await expect(service.faultReport(id)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe.runIf(isRoot)('what is changed about a sandbox', () => {
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'hf-faults-'));
  });
  afterEach(clean);

  const shut = planOf([{ id: 'shut', kind: 'filesystem.read-only', rate: 1, until: 1, lastsCalls: 50 }]);

  it('is put back when the daemon died meanwhile', async () => {
    const plan = planOf([
      { id: 'shut', kind: 'filesystem.read-only', rate: 1, until: 1, lastsCalls: 50 },
      { id: 'tight', kind: 'resources.processes', rate: 1, from: 2, until: 2, lastsCalls: 50, free: 1 },
    ]);
    const first = (await start()).service();
    const { id } = await first.createSandbox({
      limits: { processes: 64 },
      faults: { plan: { ...plan, consecutive: 2 } },
    });
    expect((await sh(first, id, 'touch /workspace/1')).stderr).toContain('Read-only');
    expect((await sh(first, id, 'sleep 0.1 & sleep 0.1 & sleep 0.1 & wait')).exitCode).not.toBe(0);
    // Nothing is told to the sandbox at a close, as nothing is at a death.
    await Promise.all(open.splice(0).map((runtime) => runtime.close()));
    const second = (await start()).service();
    expect((await sh(second, id, 'touch /workspace/1; sleep 0.1 & sleep 0.1 & sleep 0.1 & wait')).exitCode).toBe(0);
  });

  it('is let go when its program stands still and the daemon died', async () => {
    const plan = planOf([{ id: 'hang', kind: 'exec.hang', rate: 1, mostMs: 600_000, calls: ['start-process'] }]);
    const first = (await start()).service();
    const [one, other] = [
      await first.createSandbox({ faults: { plan } }),
      await first.createSandbox({ faults: { plan } }),
    ];
    const make = ['sh', '-c', 'echo done > /workspace/done'];
    for (const { id } of [one, other]) await first.startProcess(id, { argv: make });
    const made = async (service: HoldfastService, id: string): Promise<string> =>
      (await sh(service, id, 'cat /workspace/done 2>/dev/null; true')).stdout;
    expect(await made(first, one.id)).toBe('');
    await first.stopFaults(one.id);
    await expect.poll(() => made(first, one.id)).toBe('done\n');
    expect(await made(first, other.id)).toBe('');
    await Promise.all(open.splice(0).map((runtime) => runtime.close()));
    const second = (await start()).service();
    await expect.poll(() => made(second, other.id)).toBe('done\n');
  });

  it('is put back before its files are snapshotted, and when faults stop', async () => {
    const service = (await start()).service();
    const plan = planOf([{ id: 'shut', kind: 'filesystem.read-only', rate: 1, from: 2, until: 2, lastsCalls: 50 }]);
    const { id } = await service.createSandbox({ faults: { plan } });
    // With something that lives its files are copied, and its mounts stay as they are.
    await service.startProcess(id, { argv: ['sleep', '60'] });
    expect((await sh(service, id, 'touch /workspace/1')).exitCode).not.toBe(0);
    await service.createSnapshot(id);
    expect((await sh(service, id, 'touch /workspace/2')).exitCode).toBe(0);
    const other = await service.createSandbox({ faults: { plan: shut } });
    expect((await sh(service, other.id, 'touch /workspace/1')).exitCode).not.toBe(0);
    await service.stopFaults(other.id);
    expect((await sh(service, other.id, 'touch /workspace/1')).exitCode).toBe(0);
  });

  it('is a full disk, for programs too, where it has one of its own', async () => {
    const service = (await start()).service();
    const faults: FaultPlanInput['faults'] = [
      { id: 'full', kind: 'filesystem.no-space', rate: 1, until: 1, lastsCalls: 3 },
    ];
    const { id } = await service.createSandbox({
      limits: { diskBytes: 64 * 1024 * 1024 },
      faults: { plan: planOf(faults, { consecutive: 2 }) },
    });
    const write = (path: string) =>
      service.callTool(id, { tool: 'files', input: { action: 'write', path, content: 'x'.repeat(10_000) } });
    expect(await write('a')).toMatchObject({ ok: false, error: { code: 'disk-full' } });
    const program = await sh(
      service,
      id,
      'head -c 100000 /dev/zero > b; df --output=avail /workspace | tail -1; ls -a / /workspace',
    );
    expect(program.stderr).toContain('No space left on device');
    expect(Number(program.stdout.split('\n')[0])).toBeLessThan(64);
    expect(program.stdout).not.toContain('filler');
    expect(await write('c')).toMatchObject({ ok: false });
    // Its calls are over.
    expect(await write('d')).toMatchObject({ ok: true });
    const room = await sh(service, id, 'head -c 30000000 /dev/zero > e; df --output=avail -k /workspace | tail -1');
    expect(room).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await service.faultReport(id)).labels).toMatchObject([{ fault: 'full', means: 'physical', applied: true }]);
    // One without a disk of its own is told so by the door.
    const other = await service.createSandbox({ faults: { plan: planOf(faults) } });
    expect(
      await service.callTool(other.id, { tool: 'files', input: { action: 'write', path: 'a', content: 'x' } }),
    ).toMatchObject({ ok: false, error: { code: 'disk-full' } });
    expect((await sh(service, other.id, 'echo y > b; cat b')).stdout).toBe('y\n');
    expect((await service.faultReport(other.id)).labels).toMatchObject([{ fault: 'full', means: 'synthetic' }]);
  });

  it('is room again when the daemon died meanwhile, and before a snapshot', async () => {
    const plan = planOf([{ id: 'full', kind: 'filesystem.no-space', rate: 1, lastsCalls: 1000 }]);
    const limits = { diskBytes: 64 * 1024 * 1024 };
    const first = (await start()).service();
    const [one, other] = [
      await first.createSandbox({ limits, faults: { plan } }),
      await first.createSandbox({ limits, faults: { plan } }),
    ];
    const fills = (service: HoldfastService, id: string) => sh(service, id, 'head -c 100000 /dev/zero > b; wc -c < b');
    for (const { id } of [one, other]) {
      await first.callTool(id, { tool: 'files', input: { action: 'write', path: 'a', content: 'x'.repeat(10_000) } });
      expect((await fills(first, id)).stderr).toContain('No space');
    }
    const snapshot = await first.createSnapshot(one.id);
    expect((await fills(first, one.id)).stdout).toBe('100000\n');
    const [child] = await first.forkSandbox(snapshot.id);
    expect((await fills(first, child?.id ?? '')).stdout).toBe('100000\n');
    await Promise.all(open.splice(0).map((runtime) => runtime.close()));
    const second = (await start()).service();
    expect((await fills(second, other.id)).stdout).toBe('100000\n');
  });

  it('is nothing of the host’s, whatever the sandbox puts in the place of /workspace', async () => {
    const service = (await start()).service();
    const { id } = await service.createSandbox({
      user: 'root',
      faults: { plan: { ...shut, faults: [{ id: 'shut', kind: 'filesystem.read-only', rate: 1, from: 2 }] } },
    });
    const moved = await sh(
      service,
      id,
      'cd / && mv /workspace /elsewhere && ln -s /etc /workspace && readlink /workspace',
    );
    expect(moved.stdout.trim()).toBe('/etc');
    await service.exec(id, { argv: ['true'], cwd: '/' });
    const { labels } = await service.faultReport(id);
    expect(labels[0]).toMatchObject({ fault: 'shut', applied: false, because: 'not-possible' });
    // Neither inside, behind the link, nor here is anything read-only that was not.
    expect((await service.exec(id, { argv: ['sh', '-c', 'touch /etc/x'], cwd: '/' })).exitCode).toBe(0);
    expect(spawnSync('sh', ['-c', 'grep -c " /etc ro" /proc/mounts'], { encoding: 'utf8' }).stdout.trim()).toBe('0');
  });
});
