/** The step from which on a predicate ends as it does at the end. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stepsRun } from '../../test/fixtures/recorded-steps.ts';
import { bisect } from './bisect.ts';

it('is found wherever it is, among steps that only look, by looking at few states', async () => {
  const runs = fc.array(fc.boolean(), { minLength: 1, maxLength: 200 }).chain((mutates) =>
    fc.record({
      mutates: fc.constant(mutates),
      turn: fc.constantFrom(null, ...mutates.flatMap((one, at) => (one ? [at + 1] : []))),
    }),
  );
  await fc.assert(
    fc.asyncProperty(runs, async ({ mutates, turn }) => {
      const run = stepsRun(mutates.map((one) => ({ mutates: one, name: one ? 'shell' : 'read' })));
      const looked: number[] = [];
      const found = await bisect(run, async (step) => {
        looked.push(step);
        return turn !== null && step >= turn ? 'exited 1' : 'exited 0';
      });
      expect(found).toMatchObject({ step: turn, name: turn === null ? null : 'shell', before: 'exited 0' });
      expect(found.after).toBe(turn === null ? 'exited 0' : 'exited 1');
      expect(found.probes.map(({ step }) => step)).toEqual(looked);
      expect(looked.length).toBeLessThanOrEqual(2 + Math.ceil(Math.log2(mutates.length + 1)));
      expect(new Set(looked).size).toBe(looked.length);
    }),
    { numRuns: 200 },
  );
});

it('where it turns more than once is one of the places where it turns to what it is at the end', async () => {
  const outcomes = ['0', '1', '0', '2', '1', '1', '0', '1'];
  const run = stepsRun(outcomes.slice(1).map(() => ({})));
  const { step, before, after } = await bisect(run, async (at) => outcomes[at] ?? '');
  expect([outcomes[(step ?? 0) - 1], outcomes[step ?? 0], after]).toEqual([before, '1', '1']);
  expect(before).not.toBe('1');
});

it('looks at both sides again, and says where they do not agree with themselves (1)', async () => {
  const run = stepsRun([{}, {}, {}, {}]);
  const turning = (step: number): string => (step >= 3 ? 'exited 1' : 'exited 0');
  const sure = await bisect(run, async (step) => turning(step), 3);
  expect(sure).toMatchObject({
    step: 3,
    neighbours: [
      { step: 2, outcome: 'exited 0', agreed: 3, runs: 3 },
      { step: 3, outcome: 'exited 1', agreed: 3, runs: 3 },
    ],
    notes: [],
  });
  expect(sure.probes.map(({ step }) => step)).toEqual([0, 4, 2, 3, 2, 2, 3, 3]);

  let looks = 0;
  const flaky = await bisect(run, async (step) => (step === 2 && ++looks === 3 ? 'exited 1' : turning(step)), 3);
  expect(flaky).toMatchObject({
    step: 3,
    neighbours: [
      { step: 2, agreed: 2 },
      { step: 3, agreed: 3 },
    ],
  });
  expect(flaky.notes.join()).toMatch(/^after step 2 it ended with exited 0 in 2 of 3 runs/);

  const never = await bisect(run, async (step) => (step === 4 && ++looks > 4 ? 'exited 1' : 'exited 0'), 2);
  expect(never).toMatchObject({
    step: null,
    neighbours: [
      { step: 0, agreed: 2 },
      { step: 4, agreed: 1 },
    ],
  });
  expect(never.notes).toHaveLength(1);
  expect(await bisect(stepsRun([]), async () => 'exited 0', 2)).toMatchObject({ neighbours: [{ step: 0, agreed: 2 }] });
});

it('looks at what a program of an earlier step did beside one that only looked, and says that it ran on (2)', async () => {
  const run = stepsRun(
    [{ name: 'start-process' }, { mutates: false, name: 'read' }, { mutates: false, name: 'read' }],
    [{ step: 1 }, { step: 2 }],
  );
  const own = { processId: 'prc-1', step: 1, tag: null, output: { stdout: [], stderr: [] }, input: [] };
  run.processes.set('prc-1', { ...own, ended: null });
  const outcome = async (step: number): Promise<string> => (step >= 2 ? 'exited 1' : 'exited 0');
  expect(await bisect(run, outcome)).toMatchObject({
    step: 2,
    name: 'read',
    notes: ['programs of step 1 ran on beside step 2: it may be their doing'],
  });
  run.processes.set('prc-1', { ...own, tag: 'shell-session', ended: null });
  expect(await bisect(run, outcome)).toMatchObject({ step: null, notes: [] });
});
