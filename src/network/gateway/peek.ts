/**
 * What a connection's first bytes are, before anything is dialled. Nothing is lost: what was read is put back.
 *
 * 1. Any split of the same bytes gives the same kind.
 * 2. What looks like the beginning of TLS or HTTP is never `other`: a rule that lets any bytes pass must not carry what
 *    another rule wants to read. Bytes that could still become either are waited for, and refused when they do not come.
 */
import type { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/index.ts';
import { type ClientHello, maxHelloBytes, readClientHello } from '../client-hello.ts';
import { readAhead } from './read-ahead.ts';

export type FirstBytes =
  | { kind: 'tls'; hello: ClientHello }
  | { kind: 'http' }
  | { kind: 'other' }
  /** Nothing came while `quietMs` passed: the other side may be the one to speak first. */
  | { kind: 'quiet' }
  | { kind: 'malformed'; why: string }
  /** The connection ended, or too little came in time. */
  | { kind: 'nothing'; why: string };

export interface PeekOptions {
  clock: Clock;
  timeoutMs: number;
  /** Answer `quiet` when no byte came for so long; absent: wait for bytes. */
  quietMs?: number;
}

/** Methods are letters; a target begins with one of these. Leading line ends are what lenient servers skip. */
const httpLine = /^[\r\n]*[A-Za-z-]{1,32}[ \t]+(\/|\*|[hH][tT][tT][pP])/;
const httpBeginning = /^[\r\n]*([A-Za-z-]{0,32}|[A-Za-z-]{1,32}[ \t]+([hH]|[hH][tT]|[hH][tT][tT])?)$/;
const longestBeginning = 256;

/** `more` while it could become something that is read. */
export function classify(bytes: Buffer): FirstBytes | 'more' {
  if (bytes.length === 0) return 'more';
  if (bytes[0] === 22) {
    const result = readClientHello(bytes);
    if (result.state === 'more') return 'more';
    return result.state === 'complete' ? { kind: 'tls', hello: result.hello } : { kind: 'malformed', why: result.why };
  }
  const text = bytes.toString('latin1', 0, longestBeginning);
  if (httpLine.test(text)) return { kind: 'http' };
  if (!httpBeginning.test(text)) return { kind: 'other' };
  return bytes.length < longestBeginning ? 'more' : { kind: 'malformed', why: 'the first bytes are neither' };
}

export async function peek(stream: Duplex, options: PeekOptions): Promise<FirstBytes> {
  const outcome = await readAhead(stream, {
    ...options,
    maxBytes: maxHelloBytes,
    judge: (bytes) => {
      const value = classify(bytes);
      return value === 'more' ? value : { value, consumed: 0 };
    },
  });
  if (outcome.state === 'done') return outcome.value;
  if (outcome.state === 'quiet') return { kind: 'quiet' };
  if (outcome.state === 'too-long') return { kind: 'malformed', why: 'the first bytes are too many' };
  const why = outcome.state === 'late' ? `nothing that can be judged came within ${options.timeoutMs} ms` : 'it ended';
  return { kind: 'nothing', why };
}
