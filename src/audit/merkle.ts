/**
 * The tree of RFC 6962 over the log's entries: a root for any size, and proofs that one entry is in it.
 *
 * 1. A frontier, the roots of the largest whole subtrees from the left, is all that is needed to go on: at most one hash
 *    for each binary digit of the size.
 * 2. Proofs for entries after a frontier need nothing from before it but the frontier: so old entries can be deleted.
 */
import { hash } from 'node:crypto';

export const leafMark: Buffer = Buffer.of(0);
/** What a node is hashed of: a mark, and two hashes. */
const pair = Buffer.of(1, ...Buffer.alloc(64));
const emptyRoot = hash('sha256', Buffer.alloc(0), 'buffer');

/** Hex. @param marked what is hashed as a leaf, behind `leafMark` */
export const leafHash = (marked: Uint8Array): string => hash('sha256', marked, 'hex');

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  pair.set(left, 1);
  pair.set(right, 33);
  return hash('sha256', pair, 'buffer');
}

export interface FrontierFacts {
  size: number;
  /** Hex, largest subtree first. */
  nodes: string[];
}

export class Frontier {
  #size: number;
  readonly #nodes: Buffer[];

  constructor({ size, nodes }: FrontierFacts = { size: 0, nodes: [] }) {
    if (nodes.length !== ones(size)) throw new Error(`a tree of ${size} has no frontier of ${nodes.length}`);
    this.#size = size;
    this.#nodes = nodes.map((node) => Buffer.from(node, 'hex'));
  }

  get size(): number {
    return this.#size;
  }

  append(leaf: Buffer): void {
    let node = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      node = nodeHash(this.#nodes.pop() ?? node, node);
    }
    this.#nodes.push(node);
    this.#size++;
  }

  root(): Buffer {
    const [last, ...larger] = this.#nodes.toReversed();
    if (!last) return emptyRoot;
    return larger.reduce((right, left) => nodeHash(left, right), last);
  }

  facts(): FrontierFacts {
    return { size: this.#size, nodes: this.#nodes.map((node) => node.toString('hex')) };
  }
}

/** Of all leaves after a frontier, up to a size. */
export class Proofs {
  readonly #size: number;
  readonly #first: number;
  readonly #leaves: readonly Buffer[];
  readonly #known = new Map<string, Buffer>();

  /** @param leaves those after `before`, in order */
  constructor(before: FrontierFacts, leaves: readonly Buffer[]) {
    this.#first = before.size;
    this.#leaves = leaves;
    this.#size = before.size + leaves.length;
    let start = 0;
    for (const [index, width] of widths(before.size).entries()) {
      this.#known.set(`${start}-${start + width}`, Buffer.from(before.nodes[index] ?? '', 'hex'));
      start += width;
    }
  }

  get size(): number {
    return this.#size;
  }

  root(): Buffer {
    return this.#size === 0 ? emptyRoot : this.#hash(0, this.#size);
  }

  /** @param index of the leaf, from 0; @returns hex, from the leaf up */
  path(index: number): string[] {
    const path: string[] = [];
    let [low, high] = [0, this.#size];
    while (high - low > 1) {
      const middle = low + largestBelow(high - low);
      if (index < middle) {
        path.unshift(this.#hash(middle, high).toString('hex'));
        high = middle;
      } else {
        path.unshift(this.#hash(low, middle).toString('hex'));
        low = middle;
      }
    }
    return path;
  }

  #hash(low: number, high: number): Buffer {
    const key = `${low}-${high}`;
    const known = this.#known.get(key) ?? (high - low === 1 ? this.#leaves[low - this.#first] : undefined);
    if (known) return known;
    if (high - low === 1) throw new Error(`the leaf ${low} is not kept`);
    const middle = low + largestBelow(high - low);
    const made = nodeHash(this.#hash(low, middle), this.#hash(middle, high));
    this.#known.set(key, made);
    return made;
  }
}

/** RFC 9162, 2.1.3.2. */
export function isIncluded(
  leaf: Buffer,
  { index, size, path }: { index: number; size: number; path: readonly string[] },
  root: Buffer,
): boolean {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return false;
  let [at, last] = [index, size - 1];
  let node = leaf;
  for (const text of path) {
    const sibling = Buffer.from(text, 'hex');
    if (last === 0 || sibling.length !== 32) return false;
    if (at % 2 === 1 || at === last) {
      node = nodeHash(sibling, node);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      node = nodeHash(node, sibling);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && node.equals(root);
}

/** The largest power of two below. */
function largestBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** Of the whole subtrees from the left. */
function widths(size: number): number[] {
  const found: number[] = [];
  for (let rest = size, width = 1; rest > 0; rest = Math.floor(rest / 2), width *= 2) {
    if (rest % 2 === 1) found.unshift(width);
  }
  return found;
}

const ones = (size: number): number => widths(size).length;
