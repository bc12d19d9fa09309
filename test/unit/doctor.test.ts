/** What `doctor` says of a kernel, and of a launcher that could not begin; all that names the oldest kernel names one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { oldestKernel } from '../../src/compute/index.ts';
import { reportOf } from '../../src/compute/namespace/report.ts';
import { kernelCheck } from '../../src/runtime/doctor.ts';
import { HoldfastError } from '../../src/schema/index.ts';

const launcher = { mode: 'user', kind: 'fork' } as const;
const oldest = oldestKernel.join('.');

it.each([
  ['5.11.22', 'fail'],
  ['5.12.0', 'pass'],
  ['5.9.1', 'fail'],
  ['6.1.0-30-amd64', 'pass'],
  ['4.19.0', 'fail'],
])('a kernel %s is a %s', (kernel, status) => {
  const check = kernelCheck({ kernel });
  expect(check.status).toBe(status);
  if (status === 'fail') expect(check.detail).toBe(`Linux ${kernel} is older than ${oldest}`);
});

it('the oldest kernel is the same wherever it is named', () => {
  const missing = [{ name: 'overlay', available: false, reason: 'none' }];
  expect(reportOf(launcher, missing, null)).toMatchObject({
    usable: false,
    detail: 'overlay: none',
    fix: expect.stringContaining(`from ${oldest} on`),
  });
  for (const file of ['LIMITATIONS.md', 'guest/launcher/skeleton.c']) {
    expect(readFileSync(join(import.meta.dirname, '../..', file), 'utf8')).toMatch(
      new RegExp(`${oldest.replace('.', '\\.')} or newer`),
    );
  }
});

it('a launcher that could not begin is told with its own fix', () => {
  const failure = new HoldfastError('capability-missing', 'configure: make a user namespace: No space left on device', {
    hint: 'Allow user namespaces.',
  });
  expect(reportOf(launcher, [], failure)).toMatchObject({
    usable: false,
    detail: failure.message,
    fix: 'Allow user namespaces.',
  });
});
