/**
 * One line of a tape, hash-chained to the line before:
 * `{"body":...,"hash":"<64>","previousHash":"<64>","sequence":<n>,"type":"<kind>"}`.
 *
 * 1. hash = sha256 over the previous hash (hex) and the line's bytes without `,"hash":...,"previousHash":...`.
 * 2. It covers bytes, not values: a line that says the same in another spelling is damaged.
 */
import { createHash, hash as digestOf } from 'node:crypto';
import { canonicalJson } from '../../state/index.ts';
import { type LineKind, lineKinds } from './format.ts';

export const firstHash: string = '0'.repeat(64);

export interface Link {
  sequence: number;
  hash: string;
}

export const chainStart: Link = { sequence: 0, hash: firstHash };

export function encodeLine(kind: LineKind, body: unknown, previous: Link): { text: string; link: Link } {
  const head = `{"body":${canonicalJson(body)}`;
  const sequence = previous.sequence + 1;
  const tail = `,"sequence":${sequence},"type":"${kind}"}`;
  const hash = digestOf('sha256', previous.hash + head + tail, 'hex');
  return {
    text: `${head},"hash":"${hash}","previousHash":"${previous.hash}"${tail}\n`,
    link: { sequence, hash },
  };
}

const ending =
  /,"hash":"([0-9a-f]{64})","previousHash":"([0-9a-f]{64})"(,"sequence":(\d{1,15}),"type":"([a-z]{1,16})"})$/;
const bodyStart = '{"body":'.length;
const longestEnding = 256;

export type CheckedLine = { link: Link; kind: LineKind; body: Buffer } | { problem: string };

/** @param line without its newline */
export function checkLine(line: Buffer, previous: Link): CheckedLine {
  const tailStart = Math.max(0, line.length - longestEnding);
  const match = ending.exec(line.toString('latin1', tailStart));
  const kind = lineKinds.find((known) => known === match?.[5]);
  if (!match || !kind) return { problem: 'it is not a line of a tape' };
  const [, hash = '', previousHash = '', tail = '', sequence = ''] = match;
  const headEnd = tailStart + match.index;
  const computed = createHash('sha256')
    .update(previousHash)
    .update(line.subarray(0, headEnd))
    .update(tail)
    .digest('hex');
  if (computed !== hash) return { problem: 'its hash is not the hash of its content' };
  if (previousHash !== previous.hash) return { problem: 'it does not follow the line before it' };
  if (Number(sequence) !== previous.sequence + 1) return { problem: `its sequence is ${sequence}` };
  return { link: { sequence: Number(sequence), hash }, kind, body: line.subarray(bodyStart, headEnd) };
}
