/** The order in which files of tests are begun. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { longest, longestFirst } from '../../scripts/longest-first.ts';

const root = join(import.meta.dirname, '../..');
const filesOf = (...paths: string[]) => paths.map((path) => ({ moduleId: join(root, path) }));

it('names files that are there, once', () => {
  expect(longest.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  expect(new Set(longest).size).toBe(longest.length);
});

it('begins with the longest, and leaves the others in their order', () => {
  const [first = '', second = ''] = longest;
  expect(longestFirst(filesOf('test/b.test.ts', second, 'test/a.test.ts', first))).toEqual(
    filesOf(first, second, 'test/b.test.ts', 'test/a.test.ts'),
  );
});
