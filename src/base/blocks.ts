/**
 * Memory for bytes on their way, used again. A fast stream that has each piece allocated keeps the garbage collector busier
 * than everything else does.
 *
 * 1. Who made a copy gives it back once, when nobody will look at it any more. One that is lost is collected as ever.
 * 2. What is not of here, or of another's, is not taken.
 * 3. A copy holds at most four times its bytes.
 * 4. What was made anew is young garbage before long where nobody gives it back, and is collected as that: V8 sees next to nothing of
 *    such memory until there are 64 MiB of it, and then collects the whole heap.
 */
import { Buffer } from 'node:buffer';
import { collect } from './v8.ts';

const sizes = [16 * 1024, 64 * 1024, 256 * 1024] as const;
/** Less than this is not worth it. */
const leastBytes = 4096;
const mostRoom = 4;
const keptBytes = 8 * 1024 * 1024;
const collectAfterBytes = 8 * 1024 * 1024;

export class Blocks {
  readonly #free = new Map<number, ArrayBufferLike[]>(sizes.map((size) => [size, []]));
  readonly #taken = new WeakSet<ArrayBufferLike>();

  copy(bytes: Uint8Array): Buffer {
    return this.#copyInto(
      sizes.find((size) => size >= bytes.length),
      bytes,
    );
  }

  /** As `copy`, with as much room behind it for what is put there by `extend` as a block may have. */
  copyRoomy(bytes: Uint8Array): Buffer {
    return this.#copyInto(
      sizes.findLast((size) => size >= bytes.length && size <= bytes.length * mostRoom),
      bytes,
    );
  }

  /** A copy that nobody has seen yet, with more bytes behind it; null where its memory has no room. */
  extend(block: Uint8Array, more: Uint8Array): Buffer | null {
    const length = block.length + more.length;
    if (length > block.buffer.byteLength || !this.#taken.has(block.buffer)) return null;
    const longer = Buffer.from(block.buffer, 0, length);
    longer.set(more, block.length);
    return longer;
  }

  has(bytes: Uint8Array): boolean {
    return this.#taken.has(bytes.buffer);
  }

  giveBack(block: Uint8Array): void {
    if (!this.#taken.delete(block.buffer)) return;
    const place = this.#free.get(block.buffer.byteLength);
    if (place && (place.length + 1) * block.buffer.byteLength <= keptBytes) place.push(block.buffer);
  }

  #copyInto(size: number | undefined, bytes: Uint8Array): Buffer {
    if (size === undefined || bytes.length < leastBytes) return Buffer.from(bytes);
    const memory = this.#free.get(size)?.pop() ?? fresh(size);
    this.#taken.add(memory);
    const block = Buffer.from(memory, 0, bytes.length);
    block.set(bytes);
    return block;
  }
}

let freshBytes = 0;

function fresh(size: number): ArrayBufferLike {
  freshBytes += size;
  if (freshBytes >= collectAfterBytes) {
    freshBytes = 0;
    collect({ type: 'minor', execution: 'sync' });
  }
  return Buffer.allocUnsafeSlow(size).buffer;
}

/** Of tunnels, which never leave them. */
const tunnelled = new Blocks();
export const copyToBlock = (bytes: Uint8Array): Buffer => tunnelled.copy(bytes);
export const isBlock = (bytes: Uint8Array): boolean => tunnelled.has(bytes);
export const giveBack = (block: Uint8Array): void => tunnelled.giveBack(block);

/**
 * Of files that are read out of sandboxes. Whoever reads one may keep its pieces for ever; who is done with one for certain gives it back,
 * and nobody takes it for a tunnel's.
 */
export const filePieces: Blocks = new Blocks();
