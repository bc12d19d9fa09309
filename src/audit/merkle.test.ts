import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Frontier, isIncluded, leafHash, leafMark, Proofs } from './merkle.ts';

const leafOf = (text: string): Buffer => Buffer.from(leafHash(Buffer.concat([leafMark, Buffer.from(text)])), 'hex');
const leaves = (count: number): Buffer[] => Array.from({ length: count }, (_, n) => leafOf(`entry ${n}`));

/** RFC 6962, 2.1, as it is written there. */
function rootOf(hashes: readonly Buffer[]): Buffer {
  const [only] = hashes;
  if (!only) return createHash('sha256').digest();
  if (hashes.length === 1) return only;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  const [left, right] = [rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split))];
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}

describe('the tree', () => {
  it('has the root of RFC 6962 at every size, and goes on from its frontier (1)', () => {
    const all = leaves(70);
    const tree = new Frontier();
    expect(tree.root().toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    for (const [index, leaf] of all.entries()) {
      tree.append(leaf);
      expect(tree.root()).toEqual(rootOf(all.slice(0, index + 1)));
      const again = new Frontier(tree.facts());
      expect(again.root()).toEqual(tree.root());
    }
    expect(() => new Frontier({ size: 3, nodes: ['00'] })).toThrow(/frontier/);
  });

  it('hashes leaves and nodes apart, as RFC 6962 does', () => {
    expect(leafOf('').toString('hex')).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
  });

  it('proves every leaf after any frontier, and no other leaf, index, size or path (2)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 66 }), fc.nat(65), fc.nat(65), (size, from, at) => {
        const all = leaves(size);
        const before = Math.min(from, size - 1);
        const tree = new Frontier();
        for (const leaf of all.slice(0, before)) tree.append(leaf);
        const proofs = new Proofs(tree.facts(), all.slice(before));
        const root = rootOf(all);
        expect(proofs.root()).toEqual(root);
        const index = before + (at % (size - before));
        const leaf = all[index] ?? Buffer.alloc(0);
        const proof = { index, size, path: proofs.path(index) };
        expect(isIncluded(leaf, proof, root)).toBe(true);
        expect(isIncluded(leafOf('another'), proof, root)).toBe(false);
        expect(isIncluded(leaf, { ...proof, path: [...proof.path, proof.path[0] ?? '00'.repeat(32)] }, root)).toBe(
          false,
        );
        expect(isIncluded(leaf, { ...proof, path: proof.path.slice(1) }, root)).toBe(size === 1);
        expect(isIncluded(leaf, proof, rootOf(leaves(size + 1)))).toBe(false);
        if (size > 1) expect(isIncluded(leaf, { ...proof, index: (index + 1) % size }, root)).toBe(false);
        for (const wrong of [-1, size, 0.5]) expect(isIncluded(leaf, { ...proof, index: wrong }, root)).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it('says when a leaf is not kept', () => {
    const tree = new Frontier();
    for (const leaf of leaves(4)) tree.append(leaf);
    expect(() => new Proofs(tree.facts(), leaves(6).slice(4)).path(1)).toThrow(/not kept/);
  });
});
