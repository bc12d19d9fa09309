/** The public benchmark's classes have no hole: each has an attempt or a test that is there, or both, and SECURITY.md shows them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { escapeClasses, type Layer } from '../../scripts/escape-classes.ts';
import { isCurrent } from '../../scripts/escape-report.ts';
import { escapes, notMade } from '../suite/escapes.ts';

const root = join(import.meta.dirname, '../..');
const published: Readonly<Record<Layer, number>> = { orchestration: 4, 'engine and runtime': 8, kernel: 6 };

describe('classes of escapes', () => {
  it('are all that the benchmark has, each once', () => {
    expect(new Set(escapeClasses.map(({ scenario }) => scenario)).size).toBe(escapeClasses.length);
    expect(
      Object.fromEntries(
        Object.keys(published).map((layer) => [layer, escapeClasses.filter((one) => one.layer === layer).length]),
      ),
    ).toEqual(published);
  });

  it.each(escapeClasses)('$scenario: something stands for it', ({ attempts, tests = [], without }) => {
    expect(attempts.filter((id) => !escapes.some((way) => way.id === id))).toEqual([]);
    expect(attempts.length + tests.length).toBeGreaterThan(0);
    // Without an attempt there is a reason.
    if (attempts.length === 0) expect(without).toMatch(/\.$/);
    for (const [file, name] of tests)
      expect(readFileSync(join(root, `test/system/security/${file}.test.ts`), 'utf8')).toContain(`'${name}`);
  });

  it('leave out no attempt', () => {
    const named = new Set(escapeClasses.flatMap(({ attempts }) => attempts));
    expect(escapes.map(({ id }) => id).filter((id) => !named.has(id))).toEqual([]);
  });

  it('are shown by SECURITY.md', () => {
    expect(isCurrent(), '`node scripts/escape-report.ts` writes it').toBe(true);
    for (const { scenario } of escapeClasses)
      expect(readFileSync(join(root, 'SECURITY.md'), 'utf8')).toContain(`| ${scenario} |`);
  });
});

it('a step counts as made only where it says so, by its whole name', () => {
  const steps = ['one', 'one more', 'connected 10.0.0.1:80'].map((name) => ({ name, call: ['show', '/'] }));
  expect(notMade(steps, 'made one: through\nmade connected 10.0.0.1:80: Connection refused')).toEqual(['one more']);
  expect(notMade(steps, 'stopped one: no file: Permission denied\ntried')).toEqual(steps.map(({ name }) => name));
});
