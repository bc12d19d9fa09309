/** The QEMU of this machine, and what it is exactly: memory snapshots are bound to it. */
import { createHash } from 'node:crypto';
import { findProgram, open, type Scope } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';

export interface Qemu {
  program: string;
  /** sha256 of the program, hex. */
  digest: string;
}

const programName = 'qemu-system-x86_64';

/** Null when it is not installed. */
export async function findQemu(scope: Scope): Promise<Qemu | null> {
  const program = process.arch === 'x64' ? await findProgram(programName) : null;
  return program === null ? null : { program, digest: await digestOf(program, scope) };
}

export async function requireQemu(scope: Scope): Promise<Qemu> {
  const qemu = await findQemu(scope);
  if (qemu) return qemu;
  throw new HoldfastError('capability-missing', `${programName} is not installed`, {
    hint: 'Install it: holdfast substrate install microvm',
  });
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
