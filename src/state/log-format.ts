/**
 * What all chained logs share: entries that carry the hash of the one before, one line each, in numbered segments. The
 * journal and the audit log are two of them; a format says how one spells its entries and what its damage is called.
 */
import { type ChainLink, chainStart } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';

export interface ChainedEntry {
  /** Counts from 1 over all segments. */
  sequence: number;
  /** Hex. */
  hash: string;
  /** Of the entry before, hex. */
  previousHash: string;
}

/** Comes before the first entry. */
export const firstHash: string = chainStart.hash;

export interface LineProblem {
  reason: string;
  expected: string | null;
  found: string | null;
}

export type DecodedLine<E extends ChainedEntry> = { entry: E; problem: null } | { entry: null; problem: LineProblem };

export interface SpelledLine {
  /** With its newline. */
  text: string;
  hash: string;
}

export interface LogFormat<E extends ChainedEntry> {
  /** For messages, e.g. `journal`. */
  readonly name: string;
  readonly code: 'journal-corrupt' | 'audit-corrupt';
  /** What to do about damage. */
  readonly hint: string;
  /** @param line without its newline */
  decode(line: Buffer): DecodedLine<E>;
}

/** Of an entry, or of the nothing before the first. */
export type Head = ChainLink;

/** Says whether an intact entry is the one that comes after `last`. */
export function checkLink<E extends ChainedEntry>(entry: E, last: Head): DecodedLine<E> {
  if (entry.previousHash !== last.hash) {
    return damaged('it does not follow the entry before it', last.hash, entry.previousHash);
  }
  if (entry.sequence !== last.sequence + 1) {
    return damaged(`its sequence is ${entry.sequence}, not ${last.sequence + 1}`, last.hash, entry.previousHash);
  }
  return { entry, problem: null };
}

export function damaged(
  reason: string,
  expected: string | null,
  found: string | null,
): { entry: null; problem: LineProblem } {
  return { entry: null, problem: { reason, expected, found } };
}

export function corrupt<E extends ChainedEntry>(
  { code, hint }: Pick<LogFormat<E>, 'code' | 'hint'>,
  path: string,
  line: number | null,
  { reason, expected, found }: LineProblem,
): HoldfastError {
  const where = line === null ? path : `${path} line ${line}`;
  const hashes = expected === null ? '' : `; expected ${expected}, found ${found}`;
  return new HoldfastError(code, `${where}: ${reason}${hashes}`, {
    hint,
    details: { file: path, line, expected, found },
  });
}
