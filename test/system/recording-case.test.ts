/** What is made of a recording, as people use it: two contracts side by side, a test in vitest and as a plain command. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HoldfastService, ReplayReport } from '../../src/schema/index.ts';
import { runCli } from '../fixtures/cli.ts';
import { RecordedRuns } from '../fixtures/recorded-runs.ts';

const root = resolve(import.meta.dirname, '../..');
const runs = new RecordedRuns();
const directory = mkdtempSync(join(tmpdir(), 'hf-case-'));
let service: HoldfastService;
beforeAll(async () => {
  service = await runs.open();
});
afterAll(async () => {
  await runs.close();
  rmSync(directory, { recursive: true, force: true });
});

it('the same step under the training contract and under production’s stands side by side', {
  timeout: 60_000,
}, async () => {
  const contract = (name: string, template: string): string =>
    [
      'format: holdfast-contract/1',
      `contract: ${name}/1.0.0`,
      'date: 2026-11-28',
      'failures:',
      `  - { code: busy, layer: tool, template: "${template}", rate: 0.1, retryable: true, sideEffect: none }`,
      '',
    ].join('\n');
  writeFileSync(join(directory, 'training.yaml'), contract('training', 'come back later ({message})'));
  writeFileSync(join(directory, 'production.yaml'), contract('production', '503 Service Unavailable'));
  const down = { id: 'down', kind: 'tool.unavailable' as const, rate: 1, from: 2, until: 2 };
  const faults = { plan: { format: 'holdfast-faults/1' as const, seed: 1, faults: [down] } };
  const id = await runs.recorded(['echo one > one', 'cat one', 'cat one'], { faults });
  const words = ['--with', 'contract=training.yaml', '--with', 'contract=production.yaml'];
  const shown = await runCli(['replay', id, ...words], service, { directory });
  expect(shown.status).toBe(1);
  expect(shown.stdout).toMatch(/^STEP +training\.yaml +production\.yaml$/m);
  expect(shown.stdout).toMatch(/^2 +busy: come back later \(.*\) +busy: 503 Service Unavailable$/m);
  const told = await runCli(['replay', id, ...words, '--json'], service, { directory });
  const reports = JSON.parse(told.stdout) as { report: ReplayReport }[];
  expect(reports.map(({ report }) => report.divergence)).toMatchObject([
    { step: 2, class: 'error', blame: 'tool', why: 'the replay was told to differ' },
    { step: 2, class: 'error' },
  ]);
  // Without another contract it is what it was.
  expect(await service.replayRecording(id)).toMatchObject({ reproduced: true });
});

it('a failure that became a test runs as a plain command, and in vitest as the guide says', {
  timeout: 180_000,
}, async () => {
  const id = await runs.recorded(['mkdir src; echo "exit 7" > src/test', 'echo noise > noise']);
  const made = await runCli(
    ['export', id, '--as-test', '--predicate', 'sh src/test', '-o', join(directory, 'case.json')],
    service,
    { directory },
  );
  expect(made.status, made.stderr).toBe(0);
  const whole = readFileSync(join(directory, 'case.json'), 'utf8');
  writeFileSync(join(directory, 'mended.json'), whole.replace('exit 7', 'exit 0'));
  expect(await runCli(['replay', 'case.json'], service, { directory })).toMatchObject({ status: 0 });
  expect(await runCli(['replay', 'mended.json'], service, { directory })).toMatchObject({ status: 1 });

  const guide = readFileSync(join(root, 'docs/recording.md'), 'utf8');
  const snippet = /```ts\n([\s\S]*?runTest[\s\S]*?)```/.exec(guide)?.[1] ?? '';
  expect(snippet).toContain("from 'vitest'");
  writeFileSync(join(directory, 'case.test.ts'), snippet);
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(root, join(directory, 'node_modules/holdfast'));
  symlinkSync(join(root, 'node_modules/vitest'), join(directory, 'node_modules/vitest'));
  const inVitest = () =>
    spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', directory], {
      cwd: directory,
      encoding: 'utf8',
      timeout: 120_000,
    });
  const passed = inVitest();
  expect(passed.status, passed.stdout + passed.stderr).toBe(0);
  writeFileSync(join(directory, 'case.json'), readFileSync(join(directory, 'mended.json')));
  expect(inVitest().status).toBe(1);
});
