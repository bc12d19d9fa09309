/**
 * A tar that came out of a sandbox, laid down on this machine. Its maker is hostile.
 *
 * 1. Everything is first laid into a fresh directory of ours beside the target, then moved in; a failure leaves nothing.
 * 2. While files are written that directory holds no symlink: those of the archive are made last, and never followed.
 * 3. A path that is absolute, climbs with `..` or comes twice ends the whole copy with `path-outside` or `guest-protocol`.
 * 4. In an existing target nothing is followed either: a symlink where a directory should be is refused, and so is a device or
 *    a pipe where a file should be.
 * 5. Only files, directories, symlinks and hard links to files of the same archive; set-id bits are dropped.
 */
import { constants } from 'node:fs';
import { chmod, link, lstat, mkdir, mkdtemp, open, readdir, rename, rm, symlink, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { type Extract, extract, type Header } from 'tar-stream';
import { mapDiskFull } from '../base/index.ts';
import { HoldfastError } from '../schema/error-class.ts';

export interface Unpacked {
  files: number;
  bytes: number;
  /** Entries that were left out because they are neither file, directory, symlink nor hard link. */
  skipped: string[];
}

type Entry = Extract extends AsyncIterable<infer E> ? E : never;

interface Stage {
  root: string;
  unpacked: Unpacked;
  symlinks: { path: string; target: string }[];
  /** Directories get their mode and time last: a read-only one could not be filled. */
  directories: { path: string; mode: number; mtime: Date | undefined }[];
}

/** Puts what the archive holds at `target`, which may be an existing directory. */
export async function unpackInto(tar: AsyncIterable<Uint8Array>, target: string): Promise<Unpacked> {
  const root = await mkdtemp(join(dirname(target), `.${basename(target)}.holdfast-`));
  const stage: Stage = { root, unpacked: { files: 0, bytes: 0, skipped: [] }, symlinks: [], directories: [] };
  try {
    await layDown(tar, stage);
    await moveInto(join(root, 'top'), target);
    return stage.unpacked;
  } catch (error) {
    throw mapDiskFull(error, target);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function layDown(tar: AsyncIterable<Uint8Array>, stage: Stage): Promise<void> {
  await mkdir(join(stage.root, 'top'));
  const entries = extract();
  const source = Readable.from(tar, { objectMode: false });
  source.once('error', (error) => entries.destroy(error));
  source.pipe(entries);
  for await (const entry of entries) await layEntry(stage, entry);
  for (const { path, target } of stage.symlinks) await symlink(target, path).catch(twice(path));
  for (const { path, mode, mtime } of stage.directories.reverse()) {
    await chmod(path, mode);
    if (mtime) await utimes(path, mtime, mtime);
  }
}

async function layEntry(stage: Stage, entry: Entry): Promise<void> {
  const { header } = entry;
  const path = placeOf(stage, header.name);
  const mode = (header.mode ?? 0o644) & 0o777;
  if (header.type === 'directory') {
    await makeDirectory(path);
    stage.directories.push({ path, mode: mode | 0o700, mtime: header.mtime });
  } else if (header.type === 'file' || header.type === 'contiguous-file') {
    await makeDirectory(dirname(path));
    stage.unpacked.bytes += await layFile(path, mode, header, entry);
    stage.unpacked.files++;
  } else if (header.type === 'symlink') {
    await makeDirectory(dirname(path));
    stage.symlinks.push({ path, target: header.linkname ?? '' });
  } else if (header.type === 'link') {
    await link(placeOf(stage, header.linkname ?? ''), path).catch(twice(path));
    stage.unpacked.files++;
  } else {
    stage.unpacked.skipped.push(header.name);
  }
  entry.resume();
}

async function layFile(path: string, mode: number, { mtime }: Header, entry: Entry): Promise<number> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600).catch(twice(path));
  try {
    let bytes = 0;
    // An entry of tar-stream yields buffers only.
    for await (const piece of entry as AsyncIterable<Uint8Array>) {
      await file.writeFile(piece);
      bytes += piece.length;
    }
    await file.chmod(mode);
    if (mtime) await file.utimes(mtime, mtime);
    return bytes;
  } finally {
    await file.close();
  }
}

function placeOf({ root }: Stage, name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || name.includes('\0')) throw outside(name);
  return join(root, 'top', ...parts);
}

async function makeDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch(twice(path));
}

/** By renames; where a directory meets a directory their contents join. */
async function moveInto(from: string, target: string): Promise<void> {
  const [source, there] = [await lstat(from), await lstat(target).catch(() => null)];
  if (there === null || !source.isDirectory()) {
    if (there?.isDirectory()) {
      throw new HoldfastError('file-exists', `${target} is a directory, and the copy is not`, {
        hint: 'Remove it or copy elsewhere.',
      });
    }
    if (there && !there.isFile() && !there.isSymbolicLink()) {
      throw new HoldfastError(
        'file-exists',
        `${target} is a device, a pipe or a socket, which a copy does not replace`,
        {
          hint: 'Remove it or copy elsewhere.',
        },
      );
    }
    await rename(from, target);
    return;
  }
  if (!there.isDirectory()) {
    const what = there.isSymbolicLink() ? 'a symlink, which is not followed' : 'not a directory';
    throw new HoldfastError('not-a-directory', `${target} is ${what}`, { hint: 'Remove it or copy elsewhere.' });
  }
  for (const name of await readdir(from)) await moveInto(join(from, name), join(target, name));
}

function outside(name: string): HoldfastError {
  return new HoldfastError('path-outside', `the sandbox sent the path "${name}", which leads outside the target`, {
    hint: 'Nothing was written. Something inside tries to break out.',
  });
}

const twice =
  (path: string) =>
  (cause: unknown): never => {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    if (code !== 'EEXIST' && code !== 'ENOENT' && code !== 'ENOTDIR') throw cause;
    throw new HoldfastError('guest-protocol', `the archive contradicts itself at ${basename(path)}`, {
      cause,
      hint: 'Nothing was written.',
    });
  };
