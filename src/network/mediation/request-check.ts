/**
 * Is this request what the connection was opened for, and what will the server make of it? The policy decides about what it
 * is told here, so nothing may mean one thing here and another there.
 *
 * 1. Server name, `Host`, `:authority`, an absolute target: each that is there names the destination, port included. So do
 *    headers by which what stands before a server leads to another one; there the port may be left out.
 * 2. A header or parameter that servers take for another method or path is decided about too: all readings must be allowed.
 */
import type { Decision, DecisionCode } from '../../schema/index.ts';
import type { CompiledPolicy, Destination, RawHeaders, RequestQuestion, RequestVerdict } from '../types.ts';
import type { Incoming } from './message.ts';

export type Checked = { question: RequestQuestion } | { refused: Decision; status?: number };

export const defaultPorts = { https: 443, http: 80 } as const;

export function refusal(code: DecisionCode, message: string): Decision {
  return { allowed: false, code, rule: null, message, hint: null };
}

export function checkRequest(incoming: Incoming, destination: Destination, scheme: 'https' | 'http'): Checked {
  if (incoming.method === 'CONNECT') {
    return { refused: refusal('protocol-not-allowed', 'A connection that is looked into carries no tunnels.') };
  }
  if (incoming.authorities.length === 0 || (incoming.version === '1.1' && incoming.authorities.length > 1)) {
    const message = 'A request names its host exactly once.';
    return { refused: refusal('name-mismatch', message), status: 400 };
  }
  const wrong = incoming.authorities.find((authority) => !isNamed(authority, destination, scheme));
  if (wrong !== undefined) return { refused: mismatch(wrong, destination) };
  if (incoming.scheme !== null && incoming.scheme !== scheme)
    return { refused: mismatch(`${incoming.scheme}://`, destination) };
  const routed = routedHosts(incoming.headers).find((name) => !isRoutedTo(name, destination, scheme));
  if (routed !== undefined) return { refused: mismatch(routed, destination) };
  const target = originForm(incoming.target, destination, scheme);
  if (target === null) return { refused: mismatch(incoming.target, destination) };
  if (/[^\x21-\x7e]|#/.test(target)) {
    return { refused: refusal('path-malformed', 'The path holds what a path cannot hold.'), status: 400 };
  }
  return { question: { ...destination, scheme, method: incoming.method, target } };
}

function mismatch(named: string, { host, port }: Destination): Decision {
  const shown = JSON.stringify(named.slice(0, 300));
  return refusal('name-mismatch', `The request names ${shown} on a connection to ${host}:${port}.`);
}

/** Exactly the destination: a user name, another port, or a name that merely resolves alike is another one. */
export function isNamed(authority: string, { host, port }: Destination, scheme: 'https' | 'http'): boolean {
  const name = host.includes(':') ? `[${host}]` : host;
  const lower = authority.toLowerCase();
  return lower === `${name}:${port}` || (port === defaultPorts[scheme] && lower === name);
}

const hostHeaders = new Set([
  ...['x-forwarded-host', 'x-forwarded-server', 'x-original-forwarded-host'],
  ...['x-host', 'x-original-host', 'x-http-host-override'],
]);

/** Every host that such a header names. */
function routedHosts(headers: RawHeaders): string[] {
  const named: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = variableName(headers[index] ?? '');
    const value = headers[index + 1] ?? '';
    if (hostHeaders.has(name)) named.push(...value.split(',').map((one) => one.trim()));
    else if (name === 'forwarded') named.push(...forwardedHosts(value));
  }
  return named;
}

/** Wherever `host=` stands in it, within other members too: readers differ about where these end. */
function forwardedHosts(value: string): string[] {
  return [...value.matchAll(/host[\t ]*=[\t ]*(?:"([^"]*)"?|([^;,\t "]*))/gi)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  );
}

function isRoutedTo(name: string, destination: Destination, scheme: 'https' | 'http'): boolean {
  return isNamed(name, destination, scheme) || isNamed(`${name}:${destination.port}`, destination, scheme);
}

/** Null when it names something else. */
function originForm(target: string, destination: Destination, scheme: 'https' | 'http'): string | null {
  if (target.startsWith('/') || target === '*') return target;
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(target);
  if (!match || match[1]?.toLowerCase() !== scheme || !isNamed(match[2] ?? '', destination, scheme)) return null;
  const rest = match[3] ?? '';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

const methodHeaders = new Set(['x-http-method', 'x-http-method-override', 'x-method-override']);
const targetHeaders = new Set([
  ...['x-original-url', 'x-original-uri', 'x-rewrite-url', 'x-override-url'],
  ...['x-forwarded-uri', 'x-forwarded-path'],
]);

/** The policy's word on every reading of the request; the first that is refused, else the one of the request as it stands. */
export function decide(policy: CompiledPolicy, incoming: Incoming, question: RequestQuestion): RequestVerdict {
  const verdict = policy.request(question);
  if (!verdict.allowed) return verdict;
  for (const reading of otherReadings(incoming, question)) {
    if (reading === null) {
      return { allowed: false, decision: refusal('method-not-allowed', 'A header overrides the method with none.') };
    }
    const other = policy.request(reading);
    if (!other.allowed) return other;
  }
  return verdict;
}

/**
 * Null for one that says nothing a policy could decide about. `_method` in a form's body is not among them: only what
 * stands in the head is read.
 */
function otherReadings(incoming: Incoming, question: RequestQuestion): (RequestQuestion | null)[] {
  const readings: (RequestQuestion | null)[] = [];
  for (let index = 0; index < incoming.headers.length; index += 2) {
    const name = variableName(incoming.headers[index] ?? '');
    const value = incoming.headers[index + 1] ?? '';
    if (methodHeaders.has(name)) readings.push(withMethod(question, value));
    else if (targetHeaders.has(name)) readings.push({ ...question, target: value });
  }
  const at = question.target.indexOf('?');
  if (at >= 0 && /method|%/i.test(question.target.slice(at))) {
    for (const value of new URLSearchParams(question.target.slice(at + 1)).getAll('_method')) {
      readings.push(withMethod(question, value));
    }
  }
  return readings;
}

/** Servers that hand headers on as variables make a hyphen of an underscore, or the other way round. */
function variableName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

function withMethod(question: RequestQuestion, value: string): RequestQuestion | null {
  return /^[A-Za-z]{1,32}$/.test(value) ? { ...question, method: value.toUpperCase() } : null;
}
