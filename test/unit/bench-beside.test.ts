/** Ratios of two contenders are of the same round, and a round in which one failed gives none. */
import { expect, it } from 'vitest';
import { Beside } from '../../bench/beside.ts';
import { type Contender, interleave } from '../../bench/harness.ts';

/** Answers these in turn, the first in a warm-up round. */
function contender(id: string, values: (number | null)[]): Contender {
  let turn = 0;
  return {
    id,
    label: id,
    attempt: async () => values[turn++] ?? Promise.reject(new Error('no')),
  };
}

it.each([
  ['times', [8, 10], 1],
  ['% more', [-87.5, -90], 1],
] as const)('%s', async (unit, expected, failed) => {
  const beside = new Beside({ id: 'ratio', label: 'ratio', unit });
  const plain = beside.noted(contender('plain', [1, 80, 70, 100]), 'plain');
  const ours = beside.noted(contender('ours', [1, 10, null, 10]), 'ours');
  await interleave([plain, ours], { rounds: 3, warmups: 1 });
  const row = beside.row();
  expect(row).toMatchObject({ unit, n: 2, failed });
  const [low, high] = expected.toSorted((a, b) => a - b);
  expect([row.best, row.worst].sort((a, b) => a - b)).toEqual([low, high]);
});
