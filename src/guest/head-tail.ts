/**
 * The first and the last half of a stream whose length nobody knows, and exactly how much of the middle is missing.
 * Memory follows what was received, never more than the cap (while growing, up to twice).
 */
import { Buffer } from 'node:buffer';

export class HeadTail {
  readonly #headCap: number;
  readonly #tailCap: number;
  #head: Buffer = Buffer.alloc(0);
  #headLength = 0;
  /** A ring once it has grown to its cap; before that a plain buffer. */
  #tail: Buffer = Buffer.alloc(0);
  #tailLength = 0;
  #tailNext = 0;

  constructor(capBytes: number) {
    this.#headCap = Math.ceil(capBytes / 2);
    this.#tailCap = capBytes - this.#headCap;
  }

  push(bytes: Uint8Array): void {
    const forHead = Math.min(bytes.length, this.#headCap - this.#headLength);
    if (forHead > 0) {
      this.#head = grown(this.#head, this.#headLength, forHead, this.#headCap);
      this.#head.set(bytes.subarray(0, forHead), this.#headLength);
      this.#headLength += forHead;
    }
    if (forHead < bytes.length && this.#tailCap > 0) this.#pushTail(bytes.subarray(forHead));
  }

  /** @param totalBytes how long the stream was in all */
  result(totalBytes: number): { data: Uint8Array; cutBytes: number } {
    const head = this.#head.subarray(0, this.#headLength);
    const data = this.#tailLength === 0 ? head : Buffer.concat([head, ...this.#tailParts()]);
    return { data, cutBytes: totalBytes - data.length };
  }

  #pushTail(bytes: Uint8Array): void {
    let rest = bytes.length > this.#tailCap ? bytes.subarray(bytes.length - this.#tailCap) : bytes;
    if (this.#tailLength < this.#tailCap) {
      const more = Math.min(rest.length, this.#tailCap - this.#tailLength);
      this.#tail = grown(this.#tail, this.#tailLength, more, this.#tailCap);
      this.#tail.set(rest.subarray(0, more), this.#tailLength);
      this.#tailLength += more;
      rest = rest.subarray(more);
    }
    while (rest.length > 0) {
      const run = Math.min(rest.length, this.#tailCap - this.#tailNext);
      this.#tail.set(rest.subarray(0, run), this.#tailNext);
      this.#tailNext = (this.#tailNext + run) % this.#tailCap;
      rest = rest.subarray(run);
    }
  }

  #tailParts(): Buffer[] {
    return [this.#tail.subarray(this.#tailNext, this.#tailLength), this.#tail.subarray(0, this.#tailNext)];
  }
}

/** A buffer with room for `more` bytes after `length`, at most `cap` in all. */
export function grown(buffer: Buffer, length: number, more: number, cap: number): Buffer {
  const needed = length + more;
  if (needed <= buffer.length) return buffer;
  const larger = Buffer.allocUnsafe(Math.min(cap, Math.max(needed, buffer.length * 2)));
  buffer.copy(larger, 0, 0, length);
  return larger;
}
