/** Numbers of addresses: strict reading, one spelling, ranges. IPv4 is a number of 32 bits, IPv6 of 128. */
import { isIPv6 } from 'node:net';

export interface Address {
  family: 4 | 6;
  value: bigint;
}

export interface Range extends Address {
  prefix: number;
  /** As it is written canonically, e.g. `10.0.0.0/8`. */
  text: string;
}

/** Four decimal numbers without leading zeros, nothing else. */
export function parseIpv4(text: string): bigint | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255)) {
    return null;
  }
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** Without brackets or zone. */
export function parseIpv6(text: string): bigint | null {
  if (!isIPv6(text) || text.includes('%')) return null;
  const [head = '', tail] = text.split('::');
  const left = hextets(head);
  const right = tail === undefined ? [] : hextets(tail);
  const middle = new Array<bigint>(8 - left.length - right.length).fill(0n);
  return [...left, ...middle, ...right].reduce((value, part) => (value << 16n) | part, 0n);
}

function hextets(text: string): bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    const quad = part.includes('.') ? parseIpv4(part) : null;
    return quad === null ? [BigInt(`0x${part}`)] : [quad >> 16n, quad & 0xffffn];
  });
}

/** An address as a resolver or a kernel prints it; null for anything else, zones included. */
export function parseAddress(text: string): Address | null {
  const four = parseIpv4(text);
  if (four !== null) return { family: 4, value: four };
  const six = parseIpv6(text);
  return six === null ? null : { family: 6, value: six };
}

export function formatIpv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zeros as `::`. */
export function formatIpv6(value: bigint): string {
  const parts = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  const text = parts.join(':');
  const longest = [...text.matchAll(/(?<![^:])0(?::0)+(?![^:])/g)]
    .map((match) => ({ at: match.index, length: match[0].length }))
    .reduce((best, run) => (run.length > best.length ? run : best), { at: -1, length: 0 });
  if (longest.at < 0) return text;
  return `${text.slice(0, Math.max(0, longest.at - 1))}::${text.slice(longest.at + longest.length + 1)}`;
}

export function formatAddress({ family, value }: Address): string {
  return family === 4 ? formatIpv4(value) : formatIpv6(value);
}

/** The IPv4 address of `::ffff:a.b.c.d` and of the older `::a.b.c.d`; `::` and `::1` are addresses of their own. */
export function mappedPart(value: bigint): bigint | null {
  const [high, low] = [value >> 32n, value & 0xffffffffn];
  return high === 0xffffn || (high === 0n && low > 1n) ? low : null;
}

/** `10.0.0.0/8`, or one address; null when it is neither or has bits set past its prefix. */
export function parseRange(text: string): Range | null {
  const [, base = '', length] = /^([^/]+)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text) ?? [];
  const address = parseAddress(base);
  if (address === null) return null;
  const bits = bitsOf(address);
  const prefix = length === undefined ? bits : Number(length);
  if (prefix > bits || (address.value & ((1n << BigInt(bits - prefix)) - 1n)) !== 0n) return null;
  return { ...address, prefix, text: `${formatAddress(address)}/${prefix}` };
}

export function contains(range: Range, address: Address): boolean {
  const shift = BigInt(bitsOf(range) - range.prefix);
  return range.family === address.family && range.value >> shift === address.value >> shift;
}

export function isSingle(range: Range): boolean {
  return range.prefix === bitsOf(range);
}

function bitsOf({ family }: Address): number {
  return family === 4 ? 32 : 128;
}
