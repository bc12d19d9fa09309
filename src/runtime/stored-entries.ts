/** Reads the log of a session as it is now, a page at a time: a slow reader holds one page in memory, and nobody up. */
import type { SessionRecord, Store, StoredEntry } from '../state/index.ts';

const pageSize = 256;

export async function* storedEntries(
  sessions: Pick<Store['sessions'], 'entries'>,
  { id, position }: Pick<SessionRecord, 'id' | 'position'>,
  after: number,
): AsyncGenerator<StoredEntry> {
  for (let from = after; from < position; ) {
    const page = sessions.entries(id, from, Math.min(pageSize, position - from));
    yield* page;
    const last = page.at(-1);
    // Removed meanwhile.
    if (!last) return;
    from = last.position;
  }
}
