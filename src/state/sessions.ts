/**
 * Sessions at rest: a row that says where each stands, and its log of entries, which says all the rest.
 *
 * 1. Whoever writes names the fence it took; after somebody else took the session, its writes are refused with
 *    `stale-handle` and change nothing.
 * 2. Entries and what changes with them in the row are one transaction: a crash leaves both or neither.
 * 3. A key is written at most once per session; an entry that repeats one is left out, and its write says so.
 * 4. Amounts held or spent change in a session and in all above it together.
 * 5. A witness sees every entry before it is written for good; without its consent nothing is.
 */
import type { Clock } from '../base/index.ts';
import { isoTime } from '../base/index.ts';
import { type AgentLimits, HoldfastError, isId, limitNames, type Page, type SessionEntry } from '../schema/index.ts';
import { type Database, isConstraintViolation } from './database.ts';
import { type OpenApprovalRow, OpenApprovalTable } from './open-approvals.ts';
import { page } from './page.ts';
import {
  type BundleRow,
  bundleColumns,
  columns,
  type EntryRow,
  entryColumns,
  type HoldRow,
} from './session-columns.ts';
import { mentions, renamed } from './session-people.ts';
import { lastHandedTo, parked, whom, whomValues } from './session-queries.ts';
import { SessionRows } from './session-rows.ts';
import type {
  Booking,
  ChainRecord,
  Copied,
  HoldAmounts,
  NewSessionEntry,
  OpenApproval,
  ParkedEnd,
  SessionPatch,
  SessionPlace,
  SessionQuery,
  SessionRecord,
  SessionRepository,
  StoredEntry,
  Witness,
} from './session-types.ts';
import { Table } from './table.ts';

export class SessionTable implements SessionRepository {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #table: Table<SessionRecord>;
  readonly #rows: SessionRows;
  readonly #entries: Table<EntryRow>;
  readonly #holds: Table<HoldRow>;
  readonly #approvals: OpenApprovalTable;
  readonly #bundles: Table<BundleRow>;
  readonly #witness: Witness | undefined;

  constructor(database: Database, clock: Clock, witness?: Witness) {
    this.#witness = witness;
    this.#database = database;
    this.#clock = clock;
    this.#table = new Table(database, 'sessions', columns);
    this.#rows = new SessionRows(database, this.#table);
    this.#entries = new Table(database, 'session_entries', entryColumns);
    this.#holds = new Table<HoldRow>(database, 'holds', { key: 'text', session: 'text', amounts: 'json' });
    this.#approvals = new OpenApprovalTable(database);
    this.#bundles = new Table<BundleRow>(database, 'bundles', bundleColumns);
  }

  putBundle(hash: string, body: unknown, tenant = ''): void {
    if (this.getBundle(hash) === null) this.#bundles.insert({ hash, body, tenant });
  }

  getBundle(hash: string): unknown {
    return this.#bundles.first('hash = ?', hash)?.body ?? null;
  }

  insert(record: SessionRecord): void {
    try {
      this.#rows.insert(record);
    } catch (error) {
      if (!isConstraintViolation(error) || record.name === null) throw error;
      throw new HoldfastError('name-taken', `a session named ${record.name} is under way already`, {
        cause: error,
        hint: 'Choose another name, or cancel that one first.',
        details: { name: record.name },
      });
    }
  }

  get(id: string): SessionRecord | null {
    return this.#rows.get(id);
  }

  find(tenant: string, ref: string): SessionRecord | null {
    if (isId('session', ref)) return this.#table.first('id = ? AND tenant = ?', ref, tenant);
    return this.#table.first('tenant = ? AND name = ? ORDER BY endedAt IS NULL DESC, id DESC LIMIT 1', tenant, ref);
  }

  byOrigin(tenant: string, origin: string): SessionRecord | null {
    return this.#table.first('tenant = ? AND origin = ?', tenant, origin);
  }

  list(query: SessionQuery): Page<SessionRecord> {
    const conditions = ['tenant = ? AND id > ?'];
    const values: string[] = [];
    if (query.state === 'paused') conditions.push('paused = 1 AND endedAt IS NULL');
    else if (query.state !== undefined) {
      conditions.push('state = ? AND (paused = 0 OR endedAt IS NOT NULL)');
      values.push(query.state);
    } else if (!query.all) conditions.push('endedAt IS NULL');
    if (query.parent !== undefined) {
      conditions.push('parent = ?');
      values.push(query.parent);
    }
    return page('session', query, (after, limit) =>
      this.#table.select(`${conditions.join(' AND ')} ORDER BY id LIMIT ?`, query.tenant, after, ...values, limit),
    );
  }

  living(tenant: string | null, agent: string | null = null): number {
    const isCounted = tenant !== null && agent === null;
    const of = isCounted
      ? 'count AS n FROM living_sessions WHERE tenant = ?'
      : `count(*) AS n FROM sessions WHERE ${whom}`;
    const values = isCounted ? [tenant] : whomValues(tenant, agent);
    return Number(this.#database.statement(`SELECT ${of}`).get(...values)?.['n'] ?? 0);
  }

  livingIds(tenant: string | null, agent: string | null): string[] {
    return this.#database
      .statement(
        `SELECT id FROM sessions WHERE ${whom}
         ORDER BY root IN (SELECT root FROM sessions WHERE state = 'running') DESC, id`,
      )
      .all(...whomValues(tenant, agent))
      .map((row) => String(row['id']));
  }

  parkedIds(tenant: string | null, agent: string | null, format: number): string[] {
    return this.#database
      .statement(`SELECT id FROM sessions WHERE ${parked} ORDER BY id`)
      .all(...whomValues(tenant, agent), format)
      .map((row) => String(row['id']));
  }

  endParked(tenant: string | null, agent: string | null, format: number, end: ParkedEnd): number {
    const { outcome, endedAt, by } = end;
    return this.#rows.changeAll(
      { state: 'cancelled', outcome, endedAt, waitsFor: [], wakeMs: null, owedEnd: { by } },
      parked,
      ...whomValues(tenant, agent),
      format,
    );
  }

  pauseParked(tenant: string | null, agent: string | null, format: number): number {
    const { length } = this.parkedIds(tenant, agent, format);
    this.#rows.changeAll({ paused: true }, `${parked} AND parent IS NULL`, ...whomValues(tenant, agent), format);
    return length;
  }

  owing(limit: number): string[] {
    return this.#database
      .statement('SELECT id FROM sessions WHERE owedEnd IS NOT NULL ORDER BY id LIMIT ?')
      .all(limit)
      .map((row) => String(row['id']));
  }

  children(id: string): SessionRecord[] {
    return this.#table.select('parent = ? ORDER BY id', id);
  }

  running(): SessionRecord[] {
    return this.#table.select("state = 'running' AND paused = 0 ORDER BY id");
  }

  inSandbox(sandbox: string): string[] {
    return this.#table.select('sandbox = ? AND endedAt IS NULL ORDER BY id', sandbox).map(({ id }) => id);
  }

  waitingInSandboxes(): SessionRecord[] {
    return this.#table.select("state = 'waiting' AND sandbox IS NOT NULL ORDER BY id");
  }

  due(nowMs: number, format: number): SessionRecord[] {
    const condition = 'wakeMs IS NOT NULL AND wakeMs <= ? AND paused = 0 AND format <= ?';
    return this.#table.select(`${condition} ORDER BY wakeMs LIMIT 256`, nowMs, format);
  }

  nextWakeMs(format: number): number | null {
    const row = this.#database
      .statement('SELECT min(wakeMs) AS next FROM sessions WHERE wakeMs IS NOT NULL AND paused = 0 AND format <= ?')
      .get(format);
    return typeof row?.['next'] === 'number' ? row['next'] : null;
  }

  take(id: string): number {
    const row = this.#rows.get(id);
    if (!row) throw new HoldfastError('session-not-found', `there is no session ${id}`);
    const fence = row.fence + 1;
    this.#rows.change(id, { fence });
    return fence;
  }

  append(
    id: string,
    fence: number | null,
    news: readonly NewSessionEntry[],
    patch: SessionPatch = {},
    booking: Booking | null = null,
  ): StoredEntry[] {
    return this.#database.transaction(() => {
      const booked = booking && this.#booked(id, booking);
      const row = booked?.chain[0] ?? this.#rows.get(id);
      if (row?.id !== id) throw new HoldfastError('session-not-found', `there is no session ${id}`);
      if (fence !== null && row.fence !== fence) throw stale(id, fence, row.fence);
      const fresh = news.filter(({ key }) => key === undefined || !this.#hasKey(id, key));
      if (fresh.length < news.length && fresh.length === 0) return [];
      return this.#write(row, fresh, { ...patch, ...booked?.book() }, null);
    });
  }

  copy(id: string, copied: Copied, entries: readonly NewSessionEntry[]): void {
    this.#database.transaction(() => {
      const row = this.#rows.get(id);
      if (row) this.#write(row, entries, {}, copied);
    });
  }

  entries(id: string, after: number, limit: number): StoredEntry[] {
    return this.#entries
      .select('session = ? AND position > ? ORDER BY position LIMIT ?', id, after, limit)
      .map(({ key: _, ...entry }) => entry);
  }

  keyed(session: string, key: string): StoredEntry | null {
    const found = this.#entries.first('session = ? AND key = ?', session, key);
    if (!found) return null;
    const { key: _, ...entry } = found;
    return entry;
  }

  /** Entries of sessions that are not over, oldest session first. */
  asked(tenant: string): SessionEntry[] {
    return this.#entries
      .select(
        `kind = 'approval-asked' AND session IN (SELECT id FROM sessions WHERE tenant = ? AND endedAt IS NULL)
         ORDER BY session, position`,
        tenant,
      )
      .map(({ key: _, format: _format, ...entry }) => entry);
  }

  openApprovals(tenant: string, nowMs: number): OpenApproval[] {
    return this.#approvals.list(tenant, nowMs).flatMap((row) => this.#asked(row) ?? []);
  }

  openApproval(tenant: string, session: string, position: number, nowMs: number): OpenApproval | null {
    const row = this.#approvals.find(tenant, session, position, nowMs);
    return row && this.#asked(row);
  }

  #asked({ session, position, approvedBy }: OpenApprovalRow): OpenApproval | null {
    const entry = this.#entries.first('session = ? AND position = ?', session, position);
    return entry && { session, position, kind: entry.kind, at: entry.at, data: entry.data, approvedBy };
  }

  chain(id: string): ChainRecord[] {
    const chain: ChainRecord[] = [];
    for (let next: string | null = id; next !== null; ) {
      const row = this.#rows.get(next);
      if (!row) break;
      chain.push(row);
      next = row.parent;
    }
    return chain;
  }

  hold(key: string, session: string, amounts: HoldAmounts, chain = this.chain(session)): void {
    this.#database.transaction(() => {
      this.#rows.change(session, this.#holdAbove(key, session, amounts, chain));
    });
  }

  settle(key: string, actual: HoldAmounts | 'all'): boolean {
    return this.#database.transaction(() => {
      const hold = this.#holds.first('key = ?', key);
      if (!hold) return false;
      const { session, amounts } = hold;
      this.#holds.remove('key = ?', key);
      this.#rows.change(session, this.#settleAbove(amounts, actual === 'all' ? amounts : actual, this.chain(session)));
      return true;
    });
  }

  /** The chain that it is of, and what does it and answers what changes in the session's own row. */
  #booked(id: string, booking: Booking): { chain: readonly ChainRecord[]; book(): Partial<SessionRecord> } {
    const { amounts } = booking;
    if ('hold' in booking) {
      const { hold, chain } = booking;
      return { chain, book: () => this.#holdAbove(hold, chain[0]?.id ?? '', amounts, chain) };
    }
    const { settle, actual } = booking;
    const chain = this.chain(id);
    const isHeld = (): boolean => this.#holds.remove('key = ?', settle) > 0;
    return { chain, book: () => (isHeld() ? this.#settleAbove(amounts, actual, chain) : {}) };
  }

  #holdAbove(
    key: string,
    session: string,
    amounts: HoldAmounts,
    chain: readonly ChainRecord[],
  ): Pick<SessionRecord, 'held'> {
    for (const row of chain) {
      for (const name of limitNames) {
        const wanted = row.spent[name] + row.held[name] + (amounts[name] ?? 0);
        if ((amounts[name] ?? 0) > 0 && wanted > row.limits[name]) {
          throw exhausted({ ...row, agent: this.handedTo(row.id) ?? row.agent }, name, amounts[name] ?? 0);
        }
      }
    }
    const [own, ...above] = chain.map(({ id, held }) => ({ id, held: added(held, amounts, 1) }));
    if (own?.id !== session) throw new HoldfastError('session-not-found', `there is no session ${session}`);
    for (const { id, held } of above) this.#rows.change(id, { held });
    this.#holds.insert({ key, session, amounts });
    return { held: own.held };
  }

  #settleAbove(amounts: HoldAmounts, used: HoldAmounts, chain: readonly ChainRecord[]): Partial<SessionRecord> {
    const [own, ...above] = chain.map(({ id, held, spent }) => ({
      id,
      patch: { held: added(held, amounts, -1), spent: added(spent, used, 1) },
    }));
    for (const { id, patch } of above) this.#rows.change(id, patch);
    return own?.patch ?? {};
  }

  openHolds(session: string): string[] {
    return this.#holds.select('session = ?', session).map(({ key }) => key);
  }

  handedTo(id: string): string | null {
    const row = this.#database.statement(`SELECT (${lastHandedTo('?')}) AS agent`).get(id);
    return typeof row?.['agent'] === 'string' ? row['agent'] : null;
  }

  speakers(id: string): string[] {
    const people = this.chain(id).flatMap((session) =>
      this.#database
        .statement(
          `SELECT DISTINCT name.value AS person
           FROM session_entries INDEXED BY session_entries_said, json_each(json_array(data ->> 'by', data ->> 'agentsBy')) AS name
           WHERE session = ? AND kind IN ('started', 'received') AND name.value IS NOT NULL`,
        )
        .all(session.id)
        .map((row) => String(row['person'])),
    );
    return [...new Set(people)];
  }

  givenToPeers(id: string): { peer: string; session: string }[] {
    return this.#database
      .statement(
        `SELECT data ->> 'peer' AS peer, data ->> 'session' AS session FROM session_entries
         WHERE session_entries.session = ? AND kind = 'outcome' AND data ->> 'name' = 'peer' AND data ->> 'session' IS NOT NULL
         ORDER BY position`,
      )
      .all(id)
      .map((row) => ({ peer: String(row['peer']), session: String(row['session']) }));
  }

  ofPerson(tenant: string, person: string): SessionRecord[] {
    return this.#table.select('tenant = ? AND person = ? ORDER BY id', tenant, person);
  }

  mentioning(tenant: string, person: string): SessionRecord[] {
    return this.#table.select(
      `tenant = ? AND person <> ? AND id IN (SELECT session FROM session_entries WHERE ${mentions}) ORDER BY id`,
      tenant,
      person,
      person,
    );
  }

  mentions(id: string, person: string): boolean {
    return this.#entries.first(`session = ? AND ${mentions} LIMIT 1`, id, person) !== null;
  }

  renameMentions(tenant: string, person: string, name: string): number {
    const over = this.mentioning(tenant, person).filter(({ endedAt }) => endedAt !== null);
    const entries = over.flatMap(({ id }) => this.#entries.select(`session = ? AND ${mentions}`, id, person));
    for (const { session, position, data, key } of entries) {
      // A decision's key ends with who decided.
      const patch = {
        data: renamed(data, person, name),
        ...(key?.endsWith(`:${person}`) ? { key: `${key.slice(0, -person.length)}${name}` } : {}),
      };
      this.#entries.update(patch, 'session = ? AND position = ?', session, position);
    }
    // What their logs are still to say.
    this.#rows.changeAll({ owedEnd: { by: null } }, "tenant = ? AND owedEnd ->> 'by' = ?", tenant, person);
    return entries.length;
  }

  over(before: string, after: Pick<SessionRecord, 'endedAt' | 'id'> | null, limit: number): SessionRecord[] {
    return this.#table.select(
      `parent IS NULL AND endedAt IS NOT NULL AND endedAt < ? AND (endedAt, id) > (?, ?) ORDER BY endedAt, id LIMIT ?`,
      before,
      after?.endedAt ?? '',
      after?.id ?? '',
      limit,
    );
  }

  bytesKept(tenant: string): number {
    const row = this.#database.statement('SELECT bytes FROM kept_bytes WHERE tenant = ?').get(tenant);
    return Number(row?.['bytes'] ?? 0);
  }

  forgetBundles(): number {
    return this.#bundles.remove('NOT EXISTS (SELECT 1 FROM sessions WHERE bundle = hash)');
  }

  forget(id: string): void {
    this.#database.transaction(() => {
      this.#entries.remove('session = ?', id);
      this.#holds.remove('session = ?', id);
      this.#rows.remove(id);
    });
  }

  #write(
    row: SessionPlace,
    news: readonly NewSessionEntry[],
    patch: Partial<SessionRecord>,
    copied: Copied | null,
  ): StoredEntry[] {
    const at = isoTime(this.#clock.nowMs());
    let { bytes } = row;
    const rows = news.map(({ kind, data, key, format = row.format }, index): EntryRow => {
      const position = row.position + index + 1;
      const text = JSON.stringify(data);
      bytes += Buffer.byteLength(text);
      // As a reader finds it later.
      const entry = { session: row.id, position, kind, at, format, key: key ?? null, data: JSON.parse(text) };
      this.#entries.insert(entry, 'fail', { data: text });
      return entry;
    });
    this.#approvals.written(row, rows);
    this.#rows.change(row.id, { ...patch, position: row.position + rows.length, bytes });
    const written = rows.map(({ key: _, ...entry }) => entry);
    if (written.length > 0) this.#witness?.see(row, written, copied);
    return written;
  }

  #hasKey(session: string, key: string): boolean {
    return this.#entries.first('session = ? AND key = ?', session, key) !== null;
  }
}

function added(amounts: AgentLimits, more: HoldAmounts, sign: 1 | -1): AgentLimits {
  const sum = { ...amounts };
  for (const name of limitNames) sum[name] = round(sum[name] + sign * (more[name] ?? 0));
  return sum;
}

/** Cents have fractions, of a millionth: enough for the price of one token. */
const round = (amount: number): number => Math.round(amount * 1e6) / 1e6;

function exhausted(row: ChainRecord, name: keyof AgentLimits, wanted: number): HoldfastError {
  const left = round(row.limits[name] - row.spent[name] - row.held[name]);
  return new HoldfastError(
    'budget-exhausted',
    `${row.agent} has ${left} ${name} left, and the step may need ${wanted}`,
    {
      hint: `Its limit is ${row.limits[name]} ${name}, over all it delegates; give it more, or less to do.`,
      details: { session: row.id, agent: row.agent, limit: name, left, wanted },
    },
  );
}

function stale(id: string, mine: number, newest: number): HoldfastError {
  return new HoldfastError('stale-handle', `session ${id} was taken over by another writer`, {
    hint: 'Nothing was written. Read the session again.',
    details: { session: id, fence: mine, newest },
  });
}
