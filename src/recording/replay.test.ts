/** Faults in a replay: made again where they can be, served and said where they cannot. And what is held against what. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sampleRun } from '../../test/fixtures/recordings.ts';
import { systemClock } from '../base/index.ts';
import { type FaultPlanInput, HoldfastError, type ReplayReport, usualNormalisers } from '../schema/index.ts';
import { type ReplayWorld, rangeOf, replay } from './replay.ts';
import type { RecordedRun } from './run.ts';

let directory: string;
let run: RecordedRun;
let plans: (FaultPlanInput | undefined)[];
let executed: unknown[];
/** What its network was told to have, and what of it comes. */
let met: (FaultPlanInput | null)[];
let came: string[];
/** What calls answer now, where that is not what they usually do. */
let says: unknown[];

beforeEach(async () => {
  directory = join(mkdtempSync(join(tmpdir(), 'hf-replay-')), 'rec-1');
  run = await sampleRun(directory, [
    { input: { command: 'one' }, output: { exitCode: 0, reason: 'exited' } },
    { input: { command: 'two' }, output: { exitCode: null, reason: 'signalled', signal: 'SIGKILL' } },
    { input: { command: 'three' }, output: { exitCode: 0, reason: 'exited' } },
  ]);
  run.steps[1]?.faults.push({
    type: 'fault',
    atMs: 1,
    step: 2,
    fault: 'exec.signal',
    family: 'exec',
    means: 'physical',
    effect: 'none',
    parameters: { signal: 'SIGKILL' },
    draw: {},
    callId: null,
  });
  [plans, executed, met, came, says] = [[], [], [], [], []];
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

/** Its programs are ended by a signal where the plan says so. */
function world(refused: boolean): ReplayWorld {
  return {
    clock: systemClock,
    notes: [],
    templateChanged: false,
    open: async (_snapshot, { faults }) => {
      plans.push(faults);
      if (refused && faults) {
        const details = { fault: faults.faults[0]?.id, kind: faults.faults[0]?.kind };
        throw new HoldfastError('capability-missing', 'it cannot happen here', { details });
      }
      let calls = 0;
      return {
        id: 'sbx-1',
        execute: async ({ input }) => {
          executed.push(input);
          calls++;
          if (says.length > 0) return { ok: true, value: says[calls - 1] };
          const isHit = faults?.faults.some(({ from }) => from === calls);
          return {
            ok: true,
            value: isHit
              ? { exitCode: null, reason: 'signalled', signal: 'SIGKILL' }
              : { exitCode: 0, reason: 'exited' },
          };
        },
        finishProcess: async () => null,
        rollback: async () => undefined,
        startAnew: async () => undefined,
        changeNetwork: async () => undefined,
        snapshot: async () => 'snp-1',
        digestOf: () => '',
        changes: async () => ({ changes: [], more: 0 }),
        tapeMisses: async () => 0,
        meetInNetwork: async (plan) => {
          if (refused && plan) throw new HoldfastError('capability-missing', 'it has no network');
          met.push(plan);
        },
        metInNetwork: async () => new Set(came),
        close: async () => undefined,
      };
    },
  };
}

const again = (refused: boolean, faults: 'on' | 'off' = 'on'): Promise<ReplayReport> =>
  replay(
    run,
    {
      level: 'L2',
      ...rangeOf(run, {}),
      normalisers: usualNormalisers,
      files: false,
      faults,
      results: new Map(),
      edits: [],
    },
    world(refused),
  );

it('one that really happened happens again, at the call that its step is', async () => {
  const report = await again(false);
  expect(report).toMatchObject({ reproduced: true, world: [] });
  expect(report.steps.map(({ how }) => how)).toEqual(['executed', 'executed', 'executed']);
  expect(plans).toMatchObject([
    { faults: [{ id: 'step-2', kind: 'exec.signal', signal: 'SIGKILL', from: 2, until: 2 }] },
  ]);
});

it('one that cannot happen here is said, and its step served what it answered then', async () => {
  const report = await again(true);
  expect(report.reproduced).toBe(true);
  expect(report.steps.map(({ how }) => how)).toEqual(['executed', 'served', 'executed']);
  expect(report.world).toEqual(['step 2 is served what it answered: it cannot happen here']);
  expect(plans.map((plan) => plan?.faults.length)).toEqual([1, undefined]);
  expect(executed).toEqual([{ command: 'one' }, { command: 'three' }]);
});

it('a file that was too large to be kept is said to be that, and nothing is done in its place', async () => {
  const large = { path: '/workspace/large', data: null };
  run = await sampleRun(join(directory, '../rec-2'), [
    { kind: 'verb', name: 'write-file', input: large, output: { path: '/workspace/large' } },
  ]);
  expect(await again(false)).toMatchObject({
    reproduced: false,
    divergence: { step: 1, class: 'not-replayable', why: 'its input was not kept, so it cannot be done again' },
  });
  expect(executed).toEqual([]);
});

it('without faults its step goes another way', async () => {
  expect(await again(false, 'off')).toMatchObject({ reproduced: false, divergence: { step: 2, class: 'exit' } });
  expect(plans).toEqual([undefined]);
});

const inNetwork = (step: number, inStep: number | undefined): void => {
  run.steps[step - 1]?.faults.push({
    type: 'fault',
    atMs: 1,
    step,
    fault: 'network.reset',
    family: 'network',
    means: 'physical',
    effect: 'maybe',
    parameters: { afterBytes: 64 },
    draw: {
      id: 'x',
      channel: 'connection',
      name: 'a.example',
      position: 7,
      ...(inStep === undefined ? {} : { inStep }),
    },
    callId: null,
  });
};

it('what the network did to a step it does again, at the same connection of that step and of no other', async () => {
  inNetwork(1, 2);
  came = ['step-1-1'];
  const report = await again(false);
  expect(report).toMatchObject({ reproduced: true, world: [] });
  expect(met).toMatchObject([
    { faults: [{ id: 'step-1-1', kind: 'network.reset', hosts: ['a.example'], from: 2, until: 2, most: 1, rate: 1 }] },
    null,
  ]);
});

it.each([
  ['cannot be met here', true, 1, 'it has no network'],
  ['is not known well enough', false, undefined, 'it is not known which of its connections that hit'],
])(
  'what the network did and %s is said, and its step told what it answered then',
  async (_what, refused, inStep, why) => {
    inNetwork(3, inStep);
    const report = await again(refused);
    expect(report.steps.map(({ how }) => how)).toEqual(['executed', refused ? 'served' : 'executed', 'served']);
    expect(report.world.at(-1)).toBe(
      `step 3 is told what it answered: its faults of the network do not come again: ${why}`,
    );
    // It was executed all the same: what it did beside that is done.
    expect(executed).toContainEqual({ command: 'three' });
  },
);

it('what was to come in the network and had no occasion to is said', async () => {
  inNetwork(1, 1);
  expect((await again(false)).world).toEqual([
    'network.reset of step 1 at a.example did not come again: what it hit then was not done now',
  ]);
  met = [];
  await again(false, 'off');
  expect(met).toEqual([]);
});

const faultOf = (step: number, kind: string, parameters: Record<string, unknown>, id: string): void => {
  const means = kind.startsWith('tool.') ? ('synthetic' as const) : ('physical' as const);
  const faults = run.steps[step - 1]?.faults;
  faults?.splice(0);
  faults?.push({
    type: 'fault',
    atMs: 1,
    step,
    fault: kind,
    family: kind.split('.')[0] ?? '',
    means,
    effect: 'maybe',
    parameters,
    draw: { id, channel: 'call', name: 'shell', consecutive: 1 },
    callId: `cal-${step}`,
  });
};
const planned = async (asked: { from?: number }): Promise<FaultPlanInput | undefined> => {
  await replay(
    run,
    {
      level: 'L2',
      ...rangeOf(run, asked),
      normalisers: usualNormalisers,
      files: false,
      faults: 'on',
      results: new Map(),
      edits: [],
    },
    world(false),
  );
  return plans.at(-1);
};

it('what lasts is over after the same step, also when steps between are not called', async () => {
  faultOf(1, 'resources.processes', { free: 1, lastsCalls: 3 }, 'few');
  run.steps[1]?.faults.splice(0);
  expect(await planned({})).toMatchObject({ consecutive: 1, faults: [{ from: 1, until: 1, lastsCalls: 3 }] });
  // Only looked, and lies before what was asked for: it is left out.
  for (const step of run.steps.slice(0, 2)) step.mutates = false;
  expect(await planned({ from: 3 })).toMatchObject({ faults: [{ id: 'step-1', from: 1, until: 1, lastsCalls: 1 }] });
});

it('one that came again while it lasted began anew, and a clock that had jumped did not move once more', async () => {
  faultOf(1, 'resources.processes', { free: 1, lastsCalls: 3 }, 'few');
  faultOf(2, 'resources.processes', { free: 1, lastsCalls: 3 }, 'few');
  expect(await planned({})).toMatchObject({
    faults: [
      { id: 'step-1', lastsCalls: 1 },
      { id: 'step-2', lastsCalls: 2 },
    ],
  });
  faultOf(1, 'clock.jump', { byMs: 1000 }, 'jump');
  faultOf(2, 'clock.jump', { byMs: 1000 }, 'jump');
  expect((await planned({}))?.faults).toMatchObject([{ id: 'step-1', kind: 'clock.jump' }]);
});

const printed = (stdout: string, more: object = {}): object => ({ exitCode: 0, reason: 'exited', stdout, ...more });

it('an answer that was cut is compared as far as it was kept, and the rest is said', async () => {
  const cut = printed('begin [5 bytes] end', { stdoutCutBytes: 5, stderrCutBytes: 0 });
  says = [printed('whole', { stdoutCutBytes: 0 }), cut];
  run = await sampleRun(join(directory, '..', 'rec-2'), [
    { input: { command: 'one' }, output: says[0] },
    { input: { command: 'two' }, output: cut },
  ]);
  expect(await again(false)).toMatchObject({
    reproduced: true,
    uncompared: ['step 2: 5 bytes of stdout were cut: not compared'],
  });
});

it('names of commits are overlooked in a step that asks Git, and checksums in no other', async () => {
  const of = async (command: string): Promise<ReplayReport> => {
    says = [printed('9f8e7d6 x')];
    const output = printed('1a2b3c4 x');
    run = await sampleRun(join(directory, '..', `rec-${command.length}`), [{ input: { command }, output }]);
    return again(false);
  };
  expect(await of('git log --oneline')).toMatchObject({ reproduced: true, steps: [{ normalisers: ['commits'] }] });
  expect(await of('crc32 x')).toMatchObject({
    reproduced: false,
    divergence: { class: 'stdout', absorbedBy: 'hashes' },
  });
});
