/** Bytes from inside a sandbox as text for a reader who wants text: nothing is lost unseen. */
import { isUtf8 } from 'node:buffer';

export interface OutputText {
  text: string;
  /** Bytes that are not in `text`, the marker's number. */
  cutBytes: number;
  /** False when some bytes were not UTF-8 and stand as U+FFFD. */
  validUtf8: boolean;
}

/**
 * What was kept of a stream. `cutBytes` are missing after the first half of `capBytes`, and a marker says so there; a
 * character that the cut went through is counted with it.
 */
export function outputText(bytes: Uint8Array, cutBytes: number, capBytes: number): OutputText {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (cutBytes === 0) return { text: all.toString('utf8'), cutBytes: 0, validUtf8: isUtf8(all) };
  const middle = Math.min(Math.ceil(capBytes / 2), all.length);
  const head = all.subarray(0, wholeEnd(all, middle));
  const tail = all.subarray(wholeStart(all, middle));
  const lost = cutBytes + all.length - head.length - tail.length;
  return {
    text: `${head.toString('utf8')}\n[... ${lost} bytes cut here ...]\n${tail.toString('utf8')}`,
    cutBytes: lost,
    validUtf8: isUtf8(head) && isUtf8(tail),
  };
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** Where the last whole character before `end` ends. */
function wholeEnd(bytes: Buffer, end: number): number {
  let start = end;
  while (start > 0 && end - start < 3 && isContinuation(bytes[start - 1])) start--;
  const lead = start > 0 ? (bytes[start - 1] ?? 0) : 0;
  const length = lead >= 0xf8 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return length > 1 && start - 1 + length > end ? start - 1 : end;
}

/** Where the first character at or after `start` begins. */
function wholeStart(bytes: Buffer, start: number): number {
  let begin = start;
  while (begin - start < 3 && isContinuation(bytes[begin])) begin++;
  return begin;
}
