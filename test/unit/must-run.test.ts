/** A run whose report lacks what must run is seen. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mustRun, notRun as notRunOf, type RunReport, runnable } from '../../scripts/must-run.ts';
import { fakeTime, hasCodingAgent, hasGvisor, hasMachines } from '../../scripts/test-programs.ts';
import { fakeTimeLibrary } from '../../src/tools/index.ts';

const root = join(import.meta.dirname, '../..');
const reportOf = (status: (file: string) => string): RunReport => ({
  testResults: Object.keys(mustRun).map((file) => ({
    name: join(root, file),
    assertionResults: [{ fullName: 'a wall holds', status: status(file) }],
  })),
});

const all = Object.keys(mustRun);
const notRun = (report: RunReport, isWhole: boolean): string[] => notRunOf(report, isWhole, all);

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
  const report = reportOf((file) => (file.includes('network/bypass.test') ? status : 'passed'));
  expect(notRun(report, true)).toEqual(['test/system/network/bypass.test.ts: a wall holds']);
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
  const [file = '', entry] = Object.entries(mustRun).find(([, { optional }]) => optional().length > 0) ?? [];
  const [part = ''] = entry?.optional() ?? [];
  const tests = [`of all of it ${part}, on a quiet day`, 'another'];
  const assertionResults = tests.map((fullName) => ({ fullName, status: 'skipped' }));
  expect(notRun({ testResults: [{ name: join(root, file), assertionResults }] }, false)).toEqual([`${file}: another`]);
});

it('asks for still clocks wherever they can be had', () => {
  expect(fakeTime).toBe(fakeTimeLibrary);
  const worlds = ['test/system/training-profile.test.ts', 'test/system/worlds.test.ts'];
  const canHave = process.getuid?.() === 0 && existsSync(fakeTime);
  expect(runnable(false).filter((file) => worlds.includes(file))).toEqual(canHave ? worlds : []);
  expect(notRunOf({ testResults: [] }, true, worlds)).toEqual(worlds);
});

it('misses nothing that what it needs is not there for', () => {
  const report = reportOf(() => 'skipped');
  const without = all.filter((file) => !file.includes('vendors'));
  expect(notRunOf(report, true, without)).not.toContainEqual(expect.stringContaining('vendors'));
  expect(notRun(report, true)).toContainEqual(expect.stringContaining('vendors'));
});

it('asks for agents without an internet or an audit log, and for a coding agent wherever its package is', () => {
  const isRoot = process.getuid?.() === 0;
  const agents = ['acceptance-offline', 'audit-full', 'coding-agent'].map((name) => `test/system/${name}.test.ts`);
  expect(all).toEqual(expect.arrayContaining(agents));
  const there = agents.filter((file) => isRoot && (!file.includes('coding-agent') || hasCodingAgent()));
  expect(runnable(false).filter((file) => agents.includes(file))).toEqual(there);
});

it('asks for kernels of their own wherever they can be had, and not by what the product says of itself', () => {
  const machines = ['microvm', 'vm', 'machine', 'machine-live', 'machine-draws', 'machine-crash', 'memory'];
  const gvisor = ['gvisor', 'gvisor-memory', 'security/gvisor'];
  const pathOf = (name: string): string => `test/system/${name}.test.ts`;
  const here = (names: string[]): string[] => names.map(pathOf).filter((file) => runnable(false).includes(file));
  expect(here(machines)).toEqual(hasMachines() ? machines.map(pathOf) : []);
  expect(here(gvisor)).toEqual(hasGvisor() ? gvisor.map(pathOf) : []);
  const escapes = mustRun[pathOf('security/escape')];
  for (const [kind, can] of [
    ['userspace-kernel', hasGvisor()],
    ['microvm', hasMachines()],
    ['vm', hasMachines()],
  ] as const)
    expect(escapes?.optional().some((part) => `out of ${kind} is not tried: a reason`.includes(part))).toBe(!can);
  const named = (text: string): boolean => /from '\.\.\/(src|test)/.test(text);
  const scripts = ['must-run', 'test-programs'].map((name) => readFileSync(join(root, `scripts/${name}.ts`), 'utf8'));
  expect(scripts.filter(named)).toEqual([]);
});
