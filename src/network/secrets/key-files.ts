/**
 * The key on the disk: `secrets.key` of the home, 32 bytes that only their owner may read, and while it is being changed
 * `secrets.key.next`.
 *
 * 1. A file appears under its name whole and flushed, and never in place of another.
 * 2. A file that others could read, or that is not this user's, is refused: it may be known, or be somebody else's.
 */
import {
  constants,
  type FileHandle,
  join,
  link,
  mapDiskFull,
  open,
  rename,
  syncDirectory,
  unlink,
} from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { keyBytes, type SealKey, sealKey } from './seal.ts';

export type KeyName = 'secrets.key' | 'secrets.key.next';

export class KeyFiles {
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
  }

  path(name: KeyName): string {
    return join(this.#home, name);
  }

  /** Null when there is none. @throws HoldfastError `state-unusable` with the fix */
  async read(name: KeyName): Promise<SealKey | null> {
    const path = this.path(name);
    const handle = await openPresent(path);
    if (!handle) return null;
    try {
      await refuseForeign(handle, path);
      const bytes = Buffer.alloc(keyBytes + 1);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
      if (bytesRead === keyBytes) return sealKey(bytes.subarray(0, keyBytes));
      throw unusable(path, `it is not ${keyBytes} bytes long`, 'Restore it from a backup.');
    } finally {
      await handle.close();
    }
  }

  /** Fails when there is one already. */
  async create(name: KeyName, key: SealKey): Promise<void> {
    const path = this.path(name);
    // Whatever stands there was left by a death before it had its name. The home has one daemon at a time.
    const unnamed = `${path}.new`;
    await unlink(unnamed).catch(ignoreAbsent);
    try {
      await writeNew(unnamed, key.bytes);
      await link(unnamed, path);
    } catch (error) {
      throw mapDiskFull(error, path);
    } finally {
      await unlink(unnamed).catch(ignoreAbsent);
    }
    await syncDirectory(this.#home);
  }

  /** The next key becomes the key, and the one before is gone. */
  async promote(): Promise<void> {
    await rename(this.path('secrets.key.next'), this.path('secrets.key'));
    await syncDirectory(this.#home);
  }

  async discardNext(): Promise<void> {
    await unlink(this.path('secrets.key.next')).catch(ignoreAbsent);
    await syncDirectory(this.#home);
  }
}

export function unusable(path: string, reason: string, hint: string): HoldfastError {
  return new HoldfastError('state-unusable', `the secrets' key ${path} cannot be used: ${reason}`, {
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
    if (code === 'ELOOP') throw unusable(path, 'it is a symbolic link', 'Put the file itself there.');
    throw unusable(path, code, `Make it readable for this user: chmod 600 ${path}`);
  }
}

async function refuseForeign(handle: FileHandle, path: string): Promise<void> {
  const stat = await handle.stat();
  const user = process.getuid?.();
  if (!stat.isFile()) throw unusable(path, 'it is no regular file', 'Put the file itself there.');
  if (user !== undefined && stat.uid !== user) {
    throw unusable(path, `it belongs to user ${stat.uid}`, `If it is the right one: chown ${user} ${path}`);
  }
  if ((stat.mode & 0o177) === 0) return;
  const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
  throw unusable(
    path,
    `others may have read it (mode ${mode})`,
    `chmod 600 ${path}, and change its secrets if they did.`,
  );
}

async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function ignoreAbsent(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
