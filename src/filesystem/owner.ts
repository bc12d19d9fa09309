/** Owners inside a sandbox, as they stand on disk. */
import type { StoreOwner } from './types.ts';

export const insideIds = { root: 0, agent: 1000, nobody: 65_534 } as const;

/** Ids a sandbox has: 0 to 65535. */
export const sandboxIds = 65_536;

/** Host ids of an id inside; null where everything is the one ordinary user's. */
export function ownerOf(owner: StoreOwner, inside: number): { uid: number; gid: number } | null {
  return owner === 'self' ? null : { uid: owner.idBase + inside, gid: owner.idBase + inside };
}

/** The id inside of a host id; an ordinary user's files are the agent's. */
export function insideId(owner: StoreOwner, host: number): number {
  if (owner === 'self') return insideIds.agent;
  const inside = host - owner.idBase;
  return inside >= 0 && inside < sandboxIds ? inside : insideIds.nobody;
}
