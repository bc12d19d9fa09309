/** The networks of sandboxes at rest: one row each, replaced as a whole. */
import type { Database } from './database.ts';
import type { NetworkRecord, NetworkRepository } from './network-types.ts';
import { type Columns, Table } from './table.ts';

const columns: Columns<NetworkRecord> = {
  sandbox: 'text',
  tenant: 'text',
  presets: 'json',
  authority: 'json',
  tape: 'text',
};

export class NetworkTable implements NetworkRepository {
  readonly #table: Table<NetworkRecord>;

  constructor(database: Database) {
    this.#table = new Table(database, 'networks', columns);
  }

  get(sandbox: string): NetworkRecord | null {
    return this.#table.first('sandbox = ?', sandbox);
  }

  put(record: NetworkRecord): void {
    this.#table.insert(record, 'replace');
  }

  remove(sandbox: string): void {
    this.#table.remove('sandbox = ?', sandbox);
  }
}
