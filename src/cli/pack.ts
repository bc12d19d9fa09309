/**
 * A directory of this machine as a tar stream, everything owned by the user inside. Symlinks stay symlinks and are never
 * followed; sockets, pipes and devices are left out and counted.
 */
import type { Stats } from 'node:fs';
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Pack, pack } from 'tar-stream';
import { HoldfastError } from '../schema/error-class.ts';

export interface Packed {
  files: number;
  bytes: number;
  /** Paths that were left out because they are neither file, directory nor symlink. */
  skipped: string[];
}

/** The ordinary user inside. */
const insideId = 1000;

/** `prefix` stands before every path; counts grow while the stream is read. */
export function packDirectory(directory: string, prefix = ''): { tar: AsyncIterable<Uint8Array>; packed: Packed } {
  const packed: Packed = { files: 0, bytes: 0, skipped: [] };
  return { tar: tarOf(directory, prefix, packed), packed };
}

async function* tarOf(directory: string, prefix: string, packed: Packed): AsyncGenerator<Uint8Array, void, undefined> {
  const tar = pack();
  // A destroyed pack may tell nobody: whoever still waits for it hears of the reader's leaving here.
  const reader = new AbortController();
  let failure: unknown = null;
  tar.on('error', () => undefined);
  addTree({ tar, packed, left: reader.signal }, directory, prefix).then(
    () => tar.finalize(),
    (error: unknown) => {
      failure = error;
      tar.destroy();
    },
  );
  try {
    // A pack of tar-stream yields buffers only.
    yield* tar as AsyncIterable<unknown> as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw failure ?? error;
  } finally {
    reader.abort(new HoldfastError('cancelled', 'the reader of the copy left'));
    tar.destroy();
  }
  if (failure !== null) throw failure;
}

interface Packing {
  tar: Pack;
  packed: Packed;
  /** Aborted when nobody reads any more. */
  left: AbortSignal;
}

async function addTree(packing: Packing, directory: string, prefix: string): Promise<void> {
  const { tar, packed, left } = packing;
  const names = (await readdir(directory).catch(unreadable(directory))).sort();
  for (const name of names) {
    left.throwIfAborted();
    const path = join(directory, name);
    const inside = prefix === '' ? name : `${prefix}/${name}`;
    const stat = await lstat(path).catch(unreadable(path));
    if (stat.isDirectory()) {
      await addEntry(tar, inside, stat, { type: 'directory' });
      await addTree(packing, path, inside);
    } else if (stat.isSymbolicLink()) {
      await addEntry(tar, inside, stat, { type: 'symlink', linkname: await readlink(path) });
    } else if (stat.isFile()) {
      await addFile(packing, path, inside);
    } else {
      packed.skipped.push(path);
    }
  }
}

function addEntry(
  tar: Pack,
  name: string,
  stat: Stats,
  kind: { type: 'directory' | 'symlink'; linkname?: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry(headerOf(name, stat, kind), (error) => (error ? reject(error) : resolve()));
  });
}

async function addFile({ tar, packed, left }: Packing, path: string, name: string): Promise<void> {
  const file = await open(path, 'r').catch(unreadable(path));
  try {
    const stat = await file.stat();
    const closed = Promise.withResolvers<void>();
    const entry = tar.entry({ ...headerOf(name, stat, { type: 'file' } as const), size: stat.size }, (error) =>
      error ? closed.reject(error) : closed.resolve(),
    );
    // A reader that leaves in the middle of a file is told by the callback; the event alone would end the process.
    entry.on('error', () => undefined);
    closed.promise.catch(() => undefined);
    const onLeft = (): void => closed.reject(left.reason);
    left.addEventListener('abort', onLeft, { once: true });
    let unread = stat.size;
    // Exactly the bytes the header promises: a file that grows meanwhile is cut there, one that shrinks is an error.
    const buffer = Buffer.allocUnsafe(Math.min(256 * 1024, Math.max(1, unread)));
    while (unread > 0) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, unread), null);
      if (bytesRead === 0)
        throw new HoldfastError('in-use', `${path} became shorter while it was copied`, {
          hint: 'Try again when nothing writes there.',
        });
      unread -= bytesRead;
      left.throwIfAborted();
      await Promise.race([writeEntry(entry, Buffer.from(buffer.subarray(0, bytesRead))), closed.promise]);
    }
    entry.end(null);
    await closed.promise;
    left.removeEventListener('abort', onLeft);
    packed.files++;
    packed.bytes += stat.size;
  } finally {
    await file.close();
  }
}

function writeEntry(entry: ReturnType<Pack['entry']>, data: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (entry.write(data)) return resolve();
    const go = (): void => {
      entry.off('drain', go).off('close', go);
      resolve();
    };
    // A stream that its reader left drains no more.
    entry.on('drain', go).on('close', go);
  });
}

function headerOf<K extends { type: 'file' | 'directory' | 'symlink' }>(
  name: string,
  stat: Stats,
  kind: K,
): K & { name: string; mode: number; mtime: Date; uid: number; gid: number } {
  return { ...kind, name, mode: stat.mode & 0o777, mtime: stat.mtime, uid: insideId, gid: insideId };
}

const unreadable =
  (path: string) =>
  (cause: unknown): never => {
    throw readFailure(path, cause);
  };

/** What went wrong with a path of this machine, in the words of the error codes. */
export function readFailure(path: string, cause: unknown): HoldfastError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : '';
  if (code === 'ENOENT') return new HoldfastError('file-not-found', `there is no ${path} on this machine`, { cause });
  if (code === 'EACCES' || code === 'EPERM') {
    return new HoldfastError('permission-denied', `${path} may not be read`, { fault: 'caller', cause });
  }
  if (code === 'ENOTDIR') return new HoldfastError('not-a-directory', `${path} is not a directory`, { cause });
  return new HoldfastError('internal', `cannot read ${path}: ${asError(cause).message}`, { cause });
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
