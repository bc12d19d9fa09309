/** What fuzzing came to: test/fuzz/results.json, written by runs with --record, and its table in docs/fuzzing.md. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from './run.ts';
import { root, targets } from './targets.ts';

const results = join(root, 'test/fuzz/results.json');
const page = join(root, 'docs/fuzzing.md');
/** Of what is fuzzed: when it began, not when it ended. */
const commit = spawnSync('git', ['rev-parse', '--short=10', 'HEAD'], { cwd: root, encoding: 'utf8' }).stdout.trim();
const place = /<!-- fuzz -->\n[\s\S]*?<!-- \/fuzz -->/;

export interface Run {
  target: string;
  /** Of the day it ended. */
  date: string;
  commit: string;
  executions: number;
  cpuSeconds: number;
  edges: number;
  features: number;
  crashes: number;
}

export function readRuns(): Run[] {
  // Written below and nowhere else.
  return JSON.parse(readFileSync(results, 'utf8')) as Run[];
}

export function record(outcomes: ReadonlyMap<string, Outcome>): void {
  const runs = readRuns();
  for (const run of [...outcomes].map(runOf)) {
    const same = runs.find((other) => nameOf(other) === nameOf(run));
    if (same) addTo(same, run);
    else runs.push(run);
  }
  writeFileSync(results, `${JSON.stringify(runs, null, 2)}\n`);
  writeFileSync(page, filled(readFileSync(page, 'utf8'), runs));
}

export function isCurrent(): boolean {
  const text = readFileSync(page, 'utf8');
  return text === filled(text, readRuns());
}

/** Runs of one target, on one day, of one version are told as one. */
const nameOf = ({ target, date, commit }: Run): string => `${target} ${date} ${commit}`;

function addTo(sum: Run, run: Run): void {
  sum.executions += run.executions;
  sum.cpuSeconds += run.cpuSeconds;
  sum.crashes += run.crashes;
  sum.edges = run.edges;
  sum.features = run.features;
}

function runOf([target, outcome]: [string, Outcome]): Run {
  const { executions, edges, features } = outcome;
  return {
    target,
    date: new Date().toISOString().slice(0, 10),
    commit,
    executions,
    cpuSeconds: Math.round(outcome.cpuSeconds),
    edges,
    features,
    crashes: outcome.crash ? 1 : 0,
  };
}

function filled(text: string, runs: readonly Run[]): string {
  return text.replace(place, () => `<!-- fuzz -->\n${tableOf(runs)}\n<!-- /fuzz -->`);
}

function tableOf(runs: readonly Run[]): string {
  const lines = [
    '| target | what it reads | executions | CPU minutes | edges reached | crashes found | last run | version |',
    '|---|---|---:|---:|---:|---:|---|---|',
  ];
  for (const [name, { language, reads }] of Object.entries(targets)) {
    const own = runs.filter(({ target }) => target === name);
    const latest = own.at(-1);
    const sum = (figure: (run: Run) => number): number => own.reduce((total, run) => total + figure(run), 0);
    const cells = [
      `\`${name}\` (${language})`,
      reads,
      sum((run) => run.executions).toLocaleString('en'),
      (sum((run) => run.cpuSeconds) / 60).toFixed(1),
      latest?.edges.toLocaleString('en') ?? '',
      String(sum((run) => run.crashes)),
      latest?.date ?? 'not yet',
      latest ? `\`${latest.commit}\`` : '',
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}
