import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minimise } from './minimise.ts';

const all = Array.from({ length: 24 }, (_, at) => at);

describe('delta debugging', () => {
  it('finds just what is needed, whatever that is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.constantFrom(...all), { maxLength: 5 }), async (needed) => {
        const { items, exhausted } = await minimise(
          all,
          async (left) => needed.every((one) => left.includes(one)),
          10_000,
        );
        expect(items).toEqual([...needed].sort((one, other) => one - other));
        expect(exhausted).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('answers only what was shown, and says when it had to stop', async () => {
    const shown: number[][] = [];
    const test = async (left: readonly number[]): Promise<boolean> => {
      const does = left.includes(3) && left.includes(17);
      if (does) shown.push([...left]);
      return does;
    };
    const { items, tried, exhausted } = await minimise(all, test, 4);
    expect(tried).toBeLessThanOrEqual(4);
    expect(exhausted).toBe(true);
    expect([...shown, all]).toContainEqual(items);
  });

  it('leaves nothing when nothing is needed', async () => {
    expect(await minimise(all, async () => true, 100)).toMatchObject({ items: [], tried: 1 });
    expect(await minimise([], async () => true, 100)).toMatchObject({ items: [] });
  });
});
