/** What a replay holds still: chance by a seed, the clock, a frozen world; faults that happen again; and tests made of them. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.ts';
import { createRuntime } from '../../src/runtime/index.ts';
import type { FaultPlanInput, HoldfastService, RecordingEvent, ReplayReport } from '../../src/schema/index.ts';
import { fakeTimeLibrary } from '../../src/tools/index.ts';
import { enterWorld, formatWorld, freezeWorld, gradeWorld, type World } from '../../src/worlds/index.ts';
import { RecordedRuns } from '../fixtures/recorded-runs.ts';

const runs = new RecordedRuns();
const { shell, recorded, finished, eventsOf } = runs;
const hasLibrary = existsSync(fakeTimeLibrary);
const clockAt = '2026-01-01T00:00:00.000Z';
let service: HoldfastService;
beforeAll(async () => {
  service = await runs.open({ quotas: (tenant) => (tenant === 'small' ? { keptBytes: 300_000 } : {}) });
});
afterAll(() => runs.close());

const planOf = (...faults: FaultPlanInput['faults']): FaultPlanInput => ({
  format: 'holdfast-faults/1',
  seed: 5,
  faults,
});
const hows = ({ steps }: ReplayReport): string[] => steps.map(({ how }) => how);
async function whole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}
async function* once(data: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield data;
}

const chance = [
  'od -An -N16 -tx1 /dev/urandom > drawn; cat drawn',
  `python3 -c "import random; print(random.random(), {'a', 'b', 'c', 'd', 'e', 'f'})"`,
  'openssl rand -hex 12',
];

describe('chance', () => {
  it('that followed from a seed is had again, and without one is not', { timeout: 60_000 }, async () => {
    const held = await service.replayRecording(await recorded(chance, { seed: 7 }));
    expect(held.divergence).toBeNull();
    expect(held).toMatchObject({ reproduced: true });
    expect(held.world[0]).toContain('chance follows from the seed it had then');
    const free = await service.replayRecording(await recorded(chance));
    expect(free).toMatchObject({ reproduced: false, divergence: { step: 1 } });
    expect(free.world[0]).toContain('chance is the machine’s');
  });

  it('stands in the recording: seeds of the sandbox, of its plan, of languages', async () => {
    const box = await service.createSandbox({
      record: true,
      seed: 7,
      environment: { PYTHONHASHSEED: '3' },
      faults: { plan: planOf({ id: 'late', kind: 'exec.slow-start', rate: 0 }), episode: { task: 't', rollout: 2 } },
    });
    const id = await finished(box);
    const [begun, policy] = (await service.recordingEvents(id)).items as [
      Extract<RecordingEvent, { type: 'recording-begun' }>,
      Extract<RecordingEvent, { type: 'policy' }>,
    ];
    expect(begun.manifest['seeds']).toEqual({
      sandbox: '7',
      faults: '5',
      'faults.episode': expect.stringMatching(/^[0-9a-f]{64} \{"group":"","rollout":2,"task":"t"\}$/),
      PYTHONHASHSEED: '3',
    });
    expect(policy).toMatchObject({ clock: { source: 'host' }, entropy: { source: 'seed' } });
  });
});

describe('a frozen world', () => {
  let world: World;
  beforeAll(async () => {
    const { id } = await service.createSandbox({});
    await shell(id, 'echo as it was > data');
    world = await freezeWorld(
      service,
      { sandbox: id, tape: null, clockAt: hasLibrary ? clockAt : null, seed: 7 },
      systemClock,
    );
    await service.destroySandbox(id);
  });

  it('holds a run that was recorded outside: what it draws is the world’s, twice', { timeout: 60_000 }, async () => {
    const id = await recorded(['echo a > a', 'od -An -N8 -tx1 /dev/urandom']);
    const report = await service.replayRecording(id, { with: { world: formatWorld(world) } });
    expect(report).toMatchObject({ edits: ['world world'], divergence: { step: 2, class: 'stdout' } });
    const again = await service.replayRecording(id, { with: { world: formatWorld(world) } });
    expect(again.divergence?.actual).toBe(report.divergence?.actual);
    expect(report.world[0]).toContain('those of the world world');
  });

  it('in which it was recorded is the one it is done again in', { timeout: 60_000 }, async () => {
    const { id } = await enterWorld(service, world, { record: { name: 'inside' } });
    for (const command of [...chance, 'cat data', ...(hasLibrary ? ['date +%s.%N'] : [])]) await shell(id, command);
    const recording = await finished({ id });
    expect(await service.replayRecording(recording)).toMatchObject({ reproduced: true, divergence: null });
    expect(await service.replayRecording(recording, { with: { world: formatWorld(world) } })).toMatchObject({
      reproduced: true,
    });
  });

  it('is for steps that are done again in it, and for no other clock', async () => {
    const id = await recorded(['echo a > a']);
    const refused = [
      { level: 'L3' as const, with: { world: formatWorld(world) } },
      { level: 'L1' as const, with: { world: formatWorld(world) } },
      { with: { world: formatWorld(world), clock: 'recorded' as const } },
      { with: { world: 'no world' } },
      {
        with: { world: formatWorld({ ...world, tape: { id: 'tap-00000000000000000000000000', exchanges: 1 } }) },
        code: 'not-found',
      },
    ];
    for (const { code = 'invalid-argument', ...request } of refused) {
      await expect(service.replayRecording(id, request)).rejects.toMatchObject({ code });
    }
    expect((await service.listSandboxes()).items.filter(({ metadata }) => 'replay' in metadata)).toEqual([]);
  });

  it('reaches the highest grade by its suite, and not by one that asks how long the machine is up', {
    timeout: 120_000,
  }, async () => {
    const suite = [...chance, 'hostname; cat /etc/machine-id; echo done > done'].map((command) => ({
      argv: ['sh', '-c', command],
    }));
    const graded = await gradeWorld(service, { ...world, suite });
    const failing = graded.findings.filter(({ holds }) => !holds).map(({ what }) => what);
    expect(failing).toEqual(hasLibrary ? [] : ['clock']);
    expect(graded.grade).toBe(hasLibrary ? 'D4' : 'D1');
    expect(graded.findings[2]?.detail).not.toContain('different');
    const moving = await gradeWorld(service, world, [...suite, { argv: ['sh', '-c', 'cat /proc/uptime > moved'] }]);
    expect(moving.findings.at(-1)).toMatchObject({ holds: false, detail: expect.stringContaining('/workspace/moved') });
    await expect(gradeWorld(service, world)).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});

describe('the clock', () => {
  it.runIf(hasLibrary)('is that of the recording where it is asked for', { timeout: 60_000 }, async () => {
    const id = await recorded(['date +%s', 'sleep 3; date +%s']);
    const normalisers = ['durations' as const];
    const then = (await service.recordingEvents(id, { limit: 1000 })).items.find(({ type }) => type === 'step-begun');
    const report = await service.replayRecording(id, { with: { clock: 'recorded' }, normalisers });
    expect(report.world[0]).toContain('as far as libfaketime reaches');
    // A second may turn while a program starts; those of now are more than three later.
    const said = report.divergence ? Number(report.divergence.actual) : (then?.atMs ?? 0) / 1000;
    expect(Math.abs(said - (then?.atMs ?? 0) / 1000)).toBeLessThan(2);
    expect(await service.replayRecording(id, { normalisers })).toMatchObject({ reproduced: false });
  });

  it.runIf(!hasLibrary)('that cannot be had here refuses the replay', async () => {
    const id = await recorded(['date +%s']);
    await expect(service.replayRecording(id, { with: { clock: 'recorded' } })).rejects.toMatchObject({
      code: 'capability-missing',
    });
  });
});

describe('faults that really happened', () => {
  // One that tries no second time where it cannot fork.
  const inPlainShell = (script: string): string => `sh -c '${script}'`;
  const work = [
    'echo one > one',
    'echo two > two; echo done',
    inPlainShell('sleep 0.2 & sleep 0.2 & sleep 0.2 & sleep 0.2 & wait; ls'),
  ];
  const plan = planOf(
    { id: 'late', kind: 'exec.slow-start', rate: 1, from: 1, until: 1, delay: 50 },
    { id: 'killed', kind: 'exec.signal', rate: 1, from: 2, until: 2 },
    { id: 'few', kind: 'resources.processes', rate: 1, from: 3, until: 3, free: 2 },
  );
  const like = { limits: { processes: 64 }, faults: { plan } };
  let id: string;
  beforeAll(async () => {
    id = await recorded(work, like);
  });

  it('happen again at their steps', { timeout: 60_000 }, async () => {
    const { failures } = await service.getRecording(id);
    expect(failures).toMatchObject({ injected: 2, agent: 0 });
    const report = await service.replayRecording(id);
    expect(report.divergence).toBeNull();
    expect(report).toMatchObject({ reproduced: true });
    expect(hows(report)).toEqual(['executed', 'executed', 'executed']);
    expect(report.steps[1]?.outcome).toContain('signalled');
  });

  it('and not where they are turned off', async () => {
    const report = await service.replayRecording(id, { with: { faults: 'off' } });
    expect(report.divergence).toMatchObject({ step: 2, class: 'exit', why: 'the replay was told to differ' });
  });

  it('are in a test made of them, as far as they matter, and happen in another home too', {
    timeout: 120_000,
  }, async () => {
    const many = inPlainShell(': > out; for n in 1 2 3 4 5 6; do sleep 0.2 & echo $n >> out; done; wait');
    const few = planOf(
      { id: 'late', kind: 'exec.slow-start', rate: 1, from: 1, until: 1, delay: 20 },
      // It lasts beyond the last step, and does not meet who judges.
      { id: 'few', kind: 'resources.processes', rate: 1, from: 2, until: 2, free: 2, lastsCalls: 9 },
      { id: 'late-too', kind: 'exec.slow-start', rate: 1, from: 3, until: 3, delay: 20 },
    );
    const recording = await recorded(['echo noise > noise', many, 'echo more >> noise'], {
      ...like,
      faults: { plan: few },
    });
    // True only where the second step began and could not end.
    const predicate = { command: 'test -e out && test "$(wc -l < out)" -lt 6' };
    const document = await whole(await service.exportTest(recording, { predicate, runs: 1 }));
    const made = JSON.parse(document.toString()) as { notes: string[] } & Record<string, unknown>;
    expect(made).toMatchObject({
      expect: 'exited 0',
      steps: [{ step: 2 }],
      faults: [{ step: 2, fault: { kind: 'resources.processes', free: 2 } }],
    });
    expect(made.notes.join()).toMatch(/minimised from 3 steps, 3 faults and \d+ files/);
    await using other = await createRuntime({ ephemeral: true });
    expect(await other.service().runTest(once(document))).toMatchObject({ ok: true, actual: 'exited 0' });
    const without = Buffer.from(JSON.stringify({ ...made, faults: [] }));
    expect(await other.service().runTest(once(without))).toMatchObject({ ok: false, actual: 'exited 1' });
    const nonsense = Buffer.from(JSON.stringify({ ...made, faults: [{ step: 2, fault: { kind: 'exec.nonsense' } }] }));
    await expect(other.service().runTest(once(nonsense))).rejects.toMatchObject({ code: 'recording-corrupt' });
  });
});

describe('a tenant that may keep so much', () => {
  it('records until then: what is under way ends and says why, nothing more begins, and what goes makes room', {
    timeout: 60_000,
  }, async () => {
    const small = runs.service('small');
    const box = await small.createSandbox({ record: { name: 'first' } });
    const noise = 'head -c 40000 /dev/urandom | base64';
    for (let turn = 0; turn < 8; turn++) await small.callTool(box.id, { tool: 'shell', input: { command: noise } });
    await expect.poll(async () => (await small.getRecording('first')).state).toBe('closed');
    const events = (await small.recordingEvents('first', { limit: 1000 })).items;
    // It may end within a step, whose own end then still comes.
    expect(events.filter(({ type }) => type === 'recording-ended')).toMatchObject([{ reason: 'quota' }]);
    expect(await small.verifyRecording('first')).toMatchObject({ ok: true });
    const refused = expect.objectContaining({
      code: 'quota-exceeded',
      message: expect.stringContaining('keptBytes'),
      details: expect.objectContaining({ quota: 'keptBytes', ceiling: 300_000 }),
    });
    await expect(small.startRecording(box.id)).rejects.toEqual(refused);
    await expect(small.createSandbox({ record: true })).rejects.toEqual(refused);
    await expect(small.createSnapshot(box.id)).rejects.toEqual(refused);
    const bundle = await whole(await service.exportRecording(await recorded(['echo a']), 'bundle'));
    await expect(small.importRecording(once(bundle))).rejects.toEqual(refused);
    expect((await small.listSandboxes()).items.map(({ id }) => id)).toEqual([box.id]);
    expect((await small.listRecordings()).items.map(({ name }) => name)).toEqual(['first']);
    // Another tenant is not concerned.
    expect((await eventsOf((await service.createSandbox({ record: true })).id)).length).toBeGreaterThan(0);
    await small.deleteRecording('first');
    // How much it is shows when it is there.
    const noisy = await service.createSandbox({ record: true });
    await service.writeFile(noisy.id, '/workspace/noise', once(randomBytes(400_000)));
    const large = await whole(await service.exportRecording(await finished(noisy), 'bundle'));
    expect(large.length).toBeGreaterThan(300_000);
    await expect(small.importRecording(once(large))).rejects.toMatchObject({ code: 'quota-exceeded' });
    expect((await small.listRecordings()).items).toEqual([]);
    const next = await small.startRecording(box.id, { name: 'second' });
    expect(next.state).toBe('open');
    await small.destroySandbox(box.id);
  });
});
