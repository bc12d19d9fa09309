/** Legal holds, and what webhooks are still to be told of. */
import type { Database } from './database.ts';
import type { LegalHoldRecord, LegalHoldRepository, NoticeRecord, NoticeRepository } from './session-types.ts';
import { type Columns, Table } from './table.ts';

const holdColumns: Columns<LegalHoldRecord> = {
  id: 'text',
  tenant: 'text',
  person: 'text',
  reason: 'text',
  placedBy: 'text',
  placedAt: 'text',
};

export class LegalHoldTable implements LegalHoldRepository {
  readonly #table: Table<LegalHoldRecord>;

  constructor(database: Database) {
    this.#table = new Table(database, 'legal_holds', holdColumns);
  }

  insert(record: LegalHoldRecord): void {
    this.#table.insert(record);
  }

  list(tenant: string | null): LegalHoldRecord[] {
    return tenant === null ? this.#table.select('1 ORDER BY id') : this.#table.select('tenant = ? ORDER BY id', tenant);
  }

  remove(tenant: string, id: string): boolean {
    return this.#table.remove('tenant = ? AND id = ?', tenant, id) > 0;
  }
}

const noticeColumns: Columns<NoticeRecord> = {
  id: 'text',
  tenant: 'text',
  approval: 'text',
  attempts: 'number',
  nextMs: 'number',
};

export class NoticeTable implements NoticeRepository {
  readonly #database: Database;
  readonly #table: Table<NoticeRecord>;

  constructor(database: Database) {
    this.#database = database;
    this.#table = new Table(database, 'notices', noticeColumns);
  }

  insert(record: NoticeRecord): void {
    this.#table.insert(record);
  }

  due(nowMs: number, limit: number): NoticeRecord[] {
    return this.#table.select('nextMs <= ? ORDER BY nextMs, attempts LIMIT ?', nowMs, limit);
  }

  nextMs(): number | null {
    const row = this.#database.statement('SELECT min(nextMs) AS next FROM notices').get();
    return typeof row?.['next'] === 'number' ? row['next'] : null;
  }

  count(tenant: string): number {
    const row = this.#database.statement('SELECT count(*) AS n FROM notices WHERE tenant = ?').get(tenant);
    return Number(row?.['n'] ?? 0);
  }

  retry(id: string, attempts: number, nextMs: number): void {
    this.#table.update({ attempts, nextMs }, 'id = ?', id);
  }

  postpone(tenant: string, nextMs: number): void {
    this.#table.update({ nextMs }, 'tenant = ? AND nextMs < ?', tenant, nextMs);
  }

  remove(id: string): void {
    this.#table.remove('id = ?', id);
  }
}
