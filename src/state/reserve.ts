/**
 * Room on the disk, kept for the writes that lead to more room: a sandbox can fill the disk that the home is on, and it
 * must still be possible to end it, to delete snapshots, and to start a daemon that does.
 *
 * 1. It gives in pieces, just before such a write and in the same turn, so that no other writer is likely to be faster.
 * 2. It makes itself whole again once there is ample room, and never takes the last of it.
 * 3. Without it (there was no room to make it) everything works as far as the disk lets it.
 */
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, statfsSync, writeSync } from 'node:fs';
import { join, type RandomSource, systemRandom } from '../base/index.ts';

const pieceBytes = 256 * 1024;
const wholeBytes = 8 * pieceBytes;
/** Less than this may not be enough for a few rows and lines. */
const littleBytes = pieceBytes;
const ampleBytes = 8 * wholeBytes;

export interface ReserveOptions {
  home: string;
  random?: RandomSource;
  freeBytes?: (directory: string) => number;
}

export class Reserve {
  readonly #home: string;
  readonly #random: RandomSource;
  readonly #freeBytes: (directory: string) => number;

  constructor(options: ReserveOptions) {
    this.#home = options.home;
    this.#random = options.random ?? systemRandom;
    this.#freeBytes = options.freeBytes ?? freeBytesOf;
  }

  /** Call before a write that frees room, or is needed to: on a full disk there is then room for it. */
  tend(): void {
    try {
      this.#adjust(this.#freeBytes(this.#home));
    } catch {
      // What is wrong with the disk is told by the write that follows.
    }
  }

  #adjust(free: number): void {
    if (free >= littleBytes && free < ampleBytes) return;
    const file = openSync(
      join(this.#home, 'reserve'),
      constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      const { size } = fstatSync(file);
      if (free < littleBytes) give(file, size);
      else if (size < wholeBytes) this.#fill(file, size);
    } finally {
      closeSync(file);
    }
  }

  /** Bytes that do not compress: a file system may store zeros as nothing. */
  #fill(file: number, size: number): void {
    for (let at = size; at < wholeBytes; )
      at += writeSync(file, this.#random(Math.min(pieceBytes, wholeBytes - at)), 0, undefined, at);
  }
}

/** The flush is what lets other files have the blocks. */
function give(file: number, size: number): void {
  if (size === 0) return;
  ftruncateSync(file, Math.max(0, size - pieceBytes));
  fsyncSync(file);
}

function freeBytesOf(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}
