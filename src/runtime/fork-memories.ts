/**
 * What a session and its turns remembered, in a fork of it.
 *
 * 1. The fork has what there was after the last entry of its log, also where that was replaced since: the log has what it was.
 * 2. Nothing lives longer by that, and what either of the two remembers from then on the other one does not see.
 */
import { rememberedIn } from '../agents/index.ts';
import type { MemoryRecord, SessionRecord, StoredEntry } from '../state/index.ts';
import type { Core } from './core.ts';

/** Part of the transaction that makes the fork. */
export function copyMemories(
  { store, clock }: Pick<Core, 'store' | 'clock'>,
  { id, tenant }: Pick<SessionRecord, 'id' | 'tenant'>,
  fork: string,
  kept: readonly StoredEntry[],
): void {
  const nowMs = clock.nowMs();
  const lastAt = kept.at(-1)?.at ?? '';
  const then = new Map(rememberedIn(kept).map((each) => [nameOf(each), each]));
  for (const record of store.memories.ofSession(tenant, id, nowMs)) {
    const was = record.writtenAt <= lastAt ? record : before(record, then.get(nameOf(record)));
    if (was && was.expiresMs > nowMs) store.memories.put({ ...was, owner: `${fork}${record.owner.slice(id.length)}` });
  }
}

const nameOf = ({ slot, key }: { slot: string; key: string }): string => JSON.stringify([slot, key]);

/** Of a turn only its own is known: what another one kept under that name is not it. */
function before(record: MemoryRecord, was: { value: string; at: string } | undefined): MemoryRecord | null {
  if (!was || record.scope !== 'session') return null;
  const { value, at } = was;
  const keptForMs = record.expiresMs - Date.parse(record.writtenAt);
  return { ...record, value, writtenAt: at, expiresMs: Date.parse(at) + keptForMs };
}
