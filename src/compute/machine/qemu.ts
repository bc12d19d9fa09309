/** The QEMU of this machine, and what it is exactly: memory snapshots are bound to it. */
import { findProgram, type Scope } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { digestOf } from '../file-digest.ts';

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
