/**
 * One line of a hash-chained file:
 * `{"body":...,"hash":"<64>","previousHash":"<64>","sequence":<n>,"type":"<type>"}`.
 *
 * 1. hash = sha256 over the previous hash (hex) and the line's bytes without `,"hash":...,"previousHash":...`.
 * 2. It covers bytes, not values: a line that says the same in another spelling is damaged.
 */
import { createHash, hash as digestOf } from 'node:crypto';
import { canonicalJson } from './canonical.ts';

/** Where a chain has come to: its last line. */
export interface ChainLink {
  sequence: number;
  hash: string;
}

export const chainStart: ChainLink = { sequence: 0, hash: '0'.repeat(64) };

export function encodeLine(type: string, body: unknown, previous: ChainLink): { text: string; link: ChainLink } {
  const head = `{"body":${canonicalJson(body)}`;
  const sequence = previous.sequence + 1;
  const tail = `,"sequence":${sequence},"type":"${type}"}`;
  const hash = digestOf('sha256', previous.hash + head + tail, 'hex');
  return {
    text: `${head},"hash":"${hash}","previousHash":"${previous.hash}"${tail}\n`,
    link: { sequence, hash },
  };
}

const ending =
  /,"hash":"([0-9a-f]{64})","previousHash":"([0-9a-f]{64})"(,"sequence":(\d{1,15}),"type":"([a-z-]{1,32})"})$/;
const beginning = '{"body":';
const longestEnding = 288;

export type CheckedLine = { link: ChainLink; type: string; body: Buffer } | { problem: string };

/**
 * The body is a view of the line and not parsed.
 *
 * @param line without its newline
 */
export function checkLine(line: Buffer, previous: ChainLink): CheckedLine {
  const tailStart = Math.max(0, line.length - longestEnding);
  const match = ending.exec(line.toString('latin1', tailStart));
  if (!match || line.toString('latin1', 0, beginning.length) !== beginning)
    return { problem: 'it is not a line of a chain' };
  const [, hash = '', previousHash = '', tail = '', sequence = '', type = ''] = match;
  const headEnd = tailStart + match.index;
  const computed = createHash('sha256')
    .update(previousHash)
    .update(line.subarray(0, headEnd))
    .update(tail)
    .digest('hex');
  if (computed !== hash) return { problem: 'its hash is not the hash of its content' };
  if (previousHash !== previous.hash) return { problem: 'it does not follow the line before it' };
  if (Number(sequence) !== previous.sequence + 1) return { problem: `its sequence is ${sequence}` };
  return { link: { sequence: Number(sequence), hash }, type, body: line.subarray(beginning.length, headEnd) };
}
