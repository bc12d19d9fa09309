/**
 * Header lines between two connections. What concerns one connection only stays with it (RFC 9110, 7.6.1); the rest keeps
 * its order and spelling.
 */
import type { RawHeaders } from '../types.ts';

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

/** What a body's end may not bring, because it was decided by when the body came. */
const decidedBefore = new Set([
  ...connectionOnly,
  'content-length',
  'host',
  'te',
  'trailer',
  'authorization',
  'cookie',
  'set-cookie',
  'content-encoding',
  'content-type',
  'content-range',
  'proxy-authorization',
]);

/** Null when all may pass, else the name of the one that may not. */
export function forbiddenTrailer(trailers: RawHeaders): string | null {
  return trailers.find((name, index) => index % 2 === 0 && decidedBefore.has(name.toLowerCase())) ?? null;
}
