/**
 * The HTTP proxy of a sandbox: `CONNECT host:port`, and `http://` requests in absolute form. One connection, one
 * destination: a request in absolute form is passed on in origin form and told to close, so that no later one of the same
 * connection can go elsewhere under its name.
 */
import { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/index.ts';
import type { Decision, HoldfastError } from '../../schema/index.ts';
import { malformedHost } from '../policy/decisions.ts';
import { normaliseHost } from '../policy/names.ts';
import type { Destination, RawHeaders } from '../types.ts';
import { type Authority, readAuthority } from './authority.ts';
import type { Arrival, FrontParts } from './carrier.ts';
import { type HeadResult, headerValues, maxHeadBytes, type ProxyHead, readHead } from './http-head.ts';
import { readAhead } from './read-ahead.ts';
import { answerBadRequest, answerDenied, answerUnreachable, refusal } from './refusals.ts';

const headTimeoutMs = 10_000;
const established = Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n');

/** Null when the client was answered here, or went away. `refused` hears of hosts that are none. */
export async function arriveByProxy(stream: Duplex, { clock, refused }: FrontParts): Promise<Arrival | null> {
  const head = await receiveHead(stream, clock);
  if (!head) return null;
  const asked = head.method === 'CONNECT' ? readConnect(head) : readAbsolute(head);
  if ('message' in asked) {
    answerBadRequest(stream, { status: 400, ...asked });
    return null;
  }
  const place = asked.authority;
  const reading = normaliseHost(place.host);
  const destination: Destination = { host: reading.ok ? reading.host : place.host, port: place.port };
  const decision = reading.ok ? otherHost(head, destination) : malformedHost(place.host, reading.reason);
  if (decision) {
    refused(destination, decision);
    answerDenied(stream, decision, destination);
    return null;
  }
  const answers = {
    refuse: (why: Decision): void => answerDenied(stream, why, destination),
    unreachable: (error: HoldfastError): void => answerUnreachable(stream, error, destination),
  };
  if (!('path' in asked)) {
    const accept = (): void => void stream.write(established);
    return { stream, via: 'proxy', destination, expected: 'tls', accept, ...answers };
  }
  stream.unshift(originForm(head, asked.path));
  const request = { method: head.method, path: asked.path };
  return { stream, via: 'proxy', destination, expected: 'http', request, accept: () => undefined, ...answers };
}

async function receiveHead(stream: Duplex, clock: Clock): Promise<ProxyHead | null> {
  const outcome = await readAhead<Exclude<HeadResult, { state: 'more' }>>(stream, {
    clock,
    timeoutMs: headTimeoutMs,
    maxBytes: maxHeadBytes,
    judge: (bytes) => {
      const value = readHead(bytes);
      if (value.state === 'more') return 'more';
      return { value, consumed: value.state === 'complete' ? value.head.length : 0 };
    },
  });
  if (outcome.state === 'ended') {
    stream.destroy();
    return null;
  }
  if (outcome.state === 'done') {
    if (outcome.value.state === 'complete') return outcome.value.head;
    answerBadRequest(stream, { status: outcome.value.status, message: outcome.value.why, hint: null });
    return null;
  }
  const late = outcome.state === 'late';
  const message = late ? `no request came within ${headTimeoutMs} ms` : 'the head is too large';
  answerBadRequest(stream, { status: late ? 408 : 431, message, hint: null });
  return null;
}

type Asked = { authority: Authority } | { authority: Authority; path: string } | BadRequest;
interface BadRequest {
  message: string;
  hint: string | null;
}

function readConnect({ target, headers }: ProxyHead): Asked {
  const authority = readAuthority(target);
  if (!authority) return bad('the target of CONNECT is not host:port');
  const framed = headerValues(headers, 'transfer-encoding').length > 0;
  if (framed || headerValues(headers, 'content-length').some((length) => length !== '0')) {
    return bad('a CONNECT request has no body');
  }
  return { authority };
}

function readAbsolute({ method, target, version, headers }: ProxyHead): Asked {
  if (/^https:/i.test(target)) {
    return bad(
      'this proxy takes https by CONNECT only',
      'Let the client use CONNECT for https, as all common ones do.',
    );
  }
  const match = /^http:\/\/([^/?#]*)([/?][^#]*)?$/i.exec(target);
  if (!match) {
    return bad(
      'this is a proxy: the target must be CONNECT host:port or http://host/path',
      `You sent ${method} in another form.`,
    );
  }
  if (match[1]?.includes('@'))
    return bad('the URL holds a user name or password', 'Send an authorization header instead.');
  const authority = readAuthority(match[1] ?? '', 80);
  if (!authority) return bad('the host of the URL is malformed');
  if (version === '1.1' && headerValues(headers, 'host').length !== 1) return bad('a request needs one Host header');
  const rest = match[2] ?? '/';
  return { authority, path: rest.startsWith('?') ? `/${rest}` : rest };
}

const bad = (message: string, hint: string | null = null): BadRequest => ({ message, hint });

/** A Host header that is there is the destination's; CONNECT's may leave the port out. */
function otherHost({ method, headers }: ProxyHead, destination: Destination): Decision | null {
  const hosts = headerValues(headers, 'host');
  if (hosts.length === 0) return null;
  const [text = ''] = hosts;
  const named = hosts.length === 1 ? readAuthority(text, method === 'CONNECT' ? destination.port : 80) : null;
  const reading = named && normaliseHost(named.host);
  if (reading?.ok && reading.host === destination.host && named?.port === destination.port) return null;
  const shown = JSON.stringify(hosts.join(', ').slice(0, 255));
  return refusal(
    'name-mismatch',
    `The Host header ${shown} is not the destination ${destination.host}:${destination.port}.`,
  );
}

/** Without what is meant for this proxy, and with the end of the connection after it. */
function originForm({ method, version, headers }: ProxyHead, path: string): Buffer {
  const kept: RawHeaders = [];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (!hopByHop.has(name.toLowerCase())) kept.push(`${name}: ${headers[at + 1]}`);
  }
  const upgrades = headerValues(headers, 'upgrade').length > 0;
  kept.push(`connection: ${upgrades ? 'upgrade' : 'close'}`);
  return Buffer.from([`${method} ${path} HTTP/${version}`, ...kept, '\r\n'].join('\r\n'), 'latin1');
}

const hopByHop = new Set(['connection', 'proxy-connection', 'proxy-authorization', 'keep-alive']);
