import { describe, expect, it } from 'vitest';
import type { Kernel } from './kernel.ts';
import { type MemoryRequest, memoryKey } from './memories.ts';

const request: MemoryRequest = {
  shape: {
    kind: 'microvm',
    accelerator: 'tcg',
    memoryMib: 512,
    cpus: 1,
    hasAcpi: false,
    clockKhz: 2_500_123,
    workMib: 0,
  },
  image: { path: '/images/a', digest: 'a' },
  user: 'agent',
  keepsPowers: false,
  isSeeded: false,
  warm: [],
};
// Of a kernel the name of a memory has the digest only.
const engine = { kernel: { digest: 'k' } as Kernel, processor: 'p' };
const driver = { name: 'qemu', dependsOn: () => 'q' } as const;
const keyOf = (changes: Partial<MemoryRequest> = {}): string => memoryKey(engine, driver, { ...request, ...changes });

describe('the name of a saved memory', () => {
  it('is what it was, where nothing warms the template', () => {
    expect(keyOf()).toBe('fb8c232c98c04c63a4b08529da1484e365a42a3a544c699500bcbcf5e0dd338c');
  });

  it('is another one for whatever it depends on', () => {
    const others: Partial<MemoryRequest>[] = [
      { shape: { ...request.shape, memoryMib: 768 } },
      { image: { path: '/images/a', digest: 'b' } },
      { user: 'root' },
      { keepsPowers: true },
      { isSeeded: true },
      { warm: ['10-a'] },
      { warm: ['10-a', '20-b'] },
    ];
    const keys = [keyOf(), ...others.map(keyOf)];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is the same where only the counter was measured a little differently, or the image lies elsewhere', () => {
    expect(keyOf({ shape: { ...request.shape, clockKhz: 2_499_900 } })).toBe(keyOf());
    expect(keyOf({ image: { path: '/images/b', digest: 'a' } })).toBe(keyOf());
  });
});
