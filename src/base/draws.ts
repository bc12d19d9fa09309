/**
 * Draws that depend on what they are for and on nothing else: no shared generator, no time, no order. Each is a keyed
 * pseudo-random function (HMAC-SHA-256, RFC 2104) of a seed and of the words that name it.
 *
 * 1. The same seed and words give the same draw, on every machine, however many others are drawn before or beside it.
 * 2. Words are told apart by their boundaries: `['ab', 'c']` is another draw than `['a', 'bc']`.
 */
import { createHmac } from 'node:crypto';
import { canonicalJson } from './canonical.ts';

export type DrawWords = readonly (string | number)[];

export interface Draw {
  /** From 0 up to, never including, 1. */
  readonly unit: number;
  /** The first 64 bits in hex: what a log shows, so that somebody else can check the draw. */
  readonly hex: string;
}

export function keyedDraw(seed: string | number, words: DrawWords): Draw {
  const digest = createHmac('sha256', String(seed)).update(canonicalJson(words)).digest();
  // 53 bits: all that a double can tell apart below 1.
  const high = digest.readUInt32BE(0);
  const low = digest.readUInt32BE(4) >>> 11;
  return { unit: (high * 2 ** 21 + low) / 2 ** 53, hex: digest.toString('hex', 0, 8) };
}

/** As many bytes as asked for, from the same function in counter mode. */
export function keyedBytes(seed: string | number, words: DrawWords, count: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let block = 0; block * 32 < count; block++) {
    blocks.push(
      createHmac('sha256', String(seed))
        .update(canonicalJson([...words, 'block', block]))
        .digest(),
    );
  }
  return new Uint8Array(Buffer.concat(blocks).subarray(0, count));
}
