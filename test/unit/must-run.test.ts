/** A run whose report lacks what must run is seen. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { notRun as missing, mustRun, type RunReport } from '../../scripts/must-run.ts';

const root = join(import.meta.dirname, '../..');
const notRun = (report: RunReport, isWhole: boolean, canBeRun = (_file: string) => true): string[] =>
  missing(report, isWhole, canBeRun);
const reportOf = (status: (file: string) => string): RunReport => ({
  testResults: Object.keys(mustRun).map((file) => ({
    name: join(root, file),
    assertionResults: [{ title: 'holds', status: status(file) }],
  })),
});

it('names files that are there', () => {
  expect(Object.keys(mustRun).filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

it('takes what ran, however it ended', () => {
  expect(
    notRun(
      reportOf(() => 'passed'),
      true,
    ),
  ).toEqual([]);
  expect(
    notRun(
      reportOf(() => 'failed'),
      true,
    ),
  ).toEqual([]);
});

it.each(['skipped', 'pending', 'todo'])('names what was %s', (status) => {
  const report = reportOf((file) => (file.includes('bypass') ? status : 'passed'));
  expect(notRun(report, true)).toEqual(['test/system/network/bypass.test.ts: holds']);
});

it('names what a whole run left out, and nothing of a part', () => {
  const { testResults } = reportOf(() => 'passed');
  const rest = { testResults: testResults.filter(({ name }) => !name.includes('secrets')) };
  expect(notRun(rest, true)).toEqual(['test/system/network/secrets.test.ts']);
  expect(notRun(rest, false)).toEqual([]);
  const empty = { testResults: testResults.map((one) => ({ ...one, assertionResults: [] })) };
  expect(notRun(empty, false)).toEqual(Object.keys(mustRun));
});

it('knows what may be skipped for a reason of its own', () => {
  const [file = ''] = Object.entries(mustRun).find(([, optional]) => optional.length > 0) ?? [];
  const [title = ''] = mustRun[file] ?? [];
  const report = { testResults: [{ name: join(root, file), assertionResults: [{ title, status: 'skipped' }] }] };
  expect(notRun(report, false)).toEqual([]);
});

it('misses nothing that what it needs is not there for', () => {
  const report = reportOf(() => 'skipped');
  expect(notRun(report, true, (file) => !file.includes('vendors'))).not.toContainEqual(
    expect.stringContaining('vendors'),
  );
  expect(notRun(report, true)).toContainEqual(expect.stringContaining('vendors'));
});
