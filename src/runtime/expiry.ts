/** What is kept for a time goes when that is over: when a runtime is opened, and once a day while it is. */
import { HoldfastError } from '../schema/index.ts';
import type { Core } from './core.ts';
import { loseOldCopies } from './throw-away.ts';

const dayMs = 86_400_000;
/** A key repeated after this long is a new request. */
const idempotencyKeptMs = 7 * dayMs;
/** What channels did. Longer than any service repeats what it sent: seven days. */
const channelsKeptMs = 30 * dayMs;
/** Sandboxes that are gone: `ps --all` shows them. */
const goneKeptMs = 30 * dayMs;
const shortestJournalMs = dayMs;

/** @throws HoldfastError `invalid-argument` */
export function refuseShortJournal(keptMs: number | undefined): void {
  if (keptMs === undefined || keptMs >= shortestJournalMs) return;
  throw new HoldfastError('invalid-argument', `the journal cannot be kept for ${keptMs} ms only`, {
    hint: 'A day at least; without it, it is kept for good.',
    details: { keptMs, least: shortestJournalMs },
  });
}

type Parts = Pick<Core, 'store' | 'files' | 'events' | 'journal' | 'contracts' | 'clock' | 'log' | 'scope'>;

/** @param journalKeptMs absent: for good */
export function tendExpired(core: Parts, journalKeptMs?: number): void {
  const { store, journal, contracts, clock, log, scope } = core;
  const failed = (error: unknown): void =>
    log.error({ err: error }, 'what is over its time stays; tried again in a day');
  const tend = (): void => {
    const nowMs = clock.nowMs();
    store.idempotency.purge(nowMs - idempotencyKeptMs);
    store.memories.purge(nowMs);
    store.channels.purge(nowMs - channelsKeptMs, nowMs);
    if (store.sandboxes.forgetEnded(nowMs - goneKeptMs) > 0) contracts.purge();
    loseOldCopies(core, nowMs);
    if (journalKeptMs !== undefined) journal.forgetOlder(nowMs - journalKeptMs).catch(failed);
  };
  let cancel = (): void => undefined;
  const tomorrow = (): void => {
    cancel = clock.after(dayMs, () => {
      try {
        tend();
      } catch (error) {
        failed(error);
      }
      tomorrow();
    });
  };
  tend();
  tomorrow();
  scope.onClose(() => cancel());
}
