/**
 * Bytes of a stream that its reader has not asked for yet. The sender is not trusted: what it sends in crumbs, or buried in
 * chunks of which little is meant for this stream, is copied together, so that memory stays near the bytes' own count.
 */
import { Buffer } from 'node:buffer';

const blockBytes = 16 * 1024;
/** A piece at least this large, and at least half of the chunk it lies in, is kept as it came. */
const wholeBytes = 4096;

export class HeldBytes {
  readonly #pieces: Buffer[] = [];
  /** The last piece's block while it has room. */
  #block: Buffer | null = null;
  #blockUsed = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(piece: Buffer): void {
    this.#length += piece.length;
    if (piece.length >= wholeBytes && piece.length * 2 >= piece.buffer.byteLength) {
      this.#block = null;
      this.#pieces.push(piece);
    } else this.#copy(piece);
  }

  /** The oldest piece; there must be one. */
  take(): Buffer {
    const piece = this.#pieces.shift() ?? Buffer.alloc(0);
    this.#length -= piece.length;
    // What was handed out must not grow under its reader.
    if (this.#pieces.length === 0) this.#block = null;
    return piece;
  }

  clear(): void {
    this.#pieces.length = 0;
    this.#block = null;
    this.#length = 0;
  }

  #copy(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      const fresh = this.#block === null;
      const block = this.#block ?? Buffer.allocUnsafeSlow(blockBytes);
      if (fresh) this.#blockUsed = 0;
      const end = Math.min(piece.length, at + blockBytes - this.#blockUsed);
      piece.copy(block, this.#blockUsed, at, end);
      this.#blockUsed += end - at;
      at = end;
      const joined = block.subarray(0, this.#blockUsed);
      if (fresh) this.#pieces.push(joined);
      else this.#pieces[this.#pieces.length - 1] = joined;
      this.#block = this.#blockUsed < blockBytes ? block : null;
    }
  }
}
