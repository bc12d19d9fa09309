import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

it('begins at once what fits into a turn, and the rest in later turns, in order', async () => {
  const turns = new Turns(3);
  const begun: number[] = [];
  const perTurn: number[] = [];
  const all = Array.from({ length: 8 }, async (_, index) => {
    await turns.take();
    begun.push(index);
  });
  await Promise.resolve();
  perTurn.push(begun.length);
  while (begun.length < 8) {
    const before = begun.length;
    await new Promise((resolve) => setImmediate(resolve));
    perTurn.push(begun.length - before);
  }
  await Promise.all(all);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(Math.max(...perTurn)).toBe(3);
});

it('asks nobody to wait in a new turn', async () => {
  const turns = new Turns(1);
  expect(turns.take()).toBeNull();
  expect(turns.take()).not.toBeNull();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(turns.take()).toBeNull();
});
