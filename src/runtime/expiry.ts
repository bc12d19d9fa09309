/** What is kept for a time goes when that is over: when a runtime is opened, and once a day while it is. */
import type { Core } from './core.ts';
import { loseOldCopies } from './throw-away.ts';

const dayMs = 86_400_000;
/** A key repeated after this long is a new request. */
const idempotencyKeptMs = 7 * dayMs;
/** What channels did. Longer than any service repeats what it sent: seven days. */
const channelsKeptMs = 30 * dayMs;

export function tendExpired(core: Pick<Core, 'store' | 'files' | 'events' | 'clock' | 'log' | 'scope'>): void {
  const { store, clock, log, scope } = core;
  const tend = (): void => {
    const nowMs = clock.nowMs();
    store.idempotency.purge(nowMs - idempotencyKeptMs);
    store.memories.purge(nowMs);
    store.channels.purge(nowMs - channelsKeptMs, nowMs);
    loseOldCopies(core, nowMs);
  };
  let cancel = (): void => undefined;
  const tomorrow = (): void => {
    cancel = clock.after(dayMs, () => {
      try {
        tend();
      } catch (error) {
        log.error({ err: error }, 'what is over its time stays; tried again in a day');
      }
      tomorrow();
    });
  };
  tend();
  tomorrow();
  scope.onClose(() => cancel());
}
