/** The small Debian that machines are tested with: made once per machine and kept. As a program it makes it for a whole run. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { testDebian } from './test-programs.ts';

const suite = 'bookworm';
const packages = ['bash', 'procps', 'python3-minimal'];

/** Why it cannot be had, or null. */
export function provideDebian(): string | null {
  if (existsSync(testDebian)) return null;
  const staging = `${testDebian}.${process.pid}`;
  const flags = ['--variant=minbase', `--include=${packages.join(',')}`, '--skip=output/dev', '--skip=output/mknod'];
  const smaller = ['doc', 'man', 'locale', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
  const sources = existsSync('/etc/apt/sources.list') ? ['/etc/apt/sources.list'] : [];
  mkdirSync(dirname(testDebian), { recursive: true });
  const made = spawnSync('mmdebstrap', [...flags, ...smaller, suite, staging, ...sources], { stdio: 'ignore' });
  if (made.status !== 0) {
    rmSync(staging, { recursive: true, force: true });
    return made.error ? 'mmdebstrap is not installed' : 'mmdebstrap cannot reach the Debian archive';
  }
  // A template has no devices of its own.
  rmSync(join(staging, 'dev'), { recursive: true, force: true });
  takeItsPlace(staging);
  return null;
}

/** Another file of tests may have made it meanwhile; then that one stays. */
function takeItsPlace(staging: string): void {
  try {
    renameSync(staging, testDebian);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    if (!existsSync(testDebian)) throw error;
  }
}

if (import.meta.main) {
  const missing = provideDebian();
  if (missing !== null) {
    console.error(missing);
    process.exitCode = 1;
  }
}
