/**
 * Searches bytes for many patterns at once, in pieces: Wu and Manber's way, which looks at about every seventh byte.
 *
 * 1. The leftmost match wins, and of those that begin there the longest.
 * 2. What may be the beginning of a match is told, to the byte: `safe` is where it begins, and everything before it
 *    belongs to no match.
 * 3. Every pattern is at least `leastBytes` long; longer ones are found by their first `leastBytes` and then compared.
 */

export const leastBytes = 8;

export interface Pattern {
  bytes: Buffer;
  /** Whose it is, as the caller counts. */
  owner: number;
}

export type Found = { isMatch: true; owner: number; start: number; end: number } | { isMatch: false; safe: number };

export class Patterns {
  /** By the two bytes that end a window: how far the next window can be at least. */
  readonly #shifts = new Uint8Array(65_536).fill(leastBytes - 1);
  /** By the last two bytes of their first window, longest first. */
  readonly #endings = new Map<number, Pattern[]>();
  /** Every proper beginning of a first window, as latin1. */
  readonly #beginnings = new Set<string>();

  constructor(patterns: readonly Pattern[]) {
    for (const pattern of [...patterns].sort((one, other) => other.bytes.length - one.bytes.length)) this.#add(pattern);
  }

  #add(pattern: Pattern): void {
    const { bytes } = pattern;
    if (bytes.length < leastBytes) throw new RangeError(`a pattern of ${bytes.length} bytes is too short`);
    for (let at = 1; at < leastBytes; at++) {
      const block = blockAt(bytes, at);
      this.#shifts[block] = Math.min(this.#shifts[block] ?? 0, leastBytes - 1 - at);
      this.#beginnings.add(bytes.toString('latin1', 0, at));
    }
    const ending = blockAt(bytes, leastBytes - 1);
    const others = this.#endings.get(ending);
    if (others) others.push(pattern);
    else this.#endings.set(ending, [pattern]);
  }

  /** @param isLast nothing comes after: what only begins is no match */
  find(buffer: Buffer, from: number, isLast: boolean): Found {
    const length = buffer.length;
    let at = from + leastBytes - 1;
    while (at < length) {
      // Both are inside the buffer; the coalescing only satisfies the type.
      const shift = this.#shifts[((buffer[at - 1] ?? 0) << 8) | (buffer[at] ?? 0)] ?? 0;
      if (shift > 0) {
        at += shift;
        continue;
      }
      const found = this.#compare(buffer, at - leastBytes + 1, isLast);
      if (found) return found;
      at++;
    }
    return { isMatch: false, safe: isLast ? length : this.#tail(buffer, Math.max(from, length - leastBytes + 1)) };
  }

  #compare(buffer: Buffer, start: number, isLast: boolean): Found | null {
    const candidates = this.#endings.get(blockAt(buffer, start + leastBytes - 1)) ?? [];
    for (const { bytes, owner } of candidates) {
      const end = start + bytes.length;
      if (end <= buffer.length) {
        if (buffer[start] === bytes[0] && bytes.compare(buffer, start, end) === 0)
          return { isMatch: true, owner, start, end };
      } else if (!isLast && bytes.compare(buffer, start, buffer.length, 0, buffer.length - start) === 0) {
        return { isMatch: false, safe: start };
      }
    }
    return null;
  }

  /** Where the first beginning of a window stands that the end of the buffer cuts. */
  #tail(buffer: Buffer, from: number): number {
    for (let start = from; start < buffer.length; start++) {
      if (this.#beginnings.has(buffer.toString('latin1', start))) return start;
    }
    return buffer.length;
  }
}

function blockAt(bytes: Buffer, at: number): number {
  return ((bytes[at - 1] ?? 0) << 8) | (bytes[at] ?? 0);
}
