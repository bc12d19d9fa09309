/**
 * The head of a request to the proxy, read strictly: what two parsers could read differently is refused here.
 *
 * 1. Lines end with CR LF; a lone CR or LF, NUL or other control byte is malformed, and so is a folded line.
 * 2. At most `maxHeadBytes`; `more` until it is complete, whatever the split.
 */
import { Buffer } from 'node:buffer';
import type { RawHeaders } from '../types.ts';

export const maxHeadBytes = 64 * 1024;
const maxHeaders = 256;

export interface ProxyHead {
  method: string;
  target: string;
  version: '1.0' | '1.1';
  headers: RawHeaders;
  /** Bytes of the head, the empty line included. */
  length: number;
}

export type HeadResult =
  | { state: 'more' }
  | { state: 'malformed'; status: 400 | 431; why: string }
  | { state: 'complete'; head: ProxyHead };

const headEnd = Buffer.from('\r\n\r\n');
const requestLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([\x21-\x7e]+) HTTP\/(1\.[01])$/;
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what it looks for
const control = /[\x00-\x08\x0a-\x1f\x7f]/;

export function readHead(bytes: Buffer): HeadResult {
  const end = bytes.indexOf(headEnd);
  const bare = bareLineEnd(bytes, end < 0 ? bytes.length : end);
  if (bare) return malformed(bare);
  if (end < 0 && bytes.length < maxHeadBytes) return { state: 'more' };
  if (end < 0 || end + 4 > maxHeadBytes) {
    return { state: 'malformed', status: 431, why: `the head is larger than ${maxHeadBytes} bytes` };
  }
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const request = requestLine.exec(first);
  if (!request) return malformed('the request line is malformed');
  if (lines.length > maxHeaders) return { state: 'malformed', status: 431, why: `more than ${maxHeaders} headers` };
  const headers: RawHeaders = [];
  for (const line of lines) {
    const match = headerLine.exec(line);
    if (!match || control.test(line)) return malformed('a header is malformed');
    headers.push(match[1] ?? '', match[2] ?? '');
  }
  const [, method = '', target = '', version] = request;
  const head: ProxyHead = { method, target, version: version === '1.0' ? '1.0' : '1.1', headers, length: end + 4 };
  return { state: 'complete', head };
}

/** All values of a header, by its lower case name. */
export function headerValues(headers: RawHeaders, name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at]?.toLowerCase() === name) values.push(headers[at + 1] ?? '');
  }
  return values;
}

const malformed = (why: string): HeadResult => ({ state: 'malformed', status: 400, why });

function bareLineEnd(bytes: Buffer, end: number): string | null {
  for (let at = bytes.indexOf(10); at >= 0 && at < end; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at - 1] !== 13) return 'a line ends without CR';
  }
  for (let at = bytes.indexOf(13); at >= 0 && at < end; at = bytes.indexOf(13, at + 1)) {
    if (at + 1 < bytes.length && bytes[at + 1] !== 10) return 'a CR stands alone';
  }
  return null;
}
