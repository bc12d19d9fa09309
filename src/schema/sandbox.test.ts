/** What can be asked for of a sandbox, at its edges. */
import { expect, it } from 'vitest';
import { createSandboxSchema } from './index.ts';

it.each([
  ['1969-12-31T23:59:59Z', false],
  ['1970-01-01T00:00:00Z', false],
  ['1970-12-31T23:59:59.999Z', false],
  ['1971-01-01T00:00:00Z', true],
  ['2024-02-29T12:00:00.5Z', true],
  ['2199-12-31T23:59:59.999Z', true],
  ['2200-01-01T00:00:00Z', false],
  ['2600-01-01T00:00:00Z', false],
  ['9999-12-31T23:59:59Z', false],
])('a clock may begin where a kernel’s can: %s is %s', (clock, may) => {
  const parsed = createSandboxSchema.safeParse({ clock });
  expect(parsed.success).toBe(may);
  expect(parsed.error?.issues.map(({ path, message }) => [path, message]) ?? []).toEqual(
    may ? [] : [[['clock'], 'a time from 1971 to 2199']],
  );
});
