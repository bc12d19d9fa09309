/**
 * A body while it passes: copied, counted, and handed to the writer in pieces of up to `partBytes`.
 * Copied, because a socket's buffer is shared by many bodies and would be held whole by the smallest of them.
 */
import type { CutReason } from './format.ts';
import { mostRuns } from './format.ts';

export const partBytes: number = 64 * 1024;

export interface CollectorOptions {
  limitBytes: number;
  /** May so many more bytes be kept in memory? */
  admit(bytes: number): boolean;
  release(bytes: number): void;
  part(data: Uint8Array): void;
}

export class BodyCollector {
  readonly #options: CollectorOptions;
  readonly #pieces: [number, number][] = [];
  #buffer: Buffer | null = null;
  #used = 0;
  #bytes = 0;
  #cut: CutReason | null = null;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#countPiece(chunk.length);
    const room = this.#options.limitBytes - this.#bytes;
    this.#bytes += chunk.length;
    if (this.#cut) return;
    if (room < chunk.length) this.#cut = 'body-limit';
    this.#keep(room < chunk.length ? chunk.subarray(0, room) : chunk);
  }

  get pieces(): [number, number][] {
    return this.#pieces;
  }

  get count(): { bytes: number; cut: CutReason | null } {
    return { bytes: this.#bytes, cut: this.#cut };
  }

  /** What was not handed over as a part, to be handed over now. */
  rest(): Uint8Array | null {
    const rest = this.#buffer;
    const used = this.#used;
    this.#buffer = null;
    this.#used = 0;
    if (!rest) return null;
    this.#options.release(used);
    // A buffer is handed over whole; a nearly empty one is worth a copy.
    return used * 2 < rest.length ? ownCopy(rest.subarray(0, used)) : rest.subarray(0, used);
  }

  #countPiece(length: number): void {
    const last = this.#pieces.at(-1);
    if (last?.[0] === length) last[1]++;
    else if (this.#pieces.length < mostRuns) this.#pieces.push([length, 1]);
  }

  #keep(data: Uint8Array): void {
    for (let from = 0; from < data.length; ) {
      const buffer = this.#roomFor(data.length - from);
      const piece = data.subarray(from, from + buffer.length - this.#used);
      if (!this.#options.admit(piece.length)) {
        this.#cut = 'backlog';
        return;
      }
      buffer.set(piece, this.#used);
      this.#used += piece.length;
      from += piece.length;
      if (this.#used === partBytes) this.#hand();
    }
  }

  /** The first piece gets a buffer of its size: most bodies are one piece. Then it doubles. */
  #roomFor(bytes: number): Buffer {
    const present = this.#buffer;
    if (present && this.#used < present.length) return present;
    const size = Math.min(partBytes, Math.max(this.#used + bytes, this.#used * 2));
    const buffer = Buffer.allocUnsafeSlow(size);
    if (present) buffer.set(present);
    this.#buffer = buffer;
    return buffer;
  }

  #hand(): void {
    const part = this.#buffer;
    this.#buffer = null;
    this.#used = 0;
    if (!part) return;
    this.#options.release(part.length);
    this.#options.part(part);
  }
}

/** Of memory that is nobody else's: `Buffer`'s own pool cannot be handed to another thread. */
function ownCopy(data: Uint8Array): Uint8Array {
  const copy = new Uint8Array(data.length);
  copy.set(data);
  return copy;
}
