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
