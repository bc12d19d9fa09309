/**
 * Fuzzes the guest agent's parser and dispatcher: `npm run fuzz [-- seconds]`. The seeds hold one conversation per
 * request; what libFuzzer finds on the way is kept under guest/build for the next run.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const guest = join(dirname(fileURLToPath(import.meta.url)), '..', 'guest');
const build = join(guest, 'build');
const seeds = join(guest, 'fuzz', 'corpus');
const sanitizers = '-fsanitize=fuzzer,address,undefined';

process.exitCode = main(process.argv.slice(2));

function main(argv: string[]): number {
  const seconds = Number(argv[0] ?? 60);
  if (argv.length > 1 || !Number.isInteger(seconds) || seconds < 1) {
    console.error(`fuzz: '${argv.join(' ')}' is not a number of seconds; usage: npm run fuzz -- [seconds]`);
    return 2;
  }
  if (spawnSync('clang', ['--version'], { stdio: 'ignore' }).status !== 0) {
    console.error('fuzz: clang is missing: apt install clang libclang-rt-dev');
    return 1;
  }
  const found = join(build, 'fuzz-corpus');
  mkdirSync(found, { recursive: true });
  const binary = join(build, 'fuzz-agent');
  const compiled = run('clang', ['-std=gnu11', '-g', '-O1', sanitizers, '-o', binary, ...sources()]);
  if (compiled !== 0) return compiled;
  const limits = [`-max_total_time=${seconds}`, '-max_len=8192', '-timeout=10', '-rss_limit_mb=1024'];
  return run(binary, [...limits, '-print_final_stats=1', `-artifact_prefix=${build}/`, found, seeds]);
}

/** All of the agent but what starts programs, which the fuzz target replaces. */
function sources(): string[] {
  const agent = files('agent').filter((file) => !file.endsWith('/spawn.c'));
  const common = ['buffer.c', 'frame.c'].map((name) => join(guest, 'common', name));
  return [...agent, ...common, ...files('fuzz')];
}

function files(part: string): string[] {
  return readdirSync(join(guest, part))
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(guest, part, name));
}

function run(command: string, args: string[]): number {
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1;
}
