/**
 * What --output and its like name, opened as a shell's redirection finds it.
 *
 * 1. What lies there and is no regular file, a pipe or a device, is written into and never replaced.
 * 2. A symlink is followed, by the kernel's rules for it. Only a copy out of a sandbox takes its place.
 * 3. A regular file has its old content or its new one, never half of it, and keeps its mode. One that is somebody else's, or
 *    that has other names, is written into: a new file would not be the same one.
 * 4. Nothing changes before the first byte: what cannot be opened, or gets no content, leaves all as it was.
 */
import { constants, openSync, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readlink, rename, rm, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { dirname, resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { mapDiskFull, syncDirectory } from '../base/index.ts';
import { type Io, writeTo } from './io.ts';

/** Left before `finish`, it takes back what can be taken back. */
export interface OutputFile extends AsyncDisposable {
  write(piece: string | Uint8Array): Promise<void>;
  finish(): Promise<void>;
}

export interface OutputOptions {
  /** Of a new file, and of a copy. */
  mode: number;
  /** Out of a sandbox: it brings its mode along, and follows no symlink. */
  copy?: boolean;
  /** A new file is flushed, with its directory's entry. */
  sync?: boolean;
  /** Ends what waits for a pipe's reader. */
  signal?: AbortSignal;
}

export async function writeOutput(
  name: string,
  { directory }: Pick<Io, 'directory'>,
  text: string,
  options: OutputOptions,
): Promise<void> {
  await using file = await openOutput(resolve(directory, name), options);
  await file.write(text);
  await file.finish();
}

/** All of it, and how many bytes it was. */
export async function writeAll(file: OutputFile, pieces: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const piece of pieces) {
    await file.write(piece);
    bytes += piece.length;
  }
  await file.finish();
  return bytes;
}

export async function openOutput(path: string, options: OutputOptions): Promise<OutputFile> {
  const there = await ifThere(options.copy ? lstat(path) : stat(path));
  const noFollow = options.copy ? constants.O_NOFOLLOW : 0;
  if (there?.isFIFO()) return openPipe(path, noFollow, options.signal);
  if (there && !there.isFile() && !there.isSymbolicLink())
    return new InPlace(await open(path, constants.O_WRONLY | noFollow), path, false);
  const isNew = options.copy || (!there && !(await ifThere(lstat(path))));
  return isNew ? openNew(path, options, null) : openExisting(path, there, options);
}

/** Whether a new file comes into its place, so that there must be room beside it. */
export async function isReplaced(path: string): Promise<boolean> {
  const there = await ifThere(stat(path));
  return there === null || isReplaceable(there);
}

const isReplaceable = (there: Stats): boolean =>
  there.isFile() && there.nlink === 1 && there.uid === process.geteuid?.();

/** `there` is null for a symlink that leads to nothing yet. */
async function openExisting(path: string, there: Stats | null, options: OutputOptions): Promise<OutputFile> {
  const held = await open(path, constants.O_WRONLY | (there ? 0 : constants.O_CREAT), options.mode);
  try {
    const facts = await held.stat();
    // Where the kernel was led to; a name that is read from a symlink could be another one by now.
    const real = await readlink(`/proc/self/fd/${held.fd}`);
    const named = await ifThere(lstat(real));
    if (!isReplaceable(facts) || named?.ino !== facts.ino || named.dev !== facts.dev)
      return new InPlace(held, path, facts.isFile());
    if (there === null) await rm(real);
    const file = await openNew(real, options, there && there.mode & 0o777);
    await held.close();
    return file;
  } catch (error) {
    await held.close();
    throw error;
  }
}

/** @param kept the mode of the file whose place it takes */
async function openNew(
  path: string,
  { mode, copy, sync = false }: OutputOptions,
  kept: number | null,
): Promise<OutputFile> {
  const temporary = `${path}.${process.pid}.${temporaryCount++}.holdfast-part`;
  const handle = await open(temporary, 'wx', copy || kept !== null ? 0o600 : mode).catch((error: unknown) => {
    // Whoever gave the path knows no other.
    throw error instanceof Error ? Object.assign(error, { path }) : error;
  });
  return new Replacement(handle, { path, temporary, mode: copy ? mode : kept, sync });
}
let temporaryCount = 0;

interface Places {
  path: string;
  temporary: string;
  /** Null: as it was made. */
  mode: number | null;
  sync: boolean;
}

class Replacement implements OutputFile {
  readonly #handle: FileHandle;
  readonly #places: Places;
  #isDone = false;

  constructor(handle: FileHandle, places: Places) {
    this.#handle = handle;
    this.#places = places;
  }

  write(piece: string | Uint8Array): Promise<void> {
    return written(this.#handle, piece, this.#places.path);
  }

  async finish(): Promise<void> {
    const { path, temporary, mode, sync } = this.#places;
    if (mode !== null) await this.#handle.chmod(mode);
    if (sync) await this.#handle.sync();
    await this.#handle.close();
    await rename(temporary, path);
    this.#isDone = true;
    if (sync) await syncDirectory(dirname(path));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isDone) return;
    await this.#handle.close().catch(() => undefined);
    await rm(this.#places.temporary, { force: true });
  }
}

class InPlace implements OutputFile {
  readonly #handle: FileHandle;
  readonly #path: string;
  /** A regular file still has what it had. */
  #isOld: boolean;

  constructor(handle: FileHandle, path: string, isRegular: boolean) {
    this.#handle = handle;
    this.#path = path;
    this.#isOld = isRegular;
  }

  async write(piece: string | Uint8Array): Promise<void> {
    await this.#empty();
    await written(this.#handle, piece, this.#path);
  }

  async finish(): Promise<void> {
    await this.#empty();
    await this.#handle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#handle.close();
  }

  async #empty(): Promise<void> {
    if (this.#isOld) await this.#handle.truncate(0);
    this.#isOld = false;
  }
}

async function written(handle: FileHandle, piece: string | Uint8Array, path: string): Promise<void> {
  await handle.writeFile(piece).catch((error: unknown) => {
    throw mapDiskFull(error, path);
  });
}

/** As long as it takes, as in a shell; never in a thread that waits, since a process does not end before its threads. */
async function openPipe(path: string, noFollow: number, signal: AbortSignal | undefined): Promise<OutputFile> {
  for (;;) {
    signal?.throwIfAborted();
    try {
      return new Pipe(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | noFollow), signal);
    } catch (error) {
      if (!hasCode(error, 'ENXIO')) throw error;
    }
    await sleep(20);
  }
}

class Pipe implements OutputFile {
  readonly #socket: Socket;

  constructor(fd: number, signal: AbortSignal | undefined) {
    this.#socket = new Socket({ fd, readable: false, writable: true });
    // The write that fails says so.
    this.#socket.on('error', () => undefined);
    if (signal) addAbortSignal(signal, this.#socket);
  }

  write(piece: string | Uint8Array): Promise<void> {
    return writeTo(this.#socket, piece);
  }

  async finish(): Promise<void> {
    this.#socket.end();
    await finished(this.#socket, { readable: false });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
  }
}

async function ifThere(facts: Promise<Stats>): Promise<Stats | null> {
  return facts.catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
