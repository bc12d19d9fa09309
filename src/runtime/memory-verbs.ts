/** Searching what agents remember. A key that names a person finds what is theirs or everybody's, and nothing else. */
import { isoTime } from '../base/index.ts';
import { type MemoryEntry, parseInput, type SearchMemories, searchMemoriesSchema } from '../schema/index.ts';
import { type Caller, type Core, defaultTenant, ownerPerson } from './core.ts';

const usualFound = 50;

export function searchMemories(
  { store, clock }: Pick<Core, 'store' | 'clock'>,
  { tenant, person }: Caller,
  input: SearchMemories,
): MemoryEntry[] {
  const { query, limit = usualFound, ...place } = parseInput(searchMemoriesSchema, input, 'search');
  const { scope, owner, slot } = place;
  const isEverybodys = person === null || (tenant === defaultTenant && person === ownerPerson);
  const where = {
    tenant,
    ...(scope === undefined ? {} : { scope }),
    ...(owner === undefined ? {} : { owner }),
    ...(slot === undefined ? {} : { slot }),
    ...(isEverybodys ? {} : { reader: person }),
  };
  return store.memories
    .search({ ...where, query, limit }, clock.nowMs())
    .map(({ tenant: _, person: _person, expiresMs, ...each }) => ({ ...each, expiresAt: isoTime(expiresMs) }));
}
