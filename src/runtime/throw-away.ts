/**
 * Imports that nobody is to keep, such as the copy that `run --repo` works on. Their name is nobody else's.
 *
 * 1. Each goes with the sandbox made of it, however that ended, unless something else needs it still.
 * 2. One that no sandbox was made of, that something else needed for longer, or that could not be removed, goes within two days.
 * 3. What cannot be removed keeps nothing else from being done at the end of a sandbox.
 */
import type { Snapshot } from '../schema/index.ts';
import type { Core } from './core.ts';

export const throwAwayName = 'holdfast-copy';

/** For a sandbox to be made of it. */
const keptMs = 86_400_000;

type Parts = Pick<Core, 'store' | 'files' | 'events' | 'log' | 'scope'>;

/** @param snapshot what a sandbox that is gone was made of */
export function loseCopyOf(parts: Parts, snapshot: string | null): void {
  try {
    const copy = snapshot === null ? null : parts.store.snapshots.getSnapshot(snapshot);
    if (copy?.name === throwAwayName) lose(parts, ({ id }) => id === copy.id);
  } catch (error) {
    parts.log.warn({ error, snapshot }, 'a copy is not removed yet');
  }
}

export function loseOldCopies(parts: Parts, nowMs: number): void {
  lose(parts, ({ createdAt }) => Date.parse(createdAt) <= nowMs - keptMs);
}

function lose({ store, files, events, log, scope }: Parts, isMeant: (copy: Snapshot) => boolean): void {
  const lost = store.snapshots
    .unreferencedSnapshots()
    .filter((snapshot) => snapshot.name === throwAwayName && isMeant(snapshot));
  for (const { id, tenant } of lost) {
    store.snapshots.removeSnapshot(id);
    events.publish({ type: 'snapshot-deleted', tenant, data: { snapshot: id } });
  }
  if (lost.length === 0) return;
  files.collectGarbage(scope).catch((error: unknown) => log.warn({ error }, 'the files of a copy are not removed yet'));
}
