/** A range of a file's lines, taken from its bytes as they come: memory follows the range, not the file. */

export interface LineRange {
  /** From 1. */
  first: number;
  /** Inclusive; Infinity for the end. */
  last: number;
  capBytes: number;
}

export interface Lines {
  bytes: Uint8Array;
  /** The last line that is in `bytes`, whole or in part; one less than the first when there is none. */
  last: number;
  /** How many lines were seen: all of the file's unless the range ended before. */
  seen: number;
  /** The whole file was seen. */
  atEnd: boolean;
  /** `capBytes` ended it, inside the range. */
  truncated: boolean;
}

const newline = 0x0a;

export async function takeLines(content: AsyncIterable<Uint8Array>, range: LineRange): Promise<Lines> {
  const kept: Uint8Array[] = [];
  let keptBytes = 0;
  /** Newlines so far, and whether anything stands after the last of them. */
  let ended = 0;
  let inLine = false;
  let truncated = false;
  let atEnd = true;
  for await (const piece of content) {
    let from = 0;
    while (from < piece.length && ended < range.last && !truncated) {
      const found = piece.indexOf(newline, from);
      const to = found < 0 ? piece.length : found + 1;
      if (ended + 1 >= range.first) {
        const part = piece.subarray(from, Math.min(to, from + range.capBytes - keptBytes));
        kept.push(part);
        keptBytes += part.length;
        truncated = part.length < to - from;
      }
      if (found >= 0) ended++;
      inLine = found < 0;
      from = to;
    }
    if (from < piece.length || truncated) {
      atEnd = false;
      break;
    }
  }
  const seen = ended + (inLine ? 1 : 0);
  return { bytes: Buffer.concat(kept), last: Math.max(range.first - 1, seen), seen, atEnd, truncated };
}
