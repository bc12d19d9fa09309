/**
 * Bodies on their way to the disk: short ones into the line, others into `blobs/<aa>/<sha256>`, compressed (`.zst`) when that
 * is smaller. Runs in the writer's thread; what may take long goes to libuv's.
 *
 * 1. A blob appears under its name only when it is whole.
 * 2. The same bytes are stored once.
 * 3. Memory does not grow with a body: a long one lies in a spool file until it has ended.
 */

import { isUtf8 } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress, constants as zlib, zstdCompressSync } from 'node:zlib';
import { join, open, Semaphore, syncDirectory } from '../../base/index.ts';
import { sha256 } from './canonical.ts';
import { blobsName, type Content, inlineBytes, spoolName } from './format.ts';

/** Compressed at once, in the writer's thread: about two milliseconds. */
const atOnceBytes = 1024 * 1024;
/** A long body whose beginning shrinks by less than this share is kept as it is. */
const worthwhile = 0.95;
const sampleBytes = 128 * 1024;
const flushesAtOnce = 4;

export interface StoredBlob {
  path: string;
  /** As stored; 0 when it was there already. */
  bytes: number;
}

export class BlobWriter {
  readonly #directory: string;
  readonly #onStored: (blob: StoredBlob) => void;
  #temporaries = 0;

  constructor(directory: string, onStored: (blob: StoredBlob) => void) {
    this.#directory = directory;
    this.#onStored = onStored;
    mkdirSync(join(directory, blobsName), { recursive: true, mode: 0o700 });
    mkdirSync(join(directory, spoolName), { recursive: true, mode: 0o700 });
  }

  put(data: Uint8Array): Content {
    const digest = sha256(data);
    if (data.length <= inlineBytes) return inline(data, digest);
    const known = this.#known(digest);
    if (known) return { bytes: data.length, digest, blob: known };
    const packed = data.length <= atOnceBytes ? zstdCompressSync(data) : data;
    const isPacked = packed.length < data.length;
    const temporary = this.#temporary();
    writeFileSync(temporary, isPacked ? packed : data, { mode: 0o600, flag: 'wx' });
    this.#keep(temporary, digest, isPacked);
    return { bytes: data.length, digest, blob: isPacked ? 'zstd' : 'raw' };
  }

  spool(): Spool {
    return new Spool(this.#temporary());
  }

  /** What stands in the spool, as a blob. */
  async take(spool: Spool): Promise<Content> {
    const { bytes, digest, path } = spool.finish();
    const known = this.#known(digest);
    if (known) {
      unlinkSync(path);
      return { bytes, digest, blob: known };
    }
    const packed = worthPacking(path) ? await this.#pack(path) : null;
    if (packed !== null && statSync(packed).size < bytes) {
      unlinkSync(path);
      this.#keep(packed, digest, true);
      return { bytes, digest, blob: 'zstd' };
    }
    if (packed !== null) unlinkSync(packed);
    this.#keep(path, digest, false);
    return { bytes, digest, blob: 'raw' };
  }

  #known(digest: string): 'raw' | 'zstd' | null {
    if (existsSync(blobPath(this.#directory, digest, 'zstd'))) return 'zstd';
    return existsSync(blobPath(this.#directory, digest, 'raw')) ? 'raw' : null;
  }

  #keep(temporary: string, digest: string, isPacked: boolean): void {
    const path = blobPath(this.#directory, digest, isPacked ? 'zstd' : 'raw');
    mkdirSync(join(this.#directory, blobsName, digest.slice(0, 2)), { recursive: true, mode: 0o700 });
    const { size } = statSync(temporary);
    renameSync(temporary, path);
    this.#onStored({ path, bytes: size });
  }

  async #pack(path: string): Promise<string> {
    const packed = this.#temporary();
    const compress = createZstdCompress({ params: { [zlib.ZSTD_c_compressionLevel]: 1 } });
    await pipeline(createReadStream(path), compress, createWriteStream(packed, { mode: 0o600, flags: 'wx' }));
    return packed;
  }

  #temporary(): string {
    return join(this.#directory, spoolName, String(this.#temporaries++));
  }
}

export class Spool {
  readonly #path: string;
  readonly #file: number;
  readonly #hash: Hash = createHash('sha256');
  #bytes = 0;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'wx', 0o600);
  }

  get bytes(): number {
    return this.#bytes;
  }

  write(data: Uint8Array): void {
    for (let written = 0; written < data.length; ) written += writeSync(this.#file, data, written);
    this.#hash.update(data);
    this.#bytes += data.length;
  }

  /** While it is written: for what must be looked at whole. */
  read(): Buffer {
    return readFileSync(this.#path);
  }

  finish(): { bytes: number; digest: string; path: string } {
    closeSync(this.#file);
    return { bytes: this.#bytes, digest: this.#hash.digest('hex'), path: this.#path };
  }

  discard(): void {
    closeSync(this.#file);
    unlinkSync(this.#path);
  }
}

/** Onto the disk, and the names by which they are found there. */
export async function syncBlobs(blobs: readonly StoredBlob[], directory: string): Promise<void> {
  if (blobs.length === 0) return;
  const turns = new Semaphore(flushesAtOnce);
  await Promise.all(blobs.map(({ path }) => turns.run(() => syncPath(path))));
  const directories = new Set(blobs.map(({ path }) => join(path, '..')));
  await Promise.all([...directories].map((path) => turns.run(() => syncDirectory(path))));
  await syncDirectory(join(directory, 'blobs'));
}

async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

export function blobPath(directory: string, digest: string, form: 'raw' | 'zstd'): string {
  return join(directory, blobsName, digest.slice(0, 2), form === 'zstd' ? `${digest}.zst` : digest);
}

function inline(data: Uint8Array, digest: string): Content {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return isUtf8(data)
    ? { bytes: data.length, digest, text: buffer.toString('utf8') }
    : { bytes: data.length, digest, base64: buffer.toString('base64') };
}

function worthPacking(path: string): boolean {
  const sample = Buffer.allocUnsafe(sampleBytes);
  const file = openSync(path, 'r');
  try {
    const length = readSync(file, sample, 0, sampleBytes, 0);
    return zstdCompressSync(sample.subarray(0, length)).length < length * worthwhile;
  } finally {
    closeSync(file);
  }
}
