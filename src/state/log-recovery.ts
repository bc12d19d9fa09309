/** What opening a chained log finds at its end: the last entry, and what a crash left half-written behind it. */
import { open } from '../base/index.ts';
import { type ChainedEntry, corrupt, type Head, type LogFormat } from './log-format.ts';
import { type Line, longestLineBytes, readLines, readTail, type Segment } from './log-segments.ts';

/** What a crash left of the last line, cut off at open. */
export interface TornTail {
  file: string;
  offset: number;
  bytes: Uint8Array;
}

export interface LogEnd {
  last: Head;
  torn: TornTail | null;
}

/** @param before what comes before the first entry that is kept */
export async function recoverEnd<E extends ChainedEntry>(
  segments: readonly Segment[],
  format: LogFormat<E>,
  before: Head,
): Promise<LogEnd> {
  const torn = await cutTornTail(segments.at(-1), format);
  for (const segment of segments.toReversed()) {
    const tail = await readTail(segment.path);
    if (tail.torn.bytes.length > 0) throw await damageAt(format, segment.path, tail.torn, 'it has no end');
    if (!tail.last) continue;
    const { entry, problem } = format.decode(tail.last.bytes);
    if (problem) throw corrupt(format, segment.path, await lineNumber(segment.path, tail.last.offset), problem);
    return { last: { sequence: entry.sequence, hash: entry.hash }, torn };
  }
  return { last: before, torn };
}

/** Only the newest segment can have one: a write that did not get through before its process or machine died. */
async function cutTornTail<E extends ChainedEntry>(
  newest: Segment | undefined,
  format: LogFormat<E>,
): Promise<TornTail | null> {
  if (!newest) return null;
  const { torn } = await readTail(newest.path);
  if (torn.bytes.length === 0) return null;
  // A crash leaves a beginning of an entry. A whole one with something else than its newline is damage.
  if (torn.bytes.length > longestLineBytes || format.decode(torn.bytes.subarray(0, -1)).entry) {
    throw await damageAt(format, newest.path, torn, 'it has no end, and is not what a crash leaves');
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

async function damageAt<E extends ChainedEntry>(
  format: LogFormat<E>,
  path: string,
  line: Line,
  reason: string,
): Promise<Error> {
  return corrupt(format, path, await lineNumber(path, line.offset), { reason, expected: null, found: null });
}

/** Counted only when something is wrong: the number of the line that starts at `offset`. */
export async function lineNumber(path: string, offset: number): Promise<number> {
  let number = 1;
  for await (const lines of readLines(path, 0, offset)) number += lines.length;
  return number;
}
