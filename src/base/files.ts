/** Host files: durable, atomic, and never through somebody else's symlink. */
import { constants, existsSync, lstatSync, readFileSync } from 'node:fs';
import {
  chmod,
  copyFile,
  cp,
  type FileHandle,
  lchown,
  link,
  lstat,
  lutimes,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HoldfastError } from '../schema/index.ts';

/**
 * Makes a directory only its owner can enter, and those above it. One that is there must be this user's; a symlink to it
 * must be this user's or root's, so that nobody else decides where it leads.
 */
export async function makePrivateDirectory(path: string): Promise<void> {
  try {
    await makeDirectories(path);
    await refuseForeign(path);
    if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o700);
  } catch (error) {
    if (error instanceof HoldfastError) throw error;
    throw unusableDirectory(path, mapDiskFull(error, path));
  }
}

/** Node's own recursive `mkdir` never returns where the kernel answers ENOENT below a directory that is there, as in /proc. */
export async function makeDirectories(path: string): Promise<void> {
  if (existsSync(path)) return;
  const above = dirname(path);
  if (above !== path) await makeDirectories(above);
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (!existsSync(path)) throw error;
  });
}

async function refuseForeign(path: string): Promise<void> {
  const own = process.getuid?.();
  const [entry, target] = [await lstat(path), await stat(path)];
  const isOurs = target.isDirectory() && (own === undefined || target.uid === own);
  if (isOurs && (!entry.isSymbolicLink() || entry.uid === 0 || entry.uid === own)) return;
  throw new HoldfastError('permission-denied', `${path} is not a directory of this user`, {
    fault: 'caller',
    hint: 'Choose another state directory with HOLDFAST_HOME.',
  });
}

function unusableDirectory(path: string, cause: unknown): unknown {
  if (cause instanceof HoldfastError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new HoldfastError('permission-denied', `the directory ${path} cannot be made or entered: ${why}`, {
    cause,
    fault: 'caller',
    hint: 'Choose another state directory with HOLDFAST_HOME.',
  });
}

/** Old or new content, never half; durable when `sync` (file and its directory entry are flushed). */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: { mode?: number; sync?: boolean } = {},
): Promise<void> {
  const temporary = `${path}.${process.pid}.${temporaryCount++}.tmp`;
  const handle = await open(
    temporary,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
    options.mode ?? 0o600,
  );
  try {
    await handle.writeFile(data);
    if (options.sync) await handle.sync();
    await handle.close();
    await rename(temporary, path);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
    throw mapDiskFull(error, path);
  }
  if (options.sync) await syncDirectory(dirname(path));
}
let temporaryCount = 0;

export const syncDirectory = (path: string): Promise<void> => sync(path, constants.O_RDONLY | constants.O_DIRECTORY);

/** For what somebody else wrote: it stays when the power fails, as soon as its directory's entry does. */
export const syncFile = (path: string): Promise<void> => sync(path, constants.O_RDONLY | constants.O_NOFOLLOW);

async function sync(path: string, flags: number): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function mapDiskFull(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new HoldfastError('host-disk-full', `no space left on this machine while writing ${path}`, {
    cause: error,
    hint: 'Free space; `holdfast rm` and `holdfast prune` work all the same, and nothing was half-written.',
  });
}

export async function readFileIfPresent(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Removes one file; none there is fine. `rm` would look first, which is a second wait for a thread. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

export { basename, dirname } from 'node:path';
export {
  chmod,
  constants,
  copyFile,
  cp,
  existsSync,
  type FileHandle,
  join,
  lchown,
  link,
  lstat,
  lstatSync,
  lutimes,
  mkdir,
  open,
  readdir,
  readFile,
  readFileSync,
  readlink,
  realpath,
  rename,
  rm,
  symlink,
  unlink,
  writeFile,
};
