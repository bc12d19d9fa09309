/**
 * Headers on their way in and out of a preview.
 *
 * 1. Nothing that lets its holder in reaches the sandbox: no token, no cookie of ours.
 * 2. What concerns one connection stays on it; what says who asked is ours to say.
 * 3. The program inside is hostile: it cannot set our cookie, a cookie of other hosts, or what a browser keeps for longer
 *    or wider than this host.
 */
import type { IncomingMessage } from 'node:http';
import type { PreviewRecord } from '../../state/index.ts';
import type { PreviewPlace } from './address.ts';
import { isOurCookie, tokenHeader, tokenParameter } from './admit.ts';

const hopByHop = [
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'http2-settings'],
];
/** Said by us, answered by us, or secret. */
const notPassedIn = new Set([...hopByHop, ...['host', 'expect', 'forwarded', 'x-real-ip', tokenHeader]]);
/** Of a browser's memory: other ways to this host, other hosts of the domain, other hosts altogether. */
const notPassedOut = new Set([
  ...hopByHop,
  ...['alt-svc', 'clear-site-data', 'strict-transport-security', 'public-key-pins', 'nel', 'report-to'],
  ...['x-holdfast-decision'],
]);

export type Headers = Record<string, string[]>;

/** For `http.request`; with the request's framing, but for a WebSocket's upgrade. */
export function headersIn(request: IncomingMessage, preview: PreviewRecord, place: PreviewPlace): Headers {
  const named = connectionNames(request.headers.connection);
  // A header named like a property of every object is a header like any other.
  const headers: Headers = Object.create(null);
  for (const [name, value] of pairsOf(request.rawHeaders)) {
    const lower = name.toLowerCase();
    if (notPassedIn.has(lower) || named.has(lower) || lower.startsWith('x-forwarded-')) continue;
    const passed = valueIn(lower, value, preview, place);
    if (passed !== null) headers[lower] = [...(headers[lower] ?? []), passed];
  }
  headers['host'] = [preview.keepHost ? place.hostOf(preview.label) : insideHost(preview)];
  headers['x-forwarded-for'] = [request.socket.remoteAddress ?? 'unknown'];
  headers['x-forwarded-host'] = [place.hostOf(preview.label)];
  headers['x-forwarded-proto'] = [place.scheme];
  if (request.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = ['chunked'];
  return headers;
}

/** As name, value, name, value. */
export function headersOut(response: IncomingMessage, preview: PreviewRecord, place: PreviewPlace): string[] {
  const named = connectionNames(response.headers.connection);
  const headers: string[] = [];
  let hasPolicy = false;
  for (const [name, value] of pairsOf(response.rawHeaders)) {
    const lower = name.toLowerCase();
    if (notPassedOut.has(lower) || named.has(lower)) continue;
    hasPolicy ||= lower === 'referrer-policy';
    const passed = valueOut(lower, value, preview, place);
    if (passed !== null) headers.push(name, passed);
  }
  // The host name is half a secret: it stays on its own pages unless the program says otherwise.
  if (!hasPolicy) headers.push('referrer-policy', 'same-origin');
  return headers;
}

function valueIn(name: string, value: string, preview: PreviewRecord, place: PreviewPlace): string | null {
  if (name === 'cookie') return withoutOurs(value);
  if (name === 'referer' && value.includes(tokenParameter)) return null;
  if ((name !== 'origin' && name !== 'referer') || preview.keepHost) return value;
  // As if it were asked at its own address, which development servers insist on.
  const own = place.originOf(preview.label);
  const isOwn = value === own || value.startsWith(`${own}/`);
  return isOwn ? `http://${insideHost(preview)}${value.slice(own.length)}` : value;
}

function valueOut(name: string, value: string, preview: PreviewRecord, place: PreviewPlace): string | null {
  if (name === 'set-cookie') return narrowed(value);
  if (name !== 'location') return value;
  const inside = new RegExp(
    `^https?://(?:localhost|127\\.0\\.0\\.1|0\\.0\\.0\\.0|\\[::1?\\]):${preview.port}(?=[/?#]|$)`,
    'i',
  );
  return value.replace(inside, place.originOf(preview.label));
}

function withoutOurs(cookies: string): string | null {
  const kept = cookies.split(';').filter((pair) => {
    const at = pair.indexOf('=');
    // A browser sends a cookie without a name as its value alone.
    return !isOurCookie(at < 0 ? pair : pair.slice(0, at));
  });
  return kept.length > 0 ? kept.join(';').trim() : null;
}

/** For this host only; null for one that is, or reads like, ours. */
function narrowed(cookie: string): string | null {
  const [pair = '', ...attributes] = cookie.split(';');
  const at = pair.indexOf('=');
  const name = at < 0 ? '' : pair.slice(0, at).trim();
  if (name === '' || isOurCookie(name)) return null;
  return [pair, ...attributes.filter((attribute) => !/^\s*domain\s*(=|$)/i.test(attribute))].join(';');
}

function insideHost({ port }: PreviewRecord): string {
  return `localhost:${port}`;
}

function connectionNames(connection: string | undefined): Set<string> {
  return new Set((connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
}

function* pairsOf(raw: readonly string[]): Generator<[string, string]> {
  for (let at = 0; at + 1 < raw.length; at += 2) yield [raw[at] ?? '', raw[at + 1] ?? ''];
}
