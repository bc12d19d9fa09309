/**
 * Key files: so many random bytes that only their owner may read.
 *
 * 1. A file appears under its name whole and flushed, and never in place of another.
 * 2. Only where there is none is one made: what cannot be read, has another length, or is not this user's alone is refused
 *    with the fix, since it may be the one that everything depends on, be known, or be somebody else's.
 */
import { constants, type FileHandle, link, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HoldfastError } from '../schema/index.ts';
import { mapDiskFull, removeFile, syncDirectory } from './files.ts';
import { type RandomSource, systemRandom } from './random.ts';

export interface KeyFile {
  path: string;
  bytes: number;
  /** For one that has another length. */
  hint: string;
}

/** The key that is there, or a new one. Of several that make it at once all get the same. */
export async function loadOrMakeKey(file: KeyFile, random: RandomSource): Promise<Uint8Array> {
  const there = await readKeyFile(file);
  if (there) return there;
  try {
    // Copied: a source may give out parts of a store.
    const key = Uint8Array.from(random(file.bytes));
    await createKeyFile(file.path, key);
    return key;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    const others = await readKeyFile(file);
    if (others) return others;
    throw error;
  }
}

/** Null when there is none. @throws HoldfastError `state-unusable` with the fix */
export async function readKeyFile({ path, bytes, hint }: KeyFile): Promise<Uint8Array | null> {
  const handle = await openPresent(path);
  if (!handle) return null;
  try {
    await refuseForeign(handle, path);
    const key = Buffer.alloc(bytes + 1);
    const { bytesRead } = await handle.read(key, 0, key.length, 0);
    if (bytesRead === bytes) return key.subarray(0, bytes);
    throw unusableKey(path, `it is not ${bytes} bytes long`, hint);
  } finally {
    await handle.close();
  }
}

/** @throws with the code EEXIST when there is one already */
export async function createKeyFile(path: string, key: Uint8Array): Promise<void> {
  // A name of its own: what a death before the link left behind is in nobody's way.
  const unnamed = `${path}.${Buffer.from(systemRandom(8)).toString('hex')}.tmp`;
  try {
    await writeNew(unnamed, key);
    await link(unnamed, path);
  } catch (error) {
    throw mapDiskFull(error, path);
  } finally {
    await removeFile(unnamed);
  }
  await syncDirectory(dirname(path));
}

export function unusableKey(path: string, reason: string, hint: string): HoldfastError {
  return new HoldfastError('state-unusable', `the key ${path} cannot be used: ${reason}`, {
    hint,
    details: { file: path },
  });
}

async function openPresent(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return null;
    if (code === 'ELOOP') throw unusableKey(path, 'it is a symbolic link', 'Put the file itself there.');
    throw unusableKey(path, code, `Make it readable for this user: chmod 600 ${path}`);
  }
}

async function refuseForeign(handle: FileHandle, path: string): Promise<void> {
  const stat = await handle.stat();
  const user = process.getuid?.();
  if (!stat.isFile()) throw unusableKey(path, 'it is no regular file', 'Put the file itself there.');
  if (user !== undefined && stat.uid !== user) {
    throw unusableKey(path, `it belongs to user ${stat.uid}`, `If it is the right one: chown ${user} ${path}`);
  }
  if ((stat.mode & 0o177) === 0) return;
  const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
  throw unusableKey(
    path,
    `others may have read it (mode ${mode})`,
    `chmod 600 ${path}, and change what it keeps if they did.`,
  );
}

async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(path, flags, 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
