/** The list of guards is true: its lines are in the sources, its tests exist, and SECURITY.md shows it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guards } from '../../scripts/guard-list.ts';

const root = join(import.meta.dirname, '../..');
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
const testFile = (name: string): string => `test/system/security/${name}.test.ts`;

describe('guards', () => {
  it.each(guards)('$guard: its line is there, once or more', ({ file, search, replace }) => {
    expect(textOf(file).includes(search)).toBe(true);
    expect(replace).not.toBe(search);
  });

  it.each(guards)('$guard: its test is there', ({ test: [file, name] }) => {
    // Of the tests made per verb the name holds a placeholder.
    const [check = '', verb = ''] = name.split(': ');
    const text = textOf(testFile(file));
    expect(text.includes(name) || (text.includes(`'${check}'`) && /^\w+$/.test(verb))).toBe(true);
  });

  it('SECURITY.md has the same table', () => {
    const rows = guards.map(({ guard, file, test }) => `| ${guard} | \`${file}\` | \`${test[0]}\`: ${test[1]} |`);
    expect(textOf('SECURITY.md')).toContain(rows.join('\n'));
  });
});
