/** Contracts at rest, for as long as something is held to them. */
import type { Database } from './database.ts';
import { type Columns, Table } from './table.ts';
import type { ContractRecord, ContractRepository } from './types.ts';

const columns: Columns<ContractRecord> = { digest: 'text', name: 'text', document: 'json' };

export class ContractTable implements ContractRepository {
  readonly #database: Database;
  readonly #table: Table<ContractRecord>;

  constructor(database: Database) {
    this.#database = database;
    this.#table = new Table(database, 'contracts', columns);
  }

  keep(record: ContractRecord): void {
    if (!this.has(record.digest)) this.#table.insert(record);
  }

  has(digest: string): boolean {
    return this.#database.statement('SELECT 1 FROM contracts WHERE digest = ?').get(digest) !== null;
  }

  get(digest: string): ContractRecord | null {
    return this.#table.first('digest = ?', digest);
  }

  purge(): number {
    return this.#table.remove(
      `digest NOT IN (SELECT contract ->> 'digest' FROM sandboxes WHERE contract IS NOT NULL)
       AND digest NOT IN (SELECT contract ->> 'digest' FROM snapshots WHERE contract IS NOT NULL)
       AND digest NOT IN (SELECT contract ->> 'digest' FROM watches WHERE contract IS NOT NULL)`,
    );
  }
}
