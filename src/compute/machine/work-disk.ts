/**
 * A disk of a machine's own, for a sandbox that may write more files than its memory holds: what it changes lies there instead.
 *
 * 1. A disk and the memory of its machine are one: saved while the machine stands still, copied together, checked together. Never is
 *    one used with another's.
 * 2. The file is sparse: it takes what was written and was not deleted.
 * 3. Who starts from a saved machine gets a copy, sharing blocks where the file system can; the saved one stays as it is.
 * 4. Beside the disk of a machine that may be forked lies a second file of its size, in which QEMU puts it then (disk-mirror.ts). Only
 *    from the fork until its children have started is anything in it.
 */
import { dirname, existsSync, makeDirectories, open, removeFile, runProcess, type Scope } from '../../base/index.ts';
import { launcherTags, tags } from '../../guest/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import type { Launcher } from '../namespace/launcher.ts';

const mebibyte = 1024 * 1024;
/** Few sizes, as of memory; what is more than the limit is taken away inside (guest/machine/renew.c). */
const sizesMib = [1024, 4096, 16_384, 65_536, 262_144];
/** What the file system itself takes: its tables, and a little for the template's own files. */
const overheadMib = 64;
const overheadShare = 1.05;
/** MEMORY's: copy the file, and tell its digest. */
const [copies, digests] = [1, 2];

/** 0: what is written fits into the machine's memory, and lies there. */
export function workMibFor(diskBytes: number | undefined, memoryMib: number): number {
  if (diskBytes === undefined || diskBytes <= (memoryMib * mebibyte) / 2) return 0;
  const neededMib = Math.ceil((diskBytes / mebibyte) * overheadShare) + overheadMib;
  const sizeMib = sizesMib.find((size) => size >= neededMib);
  if (sizeMib !== undefined) return sizeMib;
  throw new HoldfastError(
    'limit-unsupported',
    `diskBytes ${diskBytes} is more than a virtual machine's disk may have`,
    {
      hint: `Ask for less than ${Math.floor(((sizesMib.at(-1) ?? 0) - overheadMib) / overheadShare / 1024)} GiB.`,
    },
  );
}

/** Formatted and empty. Without a journal: a machine that ends, ends with its disk. */
export async function makeWorkDisk(path: string, sizeMib: number, scope: Scope): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.truncate(sizeMib * mebibyte);
  } finally {
    await file.close();
  }
  const args = ['-q', '-F', '-m', '0', '-O', '^has_journal', '-E', 'lazy_itable_init=1,nodiscard', path];
  const environment = { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' };
  const { status, stderr } = await runProcess({ file: 'mkfs.ext4', args, environment }, scope).catch(() => ({
    status: null,
    stderr: 'it is not installed',
  }));
  if (status === 0) return;
  throw new HoldfastError('capability-missing', `mkfs.ext4 made no disk for a virtual machine: ${stderr.trim()}`, {
    hint: 'Install it: apt install e2fsprogs',
  });
}

export async function copyWorkDisk(launcher: Launcher, from: string, to: string, scope: Scope): Promise<void> {
  await makeDirectories(dirname(to));
  await removeFile(to);
  await launcher.request(
    {
      type: 'memory',
      fill: (fields) => void fields.text(tags.path, from).text(tags.target, to).int(tags.flags, copies),
    },
    scope,
  );
}

/** Of a disk or a memory, over what is not zero: a hole and written zeros are the same. As KEEP tells it, which holds a copy. */
export async function digestOfSparse(launcher: Launcher, path: string, scope: Scope): Promise<string> {
  const answer = await launcher.request(
    { type: 'memory', fill: (fields) => void fields.text(tags.path, path).int(tags.flags, digests) },
    scope,
  );
  return answer.bytes(launcherTags.digest).toString('hex');
}

export const copyBeside = (disk: string): string => `${disk}.copy`;

/** Where there is none, its machine has ended, or began before there were any. */
export async function emptyCopy(disk: string, sizeMib: number): Promise<void> {
  if (!existsSync(copyBeside(disk))) return;
  const file = await open(copyBeside(disk), 'r+');
  try {
    await file.truncate(0);
    await file.truncate(sizeMib * mebibyte);
  } finally {
    await file.close();
  }
}
