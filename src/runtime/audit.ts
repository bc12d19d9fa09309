/**
 * The audit log of a runtime, opened for those who have sessions or ask for it: no start of a daemon pays for it otherwise.
 *
 * 1. What is written to a session's log passes the witness inside the same transaction: what cannot be logged is not written.
 *    Before the log is open, nothing can be.
 * 2. Old segments go once a day, while it is open; a log that is there is opened soon after a start for that.
 * 3. That it is down is published outside of the transaction in which that was seen, which is undone.
 */
import type { AuditLog, AuditPlaces, Retention } from '../audit/index.ts';
import { type Clock, existsSync, join, type Log, type RandomSource, type Scope } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { EventBus, Store, Witness } from '../state/index.ts';
import { defaultTenant } from './core.ts';

export interface AuditOptions {
  /** Directory of the keys; `audit-keys` in the home when absent. Better elsewhere: who has both reads everything. */
  keys?: string;
  /** Where signed checkpoints go: a directory, or an address; `audit-checkpoints` in the home when absent. Better elsewhere. */
  checkpoints?: string;
  /** A program that takes each checkpoint too, on its standard input: its path. What it does not take in time stops the log. */
  keeper?: string;
  /** How long entries are kept, at least 183 days, which is also what is usual. */
  retentionDays?: number;
  /** Longer for those of a class: what is about a person is `personal`, all else `internal`. */
  retentionDaysOf?: Partial<Retention>;
}

interface Parts {
  home: string;
  store: Pick<Store, 'legalHolds'>;
  clock: Clock;
  random: RandomSource;
  log: Log;
  events: EventBus;
  scope: Scope;
}

const dayMs = 86_400_000;
const firstLookMs = 60_000;

export class LateAudit {
  readonly places: AuditPlaces;
  readonly #options: AuditOptions;
  readonly #parts: () => Parts;
  #opened: Promise<AuditLog> | null = null;
  #sessions: Witness | null = null;

  constructor(home: string, options: AuditOptions, parts: () => Parts) {
    this.#options = options;
    this.places = {
      directory: join(home, 'audit'),
      keys: options.keys ?? join(home, 'audit-keys'),
      checkpoints: options.checkpoints ?? join(home, 'audit-checkpoints'),
      ...(options.keeper === undefined ? {} : { keeper: options.keeper }),
    };
    this.#parts = parts;
  }

  /** What was said of it is right, before anything begins. @throws HoldfastError `invalid-argument` for a retention below the floor */
  async check(): Promise<void> {
    const { retentionDays, retentionDaysOf = {} } = this.#options;
    if (retentionDays !== undefined || Object.keys(retentionDaysOf).length > 0) await this.retentionDays();
  }

  /** By class. */
  async retentionDays(): Promise<Retention> {
    const { retentionOf, shortestRetentionDays } = await import('../audit/index.ts');
    return retentionOf(this.#options.retentionDays ?? shortestRetentionDays, this.#options.retentionDaysOf);
  }

  /** Given to the store when it is opened. */
  readonly witness: Witness = {
    see: (...seen) => {
      if (this.#sessions) return this.#sessions.see(...seen);
      throw new HoldfastError('audit-unavailable', 'the audit log is not open', { hint: 'Try again.' });
    },
    consent: () => this.#sessions?.consent(),
  };

  /** Who turns what sessions write into entries. */
  onSessions(witness: Witness): void {
    this.#sessions = witness;
  }

  open(): Promise<AuditLog> {
    this.#opened ??= this.#load();
    return this.#opened;
  }

  /** Not waited for by the start. */
  openLater(): void {
    if (!existsSync(this.places.directory)) return;
    const { clock, log, scope } = this.#parts();
    const cancel = clock.after(firstLookMs, () => {
      this.open().catch((error: unknown) => log.error({ err: error }, 'the audit log was not opened'));
    });
    scope.onClose(cancel);
  }

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => null);
    await opened?.close();
  }

  async #load(): Promise<AuditLog> {
    const { clock, random, log, scope } = this.#parts();
    const { AuditLog: Audit } = await import('../audit/index.ts');
    const audit = await Audit.open({
      places: this.places,
      clock,
      random,
      log,
      onChange: (state, reason) => this.#publishLater(state, reason),
    });
    let cancel = (): void => undefined;
    const tend = (): void => {
      this.#tend(audit).catch((error: unknown) => log.error({ err: error }, 'old segments of the audit log stay'));
      cancel = clock.after(dayMs, tend);
    };
    tend();
    scope.onClose(() => cancel());
    return audit;
  }

  /** Invariant 3. A transaction is over when whoever runs in it gave way. */
  #publishLater(state: 'down' | 'up', reason: string | null): void {
    const { events, log } = this.#parts();
    Promise.resolve()
      .then(() => events.publish({ type: `audit-${state}`, tenant: defaultTenant, data: { reason } }))
      .catch((error: unknown) => log.error({ err: error, state }, 'what became of the audit log was not published'));
  }

  async #tend(audit: AuditLog): Promise<void> {
    if (audit.failure) return;
    const { clock, store } = this.#parts();
    const holds = (): ReturnType<Store['legalHolds']['list']> => store.legalHolds.list(null);
    const { tendRetention } = await import('../audit/index.ts');
    await tendRetention(audit, { clock, days: await this.retentionDays(), owner: defaultTenant, holds });
  }
}
