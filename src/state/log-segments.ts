/** The files of a chained log: numbered segments of whole lines, and ways to find lines in them without reading all of it. */
import { type FileHandle, join, open, readdir, removeFile } from '../base/index.ts';
import { type ChainedEntry, corrupt, type LogFormat } from './log-format.ts';

/** No line is longer; `append` refuses one that would be. */
export const longestLineBytes: number = 1024 * 1024;

/** Small enough that checking the lines of one piece does not hold up the event loop. */
const pieceBytes = 128 * 1024;
const newline = 0x0a;

const segmentName = /^(\d{6,})\.jsonl$/;

export interface Segment {
  number: number;
  path: string;
  /** Sequence of its first line; null while it has none. */
  first: number | null;
}

export const segmentPath = (directory: string, number: number): string =>
  join(directory, `${String(number).padStart(6, '0')}.jsonl`);

/** All of them, oldest first; a missing one is damage. `first` is where what is kept begins. */
export async function listSegments<E extends ChainedEntry>(
  directory: string,
  format: LogFormat<E>,
  first: number,
): Promise<Segment[]> {
  const numbers = (await readdir(directory))
    .map((name) => segmentName.exec(name)?.[1])
    .flatMap((digits) => (digits === undefined ? [] : [Number(digits)]))
    .filter((number) => number >= first)
    .sort((a, b) => a - b);
  for (const [index, number] of numbers.entries()) {
    if (number === index + first) continue;
    const path = segmentPath(directory, index + first);
    throw corrupt(format, path, 1, { reason: 'the file is missing', expected: null, found: null });
  }
  return Promise.all(
    numbers.map(async (number) => {
      const path = segmentPath(directory, number);
      return { number, path, first: await firstSequence(path, format) };
    }),
  );
}

/** What a crash left of segments that were to be removed. */
export async function removeSegmentsBefore(directory: string, first: number): Promise<void> {
  for (const name of await readdir(directory)) {
    const digits = segmentName.exec(name)?.[1];
    if (digits !== undefined && Number(digits) < first) await removeFile(join(directory, name));
  }
}

export interface Line {
  /** Without its newline. */
  bytes: Buffer;
  /** Where it starts in the file. */
  offset: number;
}

/** The whole lines between two offsets, a piece's worth at a time. `from` must be where a line starts. */
export async function* readLines(path: string, from: number, to: number): AsyncGenerator<Line[]> {
  const file = await open(path, 'r');
  try {
    let rest: Buffer = Buffer.alloc(0);
    for (let offset = from; offset < to; ) {
      const piece = await readAt(file, offset, Math.min(pieceBytes, to - offset));
      if (piece.length === 0) break;
      const start = offset - rest.length;
      const { lines, used } = splitLines(rest.length === 0 ? piece : Buffer.concat([rest, piece]), start);
      yield lines;
      offset += piece.length;
      rest = rest.length === 0 ? piece.subarray(used) : Buffer.concat([rest, piece]).subarray(used);
      if (rest.length > longestLineBytes) break;
    }
    if (rest.length > 0) yield [{ bytes: rest, offset: to - rest.length }];
  } finally {
    await file.close();
  }
}

export interface Tail {
  last: Line | null;
  /** What stands after the last newline; empty when the file ends as it should. */
  torn: Line;
}

export async function readTail(path: string): Promise<Tail> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const offset = Math.max(0, size - 2 * longestLineBytes - 2);
    const bytes = await readAt(file, offset, size - offset);
    const end = bytes.lastIndexOf(newline);
    const start = end <= 0 ? -1 : bytes.lastIndexOf(newline, end - 1);
    return {
      last: end < 0 ? null : { bytes: bytes.subarray(start + 1, end), offset: offset + start + 1 },
      torn: { bytes: bytes.subarray(end + 1), offset: offset + end + 1 },
    };
  } finally {
    await file.close();
  }
}

/** Where the first line with a sequence above `after` starts: halving, as sequences only grow. */
export async function findAfter<E extends ChainedEntry>(
  path: string,
  format: LogFormat<E>,
  after: number,
  size: number,
): Promise<number> {
  const file = await open(path, 'r');
  try {
    let low = 0;
    let high = size;
    while (high - low > pieceBytes) {
      const middle = Math.floor((low + high) / 2);
      const bytes = await readAt(file, middle, Math.min(longestLineBytes + pieceBytes, high - middle));
      const start = bytes.indexOf(newline) + 1;
      const end = bytes.indexOf(newline, start);
      if (start === 0 || end < 0) break;
      const { entry } = format.decode(bytes.subarray(start, end));
      if (entry && entry.sequence <= after) low = middle + start;
      else high = middle;
    }
    return low;
  } finally {
    await file.close();
  }
}

async function firstSequence<E extends ChainedEntry>(path: string, format: LogFormat<E>): Promise<number | null> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const bytes = await readAt(file, 0, Math.min(size, longestLineBytes + 1));
    const end = bytes.indexOf(newline);
    return end < 0 ? null : (format.decode(bytes.subarray(0, end)).entry?.sequence ?? null);
  } finally {
    await file.close();
  }
}

function splitLines(bytes: Buffer, offset: number): { lines: Line[]; used: number } {
  const lines: Line[] = [];
  let used = 0;
  for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, used)) {
    lines.push({ bytes: bytes.subarray(used, end), offset: offset + used });
    used = end + 1;
  }
  return { lines, used };
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
