/** Agents that may not go on until somebody says so: the switch for emergencies, as it stands after a restart too. */
import type { Database } from './database.ts';
import type { StopRecord, StopRepository } from './session-types.ts';
import { type Columns, Table } from './table.ts';

const columns: Columns<StopRecord> = {
  tenant: 'text',
  agent: 'text',
  id: 'text',
  placedBy: 'text',
  placedAt: 'text',
};

export class StopTable implements StopRepository {
  readonly #table: Table<StopRecord>;

  constructor(database: Database) {
    this.#table = new Table(database, 'stops', columns);
  }

  put(record: StopRecord): StopRecord {
    const { tenant, agent, id } = record;
    const first = this.#table.first('tenant = ? AND agent = ?', tenant, agent);
    if (first) this.#table.update({ id }, 'tenant = ? AND agent = ?', tenant, agent);
    else this.#table.insert(record);
    return { ...(first ?? record), id };
  }

  over(tenant: string): StopRecord[] {
    return this.#table.select("tenant IN ('', ?) ORDER BY tenant, agent", tenant);
  }

  list(): StopRecord[] {
    return this.#table.select('1 ORDER BY tenant, agent');
  }

  remove({ tenant, agent, id }: Pick<StopRecord, 'tenant' | 'agent' | 'id'>): boolean {
    return this.#table.remove('tenant = ? AND agent = ? AND id = ?', tenant, agent, id) > 0;
  }

  rename(tenant: string, person: string, name: string): void {
    this.#table.update({ placedBy: name }, 'tenant = ? AND placedBy = ?', tenant, person);
  }
}
