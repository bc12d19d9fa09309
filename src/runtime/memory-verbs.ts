/** Searching what agents remember. A key that names a person finds what is theirs or everybody's, and nothing else. */
import { isoTime } from '../base/index.ts';
import { type MemoryEntry, parseInput, type SearchMemories, searchMemoriesSchema } from '../schema/index.ts';
import type { MemoryRecord, Store } from '../state/index.ts';
import { type Caller, type Core, defaultTenant, ownerPerson } from './core.ts';

const usualFound = 50;
const mostFound = 1000;

export function searchMemories(
  { store, clock }: Core,
  { tenant, person }: Caller,
  input: SearchMemories,
): MemoryEntry[] {
  const { query, limit = usualFound, ...place } = parseInput(searchMemoriesSchema, input, 'search');
  const { scope, owner, slot } = place;
  const where = {
    tenant,
    ...(scope === undefined ? {} : { scope }),
    ...(owner === undefined ? {} : { owner }),
    ...(slot === undefined ? {} : { slot }),
  };
  const isEverybodys = person === null || (tenant === defaultTenant && person === ownerPerson);
  return store.memories
    .search({ ...where, query, limit: mostFound }, clock.nowMs())
    .filter((each) => isEverybodys || mayRead(store, person, each))
    .slice(0, limit)
    .map(({ tenant: _, expiresMs, ...each }) => ({ ...each, expiresAt: isoTime(expiresMs) }));
}

function mayRead({ sessions }: Pick<Store, 'sessions'>, person: string, { scope, owner }: MemoryRecord): boolean {
  if (scope === 'user') return owner === person;
  const [session = ''] = owner.split('/');
  return scope === 'tenant' || sessions.get(session)?.person === person;
}
