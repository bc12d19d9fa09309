/**
 * Who gets into a preview. Asked for every request, before anything inside hears of it.
 *
 * 1. The Host, given once, is exactly a preview's: a name that was rebound to this machine, or another port's, is refused.
 * 2. A signed preview wants its token (in `x-holdfast-token`, or in the query of a first visit) or the cookie that a first
 *    visit got. A query's token is taken out of the address by a redirect, so that it is in no page's address.
 * 3. The cookie is sent by a browser, whoever made it send: with it, a request must come from the preview's own pages or
 *    be a person following a link. A token was put there by somebody who had it, and is taken from anywhere.
 */
import type { IncomingMessage } from 'node:http';
import type { PreviewRecord } from '../../state/index.ts';
import type { PreviewPlace } from './address.ts';
import { PreviewRefusal } from './refusal.ts';
import { checkPass, makePass, type Pass } from './token.ts';

export const tokenHeader = 'x-holdfast-token';
export const tokenParameter = 'holdfast_token';

export interface Gate {
  place: PreviewPlace;
  signingKey: Uint8Array;
  nowMs: number;
  byLabel(label: string): PreviewRecord | null;
}

export type Admission =
  /** `target` is the request's, without a token. */
  | { kind: 'pass'; preview: PreviewRecord; target: string }
  /** A first visit: the cookie, and the same address without the token. */
  | { kind: 'enter'; location: string; cookie: string };

/** @throws PreviewRefusal */
export function admit(gate: Gate, request: IncomingMessage, isUpgrade: boolean): Admission {
  const preview = previewOf(gate, request);
  const { target, token } = withoutToken(request.url ?? '');
  if (preview.visibility === 'public') return { kind: 'pass', preview, target };
  const sent = request.headers[tokenHeader];
  if (sent !== undefined) {
    check(gate, preview, 'token', String(sent));
    return { kind: 'pass', preview, target };
  }
  if (token !== null && isRead(request) && !isUpgrade) {
    check(gate, preview, 'token', token);
    const location = gate.place.originOf(preview.label) + target;
    return { kind: 'enter', location, cookie: cookieOf(gate, preview) };
  }
  checkCookies(gate, preview, request);
  refuseForeign(request, gate.place.originOf(preview.label), isUpgrade);
  return { kind: 'pass', preview, target };
}

/** A prefix that browsers hold to: no other host can have set it. They know it on https only. */
export function cookieName(scheme: PreviewPlace['scheme']): string {
  return scheme === 'https' ? '__Host-holdfast_preview' : 'holdfast_preview';
}

/** In any spelling that some browser or server may take for one of ours. */
export function isOurCookie(name: string): boolean {
  return /^(__host-|__secure-)?holdfast_preview$/i.test(name.trim());
}

function previewOf({ place, byLabel, nowMs }: Gate, request: IncomingMessage): PreviewRecord {
  const [host, ...more] = request.headersDistinct['host'] ?? [];
  const label = host === undefined || more.length > 0 ? null : place.labelOf(host);
  const preview = label === null ? null : byLabel(label);
  if (!preview) throw new PreviewRefusal('unknown-host');
  // A whole address there would be another host beside Host.
  if (!request.url?.startsWith('/')) throw new PreviewRefusal('bad-request');
  if (preview.revoked) throw new PreviewRefusal('revoked');
  if (nowMs >= preview.expiresMs) throw new PreviewRefusal('expired');
  return preview;
}

function check({ signingKey, nowMs }: Gate, { id }: PreviewRecord, pass: Pass, text: string): void {
  const verdict = checkPass(signingKey, pass, text, { id, nowMs });
  if (verdict === 'good') return;
  throw new PreviewRefusal(verdict === 'wrong' ? 'wrong-token' : verdict);
}

/** Another host of the domain may have set one of the same name: any that is right counts. */
function checkCookies({ signingKey, nowMs, place }: Gate, { id }: PreviewRecord, request: IncomingMessage): void {
  const name = cookieName(place.scheme);
  const values = (request.headers.cookie ?? '').split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    return pair.slice(0, at).trim() === name ? [pair.slice(at + 1).trim()] : [];
  });
  const verdicts = values.slice(0, mostCookies).map((value) => checkPass(signingKey, 'cookie', value, { id, nowMs }));
  if (verdicts.includes('good')) return;
  const [first] = verdicts;
  if (first === undefined) throw new PreviewRefusal('no-token');
  throw new PreviewRefusal(first === 'other-key' || first === 'expired' ? first : 'wrong-token');
}
const mostCookies = 16;

function cookieOf({ signingKey, nowMs, place }: Gate, preview: PreviewRecord): string {
  const seconds = Math.max(1, Math.floor((preview.expiresMs - nowMs) / 1000));
  const secure = place.scheme === 'https' ? '; Secure' : '';
  const value = makePass(signingKey, 'cookie', preview);
  return `${cookieName(place.scheme)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}

function refuseForeign(request: IncomingMessage, origin: string, isUpgrade: boolean): void {
  const given = request.headers.origin;
  const isOwn = given === origin || (given === undefined && !isUpgrade);
  if (!isOwn) throw new PreviewRefusal('foreign-origin');
  const site = request.headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = request.headers;
  const isVisit = isRead(request) && mode === 'navigate' && destination === 'document';
  if (!isVisit) throw new PreviewRefusal('foreign-origin');
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** The rest of the query stays as it was written. */
export function withoutToken(url: string): { target: string; token: string | null } {
  const start = url.indexOf('?');
  if (start < 0) return { target: url, token: null };
  let token: string | null = null;
  const kept = url
    .slice(start + 1)
    .split('&')
    .filter((pair) => {
      const [[name = '', value = ''] = []] = new URLSearchParams(pair);
      if (name !== tokenParameter) return true;
      token ??= value;
      return false;
    });
  return { target: url.slice(0, start) + (kept.length > 0 ? `?${kept.join('&')}` : ''), token };
}
