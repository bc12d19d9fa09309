/** Recordings at rest: what is listed of them, and which snapshots they need. What they hold lies in files of its own. */
import { isId, type Page, type RecordingState } from '../schema/index.ts';
import type { Database } from './database.ts';
import { page } from './page.ts';
import { type Columns, Table } from './table.ts';
import type { RecordingRecord, RecordingRepository } from './types.ts';

const columns: Columns<RecordingRecord> = {
  id: 'text',
  name: 'text',
  tenant: 'text',
  sandbox: 'text',
  state: 'text',
  createdAt: 'text',
  endedAt: 'text',
  steps: 'number',
  events: 'number',
  failures: 'json',
  bytes: 'number',
  tape: 'text',
  parent: 'json',
};

export class RecordingTable implements RecordingRepository {
  readonly #database: Database;
  readonly #table: Table<RecordingRecord>;

  constructor(database: Database) {
    this.#database = database;
    this.#table = new Table(database, 'recordings', columns);
  }

  insert(record: RecordingRecord): void {
    this.#table.insert(record);
  }

  isKnown(id: string): boolean {
    return this.#table.first('id = ?', id) !== null;
  }

  find(tenant: string, ref: string): RecordingRecord | null {
    const byId = isId('recording', ref) ? this.#table.first('id = ?', ref) : null;
    if (byId) return byId.tenant === tenant ? byId : null;
    return this.#table.first('tenant = ? AND name = ? ORDER BY id DESC LIMIT 1', tenant, ref);
  }

  openOf(sandbox: string): RecordingRecord | null {
    return this.#table.first("sandbox = ? AND state = 'open'", sandbox);
  }

  list(query: { tenant: string; sandbox?: string; limit?: number; cursor?: string }): Page<RecordingRecord> {
    const sandbox = query.sandbox ?? null;
    return page('recording', query, (after, limit) =>
      this.#table.select(
        'tenant = ? AND id > ? AND (? IS NULL OR sandbox = ?) ORDER BY id LIMIT ?',
        query.tenant,
        after,
        sandbox,
        sandbox,
        limit,
      ),
    );
  }

  inState(state: RecordingState): RecordingRecord[] {
    return this.#table.select('state = ? ORDER BY id', state);
  }

  bytesOf(tenant: string): number {
    const row = this.#database
      .statement("SELECT total(bytes) AS bytes FROM recordings WHERE tenant = ? AND state <> 'open'")
      .get(tenant);
    return Number(row?.['bytes'] ?? 0);
  }

  update(id: string, patch: Partial<Omit<RecordingRecord, 'id'>>): void {
    this.#table.update(patch, 'id = ?', id);
  }

  remove(id: string): void {
    this.#table.remove('id = ?', id);
  }

  keepSnapshot(recording: string, step: number, snapshot: string): void {
    this.#database
      .statement('INSERT OR REPLACE INTO recordingSnapshots (recording, step, snapshot) VALUES (?, ?, ?)')
      .run(recording, step, snapshot);
  }

  snapshots(recording: string): { step: number; snapshot: string }[] {
    return this.#database
      .statement('SELECT step, snapshot FROM recordingSnapshots WHERE recording = ? ORDER BY step')
      .all(recording)
      .map((row) => ({ step: Number(row['step']), snapshot: String(row['snapshot']) }));
  }

  keeperOf(snapshot: string): string | null {
    const row = this.#database
      .statement('SELECT recording FROM recordingSnapshots WHERE snapshot = ? LIMIT 1')
      .get(snapshot);
    return row ? String(row['recording']) : null;
  }

  keeperOfTape(tape: string): string | null {
    return this.#table.first('tape = ? ORDER BY id LIMIT 1', tape)?.id ?? null;
  }
}
