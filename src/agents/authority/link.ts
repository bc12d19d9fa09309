/** The link that an agent's manifest is worth in a chain of authority. */
import type { AgentManifest } from '../../schema/index.ts';
import { digestOf } from '../manifest.ts';
import type { ChainLink } from './chain.ts';

export function linkOf(manifest: AgentManifest): ChainLink {
  return {
    agent: manifest.name,
    manifest: digestOf(manifest),
    capabilities: [...manifest.grants].sort(),
    limits: manifest.limits,
    expiresMs: null,
  };
}
