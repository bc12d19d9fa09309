/** Where a fork at a step stands: on which snapshot, after which steps, and why not further. */
import { describe, expect, it } from 'vitest';
import { type Given, stepsRun } from '../../test/fixtures/recorded-steps.ts';
import { HoldfastError } from '../schema/index.ts';
import { fastForward, isPure, planFork } from './fork.ts';
import type { RecordedRun } from './run.ts';

const write: Given = { name: 'write-file', kind: 'verb', input: { path: '/workspace/a', data: new Uint8Array([1]) } };
const look: Given = { name: 'read', mutates: false };
const all = (): boolean => true;
type More = { execute?: boolean; hasSnapshot?(id: string): boolean; told?: ReadonlySet<number> };
const plan = (run: RecordedRun, step: number, more: More = {}) =>
  planFork(run, step, { execute: false, hasSnapshot: all, ...more });

describe('a plan', () => {
  it('stands on the snapshot of the step, and does nothing again', () => {
    const run = stepsRun([{}, {}, {}], [{ step: 1 }, { step: 3 }, { step: 2 }]);
    expect(plan(run, 2)).toEqual({
      snapshot: 'snp-2',
      snapshotStep: 2,
      reached: 2,
      forward: [],
      execute: false,
      notes: [],
    });
  });

  it('goes on from the one before, past what only looked, by steps whose effect is in their input', () => {
    const run = stepsRun([{}, write, look, write, {}], [{ step: 1 }, { step: 5 }]);
    const { forward, ...rest } = plan(run, 4);
    expect(rest).toEqual({ snapshot: 'snp-1', snapshotStep: 1, reached: 4, execute: false, notes: [] });
    expect(forward.map(({ step }) => step)).toEqual([2, 4]);
  });

  it('stands before the first step that is not, and says which; or does it again when told to', () => {
    const run = stepsRun([write, {}, write]);
    const { forward, reached, notes } = plan(run, 3);
    expect([forward.map(({ step }) => step), reached]).toEqual([[1], 1]);
    expect(notes).toEqual([
      'snapped back to 1: step 2 (shell) has no snapshot of its own and cannot be done again from its input alone',
    ]);
    const told = plan(run, 3, { execute: true });
    expect([told.forward.map(({ step }) => step), told.reached, told.notes]).toEqual([[1, 2, 3], 3, []]);
  });

  it('stands before a step whose input was not kept, also where it does again whatever comes', () => {
    const large: Given = { ...write, input: { path: '/workspace/large', data: null } };
    const run = stepsRun([write, large, write]);
    const snapped =
      'snapped back to 1: step 2 (write-file) has no snapshot of its own, and its input was not kept whole';
    for (const execute of [false, true]) {
      const { forward, reached, notes } = plan(run, 3, { execute });
      expect([forward.map(({ step }) => step), reached, notes]).toEqual([[1], 1, [snapped]]);
    }
    // A snapshot has what was written.
    run.snapshots.push({ step: 2, snapshot: 'snp-2', digest: null, processes: [], sealed: false });
    expect(plan(run, 3)).toMatchObject({ snapshot: 'snp-2', reached: 3, notes: [] });
    const cut = stepsRun([{ name: 'files', input: { action: 'write' } }]);
    const [first] = cut.steps;
    if (first) first.input = { bytes: 70_000_000, digest: first.input.digest, cut: 'too-large' };
    expect(plan(cut, 1)).toMatchObject({ reached: 0, forward: [] });
  });

  it('begins on no other files than the recording did', () => {
    const gone = stepsRun([write], [{ step: 0 }]);
    expect(() => plan(gone, 1, { hasSnapshot: () => false })).toThrow(/rec-1 began with are in no snapshot/);
    const never = stepsRun([write, write], [{ step: 2 }]);
    never.unseen.push(0);
    expect(plan(never, 2)).toMatchObject({ snapshot: 'snp-2' });
    expect(() => plan(never, 1)).toThrow(/began with/);
    const based = stepsRun([write]);
    based.head = { ...based.head, base: { ...based.head.base, snapshot: 'snp-base' } };
    expect(plan(based, 1)).toMatchObject({ snapshot: 'snp-base', snapshotStep: 0 });
  });

  it('leaves out snapshots that are gone, and says so; with none it begins at the beginning', () => {
    const run = stepsRun([write, write], [{ step: 1 }, { step: 2 }]);
    const one = plan(run, 2, { hasSnapshot: (id) => id === 'snp-1' });
    expect(one).toMatchObject({ snapshot: 'snp-1', reached: 2 });
    expect(one.notes).toEqual(['the snapshot of step 2 is not there any more']);
    const none = plan(run, 2, { hasSnapshot: () => false });
    expect(none).toMatchObject({ snapshot: null, snapshotStep: 0, reached: 2 });
    expect(none.notes).toHaveLength(2);
  });

  it('says which results it was given for nothing', () => {
    const run = stepsRun([write, look, write, {}, write]);
    expect(plan(run, 5, { told: new Set([1, 2, 5]) })).toMatchObject({
      reached: 3,
      notes: [
        expect.stringMatching(/^snapped back to 3/),
        'the result of step 2 changed nothing: what that did changes no files',
        'the result of step 5 is not in it: that comes after step 3',
      ],
    });
  });

  it('says that processes do not live on', () => {
    const of = (...processes: string[]) => plan(stepsRun([{}], [{ step: 1, processes }]), 1).notes;
    expect(of('prc-1')).toEqual(['1 process was running; files are as they were, processes are not']);
    expect(of('prc-1', 'prc-2').join()).toMatch(/^2 processes were running/);
  });

  it('knows a step whose effect is in its input: not one that failed, nor one of the files tool that only looks', () => {
    const files = (action: string): Given => ({ name: 'files', input: { action } });
    const run = stepsRun([write, files('edit'), files('read'), {}, write]);
    const failed = run.steps[4];
    if (failed?.ended) failed.ended.ok = false;
    expect(run.steps.map((step) => isPure(run, step))).toEqual([true, true, false, false, false]);
  });
});

it('a step whose effect is in its input, and which ends otherwise now, is where it goes no further', async () => {
  const run = stepsRun([write, write, write].map((each) => ({ ...each, output: { path: '/workspace/a' } })));
  let written = 0;
  const service = {
    writeFile: async () => {
      if (++written === 2) throw new HoldfastError('host-disk-full', 'no room');
      return { path: '/workspace/a' };
    },
  };
  const { done, stuck, notes } = await fastForward(run, plan(run, 3), service as never, 'sbx-1');
  expect({ done, stuck, written }).toEqual({ done: [1, 2], stuck: 2, written: 2 });
  expect(notes.join()).toMatch(/^step 2 \(write-file\) ended with host-disk-full.* and with ok before$/);
});

it('what ends otherwise when it is done again is told', async () => {
  const run = stepsRun([{ output: { exitCode: 0, reason: 'exited' } }, { output: { exitCode: 0, reason: 'exited' } }]);
  const called: unknown[] = [];
  const service = {
    callTool: async (_ref: string, { input }: { input: unknown }) => {
      called.push(input);
      return { ok: true, output: { exitCode: called.length - 1, reason: 'exited' } };
    },
  };
  const told = plan(run, 2, { execute: true });
  const { done, notes } = await fastForward(run, told, service as never, 'sbx-1');
  expect(called).toEqual([{ command: 'step 1' }, { command: 'step 2' }]);
  expect(done).toEqual([1, 2]);
  expect(notes).toEqual(['step 2 (shell) ended with exited 1 when it was done again, and with exited 0 before']);
});
