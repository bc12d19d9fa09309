/**
 * Runs of a coding agent over real packages, as the registries have them, with the tests that they ship: it looks around, runs
 * the suite or parts of it, breaks a line, runs, mends it, runs again. Drawn by a seed; no model is needed.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HoldfastService } from '../src/schema/index.ts';
import {
  type AgentRun,
  type Call,
  generator,
  type Random,
  read,
  recordedRun,
  shell,
  shuffled,
} from './recorded-runs.ts';

interface Package {
  name: string;
  from: 'npm' | 'pypi';
  version: string;
  /** Runs one file of tests, in the package's directory. */
  run: string;
  /** Files of tests, as a shell finds them. */
  tests: string;
  /** They are not all that the package ships. */
  isPart?: true;
  /** The file that is broken and mended. */
  source: string;
  /** What a script of the agent's own imports. */
  module: string;
}

/** As many as there are runs in all. */
export const runs = 200;
const directory = join(import.meta.dirname, 'suites');
const tree = join(directory, 'tree');
export const notInstalled = 'not there; bench/suites/install.sh brings them';
export const hasSuites = (): boolean => existsSync(tree);

// It stands in the repository, beside this file.
export const packages = JSON.parse(readFileSync(join(directory, 'packages.json'), 'utf8')) as Package[];

/** All packages and what runs their tests, as a snapshot: each run starts from it. */
export async function importSuites(service: HoldfastService, name?: string): Promise<string> {
  const owner = ['--owner=1000', '--group=1000', '--numeric-owner'];
  const tar = spawn('tar', ['-c', '--sort=name', ...owner, '-C', tree, '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { id } = await service.importFiles(tar.stdout, { path: '/workspace', ...(name ? { name } : {}) });
  return id;
}

/** Of every ten runs one is over the project of `examples/repair`, the others go through the packages in turn. */
export function suiteRun(number: number): AgentRun {
  if (number % 10 === 9) return { ...recordedRun(number, ['repair']), name: `examples/repair ${number}` };
  const index = number - Math.floor(number / 10);
  const one = packages[index % packages.length];
  if (!one) throw new Error('there are no packages');
  return { name: `${one.from} ${one.name} ${number}`, calls: callsOf(one, generator(number + 1)) };
}

/** An agent that stays with a package for so many steps: what a program keeps beside its sources is made once then, as it is for everybody. */
export function longRun(index: number, steps: number): AgentRun {
  const one = packages[index];
  if (!one) throw new Error(`there is no package ${index}`);
  const random = generator(index + 1);
  const calls: Call[] = [];
  while (calls.length < steps) calls.push(...callsOf(one, random));
  return { name: `${one.from} ${one.name}, ${steps} steps`, calls: calls.slice(0, steps) };
}

function callsOf(one: Package, random: Random): Call[] {
  const here = (command: string): Call => shell(`cd ${one.name} && ${command}`);
  const whole = here(`${environment(one)} ${wholeOf(one)}`);
  const some = (): Call =>
    here(
      `${environment(one)} f=$(ls ${one.tests} | sed -n "$((${random(50)} % $(ls ${one.tests} | wc -l) + 1))p"); ${one.run} $f`,
    );
  const parts: Call[][] = [
    [some()],
    [here(`grep -rn "TODO\\|FIXME\\|XXX" . | sort | head -20; git status 2>&1 | tail -1`)],
    [ownScript(one)],
    [here(breakOf(one)), some(), here(`mv ${one.source}.whole ${one.source}`), some()],
    [here(`wc -l ${one.source} ${one.tests} | tail -1; sed -n 1,${10 + random(30)}p ${one.source}`)],
    [read(`${one.name}/${one.source}`)],
  ];
  const chosen = shuffled(parts, random).slice(0, 2 + random(2));
  return [here('ls -l | tail -n +2 | cut -c1-10; ls'), ...shuffled([[whole], ...chosen], random).flat()];
}

/** The runner takes all files at once. */
function wholeOf({ from, run, tests }: Package): string {
  return from === 'pypi' ? `${run} ${tests}` : `../node_modules/.bin/tape ${tests}`;
}

/** As a person would set them for these tests. */
function environment({ from }: Package): string {
  return from === 'pypi' ? 'export PYTHONPATH=.:src:/workspace/python;' : '';
}

/** The first line that gives something back gives back something else. */
function breakOf({ from, source }: Package): string {
  const script = from === 'pypi' ? 's/return /return not /' : 's/return /return !/';
  return `cp ${source} ${source}.whole && sed -i '0,/return /${script}' ${source} && diff ${source}.whole ${source}`;
}

function ownScript({ name, from, module }: Package): Call {
  const names =
    from === 'pypi'
      ? `cd ${name} && PYTHONPATH=.:src python3 -c "import ${module} as m; print(sorted(n for n in dir(m) if n[0] != '_')[:30])"`
      : `cd ${name} && node -e "const m = require('./${module}'); console.log(typeof m, Object.keys(m).sort().slice(0, 30))"`;
  return shell(names);
}
