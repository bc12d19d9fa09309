/** What is kept for a time goes when that is over: when a runtime is opened, and once a day while it is. */
import { HoldfastError } from '../schema/index.ts';
import type { Core } from './core.ts';
import { removeOver } from './session-removal.ts';
import { loseOldCopies } from './throw-away.ts';

const dayMs = 86_400_000;
/** A key repeated after this long is a new request. */
const idempotencyKeptMs = 7 * dayMs;
/** What channels did. Longer than any service repeats what it sent: seven days. */
const channelsKeptMs = 30 * dayMs;
/** Sandboxes that are gone: `ps --all` shows them. */
const goneKeptMs = 30 * dayMs;

/** How long what nobody said anything of is kept: for good. */
export interface Times {
  journalMs: number | undefined;
  /** Sessions that are over. */
  sessionsMs: number | undefined;
}
/** Of a session, as long as the keys of its calls. */
const shortest = { journalMs: dayMs, sessionsMs: idempotencyKeptMs };
const named = { journalMs: 'the journal', sessionsMs: 'sessions that are over' };

/** @throws HoldfastError `invalid-argument` */
export function refuseShort(times: Times): void {
  for (const what of ['journalMs', 'sessionsMs'] as const) {
    const { [what]: keptMs } = times;
    const { [what]: least } = shortest;
    if (keptMs === undefined || keptMs >= least) continue;
    throw new HoldfastError('invalid-argument', `${named[what]} cannot be kept for ${keptMs} ms only`, {
      hint: `At least ${least / dayMs} days; for good if nothing is said.`,
      details: { keptMs, least },
    });
  }
}

type Parts = Pick<Core, 'store' | 'files' | 'events' | 'journal' | 'audit' | 'contracts' | 'clock' | 'log' | 'scope'>;

export function tendExpired(core: Parts, { journalMs, sessionsMs }: Times): void {
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
    if (journalMs !== undefined) journal.forgetOlder(nowMs - journalMs).catch(failed);
    if (sessionsMs === undefined) store.sessions.forgetBundles();
    else removeOver(core, nowMs - sessionsMs).catch(failed);
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
