/** Whose rules count for what an agent does: its own, and those of all for whom it works, here and in other runtimes. */
import type { AgentManifest, Delegation, SignedLink } from '../schema/index.ts';
import { agentOf } from './manifest.ts';
import type { Turn } from './program.ts';

export type AgentRules = Pick<AgentManifest, 'name' | 'policies' | 'approvals'>;

/** In the order of the chain. */
export function agentsOfChain({
  authority,
  bundle,
  above,
}: Pick<Turn, 'authority' | 'bundle' | 'above'>): AgentRules[] {
  const own = authority.agents.slice(above.length).map((name) => agentOf(bundle, name));
  return [...above, ...own];
}

/** Of the agents of other runtimes, which this one has no manifests of. */
export function rulesAbove(links: readonly SignedLink[]): AgentRules[] {
  return links.map(({ agent, policies, approvals }) => ({ name: agent, policies, approvals }));
}

export const linksOf = ({ segments }: Delegation): SignedLink[] => segments.flatMap(({ links }) => links);
