import { describe, expect, it } from 'vitest';
import type { KitFile } from './kernel.ts';
import { orderModules } from './module-order.ts';

function module(name: string, needs: string): KitFile {
  const info = `license=GPL\0depends=${needs}\0retpoline=Y\0`;
  return { name: `${name}.ko`, bytes: Buffer.concat([Buffer.from('\x7fELF code'), Buffer.from(`\0${info}`)]) };
}

const order = (...files: KitFile[]): string[] => orderModules(files).map((file) => file.name);

describe('modules', () => {
  it('come behind those they need, else as they are given', () => {
    const ring = module('virtio_ring', '');
    const plain = module('squashfs', '');
    expect(order(module('virtio', 'virtio_ring'), module('virtio-blk', 'virtio,virtio_ring'), plain, ring)).toEqual([
      'virtio_ring.ko',
      'virtio.ko',
      'virtio-blk.ko',
      'squashfs.ko',
    ]);
    expect(order(module('virtio_ring', 'virtio_x'), module('virtio-x', ''))).toEqual(['virtio-x.ko', 'virtio_ring.ko']);
    expect(order({ name: 'bare.ko', bytes: Buffer.from('no section') })).toEqual(['bare.ko']);
  });

  it('that need others, or each other, are refused by name', () => {
    expect(() => order(module('overlay', 'exportfs'))).toThrow(/overlay needs exportfs/);
    expect(() => order(module('a', 'b'), module('b', 'a'))).toThrow(/needs itself/);
  });
});
