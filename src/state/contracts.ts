/** Contracts at rest, for as long as something is held to them. */
import type { Database } from './database.ts';
import { type Columns, Table } from './table.ts';
import type { ContractRecord, ContractRepository } from './types.ts';

const columns: Columns<ContractRecord> = { digest: 'text', name: 'text', document: 'json' };

export class ContractTable implements ContractRepository {
  readonly #table: Table<ContractRecord>;

  constructor(database: Database) {
    this.#table = new Table(database, 'contracts', columns);
  }

  keep(record: ContractRecord): void {
    if (!this.get(record.digest)) this.#table.insert(record);
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
