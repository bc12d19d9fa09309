/** What `npm run guards` came to: test/system/security/guards.json, written by runs with --record, and its table in SECURITY.md. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Guard, guards } from './guard-list.ts';
import { root } from './steps.ts';

const results = join(root, 'test/system/security/guards.json');
const page = join(root, 'SECURITY.md');
/** Of what is tried: when it began, not when it ended. */
const commit = spawnSync('git', ['rev-parse', '--short=10', 'HEAD'], { cwd: root, encoding: 'utf8' }).stdout.trim();
const place = /<!-- guards -->\n[\s\S]*?<!-- \/guards -->/;

/** Of a guard's last recorded run. */
interface Run {
  guard: string;
  isShown: boolean;
  date: string;
  commit: string;
}

/** @param outcomes by guard: whether its test failed without it */
export function record(outcomes: ReadonlyMap<string, boolean>): void {
  const date = new Date().toISOString().slice(0, 10);
  const before = new Map(readRuns().map((run) => [run.guard, run]));
  const runs = guards.flatMap(({ guard }) => {
    const isShown = outcomes.get(guard);
    const run = isShown === undefined ? before.get(guard) : { guard, isShown, date, commit };
    return run ? [run] : [];
  });
  writeFileSync(results, `${JSON.stringify(runs, null, 2)}\n`);
  writeFileSync(page, filled(readFileSync(page, 'utf8'), runs));
}

export function isCurrent(): boolean {
  const text = readFileSync(page, 'utf8');
  return text === filled(text, readRuns());
}

/** Those whose last recorded run showed them. */
export function shownGuards(): ReadonlySet<string> {
  return new Set(readRuns().flatMap(({ guard, isShown }) => (isShown ? [guard] : [])));
}

function readRuns(): Run[] {
  // Written above and nowhere else.
  return JSON.parse(readFileSync(results, 'utf8')) as Run[];
}

function filled(text: string, runs: readonly Run[]): string {
  return text.replace(place, () => `<!-- guards -->\n${tableOf(runs)}\n<!-- /guards -->`);
}

function tableOf(runs: readonly Run[]): string {
  const byGuard = new Map(runs.map((run) => [run.guard, run]));
  const shown = guards.filter(({ guard }) => byGuard.get(guard)?.isShown).length;
  return [
    `${shown} of ${guards.length} are shown.`,
    '',
    '| guard | line in | test | shown |',
    '|---|---|---|---|',
    ...guards.map((guard) => rowOf(guard, byGuard.get(guard.guard))),
  ].join('\n');
}

function rowOf({ guard, file, also = [], test }: Guard, run: Run | undefined): string {
  const files = [...new Set([file, ...also.map((edit) => edit.file)])].map((path) => `\`${path}\``);
  return `| ${guard} | ${files.join(', ')} | \`${test[0]}\`: ${test[1]} | ${run ? outcomeOf(run) : 'not yet'} |`;
}

const outcomeOf = (run: Run): string => `${run.isShown ? '' : '**no**, '}${run.date}, \`${run.commit}\``;
