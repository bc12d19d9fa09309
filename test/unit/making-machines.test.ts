/** Files of tests that make virtual machines are run apart from those that mostly wait. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makingMachines } from '../../scripts/making-machines.ts';

it('finds them by what they import, at any depth and with any way to make one', () => {
  const found = makingMachines(join(import.meta.dirname, '../..'));
  const ways = ['machine', 'machine-draws', 'vm', 'contract/certified'].map((name) => `test/system/${name}.test.ts`);
  expect(found).toEqual(expect.arrayContaining(ways));
  expect(found).not.toContain('test/system/cli.test.ts');
});
