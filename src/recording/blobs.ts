/**
 * Contents of a recording: short ones in the line, others in `blobs/<aa>/<sha256>`, compressed (`.zst`) when that is smaller.
 *
 * 1. A blob appears under its name only when it is whole, and before the event that names it.
 * 2. The same bytes are stored once.
 * 3. What is read is checked against its digest; compressed bytes may not become more than the event said, nor than a
 *    content may have.
 * 4. Only a digest is a name, and only a regular file is a blob: nothing else is opened for reading.
 */
import { isUtf8 } from 'node:buffer';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { join, mapDiskFull } from '../base/index.ts';
import type { Content } from '../schema/index.ts';
import { blobsName, corruptRecording, inlineBytes, sha256, usualLimits } from './format.ts';

/** Larger ones are stored as they are: compressing would hold everything else up. */
const mostPackedBytes = 4 * 1024 * 1024;
const digestForm = /^[0-9a-f]{64}$/;

export class Blobs {
  readonly #directory: string;
  readonly #known = new Set<string>();
  #temporaries = 0;
  /** As stored. */
  storedBytes: number;

  /** @param storedBytes what earlier writers left */
  constructor(directory: string, storedBytes = 0) {
    this.#directory = directory;
    this.storedBytes = storedBytes;
  }

  /** @param limits more than `mostBytes` is counted and not kept */
  put(data: Uint8Array, mostBytes: number): Content {
    const digest = sha256(data);
    const bytes = data.length;
    if (bytes <= inlineBytes) return inline(data, digest);
    if (bytes > mostBytes) return { bytes, digest, cut: 'too-large' };
    if (!this.#has(digest)) this.#store(digest, data);
    return { bytes, digest, blob: true };
  }

  /** @throws HoldfastError `recording-corrupt` when it is not there or not what it was */
  get(content: Content): Uint8Array {
    const { digest, bytes } = content;
    if (content.text !== undefined) return checked(Buffer.from(content.text), content, digest);
    if (content.base64 !== undefined) return checked(Buffer.from(content.base64, 'base64'), content, digest);
    if (!content.blob)
      throw corruptRecording(`content ${digest}`, `it was not kept (${content.cut ?? 'nobody says why'})`);
    return checked(this.#read(digest, bytes), content, digest);
  }

  /** A blob by its name. @throws HoldfastError `recording-corrupt` */
  read(digest: string, mostBytes: number): Uint8Array {
    const data = this.#read(digest, mostBytes);
    if (sha256(data) === digest) return data;
    throw corruptRecording(`content ${digest}`, 'it is not what was recorded');
  }

  /** @throws HoldfastError `recording-corrupt` for what is no digest */
  path(digest: string, isPacked: boolean): string {
    if (!digestForm.test(digest)) throw corruptRecording(`blob ${digest.slice(0, 100)}`, 'that is no digest');
    return join(this.#directory, blobsName, digest.slice(0, 2), isPacked ? `${digest}.zst` : digest);
  }

  #has(digest: string): boolean {
    if (this.#known.has(digest)) return true;
    const isThere = existsSync(this.path(digest, true)) || existsSync(this.path(digest, false));
    if (isThere) this.#known.add(digest);
    return isThere;
  }

  #store(digest: string, data: Uint8Array): void {
    const packed = data.length <= mostPackedBytes ? zstdCompressSync(data) : data;
    const isPacked = packed.length < data.length;
    const stored = isPacked ? packed : data;
    const path = this.path(digest, isPacked);
    const temporary = join(this.#directory, blobsName, `${process.pid}-${this.#temporaries++}.tmp`);
    try {
      mkdirSync(join(this.#directory, blobsName, digest.slice(0, 2)), { recursive: true, mode: 0o700 });
      writeFileSync(temporary, stored, { mode: 0o600 });
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw mapDiskFull(error, path);
    }
    this.#known.add(digest);
    this.storedBytes += stored.length;
  }

  /** At most `bytes`, and never more than a content may have, whatever is there. */
  #read(digest: string, bytes: number): Uint8Array {
    const packed = this.path(digest, true);
    const mostBytes = Math.min(bytes, usualLimits.contentBytes);
    try {
      if (!existsSync(packed)) return readRegular(this.path(digest, false), mostBytes);
      // zlib refuses a limit of 0, and a blob is never that small.
      return zstdDecompressSync(readRegular(packed, mostPackedBytes), { maxOutputLength: Math.max(1, mostBytes) });
    } catch (cause) {
      throw corruptRecording(`blob ${digest}`, cause instanceof Error ? cause.message : String(cause));
    }
  }
}

/** No symlink is followed, no device or pipe is waited for. */
function readRegular(path: string, mostBytes: number): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const facts = fstatSync(file);
    if (!facts.isFile()) throw new Error('it is no regular file');
    if (facts.size > mostBytes) throw new Error('it is larger than it may be');
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** As `put` would name it, storing nothing. */
export function nameContent(data: Uint8Array): Content {
  const digest = sha256(data);
  return data.length <= inlineBytes ? inline(data, digest) : { bytes: data.length, digest, blob: true };
}

function inline(data: Uint8Array, digest: string): Content {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return isUtf8(data)
    ? { bytes: data.length, digest, text: buffer.toString('utf8') }
    : { bytes: data.length, digest, base64: buffer.toString('base64') };
}

function checked(data: Uint8Array, { bytes }: Content, digest: string): Uint8Array {
  if (data.length === bytes && sha256(data) === digest) return data;
  throw corruptRecording(`content ${digest}`, 'it is not what was recorded');
}
