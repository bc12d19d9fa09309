/**
 * Ending very many sessions at once, which is the switch for emergencies.
 *
 * 1. What is under way is cut off first, some in one write, and others get their turn in between: what must not begin meanwhile is
 *    stopped before.
 * 2. Of a crowd that waits, all rows say in one write that they are over, and that is logged with it, or not done. Nothing wakes them
 *    from then on. What their logs get is owed: each is written right after, with when it ended, also by the next daemon, and before
 *    anybody reads that log.
 * 3. While the audit log cannot be written nothing ends: what is under way is cut off, and all are paused.
 */
import { type Clock, giveWay, isoTime, type Log } from '../base/index.ts';
import type { SessionOutcome } from '../schema/index.ts';
import type { SessionRecord, Store } from '../state/index.ts';
import { isUnlogged } from './context.ts';
import { writeOwedEnd } from './ends.ts';
import { cancelled } from './refusals.ts';

interface Parts {
  store: Pick<Store, 'sessions' | 'transaction'>;
  clock: Clock;
  log: Log;
  /** Of the entries that are written now. */
  format: number;
  /** Ends them and all below in one write, cut off; answers how many. */
  end(records: readonly SessionRecord[], reason: string, by: string | null): number;
  /** Cuts them off and pauses them; nothing is written to their logs. */
  standStill(record: SessionRecord, reason: string): void;
  /** The newest format of it and all above it. */
  newest(record: SessionRecord): number;
  /** Told after an end that was owed is written for good. */
  written(id: string): void;
}

export interface ManyEnded {
  ended: number;
  /** Not ended, because that could not be logged. */
  paused: number;
}

export interface Ending {
  /** Null: of every one. */
  tenant: string | null;
  agent: string | null;
  reason: string;
  by?: string | null;
  /** Logs that so many that wait are over now, in the same write: what it throws undoes it. */
  logCrowd?: ((count: number) => void) | undefined;
}

/** In one write, before others get their turn. */
const atOnce = 32;
/** So many that wait are ended as all others are; more are a crowd. */
const mostInFull = 256;
const againAfterMs = 1000;

export class ManyEnds {
  readonly #parts: Parts;
  #writing: Promise<void> | null = null;
  #cancelAgain: (() => void) | null = null;
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Goes on with what an earlier run owed. */
  open(): void {
    if (this.#parts.store.sessions.owing(1).length > 0) this.#writeSoon();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelAgain?.();
    await this.#writing;
  }

  async endAll(ending: Ending): Promise<ManyEnded> {
    const { sessions } = this.#parts.store;
    const { tenant, agent } = ending;
    const crowd = new Set(sessions.parkedIds(tenant, agent, this.#parts.format));
    const all = sessions.livingIds(tenant, agent);
    if (crowd.size <= mostInFull) return this.#endInFull(all, ending);
    const first = await this.#endInFull(
      all.filter((id) => !crowd.has(id)),
      ending,
    );
    const parked = this.#endCrowd(ending);
    // Woken since it was looked at: all that is left of it, or at work beside what is paused.
    const left = parked.paused > 0 ? sessions.running().map(({ id }) => id) : sessions.livingIds(tenant, agent);
    const last = await this.#endInFull(
      left.filter((id) => crowd.has(id)),
      ending,
    );
    return {
      ended: first.ended + parked.ended + last.ended,
      paused: first.paused + parked.paused + last.paused,
    };
  }

  /** Writes what the log of that one is owed. @throws HoldfastError `audit-unavailable`, and it is owed still */
  settle(id: string): void {
    this.#write([id]);
  }

  /** Resolves when no log is owed anything. @throws HoldfastError `audit-unavailable` */
  async settled(): Promise<void> {
    for (;;) {
      const ids = this.#parts.store.sessions.owing(atOnce);
      if (ids.length === 0 || this.#closed) return;
      this.#write(ids);
      await giveWay();
    }
  }

  async #endInFull(ids: readonly string[], { reason, by = null }: Ending): Promise<ManyEnded> {
    const still = new Set<string>();
    let ended = 0;
    for (let from = 0; from < ids.length; from += atOnce) {
      if (from > 0) await giveWay();
      const some = this.#endable(ids.slice(from, from + atOnce), still);
      try {
        ended += this.#parts.end(some, reason, by);
      } catch (failure) {
        if (!isUnlogged(failure)) throw failure;
        for (const record of some) {
          if (!this.#isBelow(record.id, still)) this.#parts.standStill(record, reason);
          still.add(record.id);
        }
      }
    }
    return { ended, paused: still.size };
  }

  #endCrowd({ tenant, agent, reason, by = null, logCrowd }: Ending): ManyEnded {
    const { store, clock, format } = this.#parts;
    const { sessions } = store;
    const outcome: SessionOutcome = { ok: false, error: cancelled(reason).toBody() };
    const end = { outcome, endedAt: isoTime(clock.nowMs()), by };
    try {
      const ended = store.transaction(() => {
        const count = sessions.endParked(tenant, agent, format, end);
        if (count > 0) logCrowd?.(count);
        return count;
      });
      this.#writeSoon();
      return { ended, paused: 0 };
    } catch (failure) {
      if (!isUnlogged(failure)) throw failure;
      return { ended: 0, paused: sessions.pauseParked(tenant, agent, format) };
    }
  }

  /** Those of them that are not over or erased by now, nor of a newer version, nor below one that stands still, with which they do. */
  #endable(ids: readonly string[], still: Set<string>): SessionRecord[] {
    const { store, format, log, newest } = this.#parts;
    return ids.flatMap((id) => {
      const record = store.sessions.get(id);
      if (!record || record.endedAt !== null) return [];
      const isHeld = this.#isBelow(id, still);
      if (isHeld) still.add(id);
      else if (newest(record) <= format) return [record];
      else log.warn({ session: id, format: record.format }, 'a session of a newer format is not cancelled');
      return [];
    });
  }

  #isBelow(id: string, some: ReadonlySet<string>): boolean {
    return some.size > 0 && this.#parts.store.sessions.chain(id).some((each) => some.has(each.id));
  }

  #writeSoon(): void {
    if (this.#closed) return;
    this.#writing ??= this.settled()
      .catch((failure: unknown) => {
        if (!isUnlogged(failure))
          this.#parts.log.error({ error: failure }, 'ends of sessions are not in their logs yet');
        if (!this.#closed) this.#cancelAgain = this.#parts.clock.after(againAfterMs, () => this.#writeSoon());
      })
      .finally(() => {
        this.#writing = null;
      });
  }

  #write(ids: readonly string[]): void {
    const { store, written } = this.#parts;
    const done = store.transaction(() => ids.filter((id) => writeOwedEnd(store, id)));
    for (const id of done) written(id);
  }
}
