/**
 * A session's log in the hands of its one writer.
 *
 * 1. An effect's intent is on the disk before the effect begins; its result, what it used and what it gives back are one
 *    write. So a crash leaves an intent without a result at most, and `step` goes on with that one under the same key.
 * 2. What an interrupted step had been given to use counts as used: whoever was asked may have done the work.
 * 3. A step that is not the one the log expects is refused (`internal`): a program must follow from its log.
 * 4. Nothing is written or begun for a session that is held back (held-back.ts), or that somebody else took.
 * 5. A result that cannot be logged is kept and waits until it can: what was done is not done again for that.
 * 6. What was written in a group and could not be committed is not counted on: nothing follows it, and the session goes on
 *    from what its log has.
 */
import { type Clock, canonicalDigest, type Scope, untilOrEnded } from '../base/index.ts';
import { type AgentLimits, type EntryKind, HoldfastError, isHoldfastError } from '../schema/index.ts';
import type {
  Booking,
  ChainRecord,
  HoldAmounts,
  NewSessionEntry,
  SessionPatch,
  SessionRecord,
  Store,
  StoredEntry,
} from '../state/index.ts';
import type { Drafts } from './drafts.ts';
import { heldBack } from './held-back.ts';
import { isFull, tooLong } from './room.ts';
import { limitsAfter } from './shares.ts';
import { type FirstSlice, sliceOf, TimeMeter } from './time-meter.ts';
import { lostBy, notCommitted } from './together.ts';
import type { DurableContext, NewSession, Program, Step } from './types.ts';

export interface ContextParts {
  store: Pick<Store, 'sessions' | 'stops' | 'transaction' | 'grouped' | 'consented' | 'onceCommitted' | 'durable'>;
  clock: Clock;
  program: Program;
  drafts: Drafts;
  /** Told after entries were written. */
  onWritten(entries: readonly StoredEntry[]): void;
  /** Told when a result waits until it can be logged. */
  onBlocked(error: HoldfastError): void;
  /** Makes the row and the first entry of a session; part of the caller's transaction. */
  insert(input: NewSession): SessionRecord;
  /** Told after that was written for good. */
  onDelegated(child: SessionRecord): void;
}

interface Begun extends FirstSlice {
  position: number;
  /** What is held for it, its first slice of time included. */
  amounts: HoldAmounts;
  /** An earlier run began it and did not end it. */
  isRedone: boolean;
}

/** Thrown to leave a turn at a point where nothing is under way. */
export class Stopped extends Error {}

export const pageSize = 512;
const againAfterMs = 250;

export class SessionContext implements DurableContext {
  readonly scope: Scope;
  readonly #parts: ContextParts;
  readonly #id: string;
  readonly #fence: number;
  #entries: StoredEntry[] = [];
  #session: SessionRecord;
  /** Whether a step of before may have left what it held. */
  #mayHold = true;
  /** Why something this context wrote is not in the log. */
  #lost: { failure: unknown } | null = null;

  constructor(parts: ContextParts, id: string, fence: number, scope: Scope) {
    this.#parts = parts;
    this.#id = id;
    this.#fence = fence;
    this.scope = scope;
    this.#session = mustGet(parts, id);
    this.refresh();
    if (this.#session.format < parts.program.format) this.#upgrade();
  }

  get session(): SessionRecord {
    return this.#session;
  }
  get entries(): readonly StoredEntry[] {
    return this.#entries;
  }
  /** Of the newest entry that the program can have seen. */
  get seen(): number {
    return this.#entries.at(-1)?.position ?? 0;
  }

  nowMs(): number {
    return this.#parts.clock.nowMs();
  }

  left(): AgentLimits {
    const chain = this.#parts.store.sessions.chain(this.#id);
    const least = (name: keyof AgentLimits): number =>
      Math.min(...chain.map(({ limits, spent, held }) => limits[name] - spent[name] - held[name]));
    const [steps, tokens, cents, wallMs] = [least('steps'), least('tokens'), least('cents'), least('wallMs')];
    return { steps, tokens, cents, wallMs, depth: Math.min(...chain.map(({ limits }, below) => limits.depth - below)) };
  }

  /** Takes in what others wrote. */
  refresh(): void {
    const { store, program } = this.#parts;
    this.#session = mustGet(this.#parts, this.#id);
    for (;;) {
      const page = store.sessions.entries(this.#id, this.seen, pageSize);
      this.#entries.push(...page.map((entry) => current(program, entry)));
      if (page.length < pageSize) return;
    }
  }

  note(kind: EntryKind, data: Record<string, unknown>, price: HoldAmounts = {}): StoredEntry {
    this.#mayGoOn();
    if (Object.keys(price).length === 0) return this.write([{ kind, data }]);
    return this.#parts.store.transaction(() => {
      this.#pay(price);
      return this.write([{ kind, data }]);
    });
  }

  async step({ name, request, hold, timeoutMs, perform }: Step): Promise<StoredEntry> {
    this.scope.throwIfEnded();
    const begun = this.#begin(name, request, hold);
    const { key, amounts: held } = begun;
    await this.#parts.store.durable();
    const { store } = this.#parts;
    using meter = new TimeMeter(this.#parts, this.#id, begun);
    await using scope = this.scope.child({ name, timeoutMs, signal: meter.signal });
    // Closed after the result was written: a reader finds one of the two.
    using draft = this.#parts.drafts.open(this.#id, begun.position, begun.isRedone);
    const more: string[] = [];
    const holdMore = (amounts: HoldAmounts): Promise<void> => this.#holdMore(key, more, amounts);
    const { data, used } = await untilOrEnded(perform(key, scope, { draft, holdMore }), this.scope);
    this.scope.throwIfEnded();
    const usedMs = meter.stop();
    const amounts = used ?? hold;
    const written = await this.#whenLogged(() =>
      store.grouped(() => {
        meter.giveBack();
        for (const each of more) store.sessions.settle(each, used ? {} : 'all');
        const actual = { ...amounts, wallMs: usedMs + (amounts.wallMs ?? 0) };
        const outcome = { kind: 'outcome', data: { key, name, ...data } } as const;
        return this.write([outcome], {}, { settle: key, amounts: held, actual });
      }),
    );
    this.#mayHold = false;
    return written;
  }

  /** Found by the next step, or by the end, when a crash comes before this one's result. */
  async #holdMore(key: string, held: string[], amounts: HoldAmounts): Promise<void> {
    const { sessions, durable } = this.#parts.store;
    this.scope.throwIfEnded();
    const name = `${key} more ${held.length + 1}`;
    sessions.hold(name, this.#id, amounts);
    held.push(name);
    await durable();
  }

  async #whenLogged<T>(write: () => T): Promise<T> {
    for (;;) {
      const [session, seen] = [this.#session, this.#entries.length];
      try {
        const written = write();
        await this.#parts.store.consented();
        return written;
      } catch (error) {
        if (!isUnlogged(error)) throw error;
        [this.#session, this.#entries.length, this.#lost] = [session, seen, null];
        this.#parts.onBlocked(error);
        await this.#parts.clock.sleep(againAfterMs, this.scope.signal);
        this.scope.throwIfEnded();
      }
    }
  }

  delegate(
    child: Omit<NewSession, 'tenant' | 'parent' | 'person'>,
    note: Record<string, unknown>,
    price: HoldAmounts = {},
  ): SessionRecord {
    this.#mayGoOn();
    const made = this.#parts.store.transaction(() => {
      this.#pay(price);
      const { tenant, person, id: parent } = this.#session;
      const inserted = this.#parts.insert({ ...child, tenant, person, parent });
      this.write([{ kind: 'delegated', data: { ...note, child: inserted.id } }]);
      return inserted;
    });
    this.#parts.onDelegated(made);
    return made;
  }

  handOff(data: Record<string, unknown>, limits: AgentLimits, price: HoldAmounts = {}): StoredEntry {
    this.#mayGoOn();
    return this.#parts.store.transaction(() => {
      this.#pay(price);
      return this.write([{ kind: 'handed-off', data }], {
        limits: limitsAfter(mustGet(this.#parts, this.#id), limits),
      });
    });
  }

  /** Entries, and what changes in the row with them; answers the last. */
  write(news: readonly NewSessionEntry[], patch: SessionPatch = {}, booking: Booking | null = null): StoredEntry {
    const { store, program, onWritten } = this.#parts;
    this.refuseLost();
    const written = store.sessions.append(this.#id, this.#fence, news, patch, booking);
    const [first] = written;
    const last = written.at(-1);
    if (!first || !last) throw new HoldfastError('internal', 'an entry of the session repeats a key');
    if (first.position <= this.seen) throw notCommitted(this.#id);
    if (first.position === this.seen + 1) {
      this.#entries.push(...written.map((entry) => current(program, entry)));
      this.#session = { ...this.#session, ...patch, position: last.position };
    } else this.refresh();
    store.onceCommitted(
      () => onWritten(written),
      (failure) => {
        this.#lost ??= { failure };
      },
    );
    return last;
  }

  /** @throws HoldfastError what kept the log from being written, or `stale-handle`, once something written is not in it */
  refuseLost(): void {
    if (!this.#lost) return;
    throw lostBy(this.#id, this.#lost.failure);
  }

  /** At once, for what has no effect that could be cut off. Part of the caller's transaction. */
  #pay(price: HoldAmounts): void {
    if (Object.keys(price).length === 0) return;
    const key = `${this.#id}/price`;
    this.#parts.store.sessions.hold(key, this.#id, price);
    this.#parts.store.sessions.settle(key, price);
  }

  #mayGoOn(chain: readonly ChainRecord[] = this.#parts.store.sessions.chain(this.#id)): void {
    this.scope.throwIfEnded();
    const [own] = chain;
    if (own?.endedAt !== null || own.fence !== this.#fence) throw new Stopped();
    if (heldBack(this.#parts.store, this.#session.tenant, chain)) throw new Stopped();
    if (isFull(own)) throw tooLong(own);
  }

  /** The intent, and what it may use, in one write; or the intent that a crash left. */
  #begin(name: string, request: Record<string, unknown>, hold: Step['hold']): Begun {
    const { store } = this.#parts;
    const digest = canonicalDigest(request);
    const open = openIntent(this.#entries);
    if (open && (open.data['name'] !== name || open.data['digest'] !== digest)) {
      throw new HoldfastError('internal', `the log of ${this.#id} expects the step ${String(open.data['name'])}`, {
        hint: 'This is a bug in Holdfast; please report it.',
        details: { expected: open.data, found: { name, request } },
      });
    }
    return store.grouped(() => {
      if (this.#mayHold) for (const left of store.sessions.openHolds(this.#id)) store.sessions.settle(left, 'all');
      this.#mayHold = true;
      const chain = store.sessions.chain(this.#id);
      this.#mayGoOn(chain);
      const sliceMs = sliceOf(chain);
      const position = open?.position ?? (chain[0]?.position ?? 0) + 1;
      const key = `${this.#id}/${position}`;
      const amounts = { ...hold, wallMs: sliceMs + (hold.wallMs ?? 0) };
      if (open) store.sessions.hold(key, this.#id, amounts, chain);
      else this.write([{ kind: 'intent', data: { name, digest, request } }], {}, { hold: key, amounts, chain });
      return { key, amounts, sliceMs, position, isRedone: open !== null };
    });
  }

  #upgrade(): void {
    const { format } = this.#parts.program;
    const from = this.#session.format;
    this.write([{ kind: 'upgraded', data: { from, to: format } }], { format });
  }
}

/** An intent whose result the log does not have. */
export function openIntent(entries: readonly StoredEntry[]): StoredEntry | null {
  const last = entries.findLast(({ kind }) => kind === 'intent' || kind === 'outcome');
  return last?.kind === 'intent' ? last : null;
}

function current(program: Program, entry: StoredEntry): StoredEntry {
  let upgraded = entry;
  while (upgraded.format < program.format) {
    const { format } = upgraded;
    const upgrade = program.upgrades[format];
    if (!upgrade) throw newerOrUnknown(entry.session, format, program.format);
    upgraded = { ...upgrade(upgraded), format: format + 1 };
  }
  return upgraded;
}

/** Nothing of it was written, because it could not be logged. */
export const isUnlogged = (error: unknown): error is HoldfastError =>
  isHoldfastError(error) && error.code === 'audit-unavailable';

export function newerOrUnknown(id: string, format: number, known: number): HoldfastError {
  return new HoldfastError(
    'state-unusable',
    `session ${id} has format ${format}, and this version goes up to ${known}`,
    {
      hint: 'Run the newer Holdfast that wrote it; the session is untouched.',
      details: { session: id, format, known },
    },
  );
}

function mustGet({ store }: Pick<ContextParts, 'store'>, id: string): SessionRecord {
  const record = store.sessions.get(id);
  if (record) return record;
  throw new HoldfastError('session-not-found', `there is no session ${id}`);
}
