import { Buffer } from 'node:buffer';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Blocks, copyToBlock, giveBack, isBlock } from './blocks.ts';

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

  it('take more bytes behind their own while there is room, and no more room than a block may have', () => {
    const blocks = new Blocks();
    const first = Buffer.alloc(60_000, 'abc');
    const block = blocks.copyRoomy(first);
    expect(block.buffer.byteLength).toBeLessThanOrEqual(4 * first.length);
    const more = Buffer.alloc(50_000, 'xyz');
    const longer = blocks.extend(blocks.copyRoomy(Buffer.alloc(65_536, 'abc')), more);
    expect(longer?.equals(Buffer.concat([Buffer.alloc(65_536, 'abc'), more]))).toBe(true);
    expect(blocks.extend(longer ?? block, Buffer.alloc(200_000))).toBe(null);
    expect(blocks.extend(Buffer.allocUnsafeSlow(65_536).subarray(0, 4096), more)).toBe(null);
    expect(blocks.has(blocks.copyRoomy(Buffer.alloc(4095)))).toBe(false);
  });
});

/** How many collections of the whole heap 512 MiB of pieces begin, in a process of its own; with nothing done about it seven. */
async function collectionsOf(after: string): Promise<number> {
  const script = `
    import { PerformanceObserver, constants } from 'node:perf_hooks';
    import { Blocks } from ${JSON.stringify(join(import.meta.dirname, 'blocks.ts'))};
    let whole = 0;
    new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) whole++;
    }).observe({ entryTypes: ['gc'] });
    const blocks = new Blocks();
    const bytes = new Uint8Array(64 * 1024);
    for (let n = 0; n < 8192; n++) {
      const piece = blocks.copy(bytes);
      ${after};
      if (n % 64 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    process.stdout.write(String(whole));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  return Number(stdout);
}

it('begin next to no collection of the whole heap, whether they are given back or dropped (4)', async () => {
  expect(await collectionsOf('blocks.giveBack(piece)')).toBe(0);
  expect(await collectionsOf('void piece')).toBeLessThanOrEqual(2);
}, 60_000);
