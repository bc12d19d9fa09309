/** Paging by id: ids sort by time of birth, so a cursor is just the last id seen and stays right while rows come and go. */
import { HoldfastError, type IdKind, isId, type Page } from '../schema/index.ts';

const defaultLimit = 100;

export function page<T extends { id: string }>(
  kind: IdKind,
  query: { limit?: number; cursor?: string },
  select: (after: string, limit: number) => T[],
): Page<T> {
  if (query.cursor !== undefined && !isId(kind, query.cursor)) {
    throw new HoldfastError('invalid-argument', `${JSON.stringify(query.cursor)} is not a cursor of this listing`, {
      hint: 'Give back `nextCursor` of the page before, unchanged.',
    });
  }
  const limit = query.limit ?? defaultLimit;
  const found = select(query.cursor ?? '', limit + 1);
  const items = found.slice(0, limit);
  return { items, nextCursor: found.length > limit ? (items.at(-1)?.id ?? null) : null };
}
