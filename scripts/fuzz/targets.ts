/** Every parser of hostile bytes that is fuzzed, by name: what it reads, where its seeds are, how its program is made. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root: string = resolve(import.meta.dirname, '../..');
const guest = join(root, 'guest');
/** Programs, what was found, reproducers. */
export const build: string = join(guest, 'build');
const typescript = join(root, 'test/fuzz');

export interface Target {
  language: 'C' | 'TypeScript';
  /** For the report: whose bytes, and what reads them. */
  reads: string;
  /** Minimised inputs that are kept. */
  seeds: string;
  /** Compiles it, or gives up when that has taken so long. @throws Error with the compiler's words */
  make(withinMs: number): Promise<Program>;
  /** Why it cannot run here; null when it can. */
  lacks(): string | null;
}

export interface Program {
  command: string;
  words: string[];
  environment?: Record<string, string>;
}

export const targets: Readonly<Record<string, Target>> = {
  channel: inTypeScript(
    'channel',
    'the daemon’s end of a sandbox’s channel: frames, fields, answers of every request, tunnels (`src/guest`)',
  ),
  relay: inC('relay', 'the relay’s channels, between a hostile guest and hostile clients (`guest/relay`)', () => [
    join(guest, 'relay/channel.c'),
  ]),
  pump: {
    ...inC('pump', 'what an agent says to the pump, and the descriptors it hands over (`guest/pump`)', () => [
      ...['claim.c', 'control.c', 'pair.c', 'way.c'].map((name) => join(guest, 'pump', name)),
      join(guest, 'fuzz/network.c'),
    ]),
    lacks: () => noFuzzer() ?? noNamespaces('--user', '--net'),
  },
  layer: {
    ...inC('layer', 'a layer that a guest sends (`guest/layers/take.c`)', () => files('layers')),
    lacks: () => noFuzzer() ?? noNamespaces('--mount'),
  },
  gateway: inTypeScript(
    'gateway',
    'what a sandbox says to the gateway first: proxy, SOCKS5, DNS, TLS greetings (`src/network/gateway`)',
  ),
  mediation: inTypeScript(
    'mediation',
    'HTTP/1.1 of a sandbox and of the outside, and WebSocket frames, where they are looked into (`src/network/mediation`)',
  ),
  machine: inTypeScript(
    'machine',
    'the first process of a machine, at the host’s end: requests, layers, credit (`src/compute/machine/client.ts`)',
  ),
  monitor: inTypeScript(
    'monitor',
    'what runs a machine: QEMU’s control channel, Firecracker’s API (`src/compute/machine`)',
  ),
  bridge: inC(
    'bridge',
    'what Firecracker answers a client of the bridge, and what both then send (`guest/bridge`)',
    () => ['greet.c', 'pair.c'].map((name) => join(guest, 'bridge', name)),
  ),
  agent: {
    ...inC('agent', 'the agent’s requests (`guest/agent`)', () => [
      // What starts programs is replaced by the fuzz target.
      ...files('agent').filter((file) => !file.endsWith('/spawn.c')),
      join(guest, 'fuzz/network.c'),
    ]),
    lacks: () => noFuzzer() ?? noNamespaces('--user', '--net'),
  },
};

function files(part: string): string[] {
  return readdirSync(join(guest, part))
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(guest, part, name));
}

function inC(name: string, reads: string, sources: () => string[]): Target {
  const common = ['buffer.c', 'frame.c', 'unix.c', 'seeded.c'].map((file) => join(guest, 'common', file));
  const own = join(guest, 'fuzz', `${name}.c`);
  return {
    language: 'C',
    reads,
    seeds: join(guest, `fuzz/corpus-${name}`),
    make: async (withinMs) => ({
      command: await compile(name, '-fsanitize=fuzzer,address,undefined', [...sources(), ...common, own], withinMs),
      words: [],
    }),
    lacks: noFuzzer,
  };
}

/** The engine is the same: a driver in C mutates, and asks a Node beside it what an input reaches. */
function inTypeScript(name: string, reads: string): Target {
  const words = join(typescript, `${name}.dict`);
  return {
    language: 'TypeScript',
    reads,
    seeds: join(typescript, `corpus-${name}`),
    make: async (withinMs) => ({
      command: await compile(name, '-fsanitize=fuzzer', [join(typescript, 'driver.c')], withinMs),
      words: existsSync(words) ? [`-dict=${words}`] : [],
      environment: {
        FUZZ_NODE: process.execPath,
        FUZZ_RUNNER: join(typescript, 'runner.ts'),
        FUZZ_TARGET: join(typescript, `${name}.ts`),
      },
    }),
    lacks: noFuzzer,
  };
}

async function compile(name: string, sanitizers: string, sources: string[], withinMs: number): Promise<string> {
  const binary = join(build, `fuzz-${name}`);
  mkdirSync(build, { recursive: true });
  const words = ['-std=gnu11', '-g', '-O1', '-Wall', sanitizers, '-o', binary, ...sources];
  const child = spawn('clang', words, {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: Math.max(1, Math.round(withinMs)),
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    said += piece;
  });
  const status = await new Promise((done) => child.once('error', done).once('close', done));
  if (child.signalCode !== null) throw new OutOfTime(name);
  if (status !== 0) throw new Error(`${name} does not compile:\n${said}`);
  return binary;
}

export class OutOfTime extends Error {}

/** Why there is no libFuzzer here; null when there is. The compiler alone may not be enough: sanitizers come apart from it. */
export function noFuzzer(): string | null {
  const asked = spawnSync('clang', ['-print-runtime-dir'], { encoding: 'utf8' });
  if (asked.status !== 0) return 'clang is missing: apt-get install clang libclang-rt-dev';
  return hasFuzzer(asked.stdout.trim()) ? null : 'clang has no libFuzzer: apt-get install libclang-rt-dev';
}

/** It makes a place of its own to be hostile in. */
function noNamespaces(...kinds: string[]): string | null {
  const { status } = spawnSync('unshare', [...kinds, 'true'], { stdio: 'ignore' });
  return status === 0 ? null : `namespaces cannot be made here (unshare ${kinds.join(' ')})`;
}

function hasFuzzer(directory: string): boolean {
  if (!existsSync(directory)) return false;
  return readdirSync(directory).some((name) => /^libclang_rt\.fuzzer(-|\.a)/.test(name));
}
