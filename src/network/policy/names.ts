/**
 * One spelling for every host. Whatever a guest, a policy or a resolver calls a host passes here first; a spelling that
 * two readers could take for different hosts is refused with its reason, never repaired by a guess.
 *
 * 1. What is accepted is ASCII: a name of lower-case labels without a trailing dot, a dotted quad, or an IPv6 address as
 *    RFC 5952 writes it, without brackets. Reading an accepted spelling again gives the same spelling.
 * 2. Names in other scripts are written as A-labels (`xn--...`) that decode and encode back to themselves. No mapping is
 *    done here: full-width letters, soft hyphens and ideographic full stops are refused, as all that is not ASCII.
 * 3. A name that ends in a number would be read as an IPv4 address by browsers' rules: only the dotted quad is accepted.
 * 4. `localhost`, and names of one label, mean whatever the machine that reads them decides: refused.
 *    Underscores are allowed, since names of services and buckets have them.
 */
import { isIPv6 } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';
import { formatIpv6, mappedPart, parseIpv4, parseIpv6 } from './ip.ts';

export type HostReading = { ok: true; host: string; kind: 'name' | 'ipv4' | 'ipv6' } | { ok: false; reason: string };

const longestName = 253;
/** One label in canonical form. Names that are nothing but these, and not addresses, need no second look. */
const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

export function normaliseHost(text: string): HostReading {
  if (text === '') return refuse('the host is empty');
  if (text.length > longestName + 1) return refuse(`a host has at most ${longestName} characters`);
  const odd = /[^A-Za-z0-9._:[\]-]/.exec(text)?.[0];
  if (odd !== undefined) return refuse(nameOddCharacter(text, odd));
  if (/[:[\]]/.test(text)) return readIpv6(text);
  return readName(text.toLowerCase());
}

/** True for what `normaliseHost` returned: for callers who promise that a host is canonical. */
export function isCanonicalHost(text: string): boolean {
  const reading = normaliseHost(text);
  return reading.ok && reading.host === text;
}

function readName(lower: string): HostReading {
  const name = lower.endsWith('.') ? lower.slice(0, -1) : lower;
  const labels = name.split('.');
  const last = labels.at(-1) ?? '';
  if (/^(?:0x[0-9a-f]*|[0-9]+)$/.test(last)) return readIpv4(lower);
  if (name.length > longestName) return refuse(`a host has at most ${longestName} characters`);
  for (const part of labels) {
    const reason = refusedLabel(part);
    if (reason !== null) return refuse(reason);
  }
  if (last === 'localhost') return refuse('localhost is the sandbox itself; another machine has another name');
  if (labels.length === 1) return refuse('a name of one label depends on who resolves it; write the full name');
  return { ok: true, host: name, kind: 'name' };
}

function refusedLabel(part: string): string | null {
  if (part === '') return 'the name has an empty label';
  if (part.length > 63) return 'a label has at most 63 characters';
  if (!label.test(part)) return 'a label neither begins nor ends with a hyphen';
  if (!part.startsWith('xn--')) return null;
  const decoded = domainToUnicode(part);
  return decoded !== part && domainToASCII(decoded) === part ? null : `${part} is no A-label`;
}

function readIpv4(text: string): HostReading {
  return parseIpv4(text) === null
    ? refuse('a host that ends in a number must be an IPv4 address of four decimal numbers')
    : { ok: true, host: text, kind: 'ipv4' };
}

function readIpv6(text: string): HostReading {
  const inner = /^\[([^[\]]*)\]$/.exec(text)?.[1] ?? text;
  const value = isIPv6(inner) ? parseIpv6(inner) : null;
  if (value === null) return refuse('neither a name nor an IPv6 address: a port stands apart from the host');
  if (mappedPart(value) !== null) return refuse('an IPv4 address inside an IPv6 one: write the IPv4 address');
  return { ok: true, host: formatIpv6(value), kind: 'ipv6' };
}

function nameOddCharacter(text: string, odd: string): string {
  const code = odd.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return 'the host has a control character';
  if (code > 0x7f) return nonAscii(text);
  if (odd === ' ') return 'the host has a space';
  if (odd === '%') return 'the host has a percent sign: neither escapes nor zones are read';
  if (odd === '@') return 'the host has an @: user names and passwords do not belong there';
  return `the host has the character ${JSON.stringify(odd)}`;
}

function nonAscii(text: string): string {
  const ascii = domainToASCII(text);
  const reading = ascii === '' ? null : normaliseHost(ascii);
  return reading?.ok && reading.kind === 'name' && reading.host.includes('xn--')
    ? `the host is not ASCII; its A-label is ${reading.host}`
    : 'the host is not ASCII';
}

function refuse(reason: string): HostReading {
  return { ok: false, reason };
}
