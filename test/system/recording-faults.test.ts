/** Faults of a recorded run come again when it is done again: every kind, at the same calls and the same connections. */
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demonstrate } from '../../src/cli/fault-demo/demonstrate.ts';
import {
  type FaultKind,
  type FaultPlanInput,
  faultKinds,
  type HoldfastService,
  type ReplayReport,
  usualNormalisers,
} from '../../src/schema/index.ts';
import { fakeTimeLibrary } from '../../src/tools/index.ts';
import { RecordedRuns } from '../fixtures/recorded-runs.ts';

const runs = new RecordedRuns();
const { shell, thought, recorded, finished } = runs;
const isRoot = process.getuid?.() === 0;
let service: HoldfastService;
beforeAll(async () => {
  service = await runs.open();
});
afterAll(() => runs.close());

const planOf = (...faults: FaultPlanInput['faults']): FaultPlanInput => ({
  format: 'holdfast-faults/1',
  seed: 5,
  faults,
});
const hows = ({ steps }: ReplayReport): string[] => steps.map(({ how }) => how);

/** What they do is in how long something takes, in clocks, or outside of any answer. */
const quiet = new Set<FaultKind>([
  'exec.slow-start',
  'network.slow-name',
  'network.latency',
  'network.bandwidth',
  'filesystem.slow',
  'resources.cpu',
  'clock.offset',
  'clock.jump',
  'tool.stale',
  'lifecycle.suspend-gap',
  'lifecycle.restart',
  'lifecycle.cold-start',
]);

describe('every kind of fault', () => {
  it.each(faultKinds)('%s comes again', { timeout: 120_000 }, async (kind) => {
    const name = `shows-${kind.replace('.', '-')}`;
    const shown = await demonstrate(service, kind, { record: { name } });
    const isMissing =
      (kind.startsWith('clock.') && kind !== 'clock.zone' && !existsSync(fakeTimeLibrary)) ||
      (!isRoot && (kind === 'filesystem.read-only' || kind.startsWith('resources.')));
    if (isMissing) return expect(shown).toMatchObject({ outcome: 'not-here' });
    expect(shown.outcome, shown.seen).toBe('happened');
    const { id } = await service.getRecording(name);
    // A clock is read there to the nanosecond, and speeds.
    const isExact = !['tool.stale', 'network.bandwidth', 'resources.cpu'].includes(kind);
    const normalisers = [...usualNormalisers, ...(isExact ? [] : ['numbers' as const])];
    const report = await service.replayRecording(id, { normalisers });
    expect(report.divergence).toBeNull();
    expect(report.reproduced).toBe(true);
    // Nothing is said not to have come: the first line is about clock and chance.
    expect(report.world.slice(1)).toEqual([]);
    expect(hows(report).filter((how) => how !== 'executed')).toEqual(kind === 'tool.stale' ? ['served'] : []);
    if (quiet.has(kind)) return;
    const without = await service.replayRecording(id, { normalisers, with: { faults: 'off' } });
    expect(without.reproduced).toBe(false);
  });
});

it('a restart of the plan is told when it is over', { timeout: 60_000 }, async () => {
  const restart = planOf({ id: 'anew', kind: 'lifecycle.restart', rate: 1, from: 2, until: 2 });
  const box = await service.createSandbox({ record: true, faults: { plan: restart } });
  for (const name of ['a', 'b']) await shell(box.id, `echo ${name} > ${name}`);
  const id = await finished(box);
  const { items } = await service.recordingEvents(id, { limit: 1000 });
  const told = items.flatMap((event) => {
    if (event.type === 'lifecycle' && event.what.startsWith('sandbox-')) return [event.what];
    return event.type === 'fault' || event.type === 'step-begun' ? [`${event.type} ${event.step}`] : [];
  });
  expect(told.slice(0, 5)).toEqual(['step-begun 1', 'step-begun 2', 'sandbox-suspended', 'sandbox-resumed', 'fault 2']);
});

it('what a notice of the plan ends is the plan’s, of whatever step it is', { timeout: 60_000 }, async () => {
  const reap = planOf({ id: 'reap', kind: 'lifecycle.reap-notice', rate: 1, from: 4, until: 4, noticeMs: 300 });
  const box = await service.createSandbox({ record: true, faults: { plan: reap } });
  await service.startProcess(box.id, { argv: ['sleep', '100'] });
  await service.startProcess(box.id, {
    argv: ['/bin/sh', '-c', 'trap "" TERM; : > deaf; while :; do sleep 0.1; done'],
  });
  await shell(box.id, 'until [ -e deaf ]; do sleep 0.02; done');
  await shell(box.id, 'true');
  const { items } = await service.recordingEvents(await finished(box), { limit: 1000 });
  const ends = items.flatMap((event) => (event.type === 'process-ended' ? [event] : []));
  expect(ends.filter(({ exit }) => exit.signal !== null).map(({ cause, exit }) => `${exit.signal} ${cause}`)).toEqual([
    'SIGTERM injected',
    'SIGKILL injected',
  ]);
});

describe('the network', () => {
  let server: Server;
  let id = '';
  let port = 0;
  const fetches = (...paths: string[]): string =>
    paths
      .map((path) => `curl -s --max-time 20 --noproxy '' http://127.0.0.1:${port}/${path} | wc -c; echo "$?"`)
      .join('; ');
  beforeAll(async () => {
    server = createServer((_request, response) => response.end('x'.repeat(5000)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // A server that listens on TCP has such an address.
    ({ port } = server.address() as AddressInfo);
    const plan = planOf(
      { id: 'cut', kind: 'network.reset', rate: 1, from: 4, until: 4, afterBytes: 600 },
      { id: 'down', kind: 'network.server-error', rate: 1, from: 6, until: 6 },
    );
    const box = await service.createSandbox({
      record: { name: 'fetches' },
      network: { allow: [{ host: '127.0.0.1', protocol: 'http', ports: [port], addresses: ['127.0.0.1/32'] }] },
      faults: { plan },
    });
    for (const [at, paths] of [
      ['a', 'b'],
      ['a', 'b', 'c'],
      ['a', 'b'],
    ].entries()) {
      await shell(box.id, `${fetches(...paths)}; echo ${at} > done`);
      await thought(box.id, at + 1);
    }
    id = await finished(box);
    await new Promise((resolve) => server.close(resolve));
  }, 60_000);

  it('had its hand in the steps that it is recorded with, and in no others', async () => {
    const events = (await service.recordingEvents(id, { limit: 1000 })).items;
    const faults = events.filter((event) => event.type === 'fault');
    expect(faults).toMatchObject([
      { step: 2, fault: 'network.reset', draw: { position: 4, inStep: 2 } },
      { step: 3, fault: 'network.server-error', draw: { inStep: expect.any(Number) } },
    ]);
  });

  it('does to a step what it did then: whole, from a snapshot on, and where a step before is not executed', {
    timeout: 60_000,
  }, async () => {
    const asked = [
      {},
      { from: 2 },
      { from: 3 },
      { with: { toolResults: { 1: { exitCode: 0, reason: 'exited', stdout: '', stderr: '' } } }, files: false },
    ];
    for (const request of asked) {
      const report = await service.replayRecording(id, request);
      expect(report.divergence, JSON.stringify(request)).toBeNull();
      expect(report.reproduced).toBe(true);
      // One that begins in the midst lies on a snapshot.
      const begun = 'from' in request ? [expect.stringContaining('it begins with the snapshot of step')] : [];
      expect(report.world.slice(1)).toEqual(begun);
      expect(report.tape?.misses).toBe(0);
    }
    const without = await service.replayRecording(id, { with: { faults: 'off' } });
    expect(without.divergence).toMatchObject({ step: 2 });
  });

  it('that a run does not reach again is said', { timeout: 60_000 }, async () => {
    const report = await service.replayRecording(id, {
      from: 2,
      until: 2,
      with: { environment: { PATH: '/nowhere' } },
    });
    expect(report.reproduced).toBe(false);
    expect(report.world.at(-1)).toBe(
      'network.reset of step 2 at 127.0.0.1 did not come again: what it hit then was not done now',
    );
  });
});

describe.runIf(isRoot)('a fault that lasts', () => {
  const work = ['a', 'b', 'c', 'd', 'e'].map((name) => `echo ${name} > ${name}`);
  let id = '';
  beforeAll(async () => {
    const shut = planOf({ id: 'shut', kind: 'filesystem.read-only', rate: 1, from: 2, until: 2, lastsCalls: 3 });
    id = await recorded(work, { faults: { plan: shut } });
  }, 60_000);

  it('lasts as long again, over snapshots, and also where it began before the first step that is done', {
    timeout: 60_000,
  }, async () => {
    for (const from of [1, 3, 4, 5]) {
      const report = await service.replayRecording(id, { from });
      expect(report.divergence, `from ${from}`).toBeNull();
      expect(report.steps.filter(({ step }) => step >= from).map(({ outcome }) => outcome)).toEqual(
        ['exited 0', 'exited 1', 'exited 1', 'exited 1', 'exited 0'].slice(from - 1),
      );
    }
  });

  it('such as a disk that was full is full again, for programs too', { timeout: 60_000 }, async () => {
    const full = planOf({
      id: 'full',
      kind: 'filesystem.no-space',
      rate: 1,
      from: 1,
      until: 2,
      most: 1,
      lastsCalls: 2,
    });
    const limits = { diskBytes: 64 * 1024 * 1024 };
    const box = await service.createSandbox({ record: true, limits, faults: { plan: full } });
    await shell(box.id, 'echo a > a');
    await service.callTool(box.id, {
      tool: 'files',
      input: { action: 'write', path: 'b', content: 'b'.repeat(10_000) },
    });
    await shell(box.id, 'head -c 300000 /dev/zero > c');
    await shell(box.id, 'head -c 300000 /dev/zero > d');
    const made = await finished(box);
    const events = (await service.recordingEvents(made, { limit: 1000 })).items;
    expect(events.find((event) => event.type === 'fault')).toMatchObject({ step: 2, means: 'physical' });
    const report = await service.replayRecording(made, {});
    expect(report.divergence).toBeNull();
    expect(report.steps.map(({ how, outcome }) => `${how} ${outcome.split(':')[0]}`)).toEqual([
      'executed exited 0',
      'executed disk-full',
      'executed disk-full',
      'executed exited 0',
    ]);
  });
});
