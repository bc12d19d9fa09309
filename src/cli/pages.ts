/** Listings as whole: the service answers them by pages. */
import type { Page } from '../schema/index.ts';

/** @param ask for one page; of the first without a cursor */
export async function allPages<T>(ask: (page: { limit: number; cursor?: string }) => Promise<Page<T>>): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await ask({ limit: 1000, ...(cursor === null ? {} : { cursor }) });
    found.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}
