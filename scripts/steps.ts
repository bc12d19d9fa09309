/** What `check` and `test` consist of, and how steps are run: two at a time, quiet when all is well, named when not. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root: string = resolve(import.meta.dirname, '..');

export interface Step {
  name: string;
  command: string;
  words: string[];
  /** A reason not to run where the command is missing; without one that is a failure. */
  optional?: string;
  /** What it says is shown also when all is well. */
  isTold?: true;
}

/** Programs of the packages are started with this very Node, wherever the caller's PATH leads. */
const program = (path: string, ...words: string[]): Pick<Step, 'command' | 'words'> => ({
  command: process.execPath,
  words: [join(root, 'node_modules', path), ...words],
});

const shellScripts = [
  'holdfast',
  '.ci/run',
  ...['scripts/bootstrap', 'src/contract/probes/programs'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.sh'))
      .map((name) => `${folder}/${name}`),
  ),
];

export const staticSteps: readonly Step[] = [
  { name: 'guest binary', command: process.execPath, words: [join(root, 'scripts/build-guest.ts')] },
  { name: 'types', ...program('typescript/bin/tsc', '--noEmit') },
  { name: 'lint and format', ...program('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.') },
  { name: 'dead code', ...program('knip/bin/knip.js') },
  {
    name: 'shell scripts',
    command: 'shellcheck',
    words: ['-x', ...shellScripts],
    optional: 'shellcheck is not installed',
  },
];

/** A minute of all targets together; the static steps, which run beside it, go first. */
export const fuzzStep: Step = {
  name: 'fuzzing',
  command: 'nice',
  words: ['-n', '10', process.execPath, join(root, 'scripts/fuzz.ts'), '--within', '60'],
  isTold: true,
};

export const unitStep: Step = { name: 'architecture, pins and unit tests', ...vitest('--project', 'unit') };

export function vitest(...words: string[]): Pick<Step, 'command' | 'words'> {
  return program('vitest/vitest.mjs', 'run', ...words);
}

/** Every step is run, also after one failed; the names of those that failed. */
export async function runSteps(steps: readonly Step[]): Promise<string[]> {
  const waiting = [...steps];
  const failed: string[] = [];
  const work = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      if (!(await runStep(step))) failed.push(step.name);
    }
  };
  await Promise.all([work(), work()]);
  return failed;
}

async function runStep({ name, command, words, optional, isTold }: Step): Promise<boolean> {
  const startedMs = performance.now();
  const { status, text } = await collect(command, words);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  if (status === null && optional !== undefined) console.error(`skipped  ${name}: ${optional}`);
  else if (status === 0) console.error(`${isTold ? text : ''}ok       ${name} (${seconds} s)`);
  else console.error(`${text.trimEnd()}\nFAILED   ${name} (${seconds} s): ${[command, ...words].join(' ')}`);
  return status === 0 || (status === null && optional !== undefined);
}

/** `status` is null when the command cannot be started. */
function collect(command: string, words: string[]): Promise<{ status: number | null; text: string }> {
  const child = spawn(command, words, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  const pieces: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => pieces.push(piece));
  return new Promise((done) => {
    child.once('error', (error) => done({ status: null, text: error.message }));
    child.once('close', (code) => done({ status: code ?? 1, text: Buffer.concat(pieces).toString() }));
  });
}
