/** The list of guards is true: its lines are in the sources, its tests exist, and SECURITY.md shows it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guards } from '../../scripts/guard-list.ts';
import { isCurrent } from '../../scripts/guard-report.ts';

const root = join(import.meta.dirname, '../..');
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
const testFile = (name: string): string => `test/system/security/${name}.test.ts`;

describe('guards', () => {
  it.each(guards)('$guard: its lines are there, once or more', (guard) => {
    for (const { file, search, replace } of [guard, ...(guard.also ?? [])]) {
      expect(textOf(file).includes(search), file).toBe(true);
      expect(replace).not.toBe(search);
    }
  });

  it('have names of their own', () => {
    const names = guards.map(({ guard }) => guard);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it.each(guards)('$guard: its test is there', ({ test: [file, name] }) => {
    // Of the tests made per verb the name holds a placeholder.
    const [check = '', verb = ''] = name.split(': ');
    const text = textOf(testFile(file));
    expect(text.includes(name) || (text.includes(`'${check}'`) && /^\w+$/.test(verb))).toBe(true);
  });

  it('SECURITY.md shows them with what was recorded', () => {
    expect(isCurrent(), 'npm run guards -- --record writes it').toBe(true);
    for (const { guard } of guards) expect(textOf('SECURITY.md')).toContain(`\n| ${guard} | `);
  });
});
