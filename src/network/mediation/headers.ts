/**
 * Header lines between two connections. What concerns one connection only stays with it (RFC 9110, 7.6.1); the rest keeps
 * its order and spelling.
 */
import type { RawHeaders, ResponseHead } from '../types.ts';

/** All values of a header, in order. `name` in lower case. */
export function headerValues(headers: RawHeaders, name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const candidate = headers[index] ?? '';
    if (candidate.length === name.length && candidate.toLowerCase() === name) values.push(headers[index + 1] ?? '');
  }
  return values;
}

/** Comma-separated members of all lines of a header, in lower case. */
export function headerTokens(headers: RawHeaders, name: string): string[] {
  const values = headerValues(headers, name);
  return values.length === 0
    ? values
    : values.flatMap((value) => value.split(',').map((token) => token.trim().toLowerCase()));
}

/** As HTTP/1.1 has it, in both versions. */
export function requestHeadBytes(head: { method: string; target: string; headers: RawHeaders }): number {
  return head.method.length + head.target.length + '  HTTP/1.1\r\n'.length + linesBytes(head.headers);
}

export function responseHeadBytes({ reason, headers }: ResponseHead): number {
  return 'HTTP/1.1 200 \r\n'.length + reason.length + linesBytes(headers);
}

/** With the empty line after them. */
function linesBytes(headers: RawHeaders): number {
  // A colon and a space after a name, the end of the line after a value.
  return headers.reduce((bytes, text) => bytes + text.length + 2, 2);
}

export function withoutHeaders(headers: RawHeaders, ...names: string[]): RawHeaders {
  const kept: RawHeaders = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (!names.includes(name.toLowerCase())) kept.push(name, headers[index + 1] ?? '');
  }
  return kept;
}

/** Puts a header where it stood, or last. */
export function withHeader(headers: RawHeaders, name: string, value: string): RawHeaders {
  const lower = name.toLowerCase();
  const at = headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === lower);
  if (at < 0) return [...headers, name, value];
  const others = withoutHeaders(headers.slice(at + 2), lower);
  return [...headers.slice(0, at), headers[at] ?? name, value, ...others];
}

const hopByHop = new Set([
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'http2-settings',
]);

/**
 * The lines that go on. `Connection` keeps what is true on the other side too: one connection outside stands for one inside,
 * so `close` and `keep-alive` mean the same there.
 */
export function endToEnd(headers: RawHeaders, isWebSocket: boolean): RawHeaders {
  const named = headerTokens(headers, 'connection');
  const kept: RawHeaders = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    const value = headers[index + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower === 'connection') {
      const tokens = value.split(',').filter((token) => staysNamed(token.trim().toLowerCase(), isWebSocket));
      if (tokens.length > 0) kept.push(name, tokens.join(',').trim());
    } else if (lower === 'upgrade') {
      if (isWebSocket) kept.push(name, value);
    } else if (lower === 'te') {
      if (value.toLowerCase() === 'trailers') kept.push(name, value);
    } else if (!hopByHop.has(lower) && !named.includes(lower)) kept.push(name, value);
  }
  return kept;
}

function staysNamed(token: string, isWebSocket: boolean): boolean {
  return token === 'close' || token === 'keep-alive' || token === 'te' || (isWebSocket && token === 'upgrade');
}

const connectionOnly = ['connection', 'transfer-encoding', 'upgrade', 'keep-alive', 'proxy-connection'];

/** For HTTP/2, which has none of them. */
export function withoutConnection(headers: RawHeaders): RawHeaders {
  return withoutHeaders(headers, ...connectionOnly);
}

/** Where a message goes, for whom, how long it is and how it is read: true for all who pass it on. */
const ofTheMessage = [
  'content-length',
  'host',
  'authorization',
  'cookie',
  'set-cookie',
  'content-encoding',
  'content-type',
  'content-range',
];

const neverOfOneConnection = new Set([...ofTheMessage, 'transfer-encoding', 'expect']);

/**
 * `Connection` takes the headers that it names off the message. One that measures it would be gone on the other side, and a body
 * of a request be read there as requests. Null when it names none of these, else the first.
 */
export function misnamedByConnection(headers: RawHeaders): string | null {
  return headerTokens(headers, 'connection').find((name) => neverOfOneConnection.has(name)) ?? null;
}

/** What a body's end may not bring, because it was decided by when the body came. */
const decidedBefore = new Set([...connectionOnly, ...ofTheMessage, 'te', 'trailer', 'proxy-authorization']);

/** Null when all may pass, else the name of the one that may not. */
export function forbiddenTrailer(trailers: RawHeaders): string | null {
  return trailers.find((name, index) => index % 2 === 0 && decidedBefore.has(name.toLowerCase())) ?? null;
}
