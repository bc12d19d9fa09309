/** Watches, their canaries and what they found, at rest. */
import type { Canary, FindingState, WatchFinding } from '../schema/index.ts';
import type { Database } from './database.ts';
import { type Columns, Table } from './table.ts';
import type { CanaryRecord, WatchRecord, WatchRepository } from './types.ts';

const watchColumns: Columns<WatchRecord> = {
  id: 'text',
  contract: 'json',
  isolation: 'text',
  template: 'text',
  everyMs: 'number',
  createdAt: 'text',
  nextMs: 'number',
};

const canaryColumns: Columns<Canary> = {
  id: 'text',
  watch: 'text',
  startedAt: 'text',
  endedAt: 'text',
  outcome: 'text',
  detail: 'text',
  latencyJudged: 'flag',
};

/** Profiles are large: they are read only where they are compared. */
const canaryRecordColumns: Columns<CanaryRecord> = { ...canaryColumns, isReference: 'flag', profile: 'json' };

const findingColumns: Columns<WatchFinding> = {
  id: 'text',
  watch: 'text',
  contract: 'json',
  isolation: 'text',
  template: 'text',
  state: 'text',
  severity: 'text',
  field: 'text',
  rule: 'text',
  from: 'text',
  to: 'text',
  consequence: 'text',
  seen: 'number',
  firstSeenAt: 'text',
  lastSeenAt: 'text',
  closedAt: 'text',
  note: 'text',
};

/** Of one watch: a runtime that says something else each time would fill the disk. */
const mostClosed = 500;

export class WatchTables implements WatchRepository {
  readonly #watches: Table<WatchRecord>;
  readonly #canaries: Table<Canary>;
  readonly #records: Table<CanaryRecord>;
  readonly #findings: Table<WatchFinding>;

  constructor(database: Database) {
    this.#watches = new Table(database, 'watches', watchColumns);
    this.#canaries = new Table(database, 'canaries', canaryColumns);
    this.#records = new Table(database, 'canaries', canaryRecordColumns);
    this.#findings = new Table(database, 'findings', findingColumns);
  }

  insert(record: WatchRecord): void {
    this.#watches.insert(record);
  }

  update(id: string, patch: Partial<WatchRecord>): void {
    this.#watches.update(patch, 'id = ?', id);
  }

  get(id: string): WatchRecord | null {
    return this.#watches.first('id = ?', id);
  }

  list(): WatchRecord[] {
    return this.#watches.select('TRUE ORDER BY id');
  }

  remove(id: string): boolean {
    return this.#watches.remove('id = ?', id) === 1;
  }

  insertCanary(record: CanaryRecord): void {
    this.#records.insert(record);
  }

  updateCanary(id: string, patch: Partial<CanaryRecord>): void {
    this.#records.update(patch, 'id = ?', id);
  }

  unfinishedCanaries(): Canary[] {
    return this.#canaries.select('endedAt IS NULL ORDER BY id');
  }

  lastCanary(watch: string): Canary | null {
    return this.#canaries.first('watch = ? ORDER BY id DESC LIMIT 1', watch);
  }

  profiles(watch: string, which: 'reference' | 'recent', most: number): { canary: Canary; profile: unknown }[] {
    const order = which === 'reference' ? 'isReference = 1 ORDER BY id' : 'isReference = 0 ORDER BY id DESC';
    const rows = this.#records.select(`watch = ? AND profile IS NOT NULL AND ${order} LIMIT ?`, watch, most);
    const inOrder = which === 'reference' ? rows : rows.toReversed();
    return inOrder.map(({ profile, isReference: _, ...canary }) => ({ canary, profile }));
  }

  forgetReference(watch: string): void {
    this.#records.update({ isReference: false, profile: null }, 'watch = ?', watch);
  }

  thin(watch: string, { profiles, canaries }: { profiles: number; canaries: number }): void {
    const newest = 'SELECT id FROM canaries WHERE watch = ? AND isReference = 0 ORDER BY id DESC LIMIT ?';
    const others = `watch = ? AND isReference = 0 AND endedAt IS NOT NULL`;
    this.#records.remove(`${others} AND id NOT IN (${newest})`, watch, watch, canaries);
    const withProfile = `SELECT id FROM canaries WHERE watch = ? AND isReference = 0 AND profile IS NOT NULL
      ORDER BY id DESC LIMIT ?`;
    this.#records.update(
      { profile: null },
      `${others} AND profile IS NOT NULL AND id NOT IN (${withProfile})`,
      watch,
      watch,
      profiles,
    );
    const closed = `SELECT id FROM findings WHERE watch = ? AND state = 'closed' ORDER BY lastSeenAt DESC LIMIT ${mostClosed}`;
    this.#findings.remove(`watch = ? AND state = 'closed' AND id NOT IN (${closed})`, watch, watch);
  }

  putFinding(record: WatchFinding): void {
    this.#findings.insert(record, 'replace');
  }

  getFinding(id: string): WatchFinding | null {
    return this.#findings.first('id = ?', id);
  }

  findings({ watch, state }: { watch?: string; state?: FindingState }): WatchFinding[] {
    return this.#findings.select(
      '(? IS NULL OR watch = ?) AND (? IS NULL OR state = ?) ORDER BY lastSeenAt DESC, id',
      watch ?? null,
      watch ?? null,
      state ?? null,
      state ?? null,
    );
  }
}
