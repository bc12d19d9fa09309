/** Sandboxes that are awake while nobody works in them. */
import type { SessionRecord, Store } from '../state/index.ts';

/** Sessions that wait while their sandbox does not stand still. */
export const awakeInVain = ({ sessions, sandboxes }: Pick<Store, 'sessions' | 'sandboxes'>): SessionRecord[] =>
  sessions.waitingInSandboxes().filter(({ sandbox }) => sandbox !== null && sandboxes.get(sandbox)?.state === 'ready');
