/** docs/agents.md names for each acceptance test where it is: every test that it names is there, by its name. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
const rows = [...textOf('docs/agents.md').matchAll(/^\| (\d+) \| ([^|]+) \| ([^|]+) \|$/gm)];

it('has a row for each of the ten', () => {
  expect(rows.map(([, number]) => Number(number))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

it.each(rows.map(([, number, , tests]) => [Number(number), tests ?? ''] as const))(
  'test %i is where it says',
  (number, tests) => {
    const named = [...tests.matchAll(/`([^`]+)`(?: \(“([^”]+)”\))?/g)];
    expect(named.length, `test ${number}`).toBeGreaterThan(0);
    for (const [, path = '', name] of named) {
      expect(existsSync(join(root, path)), path).toBe(true);
      if (name !== undefined) expect(textOf(path), path).toContain(name);
    }
  },
);
