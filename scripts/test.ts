/**
 * `npm test` and `./holdfast test`: all that CI runs. Words are handed to vitest, e.g. a path; then only that is run.
 * Ends with one line of what passed and failed, as vitest counted it.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { notRun, type RunReport, runnable } from './must-run.ts';
import { runAgain, unsteady } from './second-run.ts';
import { fuzzStep, root, runSteps, staticSteps, vitest } from './steps.ts';
import { provideTestPackages, provideTestPrograms } from './test-programs.ts';

/** The shared suite as an ordinary user is run by test/system/as-user.test.ts; as who runs this it is test/system/namespace.test.ts. */
const wholeRun = ['--project', '!user'];
const words = process.argv.slice(2);
const startedMs = performance.now();
const failedSteps = words.length === 0 ? await beforeTests() : [];
const first = await runTests(words);
const again = words.length === 0 && first.status !== 0 && first.report ? runAgain(first.report) : [];
if (again.length > 0) console.error(`failed, and now run once more, alone:\n  ${again.join('\n  ')}`);
const second = again.length > 0 ? await runTests(again) : null;
const seconds = Math.round((performance.now() - startedMs) / 1000);
if (second?.status === 0 && first.report) {
  console.error(`UNSTEADY: failed once and passed alone:\n  ${unsteady(first.report, root).join('\n  ')}`);
}
if (failedSteps.length > 0) console.error(`failed steps: ${failedSteps.join(', ')}`);
console.log(`${first.counts}${second ? `; of those run again ${second.counts}` : ''} in ${seconds} s`);
process.exitCode = failedSteps.length > 0 ? 1 : (second ?? first).status;

interface Report extends RunReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
}

interface Judged {
  status: number;
  counts: string;
  report: Report | null;
}

/** The names of the steps that failed. */
async function beforeTests(): Promise<string[]> {
  provideTestPrograms();
  const [failed, fuzzed] = await Promise.all([runSteps(staticSteps), runSteps([fuzzStep]), provideTestPackages()]);
  return [...failed, ...fuzzed];
}

async function runTests(filter: string[]): Promise<Judged> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  try {
    const file = join(directory, 'report.json');
    const { command, words: program } = vitest(
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...(filter.length === 0 ? wholeRun : filter),
    );
    const status = await new Promise<number>((done) => {
      const child = spawn(command, program, { cwd: root, stdio: 'inherit' });
      child.once('error', () => done(1));
      child.once('close', (code) => done(code ?? 1));
    });
    return judged(file, status, filter);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function judged(file: string, status: number, filter: readonly string[]): Judged {
  const report = reportOf(file);
  if (!report) return { status: status || 1, counts: 'vitest ended without a report', report };
  const counts = `${report.numPassedTests} passed, ${report.numFailedTests} failed, ${report.numPendingTests} skipped`;
  // Who chooses tests by options skips the others.
  const isChosen = filter.some((word) => word.startsWith('-'));
  const isWhole = filter.length === 0;
  const missing = isChosen ? [] : notRun(report, isWhole, runnable(isWhole));
  if (missing.length > 0) console.error(`could run here and did not:\n  ${missing.join('\n  ')}`);
  // A wall that was not tried is no accident: nothing is run again for it.
  return missing.length > 0 ? { status: status || 1, counts, report: null } : { status, counts, report };
}

function reportOf(file: string): Report | null {
  try {
    // vitest's own JSON reporter wrote it.
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return null;
  }
}
