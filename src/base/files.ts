/** Host files: durable, atomic, and never through somebody else's symlink. */
import { constants, existsSync, readFileSync } from 'node:fs';
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
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HoldfastError } from '../schema/index.ts';

/** Makes a directory only its owner can enter; refuses one that is a symlink or somebody else's. */
export async function makePrivateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const stat = await lstat(path);
  if (!stat.isDirectory() || (process.getuid && stat.uid !== process.getuid())) {
    throw new HoldfastError('permission-denied', `${path} is not a directory of this user`, {
      fault: 'caller',
      hint: 'Remove it, or choose another state directory with HOLDFAST_HOME.',
    });
  }
  if ((stat.mode & 0o077) !== 0) await chmod(path, 0o700);
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

export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
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
    hint: 'Free space, or run `holdfast prune`; nothing was half-written.',
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

export { dirname } from 'node:path';
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
