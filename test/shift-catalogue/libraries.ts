/** C libraries that step between programs and the system. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of `preload/NAME.c`; for this machine's C library, and so for that of a Debian as old or newer. */
export function compiled(name: string, directory: string): Uint8Array {
  const output = join(directory, `${name}.so`);
  const source = join(import.meta.dirname, 'preload', `${name}.c`);
  const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-O2', '-o', output, source], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name}.c cannot be compiled: ${stderr}`);
  return readFileSync(output);
}
