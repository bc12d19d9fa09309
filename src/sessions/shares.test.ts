import fc from 'fast-check';
import { expect, it } from 'vitest';
import { limitNames } from '../schema/index.ts';
import { limitsAfter } from './shares.ts';

const amounts = fc.record({
  steps: fc.nat(50),
  tokens: fc.nat(50),
  cents: fc.nat(50),
  wallMs: fc.nat(50),
  depth: fc.nat(3),
});

it('whoever goes on with a session has no more than its own limits, whatever comes back of what is held below', () => {
  let refused = 0;
  fc.assert(
    fc.property(amounts, amounts, amounts, amounts, amounts, (left, spent, holding, next, used) => {
      const held = { ...holding, depth: 0 };
      const limits = { ...left };
      for (const name of limitNames) limits[name] += spent[name] + held[name];
      const record = { limits, spent, held };
      if (limitNames.some((name) => held[name] > next[name])) {
        refused++;
        expect(() => limitsAfter(record, next)).toThrow(expect.objectContaining({ code: 'quota-exceeded' }));
        return;
      }
      const after = limitsAfter(record, next);
      for (const name of limitNames) {
        expect(after[name]).toBeLessThanOrEqual(limits[name]);
        if (name === 'depth') continue;
        expect(after[name]).toBeGreaterThanOrEqual(spent[name] + held[name]);
        // What is held is settled with no more than that; from then on the rest is left.
        const settled = spent[name] + Math.min(used[name], held[name]);
        expect(after[name] - settled).toBeLessThanOrEqual(next[name]);
      }
    }),
    { numRuns: 2000 },
  );
  expect(refused).toBeGreaterThan(0);
});
