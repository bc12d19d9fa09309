/**
 * Fuzzes what the guest binary is told by those who may be hostile: `npm run fuzz [-- seconds [target]]`. Targets: `agent`,
 * the agent's parser and dispatcher, whose seeds hold one conversation per request; `relay`, its channels between a
 * hostile guest and hostile clients; `pump`, what it hears from an agent;
 * `layer`, what makes a layer of a stream (needs root). What libFuzzer finds on the way is kept under guest/build for the next run.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const guest = join(dirname(fileURLToPath(import.meta.url)), '..', 'guest');
const build = join(guest, 'build');
const sanitizers = '-fsanitize=fuzzer,address,undefined';

interface Target {
  sources: string[];
  /** Folders of inputs to begin with. */
  seeds: string[];
}

process.exitCode = main(process.argv.slice(2));

function main(argv: string[]): number {
  const seconds = Number(argv[0] ?? 60);
  const name = argv[1] ?? 'agent';
  const target = targets()[name];
  if (argv.length > 2 || !Number.isInteger(seconds) || seconds < 1 || !target) {
    console.error(
      `fuzz: '${argv.join(' ')}' is not understood; usage: npm run fuzz -- [seconds] [agent|layer|pump|relay]`,
    );
    return 2;
  }
  if (spawnSync('clang', ['--version'], { stdio: 'ignore' }).status !== 0) {
    console.error('fuzz: clang is missing: apt install clang libclang-rt-dev');
    return 1;
  }
  const found = join(build, name === 'agent' ? 'fuzz-corpus' : `fuzz-corpus-${name}`);
  mkdirSync(found, { recursive: true });
  const binary = join(build, `fuzz-${name}`);
  const compiled = run('clang', ['-std=gnu11', '-g', '-O1', sanitizers, '-o', binary, ...target.sources]);
  if (compiled !== 0) return compiled;
  const limits = [`-max_total_time=${seconds}`, '-max_len=8192', '-timeout=10', '-rss_limit_mb=1024'];
  return run(binary, [...limits, '-print_final_stats=1', `-artifact_prefix=${build}/`, found, ...target.seeds]);
}

function targets(): Record<string, Target> {
  const common = ['buffer.c', 'frame.c', 'listen.c', 'seeded.c'].map((name) => join(guest, 'common', name));
  // What starts programs is replaced by the fuzz target.
  const agent = files('agent').filter((file) => !file.endsWith('/spawn.c'));
  const pump = ['claim.c', 'control.c', 'pair.c'].map((name) => join(guest, 'pump', name));
  const fuzz = (name: string): string => join(guest, 'fuzz', name);
  return {
    agent: { sources: [...agent, ...common, fuzz('agent.c'), fuzz('network.c')], seeds: [fuzz('corpus')] },
    relay: { sources: [join(guest, 'relay/channel.c'), ...common, fuzz('relay.c')], seeds: [fuzz('corpus-relay')] },
    pump: {
      sources: [...pump, ...common, fuzz('pump.c'), fuzz('network.c')],
      seeds: [fuzz('corpus-pump')],
    },
    layer: { sources: [...files('layers'), ...common, fuzz('layer.c')], seeds: [fuzz('corpus-layer')] },
  };
}

function files(part: string): string[] {
  return readdirSync(join(guest, part))
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(guest, part, name));
}

function run(command: string, args: string[]): number {
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1;
}
