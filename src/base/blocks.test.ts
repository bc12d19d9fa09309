import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { copyToBlock, giveBack, isBlock } from './blocks.ts';

describe('blocks', () => {
  it('hold what was copied, and are used again once given back', () => {
    const bytes = Buffer.alloc(60_000, 'abc');
    const first = copyToBlock(bytes);
    const second = copyToBlock(bytes);
    expect(first.equals(bytes) && second.equals(bytes)).toBe(true);
    expect(second.buffer).not.toBe(first.buffer);
    giveBack(first.subarray(10, 20));
    expect(isBlock(first)).toBe(false);
    expect(copyToBlock(Buffer.alloc(20_000)).buffer).toBe(first.buffer);
    giveBack(second);
  });

  it('are no larger than four times the bytes, and none for what is small or too large', () => {
    for (const length of [4096, 16_385, 65_537])
      expect(copyToBlock(Buffer.alloc(length)).buffer.byteLength).toBeLessThanOrEqual(4 * length);
    for (const length of [0, 4095, 262_145]) expect(isBlock(copyToBlock(Buffer.alloc(length)))).toBe(false);
  });

  it('are not made of what was never one, nor of one twice', () => {
    const foreign = Buffer.allocUnsafeSlow(65_536);
    giveBack(foreign);
    const block = copyToBlock(Buffer.alloc(65_536));
    giveBack(block);
    giveBack(block);
    const [one, other] = [copyToBlock(Buffer.alloc(65_536)), copyToBlock(Buffer.alloc(65_536))];
    expect(new Set([one.buffer, other.buffer, foreign.buffer]).size).toBe(3);
  });
});
