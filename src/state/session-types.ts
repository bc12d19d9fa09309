/** Sessions, what they may use, and what agents remember, as plain records, and the repositories that keep them. */
import type { AgentLimits, EntryKind, Page, SessionEntry, SessionOutcome, SessionState } from '../schema/index.ts';

/** An entry with the version of the shape of its data. */
export interface StoredEntry extends SessionEntry {
  format: number;
}

export interface NewSessionEntry {
  kind: EntryKind;
  data: Record<string, unknown>;
  /** Of one that was written before, in another shape; the session's own when absent. */
  format?: number;
  /** Once per session. */
  key?: string;
}

/** Part of a budget, for one step. */
export type HoldAmounts = Partial<AgentLimits>;

export interface SessionRecord {
  id: string;
  tenant: string;
  name: string | null;
  parent: string | null;
  root: string;
  agent: string;
  /** Digest of the agent's manifest. */
  manifest: string;
  /** Digest of the bundle it is from. */
  bundle: string;
  person: string;
  /** Of the entries that are written now. */
  format: number;
  state: Exclude<SessionState, 'paused'>;
  paused: boolean;
  sandbox: string | null;
  waitsFor: string[];
  /** Wall clock, milliseconds since 1970; null while it waits for nothing that ends. */
  wakeMs: number | null;
  /** Goes up with each who takes it to write. */
  fence: number;
  position: number;
  /** What its entries say, together. */
  bytes: number;
  outcome: SessionOutcome | null;
  /** What it was started for, once: a caller's key, or a parent's call. */
  origin: string | null;
  createdAt: string;
  endedAt: string | null;
  limits: AgentLimits;
  spent: AgentLimits;
  held: AgentLimits;
  /** It ended, its log does not say so yet, and this is who ended it. */
  owedEnd: { by: string | null } | null;
}

/** What a write to a session's log needs of it. */
export type SessionPlace = Pick<
  SessionRecord,
  'id' | 'tenant' | 'parent' | 'agent' | 'bundle' | 'person' | 'format' | 'fence' | 'position' | 'bytes'
>;

/** What is asked of a session and all above it at each step. */
export type ChainRecord = SessionPlace & Pick<SessionRecord, 'paused' | 'endedAt' | 'limits' | 'spent' | 'held'>;

export type SessionPatch = Partial<
  Pick<
    SessionRecord,
    | 'agent'
    | 'manifest'
    | 'state'
    | 'paused'
    | 'sandbox'
    | 'waitsFor'
    | 'wakeMs'
    | 'format'
    | 'outcome'
    | 'endedAt'
    | 'limits'
    | 'owedEnd'
  >
>;

/**
 * A hold that is made, or settled, in one with an entry; see `hold` and `settle`. `amounts` are what is held under that key. A key that
 * nothing is held under changes nothing.
 */
export type Booking =
  | { hold: string; amounts: HoldAmounts; chain: readonly ChainRecord[] }
  | { settle: string; amounts: HoldAmounts; actual: HoldAmounts };

export interface SessionQuery {
  tenant: string;
  state?: SessionState;
  parent?: string;
  all?: boolean;
  limit?: number;
  cursor?: string;
}

/** Of what is written to sessions' logs: what either throws undoes it. */
export interface Witness {
  /**
   * Called inside the same transaction.
   * @param copied whose log a fork begins with, and who forks it; null for what is new
   */
  see(session: SessionPlace, entries: readonly StoredEntry[], copied: Copied | null): void;
  /** To all it has seen: called before each commit, so that many can be dealt with in one. */
  consent(): void;
}

export interface Copied {
  from: string;
  by: string | null;
}

/** The entry that asks, and who has approved so far. */
export interface OpenApproval extends SessionEntry {
  approvedBy: string[];
}

export interface ParkedEnd {
  outcome: SessionOutcome;
  endedAt: string;
  by: string | null;
}

export interface SessionRepository {
  /** Counted as that tenant's, where it was not there. */
  putBundle(hash: string, body: unknown, tenant?: string): void;
  getBundle(hash: string): unknown;
  /** Throws `name-taken` when one of that name is under way. */
  insert(record: SessionRecord): void;
  get(id: string): SessionRecord | null;
  /** By id or by name, only if `tenant` owns it. */
  find(tenant: string, ref: string): SessionRecord | null;
  byOrigin(tenant: string, origin: string): SessionRecord | null;
  list(query: SessionQuery): Page<SessionRecord>;
  /** How many of a tenant, or of all, are not over; of one agent, or all. */
  living(tenant: string | null, agent?: string | null): number;
  /**
   * Ids of those that are not over, of one tenant or all, of one agent or all: with something under way in them, or above or below
   * them, first; among these the oldest first, so those above before those below.
   */
  livingIds(tenant: string | null, agent: string | null): string[];
  /**
   * Of those that `livingIds` answers, the first ones of their chains where nothing is under way and nothing newer than that format is, with all
   * below them.
   */
  parkedIds(tenant: string | null, agent: string | null, format: number): string[];
  /** All of these are over from now on, and owe their logs that end; answers how many. */
  endParked(tenant: string | null, agent: string | null, format: number, end: ParkedEnd): number;
  /** The first ones of these are paused, with all below; answers how many there are. */
  pauseParked(tenant: string | null, agent: string | null, format: number): number;
  /** Ids of those that owe their log an end. */
  owing(limit: number): string[];
  children(id: string): SessionRecord[];
  /** What a restart goes on with. */
  running(): SessionRecord[];
  /** Ids of those that are not over and work in it. */
  inSandbox(sandbox: string): string[];
  /** Those that wait and have a sandbox. */
  waitingInSandboxes(): SessionRecord[];
  /** Those whose wait is over by time, of that format or an older one. */
  due(nowMs: number, format: number): SessionRecord[];
  nextWakeMs(format: number): number | null;
  /** Becomes the writer: answers its fence. */
  take(id: string): number;
  /**
   * Writes entries and changes the row in one step. Without a fence: for what may be written by anybody, such as events.
   * Answers what was written, nothing when every entry repeats a key.
   */
  append(
    id: string,
    fence: number | null,
    entries: readonly NewSessionEntry[],
    patch?: SessionPatch,
    booking?: Booking | null,
  ): StoredEntry[];
  /** The first entries of a new session are those of another. */
  copy(id: string, copied: Copied, entries: readonly NewSessionEntry[]): void;
  entries(id: string, after: number, limit: number): StoredEntry[];
  /** Neither decided nor over, oldest session first. */
  openApprovals(tenant: string, nowMs: number): OpenApproval[];
  /** That one of these. */
  openApproval(tenant: string, session: string, position: number, nowMs: number): OpenApproval | null;
  /** The entry of a session that was written under that key. */
  keyed(session: string, key: string): StoredEntry | null;
  /** Every approval that was ever asked for by sessions that are not over. */
  asked(tenant: string): SessionEntry[];
  /** The session and all above it, nearest first. */
  chain(id: string): ChainRecord[];
  /** In the session and all above it, or in none: throws `budget-exhausted`. `chain` is as it stands, if it was just read. */
  hold(key: string, session: string, amounts: HoldAmounts, chain?: readonly ChainRecord[]): void;
  /** Gives back what was held and notes what was used; false when nothing is held under that key. */
  settle(key: string, actual: HoldAmounts | 'all'): boolean;
  /** Keys of what is held for a session. */
  openHolds(session: string): string[];
  /** Who the conversation was last handed over to; null: whoever it began with has it. */
  handedTo(id: string): string | null;
  /** By name, who started it or any above it, sent one of them something, or gave one of them other agents in a fork. */
  speakers(id: string): string[];
  /** Which sessions of other runtimes it gave work to, with the peers' names here. */
  givenToPeers(id: string): { peer: string; session: string }[];
  /** All that work for that person. */
  ofPerson(tenant: string, person: string): SessionRecord[];
  /** Those that do not, and name the person as who spoke or decided. */
  mentioning(tenant: string, person: string): SessionRecord[];
  /** The same of those that are over, with another name from now on; answers in how many entries. */
  renameMentions(tenant: string, person: string, name: string): number;
  /** Whether its log names the person as who spoke or decided. */
  mentions(id: string, person: string): boolean;
  /** Of every tenant, the first ones of chains that ended before then (ISO 8601), oldest first, from after that one on. */
  over(before: string, after: Pick<SessionRecord, 'endedAt' | 'id'> | null, limit: number): SessionRecord[];
  /** What logs, memories and bundles of a tenant take. */
  bytesKept(tenant: string): number;
  /** Those that no session has; answers how many. */
  forgetBundles(): number;
  /** With its log, as if it had never been. */
  forget(id: string): void;
}

export interface MemoryRecord {
  tenant: string;
  scope: string;
  /** A session, a person, or the tenant itself. */
  owner: string;
  slot: string;
  key: string;
  value: unknown;
  class: string;
  /** For whom the session that kept it works; null: nobody that is known. */
  person: string | null;
  writtenAt: string;
  expiresMs: number;
}

export type MemoryPlace = Pick<MemoryRecord, 'tenant' | 'scope' | 'owner' | 'slot'>;

/** In one place, or with only some of it in all places of a tenant that fit. */
export interface MemorySearch extends Pick<MemoryPlace, 'tenant'>, Partial<Omit<MemoryPlace, 'tenant'>> {
  /** Only what that person may read: their own, what the tenant shares, and what sessions that work for them keep. */
  reader?: string;
  /** Words; whatever else stands in it is left out. */
  query: string;
  limit: number;
}

export interface MemoryRepository {
  put(record: MemoryRecord): void;
  /** What expired is not there. */
  get(place: MemoryPlace & Pick<MemoryRecord, 'key'>, nowMs: number): MemoryRecord | null;
  list(place: MemoryPlace, nowMs: number): MemoryRecord[];
  /** Of all that `list` would answer. */
  bytesOf(place: MemoryPlace, nowMs: number): number;
  /** Those with any of the words, or with a longer word that begins so; with the most of them first, then the newest. */
  search(search: MemorySearch, nowMs: number): MemoryRecord[];
  /** Of a session that began a chain, for itself and for its turns. */
  ofSession(tenant: string, session: string, nowMs: number): MemoryRecord[];
  /** Forgets what expired, but for what a legal hold is on; answers how many. */
  purge(nowMs: number): number;
  /** Forgets all of one owner; answers how many. */
  /** What turns of a session remembered for themselves. */
  removeTurnsOf(tenant: string, session: string): number;
  removeOf(tenant: string, scope: string, owner: string): number;
  /** Slots of what is kept for all of a tenant, with how much of it is for that person; null: for nobody that is known. */
  sharedOf(tenant: string, person: string | null): { slot: string; count: number }[];
  /** Forgets that; answers how many. */
  removeSharedOf(tenant: string, person: string): number;
  /** What is left that was kept for that person is for another name from now on. */
  rename(tenant: string, person: string, name: string): void;
}

/** Nothing of a person, or of anybody of a tenant, is erased while there is one. */
export interface LegalHoldRecord {
  id: string;
  tenant: string;
  person: string | null;
  reason: string;
  placedBy: string;
  placedAt: string;
}

export interface LegalHoldRepository {
  insert(record: LegalHoldRecord): void;
  /** Oldest first; of one tenant, or all. */
  list(tenant: string | null): LegalHoldRecord[];
  /** False when there is none of that id. */
  remove(tenant: string, id: string): boolean;
}

/** Sessions of that agent of that tenant do nothing; empty: of every one. */
export interface StopRecord {
  /** Of when it was said last. */
  id: string;
  tenant: string;
  agent: string;
  /** Of whoever placed it: that tenant itself, or one that may stop others. */
  byTenant: string;
  placedBy: string | null;
  placedAt: string;
}

export interface StopRepository {
  /**
   * Once for a tenant and an agent: said again, it has another id, and stays who said it first and when. What another tenant says of one is
   * that one's from then on.
   */
  put(record: StopRecord): StopRecord;
  /** Those that a tenant is under, those over every tenant included. */
  over(tenant: string): readonly StopRecord[];
  /** Of all tenants. */
  list(): StopRecord[];
  /** False when there is none. */
  remove(stop: Pick<StopRecord, 'tenant' | 'agent' | 'id'>): boolean;
  /** Whoever placed some under that name has another from now on. */
  rename(tenant: string, person: string, name: string): void;
}

/** An approval that a webhook is still to be told of. */
export interface NoticeRecord {
  id: string;
  tenant: string;
  approval: string;
  attempts: number;
  /** When it is tried next, milliseconds since 1970. */
  nextMs: number;
}

export interface NoticeRepository {
  insert(record: NoticeRecord): void;
  /** Soonest first, and of those together the ones that were tried least. */
  due(nowMs: number, limit: number): NoticeRecord[];
  nextMs(): number | null;
  count(tenant: string): number;
  retry(id: string, attempts: number, nextMs: number): void;
  /** None of that tenant is due before that. */
  postpone(tenant: string, nextMs: number): void;
  remove(id: string): void;
}
