/**
 * Durable sessions on the state database: whose turn it is, and what wakes whom. runs.ts has the turns that are under way.
 *
 * 1. One writer per session: a run takes the session's fence, and whoever took it before can write no more.
 * 2. A session that waits is a row and nothing else: no timer, no memory. One alarm stands for all that wait for a time.
 * 3. No wake-up is lost: an event is written before anybody is woken, and who goes to wait looks whether one came.
 * 4. A restart goes on with all that were under way; nothing else is needed, because all else is in the rows.
 * 5. What a session started ends with it. Its end, and the news of it above, are one write.
 * 6. Nobody is told, and no turn begins, before what it is about was written for good.
 * 7. While the audit log cannot be written nothing goes on: sessions stand as they are and say why, and go on by themselves.
 *    Cancelling one then cuts off what is under way and pauses it.
 * 8. A pause holds for all below. Where an agent is stopped, no session begins with it and none that it has goes on, nor any below,
 *    from the next step on, also after a restart, until that is lifted (held-back.ts).
 * 9. Very many end as many-ends.ts says: the end of some is in their rows at once, and in their logs before anybody reads these.
 */
import { type Clock, type IdMaker, isoTime, type Log, type Scope } from '../base/index.ts';
import {
  asHoldfastError,
  type ErrorBody,
  type EventType,
  HoldfastError,
  isHoldfastError,
  type SessionOutcome,
} from '../schema/index.ts';
import type { SessionPatch, SessionRecord, StopRecord, Store, StoredEntry } from '../state/index.ts';
import { Alarm } from './alarm.ts';
import { logUpTo } from './boundary.ts';
import { isUnlogged, newerOrUnknown, SessionContext, Stopped } from './context.ts';
import { type EndState, writeEnds } from './ends.ts';
import { Followers } from './followers.ts';
import { heldBack, refuseStopped } from './held-back.ts';
import { type Ending, type ManyEnded, ManyEnds } from './many-ends.ts';
import { cancelled, notFound, sameStart, wrongState } from './refusals.ts';
import { mostBytes, refuseFull, tooLong } from './room.ts';
import { copyOf, rowOf, rowOfFork, whoOf } from './rows.ts';
import { Runs } from './runs.ts';
import { limitsOfFork, refuseTooMany } from './shares.ts';
import { together } from './together.ts';
import type { NewEvent, NewFork, NewSession, Program, TurnEnd, Update, Wait } from './types.ts';

export interface EngineParts {
  store: Pick<Store, 'sessions' | 'stops' | 'transaction' | 'grouped' | 'consented' | 'onceCommitted' | 'durable'>;
  clock: Clock;
  newId: IdMaker;
  log: Log;
  scope: Scope;
  program: Program;
  /** Sessions of one tenant that are not over, also those that others delegate to. */
  mostSessions?: number;
  /** Throws when a tenant keeps too much to write so many bytes more. */
  refuseKept?(tenant: string, bytes: number): void;
  onEvent?(type: EventType, session: SessionRecord, data: Record<string, unknown>): void;
}

export class SessionEngine {
  readonly #parts: EngineParts;
  readonly #runs: Runs;
  readonly #alarm: Alarm;
  readonly #followers: Followers;
  readonly #manyEnds: ManyEnds;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    const { sessions } = parts.store;
    this.#alarm = new Alarm(parts.clock, () => sessions.nextWakeMs(parts.program.format), {
      onDue: () => this.#wakeDue(),
      onFailure: (error) => parts.log.error({ error }, 'sessions that are due were not woken; tried again soon'),
    });
    this.#followers = new Followers(sessions);
    this.#runs = new Runs({
      ...parts,
      logOf: (id) => this.get(id),
      isDue: (id) => this.#isDue(id),
      goOn: (id, signal) => this.#goOn(id, signal),
    });
    this.#manyEnds = new ManyEnds({
      ...parts,
      format: parts.program.format,
      end: (records, reason, by) => this.#end(records, reason, by),
      standStill: (record, reason) => this.#standStill(record, cancelled(reason)),
      newest: (record) => this.#newest(record),
      written: (id) => {
        this.#followers.tell(id);
        this.#announceEnd(id);
      },
    });
  }

  /** Goes on with what an earlier run left under way; answers how many. */
  open(): number {
    const left = this.#parts.store.sessions.running();
    for (const { id } of left) this.#runs.begin(id);
    this.#alarm.arm();
    this.#manyEnds.open();
    return left.length;
  }

  async close(): Promise<void> {
    this.#alarm.close();
    this.#followers.close();
    await this.#manyEnds.close();
    await this.#runs.close();
  }

  start(input: NewSession): SessionRecord {
    const { store } = this.#parts;
    const { origin } = input;
    const known = origin === undefined || origin === null ? null : store.sessions.byOrigin(input.tenant, origin);
    if (known) return sameStart(store.sessions, known, input);
    const made = store.transaction(() => this.#insert(input));
    this.#begin(made);
    return made;
  }

  /** Writes an event to a session, and wakes it if it waits for that. False when the key was there already. */
  deliver(id: string, news: NewEvent): boolean {
    const record = this.#living(id, 'send to');
    refuseFull(record, news.event, this.#parts.refuseKept);
    const received = this.#receive(record, news);
    received?.();
    return received !== null;
  }

  pause(id: string, by: string | null = null): SessionRecord {
    const record = this.#living(id, 'pause');
    if (!record.paused) this.#write(id, 'paused', whoOf(by), { paused: true });
    return this.get(id);
  }

  resume(id: string, by: string | null = null): SessionRecord {
    const record = this.#living(id, 'resume');
    if (!record.paused) return record;
    // Whether what it waited for came meanwhile, or its time, its own turn finds out.
    this.#write(id, 'resumed', whoOf(by), { paused: false, state: 'running', waitsFor: [], wakeMs: null });
    this.#runFrom(id);
    return this.get(id);
  }

  /**
   * From the next step on; what is under way ends by itself. Empty: every tenant, every agent.
   * @param byTenant of whoever says it, where that is another one
   */
  stop(tenant: string, agent: string, by: string | null = null, byTenant: string = tenant): StopRecord {
    const { store, clock, newId } = this.#parts;
    const said = { placedBy: by, byTenant, placedAt: isoTime(clock.nowMs()) };
    return store.stops.put({ tenant, agent, id: newId('stop'), ...said });
  }

  /** All that it held back goes on. False when that is not what stops them now: it was lifted, or said again. */
  allow(stop: Pick<StopRecord, 'tenant' | 'agent' | 'id'>): boolean {
    const { stops, sessions } = this.#parts.store;
    const isLifted = stops.remove(stop);
    if (isLifted) for (const { id } of sessions.running()) this.#runs.begin(id);
    return isLifted;
  }

  /** It and all below it end now; what is under way is cut off. */
  cancel(id: string, reason: string, by: string | null = null): SessionRecord {
    const record = this.#living(id, 'cancel');
    try {
      this.#end([record], reason, by);
    } catch (failure) {
      if (isUnlogged(failure)) this.#standStill(record, cancelled(reason));
      throw failure;
    }
    return this.get(id);
  }

  /** The same for all chosen ones of no newer version, what is under way first; answers how many, those below included. */
  cancelAll(ending: Ending): Promise<ManyEnded> {
    return this.#manyEnds.endAll(ending);
  }

  /** Of one, now. @throws HoldfastError `audit-unavailable` */
  writeEnd(id: string): void {
    this.#manyEnds.settle(id);
  }

  /** Resolves when the logs of all that ended say so. @throws HoldfastError `audit-unavailable` */
  endsWritten(): Promise<void> {
    return this.#manyEnds.settled();
  }

  /** Why a session that could go on does not; null when nothing keeps it. */
  blockedBy(id: string): ErrorBody | null {
    const record = this.get(id);
    if (record.endedAt !== null || record.paused) return this.#runs.blockedBy(id);
    return this.#runs.blockedBy(id) ?? this.#held(record)?.toBody() ?? null;
  }

  #held({ id, tenant }: Pick<SessionRecord, 'id' | 'tenant'>): HoldfastError | null {
    const { store } = this.#parts;
    return heldBack(store, tenant, store.sessions.chain(id));
  }

  /** A new session with the same log up to an entry, which goes on from there. */
  fork(id: string, { name = null, sandbox, by = null, message, ...options }: NewFork): SessionRecord {
    const { store, newId } = this.#parts;
    const source = this.get(id);
    this.#refuseNewer(source);
    if (source.parent !== null) throw wrongState(source, 'fork', 'only the first session of a chain can be forked');
    refuseStopped(store, source.tenant, source.agent);
    const { at, kept } = logUpTo(store.sessions, id, options.at);
    const others = options.others?.(kept) ?? null;
    const forked = newId('session');
    store.transaction(() => {
      this.refuseTooMany(source.tenant, source.bytes);
      const limits = limitsOfFork(store, source, forked, others?.limits ?? source.limits);
      const createdAt = isoTime(this.#parts.clock.nowMs());
      store.sessions.insert(rowOfFork(source, { id: forked, name, sandbox, limits, createdAt }, others));
      store.sessions.copy(forked, { from: id, by }, copyOf(kept, others));
      options.alongside?.(forked, kept);
      const said = { event: 'message', data: message, ...whoOf(by) };
      if (message !== undefined) store.sessions.append(forked, null, [{ kind: 'received', data: said }]);
    });
    this.#tellAndRun('session-started', forked, { forkedFrom: id, at });
    return this.get(forked);
  }

  /** @throws HoldfastError `quota-exceeded` when the tenant can have no further session, or keep so much more */
  refuseTooMany(tenant: string, bytes = 1): void {
    const { store, mostSessions = Number.POSITIVE_INFINITY, refuseKept } = this.#parts;
    refuseTooMany(store, tenant, mostSessions);
    refuseKept?.(tenant, bytes);
  }

  get(id: string): SessionRecord {
    const record = this.#parts.store.sessions.get(id);
    if (record) return record;
    throw notFound(id);
  }

  find(tenant: string, ref: string): SessionRecord {
    const record = this.#parts.store.sessions.find(tenant, ref);
    if (record) return this.#settled(record);
    throw notFound(ref);
  }

  /** With its end in its log, if that can be written. */
  #settled(record: SessionRecord): SessionRecord {
    if (record.owedEnd === null) return record;
    try {
      this.writeEnd(record.id);
    } catch (failure) {
      if (!isUnlogged(failure)) throw failure;
    }
    return this.get(record.id);
  }

  /** From after that position on: what there is, then what comes, also as it comes, until the session ends. */
  follow(id: string, after: number, signal: AbortSignal): AsyncGenerator<Update, void, undefined> {
    const record = this.#parts.store.sessions.get(id);
    if (record) this.#settled(record);
    return this.#followers.follow(id, after, signal);
  }

  /** How many sessions have a turn under way. */
  get running(): number {
    return this.#runs.size;
  }

  #insert(input: NewSession): SessionRecord {
    const { store, clock, newId, program } = this.#parts;
    const id = newId('session');
    const parent = input.parent === undefined || input.parent === null ? null : this.get(input.parent);
    this.refuseTooMany(input.tenant);
    refuseStopped(store, input.tenant, input.agent);
    store.sessions.insert(rowOf(input, { id, parent, format: program.format, createdAt: isoTime(clock.nowMs()) }));
    store.sessions.append(id, 0, [{ kind: 'started', data: input.input }]);
    return this.get(id);
  }

  #begin({ id, agent, parent }: SessionRecord): void {
    this.#tellAndRun('session-started', id, { agent, parent });
  }

  /** It, and those below that its pause held back. */
  #runFrom(id: string): void {
    this.#runs.begin(id);
    for (const { id: child, state } of this.#parts.store.sessions.children(id)) {
      if (state === 'running' || state === 'waiting') this.#runFrom(child);
    }
  }

  #isDue(id: string): boolean {
    const record = this.#parts.store.sessions.get(id);
    return record?.state === 'running' && !this.#held(record) && this.#newest(record) <= this.#parts.program.format;
  }

  /** Its pause holds for all below; what is under way there is cut off too. Nothing is written to its log. */
  #standStill({ id }: SessionRecord, reason: HoldfastError): void {
    this.#parts.store.sessions.take(id);
    this.#parts.store.sessions.append(id, null, [], { paused: true });
    const cutOff = new Set([id]);
    for (const each of cutOff) {
      this.#runs.abort(each, reason);
      for (const child of this.#parts.store.sessions.children(each)) cutOff.add(child.id);
    }
  }

  async #goOn(id: string, signal: AbortSignal): Promise<void> {
    const { store, clock, program, log } = this.#parts;
    const record = this.get(id);
    if (record.state !== 'running' || signal.aborted || this.#held(record)) return;
    if (this.#newest(record) > program.format) {
      log.warn({ session: id, format: record.format }, 'a session of a newer format is left as it is');
      return;
    }
    if (record.bytes >= mostBytes) return this.#fail(record, tooLong(record));
    await using scope = this.#parts.scope.child({ name: `session ${id}`, signal });
    const context = new SessionContext(
      {
        store,
        clock,
        program,
        drafts: this.#followers.drafts,
        onWritten: (entries) => this.#written(id, entries),
        onBlocked: (error) => this.#runs.block(id, error),
        insert: (input) => this.#insert(input),
        onDelegated: (child) => this.#begin(child),
      },
      id,
      store.sessions.take(id),
      scope,
    );
    try {
      while (!(await this.#settle(context, await program.turn(context))));
    } catch (error) {
      if (error instanceof Stopped || signal.aborted) return;
      if (isHoldfastError(error) && error.code === 'stale-handle') return;
      if (this.get(id).endedAt !== null) return;
      // It goes on from its log when it can.
      if (isUnlogged(error) || (isHoldfastError(error) && error.code === 'host-disk-full')) throw error;
      log.warn({ error, session: id }, 'a session failed');
      await this.#fail(this.get(id), asHoldfastError(error));
    }
  }

  /** False when something arrived that the program did not see: another turn. */
  async #settle(context: SessionContext, end: TurnEnd): Promise<boolean> {
    const { store } = this.#parts;
    const { isSeen } = await together(store, context.session.id, (): { isSeen: boolean; tell?: () => void } => {
      const record = this.get(context.session.id);
      context.refuseLost();
      if (record.endedAt !== null || this.#held(record)) return { isSeen: true };
      if (record.position > context.seen) return { isSeen: false };
      if ('wait' in end) return { isSeen: true, ...this.#writeWait(context, end.wait) };
      return { isSeen: true, ...this.#writeEnd(record, end.end.ok ? 'done' : 'failed', end.end, null) };
    });
    if (!isSeen) context.refresh();
    return isSeen;
  }

  /** As a part of a transaction; `tell` when that is written for good. */
  #writeWait(context: SessionContext, { events, untilMs }: Wait): { tell: () => void } {
    const until = untilMs === null ? null : isoTime(untilMs);
    const said = { kind: 'waiting', data: { events, until } } as const;
    context.write([said], { state: 'waiting', waitsFor: [...events], wakeMs: untilMs });
    const tell = (): void => {
      this.#announce('session-waiting', context.session.id, { events, until });
      this.#alarm.arm();
    };
    return { tell };
  }

  /** In one write; cuts off what is under way. Answers how many ended, those below included. */
  #end(records: readonly SessionRecord[], reason: string, by: string | null): number {
    const { store } = this.#parts;
    const error = cancelled(reason);
    const outcome: SessionOutcome = { ok: false, error: error.toBody() };
    const ended = new Set<string>();
    const tells = store.transaction(() =>
      records.flatMap((record) => {
        // With another one of them, above it.
        if (ended.has(record.id)) return [];
        store.sessions.take(record.id);
        const end = this.#writeEnd(record, 'cancelled', outcome, by);
        for (const id of end.ended) ended.add(id);
        return [end.tell];
      }),
    );
    for (const id of ended) this.#runs.abort(id, error);
    for (const tell of tells) tell();
    return ended.size;
  }

  async #fail(record: SessionRecord, error: HoldfastError): Promise<void> {
    const outcome: SessionOutcome = { ok: false, error: error.toBody() };
    await together(this.#parts.store, record.id, () => this.#writeEnd(record, 'failed', outcome, null));
  }

  /** The end, the end of all below, and the news of it above, as a part of a transaction; `tell` when that is written for good. */
  #writeEnd(
    record: SessionRecord,
    state: EndState,
    outcome: SessionOutcome,
    by: string | null,
  ): { ended: string[]; tell: () => void } {
    const { store, clock } = this.#parts;
    const ended = writeEnds(store, record, { state, outcome, by, endedAt: isoTime(clock.nowMs()) });
    const received = this.#tellAbove(record, outcome);
    const tell = (): void => {
      for (const id of ended) {
        this.#runs.unblock(id);
        this.#followers.tell(id);
        if (id !== record.id) this.#runs.abort(id, new HoldfastError('cancelled', 'its parent ended'));
      }
      try {
        for (const id of ended) this.#announceEnd(id);
      } finally {
        received?.();
      }
    };
    return { ended, tell };
  }

  #announceEnd(id: string): void {
    this.#announce('session-ended', id, { state: this.get(id).state });
  }

  #tellAbove(record: SessionRecord, outcome: SessionOutcome): (() => void) | null {
    const parent = record.parent === null ? null : this.#parts.store.sessions.get(record.parent);
    if (!parent || parent.endedAt !== null) return null;
    const { id, agent, manifest, spent } = this.get(record.id);
    const data = { outcome, agent, manifest, spent };
    return this.#receive(parent, { event: `child:${id}`, data, key: `child:${id}` });
  }

  /** Answers what is to be done when that was written for good; null when the key was there already. */
  #receive(record: SessionRecord, { event, data, key, by }: NewEvent): (() => void) | null {
    const { store } = this.#parts;
    const isAwaited = record.state === 'waiting' && record.waitsFor.includes(event);
    const patch: SessionPatch = isAwaited ? { state: 'running', waitsFor: [], wakeMs: null } : {};
    const said = { event, data, ...(by === undefined ? {} : { by }) };
    const entry = { kind: 'received', data: said, ...(key === undefined ? {} : { key }) } as const;
    const written = store.sessions.append(record.id, null, [entry], patch);
    if (written.length === 0) return null;
    return () => {
      this.#followers.tell(record.id);
      if (isAwaited && !this.#held(record)) this.#tellAndRun('session-woken', record.id, { by: event });
    };
  }

  #wakeDue(): void {
    const { store, clock, program } = this.#parts;
    for (const { id } of store.sessions.due(clock.nowMs(), program.format)) {
      store.sessions.append(id, null, [], { state: 'running', waitsFor: [], wakeMs: null });
      this.#tellAndRun('session-woken', id, { by: 'time' });
    }
  }

  /** Its row says that it runs: it does, whether that could be told or not. */
  #tellAndRun(type: EventType, id: string, data: Record<string, unknown>): void {
    try {
      this.#announce(type, id, data);
    } finally {
      this.#runs.begin(id);
    }
  }

  #write(id: string, kind: 'paused' | 'resumed', data: Record<string, unknown>, patch: SessionPatch): void {
    this.#parts.store.sessions.append(id, null, [{ kind, data }], patch);
    this.#followers.tell(id);
  }

  #written(id: string, entries: readonly StoredEntry[]): void {
    this.#runs.unblock(id);
    this.#followers.tell(id);
    for (const { kind, position, data } of entries) {
      if (kind !== 'approval-asked') continue;
      this.#announce('approval-asked', id, { approval: `${id}.${position}`, tool: data['tool'], agent: data['agent'] });
    }
  }

  #announce(type: EventType, id: string, data: Record<string, unknown>): void {
    this.#parts.onEvent?.(type, this.get(id), data);
  }

  #living(id: string, verb: string): SessionRecord {
    const record = this.get(id);
    if (record.endedAt !== null) throw wrongState(record, verb, `it is ${record.state}`);
    this.#refuseNewer(record);
    return record;
  }

  /** What a newer version wrote is not written to. */
  #refuseNewer(record: SessionRecord): void {
    const { format } = this.#parts.program;
    const newest = this.#newest(record);
    if (newest > format) throw newerOrUnknown(record.id, newest, format);
  }

  /** Format of it and all above it, which would hear of its end. */
  #newest(record: SessionRecord): number {
    if (record.parent === null) return record.format;
    return Math.max(...this.#parts.store.sessions.chain(record.id).map(({ format }) => format));
  }
}
