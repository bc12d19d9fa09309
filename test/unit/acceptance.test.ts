/** docs/agents.md names for each acceptance test, threat and complaint where it is: every test that it names is there, by its name. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
const rowsOf = (ids: string): (readonly [id: string, tests: string])[] => {
  const rows = textOf('docs/agents.md').matchAll(new RegExp(`^\\| (${ids}) \\| [^|]+ \\| ([^|]+) \\|$`, 'gm'));
  return [...rows].map(([, id = '', tests = '']) => [id, tests]);
};
const numbered = (letter: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${letter}${at + 1}`);

/** Path and name of each test; what stands there besides is prose. */
const named = (tests: string): { path: string; name: string | undefined }[] =>
  [...tests.matchAll(/`([^`]+)`(?: \(“([^”]+)”\))?/g)].map(([, path = '', name]) => ({ path, name }));

function expectThere(tests: string): void {
  expect(named(tests).length).toBeGreaterThan(0);
  for (const { path, name } of named(tests)) {
    expect(existsSync(join(root, path)), path).toBe(true);
    if (name !== undefined) expect(textOf(path), path).toContain(name);
  }
}

describe('the acceptance tests', () => {
  const rows = rowsOf('\\d+');

  it('has a row for each of the ten', () => {
    expect(rows.map(([id]) => id)).toEqual(numbered('', 10));
  });

  it.each(rows)('test %s is where it says', (_id, tests) => expectThere(tests));
});

describe('threats and complaints', () => {
  const rows = rowsOf('[TC]\\d+');

  it('has a row for each of both lists', () => {
    expect(rows.map(([id]) => id)).toEqual([...numbered('T', 17), ...numbered('C', 18)]);
  });

  it.each(rows)('%s is shown where it says, by a name', (_id, tests) => {
    expectThere(tests);
    expect(named(tests).filter(({ name }) => name === undefined)).toEqual([]);
  });
});
