/**
 * Comparisons of a replay. What a program in a sandbox printed or wrote may be made to be slow to compare: where much of it
 * differs that is done in a thread of its own (aside.ts), and the daemon's loop goes on meanwhile.
 *
 * 1. The answer is the same, wherever it was found.
 */
import { Buffer } from 'node:buffer';
import type { Scope } from '../base/index.ts';
import type { NormaliserName } from '../schema/index.ts';
import { compareAside } from './aside.ts';
import { type Answer, type Compared, compareAnswers } from './compare.ts';
import { compareFiles, type FilesCompared, type HowCompared, nameOf, withDigests } from './compare-files.ts';
import type { ChangedFile } from './step-snapshots.ts';

/** Characters that differ. A thread takes longer to start than any so few take to be compared. */
export const mostHere: number = 128 * 1024;

export class Comparer {
  readonly #scope: Scope | undefined;

  /** @param scope what is compared when it ends is not any more */
  constructor(scope?: Scope) {
    this.#scope = scope;
  }

  async answers(expected: Answer, actual: Answer, enabled: readonly NormaliserName[]): Promise<Compared> {
    // Of one that failed and one that did not, nothing else is compared.
    const weight = expected.ok === actual.ok ? weightOf(expected, actual) : 0;
    if (weight <= mostHere) return compareAnswers(expected, actual, enabled);
    const { compared } = await compareAside({ kind: 'answers', expected, actual, enabled }, this.#scope);
    return compared;
  }

  /** @param digestOf what a changed file's `digest` would be */
  async files(
    expected: readonly ChangedFile[],
    actual: readonly ChangedFile[],
    how: HowCompared & { digestOf(content: Uint8Array): string },
  ): Promise<FilesCompared> {
    const { normalisers, asked, digestOf } = how;
    const [then, now] = withDigests(expected, actual, digestOf);
    if (weightOfFiles(then, now) <= mostHere) return compareFiles(then, now, { normalisers, asked });
    return compareAside({ kind: 'files', expected: then, actual: now, how: { normalisers, asked } }, this.#scope);
  }
}

/** How many characters or bytes are held against others that they are not. */
function weightOf(one: unknown, other: unknown): number {
  if (Object.is(one, other)) return 0;
  if (one instanceof Uint8Array && other instanceof Uint8Array)
    return isSame(one, other) ? 0 : sizeOf(one) + sizeOf(other);
  if (!isPlain(one) || !isPlain(other)) return sizeOf(one) + sizeOf(other);
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  let weight = 0;
  for (const name of names) weight += weightOf(one[name], other[name]);
  return weight;
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 1;
  let size = 1;
  for (const [name, inner] of Object.entries(value)) size += name.length + sizeOf(inner);
  return size;
}

/** Names that only one side has are held against each other, each against each at worst. */
function weightOfFiles(then: readonly ChangedFile[], now: readonly ChangedFile[]): number {
  const left = new Map(now.map((file) => [nameOf(file), file]));
  let [weight, alone, chars] = [0, 0, 0];
  for (const file of then) {
    const same = left.get(nameOf(file));
    left.delete(nameOf(file));
    if (same) weight += weightOf(file.content, same.content);
    else [weight, alone, chars] = [weight + sizeOf(file.content), alone + 1, chars + file.path.length];
  }
  for (const { path, content } of left.values()) weight += sizeOf(content) + alone * path.length + chars;
  return weight;
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
