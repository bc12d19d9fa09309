/** What opening the journal finds at its end: the last entry, and what a crash left half-written behind it. */
import { open } from '../base/index.ts';
import { decodeLine, firstHash } from './journal-line.ts';
import { corrupt, type Line, longestLineBytes, readLines, readTail, type Segment } from './journal-segments.ts';

/** What a crash left of the last line, cut off at open. */
export interface TornTail {
  file: string;
  offset: number;
  bytes: Uint8Array;
}

export interface JournalEnd {
  last: { sequence: number; hash: string };
  torn: TornTail | null;
}

export async function recoverEnd(segments: readonly Segment[]): Promise<JournalEnd> {
  const torn = await cutTornTail(segments.at(-1));
  for (const segment of segments.toReversed()) {
    const tail = await readTail(segment.path);
    if (tail.torn.bytes.length > 0) throw await damageAt(segment.path, tail.torn, 'it has no end');
    if (!tail.last) continue;
    const { entry, problem } = decodeLine(tail.last.bytes);
    if (problem) throw corrupt(segment.path, await lineNumber(segment.path, tail.last.offset), problem);
    return { last: { sequence: entry.sequence, hash: entry.hash }, torn };
  }
  return { last: { sequence: 0, hash: firstHash }, torn };
}

/** Only the newest segment can have one: a write that did not get through before its process or machine died. */
async function cutTornTail(newest: Segment | undefined): Promise<TornTail | null> {
  if (!newest) return null;
  const { torn } = await readTail(newest.path);
  if (torn.bytes.length === 0) return null;
  // A crash leaves a beginning of an entry. A whole one with something else than its newline is damage.
  if (torn.bytes.length > longestLineBytes || decodeLine(torn.bytes.subarray(0, -1)).entry) {
    throw await damageAt(newest.path, torn, 'it has no end, and is not what a crash leaves');
  }
  const file = await open(newest.path, 'r+');
  try {
    await file.truncate(torn.offset);
    await file.datasync();
  } finally {
    await file.close();
  }
  return { file: newest.path, offset: torn.offset, bytes: new Uint8Array(torn.bytes) };
}

async function damageAt(path: string, line: Line, reason: string): Promise<Error> {
  return corrupt(path, await lineNumber(path, line.offset), { reason, expected: null, found: null });
}

/** Counted only when something is wrong: the number of the line that starts at `offset`. */
export async function lineNumber(path: string, offset: number): Promise<number> {
  let number = 1;
  for await (const lines of readLines(path, 0, offset)) number += lines.length;
  return number;
}
