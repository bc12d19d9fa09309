/**
 * Randomness that is the same in every run: each use is keyed by words, so that the same input gives the same bytes and
 * one use never moves another.
 *
 * Method: sfc32 (Doty-Humphrey, PractRand), seeded by four FNV-1a hashes of the words, finished as MurmurHash3 does.
 */
export interface SeededRandom {
  /** In [0, 1). */
  next(): number;
  /** A whole number in [0, limit). */
  below(limit: number): number;
  /** Standard normal, by the Box-Muller transform. */
  normal(): number;
}

export function seededRandom(...words: readonly (string | number)[]): SeededRandom {
  const key = words.join('\u0000');
  let [a, b, c, count] = [fnv(key, 1), fnv(key, 2), fnv(key, 3), fnv(key, 4)] as [number, number, number, number];
  const next = (): number => {
    const sum = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let turn = 0; turn < 20; turn++) next();
  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}

function fnv(text: string, salt: number): number {
  let hash = 0x811c9dc5 ^ Math.imul(salt, 0x9e3779b1);
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return avalanche(hash);
}

/** Keys that differ in one letter get hashes that differ everywhere: the finaliser of MurmurHash3. */
function avalanche(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 0;
}
