/** The link that an agent's manifest is worth in a chain of authority, and whether a link is that of its agent. */
import { type AgentBundle, type AgentManifest, HoldfastError } from '../../schema/index.ts';
import { digestOf } from '../manifest.ts';
import type { ChainLink } from './chain.ts';

/** A manifest that was read is never changed, and looked at in every step. */
const digests = new WeakMap<AgentManifest, string>();

export function linkOf(manifest: AgentManifest): ChainLink {
  return {
    agent: manifest.name,
    manifest: manifestDigest(manifest),
    capabilities: [...manifest.grants].sort(),
    limits: manifest.limits,
    expiresMs: null,
  };
}

/**
 * A chain is for the agents that it was made with: not for others of their names.
 * @throws HoldfastError `forbidden` when a link is of another manifest than its agent has here
 */
export function refuseOtherAgents(links: readonly ChainLink[], { agents }: AgentBundle): void {
  for (const { agent, manifest } of links) {
    const here = agents.find(({ name }) => name === agent);
    if (here && manifestDigest(here) === manifest) continue;
    throw new HoldfastError('forbidden', `the chain of authority was made with another ${agent} than the session has`, {
      hint: 'Nothing was done. Start a new session.',
      details: { agent },
    });
  }
}

function manifestDigest(manifest: AgentManifest): string {
  let digest = digests.get(manifest);
  if (digest === undefined) {
    digest = digestOf(manifest);
    digests.set(manifest, digest);
  }
  return digest;
}
