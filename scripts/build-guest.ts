/**
 * Builds the guest binary (agent, launcher, layers, relay, pump) and prints its path.
 *
 * 1. The name carries a hash of every source, the compiler and its flags: what exists under it needs no building.
 * 2. It appears complete or not at all: compiled under a temporary name, then renamed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const guest = join(dirname(fileURLToPath(import.meta.url)), '..', 'guest');
const parts = ['common', 'agent', 'launcher', 'layers', 'relay', 'bridge', 'pump', 'machine', 'tools'];
const flags = ['-std=c11', '-O2', '-Wall', '-Wextra', '-Werror', '-static', '-s'];

interface Compiler {
  command: string;
  flags: string[];
}

let built: string | null = null;

/** Builds when needed, and looks once in a process; the path of the binary. */
export function buildGuest(): string {
  built ??= build();
  return built;
}

function build(): string {
  const compiler = findCompiler();
  const binary = join(guest, 'build', `holdfast-guest-${process.arch}-${digest(compiler)}`);
  if (existsSync(binary)) {
    console.error('guest: up to date');
    return binary;
  }
  const started = performance.now();
  mkdirSync(dirname(binary), { recursive: true });
  const temporary = `${binary}.${randomBytes(6).toString('hex')}`;
  try {
    const sources = sourceFiles().filter((file) => file.endsWith('.c'));
    execFileSync(compiler.command, [...compiler.flags, '-o', temporary, ...sources], {
      stdio: ['ignore', 'inherit', 'inherit'],
      cwd: guest,
    });
    renameSync(temporary, binary);
  } finally {
    rmSync(temporary, { force: true });
  }
  console.error(`guest: built with ${compiler.command} in ${Math.round(performance.now() - started)} ms`);
  return binary;
}

/** musl makes the smaller and quicker binary; glibc does where musl is missing. */
function findCompiler(): Compiler {
  if (runs('musl-gcc')) return { command: 'musl-gcc', flags: [...flags, ...kernelHeaders()] };
  if (runs('cc')) return { command: 'cc', flags };
  throw new Error(
    'no C compiler: install musl-tools (apt install musl-tools) or a gcc with static libc (apt install gcc)',
  );
}

/** musl brings no kernel headers; those of the system come after its own. */
function kernelHeaders(): string[] {
  const machine = spawnSync('cc', ['-print-multiarch'], { encoding: 'utf8' }).stdout?.trim() ?? '';
  const folders = ['/usr/include', ...(machine === '' ? [] : [`/usr/include/${machine}`])];
  return folders.filter((folder) => existsSync(folder)).flatMap((folder) => ['-idirafter', folder]);
}

function runs(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

function digest(compiler: Compiler): string {
  const hash = createHash('sha256').update(JSON.stringify(compiler));
  for (const file of sourceFiles()) hash.update(`\0${relative(guest, file)}\0`).update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}

function sourceFiles(): string[] {
  const inParts = parts
    .map((part) => join(guest, part))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  return [...inParts, join(guest, 'main.c')].filter((file) => /\.[ch]$/.test(file)).sort();
}

/** The name under which the runtime looks for it. */
function publish(binary: string): string {
  const name = join(dirname(binary), 'holdfast-guest');
  const temporary = `${name}.${randomBytes(6).toString('hex')}`;
  symlinkSync(basename(binary), temporary);
  renameSync(temporary, name);
  return name;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(publish(buildGuest()));
  } catch (error) {
    console.error(`guest: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
