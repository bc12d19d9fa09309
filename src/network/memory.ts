/**
 * What the gateway keeps of a sandbox's bytes beyond the piece that is passing: bodies that are read whole, messages put together
 * from fragments, windows of decoders, long heads. Each is bounded by itself; a sandbox may have ten thousand of them, so all of
 * its exchanges share one budget.
 *
 * 1. Never more is kept than `budgetBytes`: whoever needs more is refused, and nothing of another is given up for it.
 * 2. An exchange gives all of its own back when it is over, however it ended.
 */
import { Buffer } from 'node:buffer';
import { refusal, refusedError } from './gateway/refusals.ts';

const budgetBytes = 64 * 1024 * 1024;

/** Says how many bytes its holder keeps from now on. @throws HoldfastError `forbidden` (`rate-limit`) when there is no room for them */
export type Keep = (bytes: number) => void;

/** One per sandbox. */
export class MemoryBudget {
  #takenBytes = 0;

  share(): MemoryShare {
    return new MemoryShare((bytes) => this.#take(bytes));
  }

  #take(bytes: number): void {
    if (bytes > 0 && this.#takenBytes + bytes > budgetBytes) throw refusedError(noRoom);
    this.#takenBytes += bytes;
  }
}

const noRoom = refusal(
  'rate-limit',
  `The gateway keeps at most ${budgetBytes / 1024 / 1024} MiB of what this sandbox's requests and messages under way make it keep.`,
  'Let those that are under way end first, read their answers, or send less at once.',
);

/** One per exchange: each part of it has a holder of its own. */
export class MemoryShare {
  readonly #take: (bytes: number) => void;
  #takenBytes = 0;
  #isOver = false;

  constructor(take: (bytes: number) => void) {
    this.#take = take;
  }

  keeper(): Keep {
    let keptBytes = 0;
    return (bytes) => {
      if (this.#isOver || bytes === keptBytes) return;
      this.#take(bytes - keptBytes);
      this.#takenBytes += bytes - keptBytes;
      keptBytes = bytes;
    };
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#take(-this.#takenBytes);
  }
}

const nothing = Buffer.alloc(0);
const leastBytes = 1024;

/**
 * Bytes put together out of pieces. They are copied: a piece of one byte may hold on to a buffer of thousands, and many small ones
 * cost more than they hold.
 */
export class Gathered {
  readonly #keep: Keep;
  #buffer = nothing;
  #length = 0;

  constructor(keep: Keep) {
    this.#keep = keep;
  }

  get length(): number {
    return this.#length;
  }

  /** All of them; what is added later may stand elsewhere. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** @param wholeBytes how many there will be, when that is known. @throws as `Keep` does; then it is as before */
  add(piece: Uint8Array, wholeBytes: number = Number.POSITIVE_INFINITY): void {
    const length = this.#length + piece.length;
    if (length > this.#buffer.length) {
      const doubled = Math.max(leastBytes, length, 2 * this.#buffer.length);
      const room = Math.max(length, Math.min(doubled, wholeBytes));
      this.#keep(room);
      const buffer = Buffer.allocUnsafeSlow(room);
      buffer.set(this.bytes);
      this.#buffer = buffer;
    }
    this.#buffer.set(piece, this.#length);
    this.#length = length;
  }

  clear(): void {
    this.#buffer = nothing;
    this.#length = 0;
    this.#keep(0);
  }
}
