/** Agents that may not go on until somebody says so: the switch for emergencies, as it stands after a restart too. */
import type { Database } from './database.ts';
import type { StopRecord, StopRepository } from './session-types.ts';
import { type Columns, Table } from './table.ts';

/** Only whoever may stop others places one on a tenant that is not their own. */
export const isFromAbove = ({ tenant, byTenant }: Pick<StopRecord, 'tenant' | 'byTenant'>): boolean =>
  tenant !== byTenant;

const columns: Columns<StopRecord> = {
  tenant: 'text',
  agent: 'text',
  id: 'text',
  byTenant: 'text',
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
    const kept = first && (isFromAbove(first) || !isFromAbove(record)) ? { ...first, id } : record;
    this.#table.insert(kept, 'replace');
    return kept;
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
