/** Sessions, what they may use, and what agents remember, as plain records, and the repositories that keep them. */
import type { AgentLimits, EntryKind, Page, SessionEntry, SessionOutcome, SessionState } from '../schema/index.ts';

/** An entry with the version of the shape of its data. */
export interface StoredEntry extends SessionEntry {
  format: number;
}

export interface NewSessionEntry {
  kind: EntryKind;
  data: Record<string, unknown>;
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
  outcome: SessionOutcome | null;
  /** What it was started for, once: a caller's key, or a parent's call. */
  origin: string | null;
  createdAt: string;
  endedAt: string | null;
  limits: AgentLimits;
  spent: AgentLimits;
  held: AgentLimits;
}

/** What is asked of a session and all above it at each step. */
export type ChainRecord = Pick<
  SessionRecord,
  'id' | 'parent' | 'agent' | 'format' | 'fence' | 'paused' | 'endedAt' | 'position' | 'limits' | 'spent' | 'held'
>;

export type SessionPatch = Partial<
  Pick<
    SessionRecord,
    'agent' | 'manifest' | 'state' | 'paused' | 'sandbox' | 'waitsFor' | 'wakeMs' | 'format' | 'outcome' | 'endedAt'
  >
>;

export interface SessionQuery {
  tenant: string;
  state?: SessionState;
  parent?: string;
  all?: boolean;
  limit?: number;
  cursor?: string;
}

export interface SessionRepository {
  putBundle(hash: string, body: unknown): void;
  getBundle(hash: string): unknown;
  /** Throws `name-taken` when one of that name is under way. */
  insert(record: SessionRecord): void;
  get(id: string): SessionRecord | null;
  /** By id or by name, only if `tenant` owns it. */
  find(tenant: string, ref: string): SessionRecord | null;
  byOrigin(tenant: string, origin: string): SessionRecord | null;
  list(query: SessionQuery): Page<SessionRecord>;
  /** How many of a tenant are not over. */
  living(tenant: string): number;
  /** Ids of those that are not over, oldest first; of one tenant or all, of one agent or all. */
  livingIds(tenant: string | null, agent: string | null): string[];
  children(id: string): SessionRecord[];
  /** What a restart goes on with. */
  running(): SessionRecord[];
  /** Those whose wait is over by time, of that format or an older one. */
  due(nowMs: number, format: number): SessionRecord[];
  nextWakeMs(format: number): number | null;
  /** Becomes the writer: answers its fence. */
  take(id: string): number;
  /**
   * Writes entries and changes the row in one step. Without a fence: for what may be written by anybody, such as events.
   * Answers what was written, nothing when every entry repeats a key.
   */
  append(id: string, fence: number | null, entries: readonly NewSessionEntry[], patch?: SessionPatch): StoredEntry[];
  entries(id: string, after: number, limit: number): StoredEntry[];
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
  writtenAt: string;
  expiresMs: number;
}

export interface MemoryRepository {
  put(record: MemoryRecord): void;
  /** What expired is not there. */
  get(place: Pick<MemoryRecord, 'tenant' | 'scope' | 'owner' | 'slot' | 'key'>, nowMs: number): MemoryRecord | null;
  list(place: Pick<MemoryRecord, 'tenant' | 'scope' | 'owner' | 'slot'>, nowMs: number): MemoryRecord[];
  /** Forgets what expired; answers how many. */
  purge(nowMs: number): number;
}
