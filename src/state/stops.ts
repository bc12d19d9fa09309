/** Agents that may not go on until somebody says so: the switch for emergencies, as it stands after a restart too. */
import type { Database } from './database.ts';
import type { StopRecord, StopRepository } from './session-types.ts';
import { type Columns, Table } from './table.ts';

const columns: Columns<StopRecord> = { tenant: 'text', agent: 'text', placedBy: 'text', placedAt: 'text' };

export class StopTable implements StopRepository {
  readonly #table: Table<StopRecord>;

  constructor(database: Database) {
    this.#table = new Table(database, 'stops', columns);
  }

  put(record: StopRecord): void {
    this.#table.insert(record, 'replace');
  }

  over(tenant: string): StopRecord[] {
    return this.#table.select("tenant IN ('', ?) ORDER BY tenant, agent", tenant);
  }

  remove(tenant: string, agent: string): boolean {
    return this.#table.remove('tenant = ? AND agent = ?', tenant, agent) > 0;
  }

  rename(tenant: string, person: string, name: string): void {
    this.#table.update({ placedBy: name }, 'tenant = ? AND placedBy = ?', tenant, person);
  }
}
