/** Faults in a replay: made again where they can be, served and said where they cannot. */
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
  [plans, executed] = [[], []];
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
        snapshot: async () => 'snp-1',
        changes: async () => ({ changes: [], more: 0 }),
        tapeMisses: async () => 0,
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

it('without faults its step goes another way', async () => {
  expect(await again(false, 'off')).toMatchObject({ reproduced: false, divergence: { step: 2, class: 'exit' } });
  expect(plans).toEqual([undefined]);
});
