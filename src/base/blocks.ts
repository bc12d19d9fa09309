/**
 * Memory for bytes on their way, used again. A fast stream that has each piece allocated keeps the garbage collector busier
 * than everything else does.
 *
 * 1. Who made a copy gives it back once, when nobody will look at it any more. One that is lost is collected as ever.
 * 2. What is not of here, or of another's, is not taken.
 * 3. A copy holds at most four times its bytes.
 */
import { Buffer } from 'node:buffer';

const sizes = [16 * 1024, 64 * 1024, 256 * 1024] as const;
/** Less than this is not worth it. */
const leastBytes = 4096;
const keptBytes = 8 * 1024 * 1024;

export class Blocks {
  readonly #free = new Map<number, ArrayBufferLike[]>(sizes.map((size) => [size, []]));
  readonly #taken = new WeakSet<ArrayBufferLike>();

  copy(bytes: Uint8Array): Buffer {
    const size = sizes.find((one) => one >= bytes.length);
    if (size === undefined || bytes.length < leastBytes) return Buffer.from(bytes);
    const memory = this.#free.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size).buffer;
    this.#taken.add(memory);
    const block = Buffer.from(memory, 0, bytes.length);
    block.set(bytes);
    return block;
  }

  has(bytes: Uint8Array): boolean {
    return this.#taken.has(bytes.buffer);
  }

  giveBack(block: Uint8Array): void {
    if (!this.#taken.delete(block.buffer)) return;
    const place = this.#free.get(block.buffer.byteLength);
    if (place && (place.length + 1) * block.buffer.byteLength <= keptBytes) place.push(block.buffer);
  }
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
