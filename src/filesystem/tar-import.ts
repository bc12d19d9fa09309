/**
 * A tar from anywhere into a new tree.
 *
 * 1. Names are relative, without `..`, and every directory on the way is one this import made: nothing is ever written
 *    through a link, whatever order the entries come in.
 * 2. Where the layers below have a link or a file, no directory is put over it.
 * 3. A directory that the tar has no entry of is as the one below: its owner and mode stay what they are.
 * 4. No devices, no set-id bits, no more bytes and entries than allowed.
 */
import { Buffer } from 'node:buffer';
import type { Extract, Header } from 'tar-stream';
import {
  chmod,
  constants,
  join,
  lchown,
  link,
  lutimes,
  mkdir,
  open,
  type Scope,
  symlink,
  unlink,
} from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { Beneath } from './beneath.ts';
import { insideIds, ownerOf, sandboxIds } from './owner.ts';
import type { SnapshotRoom } from './store-types.ts';
import type { StoreOwner } from './types.ts';

export interface ImportTar {
  /** Exists, and is empty but for what the caller made. */
  tree: string;
  /** Where in the tree, as parts; all of them exist. */
  top: string[];
  /** What the layers below show at a path, null when nothing. */
  below: (parts: string[]) => Promise<Beneath | null>;
  owner: StoreOwner;
  /** Keep the tar's owners; otherwise everything is the agent's. */
  keepOwners: boolean;
  maxBytes: number;
  maxEntries: number;
  room?: SnapshotRoom;
}

type Kind = 'directory' | 'file' | 'symlink' | 'other';
type Entry = AsyncIterable<Uint8Array> & { header: Header; resume(): unknown };

export async function importTar(tar: AsyncIterable<Uint8Array>, request: ImportTar, scope: Scope): Promise<void> {
  // Loaded for the first one.
  const { extract } = await import('tar-stream');
  const reader = extract();
  const source = new Source(tar, reader, scope);
  const target = new ImportTarget(request);
  try {
    for await (const entry of reader as unknown as AsyncIterable<Entry>) {
      scope.throwIfEnded();
      await target.take(entry);
    }
    await target.finish();
  } catch (error) {
    reader.destroy();
    throw source.failure ?? notTar(error);
  }
}

/** Feeds the reader; a failure ends the reader too and is kept, because the reader only says that it was ended. */
class Source {
  failure: unknown = null;

  constructor(tar: AsyncIterable<Uint8Array>, reader: Extract, scope: Scope) {
    feed(tar, reader, scope).catch((error: unknown) => {
      this.failure = error;
      reader.destroy();
    });
  }
}

async function feed(tar: AsyncIterable<Uint8Array>, reader: Extract, scope: Scope): Promise<void> {
  for await (const chunk of tar) {
    scope.throwIfEnded();
    if (reader.destroyed) return;
    if (reader.write(Buffer.from(chunk))) continue;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        reader.off('drain', wake).off('close', wake);
        resolve();
      };
      reader.on('drain', wake).on('close', wake);
    });
  }
  reader.end(null);
}

class ImportTarget {
  readonly #request: ImportTar;
  /** What this import made, by path. */
  readonly #made = new Map<string, Kind>();
  /** Modes of directories without an entry of their own, by where they are: set last, since one may forbid to put anything there. */
  readonly #modes = new Map<string, number>();
  /** Times of directories are set last: everything put into one changes them. */
  readonly #times: { path: string; mtime: Date }[] = [];
  #bytes = 0;
  #entries = 0;

  constructor(request: ImportTar) {
    this.#request = request;
    for (let count = 0; count <= request.top.length; count++)
      this.#made.set(request.top.slice(0, count).join('/'), 'directory');
  }

  async take(entry: Entry): Promise<void> {
    const { header } = entry;
    if (++this.#entries > this.#request.maxEntries)
      throw refuse(header.name, `is entry ${this.#entries} of a tar of too many`);
    const parts = [...this.#request.top, ...partsOf(header.name)];
    const path = parts.join('/');
    if (parts.length > this.#request.top.length) await this.#makeParents(parts.slice(0, -1), header.name);
    else if (header.type !== 'directory') throw refuse(header.name, 'has no name');
    await this.#make(path, parts, entry);
    entry.resume();
  }

  async finish(): Promise<void> {
    for (const [path, mode] of this.#modes) await chmod(path, mode);
    for (const { path, mtime } of this.#times.reverse()) await lutimes(path, mtime, mtime);
  }

  async #make(path: string, parts: string[], entry: Entry): Promise<void> {
    const { header } = entry;
    const host = join(this.#request.tree, ...parts);
    switch (header.type) {
      case 'directory':
        return this.#makeDirectory(path, parts, header, host);
      case 'file':
      case 'contiguous-file':
        await this.#clear(path, host, header.name);
        await this.#writeFile(host, entry);
        return this.#finishEntry(path, 'file', host, header);
      case 'symlink':
        await this.#clear(path, host, header.name);
        await symlink(linkName(header), host);
        return this.#finishEntry(path, 'symlink', host, header);
      case 'link':
        return this.#makeHardLink(path, host, header);
      default:
        throw refuse(header.name, `is a ${header.type ?? 'thing of unknown type'}, which is not imported`);
    }
  }

  async #makeDirectory(path: string, parts: string[], header: Header, host: string): Promise<void> {
    const made = this.#made.get(path);
    if (made !== undefined && made !== 'directory')
      throw refuse(header.name, 'is a directory where the tar had something else');
    if (made === undefined) {
      await this.#refuseOver(parts, header.name);
      await mkdir(host, { mode: 0o700 });
      this.#made.set(path, 'directory');
    }
    if (path === this.#request.top.join('/') && path !== '') return;
    await this.#own(host, header);
    await chmod(host, modeOf(header, 0o755));
    this.#modes.delete(host);
    if (header.mtime) this.#times.push({ path: host, mtime: header.mtime });
  }

  async #makeHardLink(path: string, host: string, header: Header): Promise<void> {
    const target = [...this.#request.top, ...partsOf(linkName(header))];
    if (this.#made.get(target.join('/')) !== 'file')
      throw refuse(header.name, 'links to a file that is not in the tar');
    if (target.join('/') === path) return;
    await this.#clear(path, host, header.name);
    await link(join(this.#request.tree, ...target), host);
    this.#made.set(path, 'file');
  }

  async #makeParents(parts: string[], name: string): Promise<void> {
    for (let count = this.#request.top.length + 1; count <= parts.length; count++) {
      const path = parts.slice(0, count).join('/');
      const made = this.#made.get(path);
      if (made === 'directory') continue;
      if (made !== undefined) throw refuse(name, 'lies below something that is no directory');
      const like = await this.#refuseOver(parts.slice(0, count), name);
      const host = join(this.#request.tree, ...parts.slice(0, count));
      await mkdir(host, { mode: 0o755 });
      if (like) await this.#makeLike(host, like);
      else await this.#own(host, null);
      this.#made.set(path, 'directory');
    }
  }

  async #makeLike(host: string, { uid, gid, mode }: Beneath): Promise<void> {
    if (this.#request.owner !== 'self') await lchown(host, uid, gid);
    this.#modes.set(host, mode);
  }

  async #refuseOver(parts: string[], name: string): Promise<Beneath | null> {
    const below = await this.#request.below(parts);
    if (below === null || below.isDirectory) return below;
    throw refuse(
      name,
      `would put a directory over /${parts.join('/')}, which is none in the template; use its real path`,
    );
  }

  /** A later entry of the same name replaces the earlier one, but never a directory. */
  async #clear(path: string, host: string, name: string): Promise<void> {
    const made = this.#made.get(path);
    if (made === 'directory') throw refuse(name, 'would replace a directory');
    if (made !== undefined) await unlink(host);
    this.#made.delete(path);
  }

  async #writeFile(host: string, entry: Entry): Promise<void> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const handle = await open(host, flags, 0o600);
    try {
      for await (const chunk of entry) {
        this.#bytes += chunk.length;
        this.#refuseTooMany();
        await handle.writeFile(chunk);
      }
    } finally {
      await handle.close();
    }
  }

  #refuseTooMany(): void {
    const { maxBytes, room } = this.#request;
    if (this.#bytes > maxBytes) throw tooLarge(maxBytes);
    if (room && this.#bytes > room.bytes) room.admit(this.#bytes);
  }

  async #finishEntry(path: string, kind: Kind, host: string, header: Header): Promise<void> {
    this.#made.set(path, kind);
    await this.#own(host, header);
    if (kind === 'file') await chmod(host, modeOf(header, 0o644));
    if (header.mtime) await lutimes(host, header.mtime, header.mtime);
  }

  async #own(host: string, header: Header | null): Promise<void> {
    const { owner, keepOwners } = this.#request;
    if (owner === 'self') return;
    const ids = keepOwners
      ? { uid: header?.uid ?? 0, gid: header?.gid ?? 0 }
      : { uid: insideIds.agent, gid: insideIds.agent };
    if (ids.uid >= sandboxIds || ids.gid >= sandboxIds || ids.uid < 0 || ids.gid < 0) {
      throw refuse(header?.name ?? host, `belongs to ${ids.uid}:${ids.gid}, past the ids of a sandbox`);
    }
    const uid = ownerOf(owner, ids.uid)?.uid ?? 0;
    await lchown(host, uid, ownerOf(owner, ids.gid)?.gid ?? 0);
  }
}

function partsOf(name: string): string[] {
  if (name.startsWith('/')) throw refuse(name, 'is an absolute path');
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw refuse(name, 'leads out of its directory');
  if (name.includes('\0')) throw refuse(name, 'holds a NUL');
  return parts;
}

function linkName(header: Header): string {
  if (header.linkname) return header.linkname;
  throw refuse(header.name, 'is a link to nothing');
}

const modeOf = (header: Header, usual: number): number => (header.mode ?? usual) & 0o1777;

function refuse(name: string, why: string): HoldfastError {
  return new HoldfastError('invalid-argument', `the tar's ${JSON.stringify(name.slice(0, 300))} ${why}`, {
    hint: 'Nothing was imported; make the tar without it.',
    details: { entry: name.slice(0, 300) },
  });
}

function tooLarge(maxBytes: number): HoldfastError {
  return new HoldfastError('file-too-large', `the tar's files have more than ${maxBytes} bytes`, {
    hint: 'Nothing was imported; leave out what is not needed.',
  });
}

function notTar(error: unknown): unknown {
  if (error instanceof HoldfastError) return error;
  // Of the disk, not of the tar.
  if (error instanceof Error && 'syscall' in error) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new HoldfastError('invalid-argument', `this is not a tar that can be read: ${reason}`, {
    hint: 'Nothing was imported; give an uncompressed POSIX tar.',
    cause: error,
  });
}
