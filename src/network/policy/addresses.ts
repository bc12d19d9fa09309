/**
 * Which addresses may be dialled. Names decide where a sandbox wants to go; this decides where that leads, for every
 * answer of the resolver, so that no allowed name can be pointed at the host or its neighbours.
 *
 * 1. Only what the registries of IANA leave as plain public addresses is dialled without a word of the policy. In IPv6
 *    that is 2000::/3 less its special ranges: what is not assigned is refused.
 * 2. A rule's `addresses` open parts of refused ranges to that rule. Unspecified, multicast and broadcast addresses, and
 *    IPv4 addresses inside IPv6 ones, are never opened.
 * 3. Metadata services of clouds, and ranges that other stacks translate, are opened only one address at a time.
 * 4. Where an address carries an IPv4 address (NAT64, 6to4, Teredo), that one must be permitted as well.
 */
import { type Address, contains, formatAddress, isSingle, parseAddress, parseRange, type Range } from './ip.ts';

/** How a rule may open it: by any range of it, only by naming the single address, or not at all. */
type Opening = 'range' | 'single' | 'never';

interface RefusedRange extends Range {
  what: string;
  opening: Opening;
}

/** Narrow before wide: the first one that holds an address names it. */
const refused: readonly RefusedRange[] = [
  ...table('single', 'a metadata service of a cloud', [
    ...['169.254.169.254', '169.254.169.253', '169.254.169.123', '169.254.170.2', '169.254.170.23', '169.254.42.42'],
    ...['100.100.100.200', '168.63.129.16', '192.0.0.192'],
    ...['fd00:ec2::254', 'fd00:ec2::253', 'fd00:ec2::123', 'fd00:ec2::23', 'fd20:ce::254', 'fd00:42::42'],
  ]),
  ...table('never', 'the broadcast address', ['255.255.255.255']),
  ...table('never', 'the unspecified address', ['0.0.0.0/8', '::']),
  ...table('never', 'multicast', ['224.0.0.0/4', 'ff00::/8']),
  ...table('never', 'an IPv4 address inside an IPv6 one', ['::ffff:0:0/96']),
  ...table('range', 'loopback of the host', ['127.0.0.0/8', '::1']),
  ...table('never', 'an IPv4 address inside an IPv6 one', ['::/96']),
  ...table('range', 'private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']),
  ...table('range', 'link-local', ['169.254.0.0/16', 'fe80::/10']),
  ...table('range', 'site-local', ['fec0::/10']),
  ...table('range', 'shared by the customers of a carrier', ['100.64.0.0/10']),
  ...table('range', 'kept for documentation', ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24']),
  ...table('range', 'kept for documentation', ['2001:db8::/32', '3fff::/20']),
  ...table('range', 'kept for benchmarks', ['198.18.0.0/15', '2001:2::/48']),
  ...table('range', 'kept for protocols', ['192.0.0.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.175.48.0/24']),
  ...table('range', 'an old relay of 6to4', ['192.88.99.0/24']),
  ...table('range', 'reserved', ['240.0.0.0/4']),
  ...table('range', 'translated to IPv4 (NAT64)', ['64:ff9b::/96']),
  ...table('single', 'translated to IPv4 (NAT64)', ['64:ff9b:1::/48']),
  ...table('single', 'translated to IPv4 (Teredo)', ['2001::/32']),
  ...table('single', 'translated to IPv4 (6to4)', ['2002::/16']),
  ...table('range', 'kept for protocols', ['2001::/23', '2620:4f:8000::/48', '5f00::/16']),
  ...table('never', 'thrown away by routers', ['100::/64', '100:0:0:1::/64']),
];
const ipv6Assigned = rangeOf('2000::/3');
const teredo = rangeOf('2001::/32');
const sixToFour = rangeOf('2002::/16');
const nat64 = [rangeOf('64:ff9b::/96'), rangeOf('64:ff9b:1::/48')];

export type AddressVerdict =
  | { allowed: true }
  | {
      allowed: false;
      /** The address as it is written canonically, or as it came when it is none. */
      address: string;
      what: string;
      opening: Opening;
    };

/** @param opened ranges that the rule names, as CIDR */
export function checkAddress(text: string, opened: readonly string[] = []): AddressVerdict {
  const address = parseAddress(text);
  if (address === null) return { allowed: false, address: text, what: 'not an address', opening: 'never' };
  const ranges = opened.map(parseRange).filter((range) => range !== null);
  return (
    [address, ...carried(address)].map((each) => checkOne(each, ranges)).find((verdict) => !verdict.allowed) ?? {
      allowed: true,
    }
  );
}

function checkOne(address: Address, opened: readonly Range[]): AddressVerdict {
  const found = refusal(address);
  if (found === null) return { allowed: true };
  const isOpen =
    found.opening !== 'never' &&
    opened.some((range) => contains(range, address) && (found.opening === 'range' || isSingle(range)));
  return isOpen ? { allowed: true } : { allowed: false, address: formatAddress(address), ...found };
}

function refusal(address: Address): { what: string; opening: Opening } | null {
  const range = refused.find((candidate) => contains(candidate, address));
  if (range) return { what: range.what, opening: range.opening };
  if (address.family === 4 || contains(ipv6Assigned, address)) return null;
  return { what: 'not assigned to anybody', opening: 'never' };
}

/** The IPv4 addresses that reach the wire somewhere else when this address is dialled. */
function carried(address: Address): Address[] {
  const four = (value: bigint): Address => ({ family: 4, value: value & 0xffffffffn });
  if (nat64.some((range) => contains(range, address))) return [four(address.value)];
  if (contains(sixToFour, address)) return [four(address.value >> 80n)];
  if (contains(teredo, address)) return [four(address.value >> 64n), four(address.value ^ 0xffffffffn)];
  return [];
}

export type RangeReading = { ok: true; range: string } | { ok: false; problem: string; fix: string };

/** A rule's own range: it must lie in one refused range that may be opened. */
export function readOpenedRange(text: string): RangeReading {
  const range = parseRange(text);
  if (range === null) {
    return {
      ok: false,
      problem: 'is no range of addresses',
      fix: 'Write it as 10.0.0.0/8 or fd00::/8, all bits past the length zero.',
    };
  }
  const holder = refused.find((candidate) => contains(candidate, range) && candidate.prefix <= range.prefix);
  if (!holder) return { ok: false, problem: 'lies in no single range that is refused', fix: outsideFix(range) };
  if (holder.opening === 'never') {
    return { ok: false, problem: `is ${holder.what}, which no rule may open`, fix: 'Remove it.' };
  }
  if (holder.opening === 'single' && !isSingle(range)) {
    return { ok: false, problem: `is ${holder.what}`, fix: 'Name the single address that is meant.' };
  }
  return { ok: true, range: range.text };
}

function outsideFix(range: Range): string {
  const inside = refused.filter((candidate) => candidate.opening === 'range' && contains(range, candidate));
  return inside.length === 0
    ? 'Remove it: public addresses need no exception.'
    : `Name what is meant, e.g. ${inside
        .slice(0, 3)
        .map((candidate) => candidate.text)
        .join(', ')}.`;
}

function table(opening: Opening, what: string, ranges: readonly string[]): RefusedRange[] {
  return ranges.map((text) => ({ ...rangeOf(text), what, opening }));
}

function rangeOf(text: string): Range {
  const range = parseRange(text);
  if (range === null) throw new Error(`${text} is no range`);
  return range;
}
