/**
 * From the URLs that a package manager is configured with to the rules that let a sandbox read there, and no more: GET
 * and HEAD, below the URL's path, at its port. The configuration is the host owner's word, so where such a host resolves
 * to a refused range, exactly the addresses it has now are opened for it.
 */
import { type AllowRule, type ExpandedPreset, HoldfastError, type NetworkPreset } from '../../../schema/index.ts';
import { checkAddress, readOpenedRange } from '../addresses.ts';
import { normaliseHost } from '../names.ts';
import type { PresetReader } from './reader.ts';

export type PresetExpansion = Omit<ExpandedPreset, 'preset' | 'files'> & Partial<Pick<ExpandedPreset, 'files'>>;

interface Place {
  host: string;
  protocol: 'https' | 'http';
  port: number;
  /** Null: all of the host. */
  path: string | null;
}

/** One rule per host and port, in the order in which they are first named. */
export async function rulesFor(
  preset: NetworkPreset,
  urls: readonly string[],
  reader: PresetReader,
): Promise<AllowRule[]> {
  const groups = new Map<string, Place[]>();
  for (const place of urls.map((url) => readPlace(preset, url))) {
    const key = `${place.protocol} ${place.host} ${place.port}`;
    groups.set(key, [...(groups.get(key) ?? []), place]);
  }
  return Promise.all([...groups.values()].map((group) => ruleFor(group, reader)));
}

async function ruleFor(group: readonly Place[], reader: PresetReader): Promise<AllowRule> {
  const [first] = group;
  if (!first) throw new Error('a group of places has one at least');
  const { host, protocol, port } = first;
  const paths = group.map(({ path }) => path);
  const addresses = await openedAddresses(host, reader);
  return {
    host,
    protocol,
    ...(port === usualPort(protocol) ? {} : { ports: [port] }),
    methods: ['GET', 'HEAD'],
    ...(paths.includes(null) ? {} : { paths: [...new Set(paths.map((path) => `${path}/**`))] }),
    mediate: false,
    ...(addresses.length > 0 ? { addresses } : {}),
  };
}

async function openedAddresses(host: string, reader: PresetReader): Promise<string[]> {
  const reading = normaliseHost(host);
  const isLiteral = reading.ok && reading.kind !== 'name';
  const found = isLiteral ? [host] : await reader.resolve(host);
  const ranges = found
    .filter((address) => !checkAddress(address).allowed)
    .map(readOpenedRange)
    .flatMap((opened) => (opened.ok ? [opened.range] : []));
  return [...new Set(ranges)].sort();
}

/** @throws HoldfastError for what no rule can be made of, a URL with a password first of all */
export function readPlace(preset: NetworkPreset, text: string): Place {
  const url = URL.parse(text);
  const protocol = url?.protocol === 'https:' ? 'https' : url?.protocol === 'http:' ? 'http' : null;
  if (url === null || protocol === null) throw unusable(preset, `${withoutCredentials(text)} is no http or https URL`);
  if (url.username !== '' || url.password !== '') {
    const what = `${preset} is configured with a user name or password in a URL (${withoutCredentials(text)})`;
    throw new HoldfastError('invalid-argument', what, {
      hint: 'Put it into a secret, leave the preset out, and add a rule for the host with credentials.',
    });
  }
  const reading = normaliseHost(url.hostname);
  if (!reading.ok) throw unusable(preset, `${text}: ${reading.reason}`);
  const path = url.pathname.replace(/\/+$/, '');
  const port = url.port === '' ? usualPort(protocol) : Number(url.port);
  return { host: reading.host, protocol, port, path: path === '' ? null : path };
}

export function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/?#]*@/, '//');
}

export function unusable(preset: NetworkPreset, why: string): HoldfastError {
  return new HoldfastError('capability-missing', `the preset ${preset} cannot be used: ${why}`, {
    hint: `Correct the configuration of ${preset} on this machine, or name the hosts in allow rules.`,
  });
}

/** @param fix how the manager is installed or configured */
export function notConfigured(preset: NetworkPreset, why: string, fix: string): HoldfastError {
  return new HoldfastError('capability-missing', `the preset ${preset} knows no registry: ${why}`, { hint: fix });
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function usualPort(protocol: 'https' | 'http'): number {
  return protocol === 'https' ? 443 : 80;
}
