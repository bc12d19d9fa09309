/** Kernels come out of their images whatever they are packed with; what is no image is refused by name. */
import { spawnSync } from 'node:child_process';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OwnedScope, rootScope } from '../../base/index.ts';
import { unpackKernel } from './kernel-image.ts';

const kernel = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(100_000, 'kernel')]);
let scope: OwnedScope;

beforeEach(() => {
  scope = rootScope({ name: 'test', timeoutMs: 10_000 });
});
afterEach(() => scope.close());

/** A boot header, four sectors of set-up code and the packed kernel with its size behind. */
function imageOf(packed: Buffer): Buffer {
  const head = Buffer.alloc(5 * 512);
  head[0x1f1] = 4;
  head.write('HdrS', 0x202, 'latin1');
  head.writeUInt32LE(16, 0x248);
  head.writeUInt32LE(packed.length + 4, 0x24c);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(kernel.length);
  return Buffer.concat([head, Buffer.alloc(16), packed, size, Buffer.alloc(100)]);
}

describe('a kernel image', () => {
  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('packed with %s is unpacked', async (_name, pack) => {
    expect((await unpackKernel(imageOf(pack(kernel)), scope)).equals(kernel)).toBe(true);
  });

  const hasXz = spawnSync('xz', ['--version']).status === 0;
  it.skipIf(!hasXz)('packed with xz is unpacked (needs xz)', async () => {
    const packed = spawnSync('xz', ['--check=crc32', '-c'], { input: kernel }).stdout;
    expect((await unpackKernel(imageOf(packed), scope)).equals(kernel)).toBe(true);
  });

  it('that is a kernel already is given back', async () => {
    expect(await unpackKernel(kernel, scope)).toBe(kernel);
  });

  it.each([
    ['something else', Buffer.from('#!/bin/sh\n'), /no x86 boot header/],
    ['one cut off', imageOf(gzipSync(kernel)).subarray(0, 2600), /shorter than it says/],
    ['one packed otherwise', imageOf(Buffer.from('0123456789')), /begins with 303132333435/],
    ['one of something else', imageOf(gzipSync(Buffer.from('not a kernel'))), /no ELF file/],
  ])('is refused when it is %s', async (_name, image, why) => {
    await expect(unpackKernel(image, scope)).rejects.toMatchObject({
      code: 'capability-missing',
      message: expect.stringMatching(why),
    });
  });
});
