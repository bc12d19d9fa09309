/**
 * Who may do what on whose behalf, as a chain that can only get narrower.
 *
 * 1. Person and tenant stand in the first link and nowhere else: nothing below can change them.
 * 2. A link can take away and never add: what counts is the intersection of capabilities, the least of each limit, the
 *    earliest end.
 * 3. Each tag is made with the one before it as the key, the first with a key that stays on the host. So whoever holds a
 *    chain can make it longer, and nobody can change, drop or reorder what it has.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '../../base/index.ts';
import { type AgentLimits, HoldfastError, limitNames } from '../../schema/index.ts';

export interface ChainRoot {
  tenant: string;
  person: string;
}

export interface ChainLink {
  agent: string;
  /** Digest of its manifest. */
  manifest: string;
  capabilities: string[];
  limits: AgentLimits;
  /** Milliseconds since 1970; null: as long as the ones before. */
  expiresMs: number | null;
}

export interface Chain {
  root: ChainRoot;
  links: ChainLink[];
  /** Hex. */
  tag: string;
}

/** What a chain comes to. */
export interface Authority extends ChainRoot {
  /** From the first agent to the one that acts. */
  agents: string[];
  capabilities: ReadonlySet<string>;
  limits: AgentLimits;
  expiresMs: number | null;
}

const mostLinks = 32;

export function beginChain(key: Uint8Array, root: ChainRoot, link: ChainLink): Chain {
  return extendChain({ root, links: [], tag: tagOf(key, root) }, link);
}

export function extendChain(chain: Chain, link: ChainLink): Chain {
  if (chain.links.length >= mostLinks) {
    const names = chain.links.map(({ agent }) => agent);
    throw new HoldfastError(
      'quota-exceeded',
      `a chain of authority has at most ${mostLinks} agents, and this one has as many`,
      {
        hint: 'Each delegation and each handoff adds one, for good. Answer from here, or start a new session.',
        details: { quota: 'chain', ceiling: mostLinks, agents: names.slice(-4) },
      },
    );
  }
  return { root: chain.root, links: [...chain.links, link], tag: tagOf(Buffer.from(chain.tag, 'hex'), link) };
}

/** @throws HoldfastError `forbidden` when the chain is not one that this host began, or is over */
export function verifyChain(key: Uint8Array, chain: Chain, nowMs: number): Authority {
  if (chain.links.length === 0 || chain.links.length > mostLinks) throw forged('it has no links, or too many');
  const tag = chain.links.reduce((before, link) => tagOf(Buffer.from(before, 'hex'), link), tagOf(key, chain.root));
  const given = Buffer.from(chain.tag, 'hex');
  const made = Buffer.from(tag, 'hex');
  if (given.length !== made.length || !timingSafeEqual(given, made))
    throw forged('its tag is not the one it must have');
  const authority = authorityOf(chain);
  if (authority.expiresMs !== null && nowMs >= authority.expiresMs) throw forged('it is over');
  return authority;
}

function authorityOf({ root, links }: Chain): Authority {
  const [first, ...rest] = links;
  const limits = { ...(first?.limits ?? { steps: 0, tokens: 0, cents: 0, wallMs: 0, depth: 0 }) };
  let capabilities = first?.capabilities ?? [];
  let expiresMs = first?.expiresMs ?? null;
  for (const link of rest) {
    capabilities = capabilities.filter((held) => link.capabilities.includes(held));
    for (const name of limitNames) limits[name] = Math.min(limits[name], link.limits[name]);
    if (link.expiresMs !== null) expiresMs = Math.min(expiresMs ?? Number.POSITIVE_INFINITY, link.expiresMs);
  }
  return {
    tenant: root.tenant,
    person: root.person,
    agents: links.map(({ agent }) => agent),
    capabilities: new Set(capabilities),
    limits,
    expiresMs,
  };
}

const tagOf = (key: Uint8Array, value: unknown): string =>
  createHmac('sha256', key).update(canonicalJson(value)).digest('hex');

function forged(why: string): HoldfastError {
  return new HoldfastError('forbidden', `the chain of authority is not valid: ${why}`, {
    hint: 'Nothing was done. Start a new session.',
  });
}
