/** Previews at rest. One that is over stays for a while, so that its URL can say why it does not work any more. */
import type { Database } from './database.ts';
import type { PreviewRecord, PreviewRepository } from './network-types.ts';
import { type Columns, Table } from './table.ts';

const columns: Columns<PreviewRecord> = {
  id: 'text',
  label: 'text',
  tenant: 'text',
  sandbox: 'text',
  port: 'number',
  visibility: 'text',
  keepHost: 'flag',
  createdAt: 'text',
  expiresMs: 'number',
  revoked: 'flag',
};

const works = 'revoked = 0 AND expiresMs > ?';

export class PreviewTable implements PreviewRepository {
  readonly #table: Table<PreviewRecord>;

  constructor(database: Database) {
    this.#table = new Table(database, 'previews', columns);
  }

  insert(record: PreviewRecord): void {
    this.#table.insert(record);
  }

  byLabel(label: string): PreviewRecord | null {
    return this.#table.first('label = ?', label);
  }

  find(sandbox: string, id: string): PreviewRecord | null {
    return this.#table.first('sandbox = ? AND id = ?', sandbox, id);
  }

  working(sandbox: string, nowMs: number): PreviewRecord[] {
    return this.#table.select(`sandbox = ? AND ${works} ORDER BY id`, sandbox, nowMs);
  }

  anyWorking(nowMs: number): boolean {
    return this.#table.first(`${works} LIMIT 1`, nowMs) !== null;
  }

  revoke(id: string): boolean {
    return this.#table.update({ revoked: true }, 'id = ? AND revoked = 0', id) === 1;
  }

  purge(beforeMs: number): number {
    return this.#table.remove('expiresMs < ? OR sandbox NOT IN (SELECT id FROM sandboxes)', beforeMs);
  }
}
