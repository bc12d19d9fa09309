/**
 * `npm run guards`: shows for each guard in guard-list.ts that its test fails when the guard is gone. Words choose guards
 * by what is in their names and their tests'. Works in a copy of the sources and takes half an hour; not part of `npm test`.
 * `--record` writes what came of it into what SECURITY.md shows; `--missing` leaves out what that shows already.
 *
 * A guard counts as shown when the named test itself failed: one that could not even begin proves nothing.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Edit, type Guard, guards } from './guard-list.ts';
import { record, shownGuards } from './guard-report.ts';
import { root } from './steps.ts';

const parts = ['contracts', 'guest', 'src', 'test', 'scripts', 'package.json', 'tsconfig.json', 'vitest.config.ts'];
const longestRunMs = 15 * 60_000;

const { values, positionals: words } = parseArgs({
  options: { record: { type: 'boolean' }, missing: { type: 'boolean' } },
  allowPositionals: true,
});
const leftOut: ReadonlySet<string> = values.missing ? shownGuards() : new Set();
const isChosen = ({ guard, test }: Guard): boolean =>
  !leftOut.has(guard) && words.every((word) => `${guard} ${test.join(' ')}`.toLowerCase().includes(word.toLowerCase()));
const chosen = guards.filter(isChosen);
const copy = mkdtempSync(join(tmpdir(), 'holdfast-guards-'));
try {
  for (const part of parts)
    cpSync(join(root, part), join(copy, part), { recursive: true, filter: (path) => !path.includes('guest/build/') });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  process.exitCode = showAll();
} finally {
  rmSync(copy, { recursive: true, force: true });
}

function showAll(): number {
  build();
  const whole = outcomeOf(chosen.map(({ test }) => test));
  if (whole.failed > 0 || whole.passed === 0) {
    console.log(`with every guard in place ${whole.failed} tests fail and ${whole.passed} pass: repair that first`);
    return 1;
  }
  let shown = 0;
  for (const guard of chosen) {
    const isShown = show(guard);
    if (isShown) shown++;
    // One by one: what ends a run of half an hour leaves what was shown.
    if (values.record) record(new Map([[guard.guard, isShown]]));
  }
  console.log(`${shown} of ${chosen.length} guards are shown by their tests`);
  return shown === chosen.length ? 0 : 1;
}

function show(guard: Guard): boolean {
  const { test, also = [] } = guard;
  const edits = [guard, ...also];
  const texts = new Map(edits.map(({ file }) => [file, readFileSync(join(copy, file), 'utf8')]));
  const isOfGuest = edits.some(({ file }) => file.startsWith('guest/'));
  const missing = edits.find(({ file, search }) => !texts.get(file)?.includes(search));
  if (missing) return tell(guard, `${missing.file} has no such line any more`);
  try {
    for (const edit of edits) take(edit);
    if (isOfGuest) build();
    const { failed, passed } = outcomeOf([test]);
    if (failed > 0) return tell(guard, null, `${test[1]} fails without it`);
    return tell(guard, passed > 0 ? `${test[1]} passes without it` : `${test[1]} did not run`);
  } finally {
    for (const [file, text] of texts) writeFileSync(join(copy, file), text);
    if (isOfGuest) build();
  }
}

function take({ file, search, replace }: Edit): void {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    text.replaceAll(search, () => replace),
  );
}

function tell({ guard }: Guard, problem: string | null, proof = ''): boolean {
  console.log(`${problem === null ? 'shown ' : 'FAILED'} ${guard}: ${problem ?? proof}`);
  return problem === null;
}

function build(): void {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build-guest.ts'], { cwd: copy, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the guest does not build: ${stderr}`);
}

function outcomeOf(tests: readonly Guard['test'][]): { failed: number; passed: number } {
  const files = [...new Set(tests.map(([file]) => `test/system/security/${file}.test.ts`))];
  const names = tests.map(([, name]) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const projects = ['system', 'machines', 'measuring'].flatMap((name) => ['--project', name]);
  const options = [...projects, '--no-cache', '--reporter=json', `--outputFile.json=${report}`];
  spawnSync(process.execPath, [vitest, 'run', ...options, '-t', names.join('|'), ...files], {
    cwd: copy,
    stdio: 'ignore',
    timeout: longestRunMs,
  });
  // vitest's own JSON reporter wrote it.
  const counts = JSON.parse(readFileSync(report, 'utf8')) as { numFailedTests: number; numPassedTests: number };
  return { failed: counts.numFailedTests, passed: counts.numPassedTests };
}
