/** A fuzz target with mistakes of three kinds, by the first byte of an input. */
import { readHead } from '../../src/network/gateway/http-head.ts';

export async function fuzz(data: Buffer): Promise<void> {
  // Edges to pass.
  await Promise.resolve(readHead(data));
  if (data[0] === 0x61) throw new Error('planted: thrown');
  if (data[0] === 0x62) void Promise.reject(new Error('planted: nobody’s rejection'));
  if (data[0] === 0x63) setImmediate(() => (undefined as unknown as () => void)());
}
