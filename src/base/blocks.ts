/**
 * Memory for bytes on their way, used again. A fast stream that has each piece allocated keeps the garbage collector busier
 * than everything else does.
 *
 * 1. Who made a copy gives it back once, when nobody will look at it any more. One that is lost is collected as ever.
 * 2. What is not of here is not taken.
 * 3. A copy holds at most four times its bytes.
 */
import { Buffer } from 'node:buffer';

const sizes = [16 * 1024, 64 * 1024, 256 * 1024] as const;
/** Less than this is not worth it. */
const leastBytes = 4096;
const keptBytes = 8 * 1024 * 1024;

const free = new Map<number, ArrayBufferLike[]>(sizes.map((size) => [size, []]));
const taken = new WeakSet<ArrayBufferLike>();

export function copyToBlock(bytes: Uint8Array): Buffer {
  const size = sizes.find((one) => one >= bytes.length);
  if (size === undefined || bytes.length < leastBytes) return Buffer.from(bytes);
  const memory = free.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size).buffer;
  taken.add(memory);
  const block = Buffer.from(memory, 0, bytes.length);
  block.set(bytes);
  return block;
}

export const isBlock = (bytes: Uint8Array): boolean => taken.has(bytes.buffer);

export function giveBack(block: Uint8Array): void {
  if (!taken.delete(block.buffer)) return;
  const place = free.get(block.buffer.byteLength);
  if (place && (place.length + 1) * block.buffer.byteLength <= keptBytes) place.push(block.buffer);
}
