/** What keeps a session from going on, whatever its own state is: a pause of it or of one above, and agents that are stopped. */
import { HoldfastError } from '../schema/index.ts';
import { type ChainRecord, isFromAbove, type StopRecord, type Store } from '../state/index.ts';

type Held = Pick<Store, 'sessions' | 'stops'>;

/** @param chain the session and all above it; null: nothing keeps it */
export function heldBack(
  { sessions, stops }: Held,
  tenant: string,
  chain: readonly Pick<ChainRecord, 'id' | 'agent' | 'paused'>[],
): HoldfastError | null {
  const paused = chain.find((each) => each.paused);
  if (paused) {
    return new HoldfastError('wrong-state', `the session ${paused.id} is paused, with all below it`, {
      hint: `holdfast session resume ${paused.id}`,
      details: { session: paused.id },
    });
  }
  const placed = stops.over(tenant);
  if (placed.length === 0) return null;
  for (const { id, agent } of chain) {
    // Who began it, and who has it now.
    const stop = stopOf(placed, [agent, sessions.handedTo(id) ?? agent]);
    if (stop) return stopped(stop);
  }
  return null;
}

/** @throws HoldfastError `forbidden` when no session may begin with that agent */
export function refuseStopped({ stops }: Pick<Held, 'stops'>, tenant: string, agent: string): void {
  const stop = stopOf(stops.over(tenant), [agent]);
  if (stop) throw stopped(stop);
}

const stopOf = (placed: readonly StopRecord[], agents: readonly string[]): StopRecord | undefined =>
  placed.find(({ agent }) => agent === '' || agents.includes(agent));

/** Names nobody: it may stand in a session's log. */
function stopped(stop: StopRecord): HoldfastError {
  const { tenant, agent, placedAt } = stop;
  const isOwners = isFromAbove(stop);
  const who = agent === '' ? 'all agents are' : `${agent} is`;
  const reach = tenant === '' ? ', for every tenant' : isOwners ? ' by the owner of this daemon' : '';
  const of = tenant === '' ? ' --every-tenant' : isOwners ? ` --tenant ${tenant}` : '';
  const says = isOwners ? 'the owner' : 'somebody';
  return new HoldfastError('forbidden', `${who} stopped${reach}`, {
    hint: `Nothing goes on until ${says} says so: holdfast agents allow ${agent || '--all'}${of}`,
    details: { agent: agent || null, everyTenant: tenant === '', placedAt },
  });
}
