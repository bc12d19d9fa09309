/** The QEMU of this machine, and what it is exactly: memory snapshots are bound to it. */
import { createHash } from 'node:crypto';
import { findProgram, lstat, open, realpath, type Scope } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';

export interface Qemu {
  program: string;
  /** sha256 of the program, hex. */
  digest: string;
}

export const qemuName = 'qemu-system-x86_64';

/** Null when it is not installed. */
export async function findQemu(scope: Scope, another?: string): Promise<Qemu | null> {
  const program = process.arch === 'x64' ? (another ?? (await findProgram(qemuName))) : null;
  return program === null ? null : { program, digest: await digestOf(program, scope) };
}

export async function requireQemu(scope: Scope, another?: string): Promise<Qemu> {
  const qemu = await findQemu(scope, another);
  if (qemu) return qemu;
  throw new HoldfastError('capability-missing', `${qemuName} is not installed`, {
    hint: 'Install it: holdfast substrate install microvm',
  });
}

/** Another one when another file lies at a path, or another content in it; one of them missing is told too. */
export async function stampOf(paths: readonly string[]): Promise<string> {
  const stamps = paths.map(async (path) => {
    const { dev, ino, size, mtimeNs, ctimeNs } = await lstat(await realpath(path), { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  });
  return (await Promise.all(stamps.map((one) => one.catch(() => 'missing')))).join('\n');
}

/** sha256 of a file, hex, read in pieces. */
export async function digestOf(path: string, scope: Scope): Promise<string> {
  const file = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    for await (const piece of file.createReadStream({ highWaterMark: 1 << 20, autoClose: false })) {
      scope.throwIfEnded();
      hash.update(piece as Buffer);
    }
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}
