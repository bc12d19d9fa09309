/**
 * Bodies from the tape.
 *
 * 1. A damaged body is never served whole: short ones are checked before their first byte, long ones before their last.
 * 2. No more is unpacked than was recorded.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createZstdDecompress, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { blobPath } from './blobs.ts';
import { sha256 } from './canonical.ts';
import { type Content, corruptTape, restPieceBytes } from './format.ts';

/** Read whole and checked before any of it is served. */
const wholeBytes = 1024 * 1024;

/** Unpacked without another thread: a fraction of a millisecond. */
const unpackedAtOnceBytes = 128 * 1024;

/** 2 MiB: as far as zstd looks back where bodies are packed (level 3). */
const windowLog = 21;

/** What is kept beyond a usual piece while nobody takes the next one: of what is read, and of a piece that is longer. */
export function keptBytes({ bytes, blob }: Content, runs: readonly (readonly [number, number])[]): number {
  const longest = Math.min(
    bytes,
    runs.reduce((most, [length]) => Math.max(most, length), 0),
  );
  const read = bytes <= wholeBytes ? bytes : blob === 'zstd' ? 2 ** windowLog : 0;
  const most = Math.max(read, longest);
  return most <= restPieceBytes ? 0 : most;
}

/** The bytes in pieces as the disk gives them. */
export async function* readContent(directory: string, content: Content): AsyncGenerator<Buffer> {
  if (content.bytes > wholeBytes) {
    yield* checkedAtEnd(directory, content);
    return;
  }
  const whole = await readWhole(directory, content);
  if (whole.length > 0) yield whole;
}

/** @param content of a size that fits into memory */
export async function readWhole(directory: string, content: Content): Promise<Buffer> {
  const inline = inlineBytesOf(content);
  if (inline) {
    if (inline.length !== content.bytes || sha256(inline) !== content.digest) throw damaged(directory, content);
    return inline;
  }
  const whole = await readBlob(directory, content);
  if (whole.length !== content.bytes || sha256(whole) !== content.digest) throw damaged(directory, content);
  return whole;
}

async function readBlob(directory: string, content: Content): Promise<Buffer> {
  const form = content.blob ?? 'raw';
  const options = { maxOutputLength: Math.max(1, content.bytes) };
  try {
    const stored = await readFile(blobPath(directory, content.digest, form));
    if (form === 'raw') return stored;
    return content.bytes <= unpackedAtOnceBytes ? zstdDecompressSync(stored, options) : await unpack(stored, options);
  } catch (error) {
    throw damaged(directory, content, error);
  }
}

const unpack = promisify<Buffer, { maxOutputLength: number }, Buffer>(zstdDecompress);

async function* checkedAtEnd(directory: string, content: Content): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let bytes = 0;
  let held: Buffer | null = null;
  for await (const piece of blobPieces(directory, content)) {
    hash.update(piece);
    bytes += piece.length;
    if (bytes > content.bytes) throw damaged(directory, content);
    if (held) yield held;
    held = piece;
  }
  if (bytes !== content.bytes || hash.digest('hex') !== content.digest) throw damaged(directory, content);
  if (held) yield held;
}

const unpacking = { params: { [constants.ZSTD_d_windowLogMax]: windowLog } };

async function* blobPieces(directory: string, content: Content): AsyncGenerator<Buffer> {
  const form = content.blob ?? 'raw';
  const file = createReadStream(blobPath(directory, content.digest, form), { highWaterMark: restPieceBytes });
  const stream: Readable = form === 'zstd' ? file.pipe(createZstdDecompress(unpacking)) : file;
  if (form === 'zstd') file.on('error', (error) => stream.destroy(error));
  try {
    for await (const piece of stream) yield piece as Buffer;
  } catch (error) {
    throw damaged(directory, content, error);
  } finally {
    file.destroy();
    stream.destroy();
  }
}

/** Cuts the bytes where they were cut when they were recorded. */
export async function* inPieces(
  content: AsyncIterable<Buffer>,
  runs: readonly (readonly [number, number])[],
): AsyncGenerator<Buffer> {
  const lengths = pieceLengths(runs);
  let wanted = lengths.next().value ?? restPieceBytes;
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (let bytes of content) {
    while (heldBytes + bytes.length >= wanted) {
      const taken = bytes.subarray(0, wanted - heldBytes);
      yield held.length === 0 ? taken : Buffer.concat([...held, taken]);
      bytes = bytes.subarray(taken.length);
      held = [];
      heldBytes = 0;
      wanted = lengths.next().value ?? restPieceBytes;
    }
    if (bytes.length > 0) held.push(bytes);
    heldBytes += bytes.length;
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}

function* pieceLengths(runs: readonly (readonly [number, number])[]): Generator<number, undefined> {
  for (const [length, count] of runs) {
    for (let piece = 0; piece < count; piece++) if (length > 0) yield length;
  }
}

function inlineBytesOf({ text, base64 }: Content): Buffer | null {
  if (text !== undefined) return Buffer.from(text, 'utf8');
  return base64 === undefined ? null : Buffer.from(base64, 'base64');
}

function damaged(directory: string, content: Content, cause?: unknown): Error {
  const error = corruptTape(directory, `the body ${content.digest} is missing or not what was recorded`, {
    digest: content.digest,
  });
  if (cause !== undefined) error.cause = cause;
  return error;
}
