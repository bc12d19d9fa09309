/** What is kept for a time goes when that is over: when a runtime is opened, and once a day while it is. */
import type { Clock, Log, Scope } from '../base/index.ts';
import type { Store } from '../state/index.ts';

interface Parts {
  store: Pick<Store, 'idempotency' | 'memories' | 'channels'>;
  clock: Clock;
  log: Log;
  scope: Scope;
}

const dayMs = 86_400_000;
/** A key repeated after this long is a new request. */
const idempotencyKeptMs = 7 * dayMs;
/** What channels did. Longer than any service repeats what it sent: seven days. */
const channelsKeptMs = 30 * dayMs;

export function tendExpired({ store, clock, log, scope }: Parts): void {
  const tend = (): void => {
    const nowMs = clock.nowMs();
    store.idempotency.purge(nowMs - idempotencyKeptMs);
    store.memories.purge(nowMs);
    store.channels.purge(nowMs - channelsKeptMs, nowMs);
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
