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

/** Those over so many tenants are remembered. */
const mostTenants = 1024;

export class StopTable implements StopRepository {
  readonly #database: Database;
  readonly #table: Table<StopRecord>;
  /** By tenant: asked for at each step of each session. Nobody else writes this database. */
  readonly #over = new Map<string, readonly StopRecord[]>();
  #undone = 0;

  constructor(database: Database) {
    this.#database = database;
    this.#table = new Table(database, 'stops', columns);
  }

  put(record: StopRecord): StopRecord {
    this.#over.clear();
    const { tenant, agent, id } = record;
    const first = this.#table.first('tenant = ? AND agent = ?', tenant, agent);
    const kept = first && (isFromAbove(first) || !isFromAbove(record)) ? { ...first, id } : record;
    this.#table.insert(kept, 'replace');
    return kept;
  }

  over(tenant: string): readonly StopRecord[] {
    const { undone } = this.#database;
    // What was read within what was undone is none any more.
    if (undone !== this.#undone || this.#over.size >= mostTenants) this.#over.clear();
    this.#undone = undone;
    const known = this.#over.get(tenant);
    if (known) return known;
    const found = this.#table.select("tenant IN ('', ?) ORDER BY tenant, agent", tenant);
    this.#over.set(tenant, found);
    return found;
  }

  list(): StopRecord[] {
    return this.#table.select('1 ORDER BY tenant, agent');
  }

  remove({ tenant, agent, id }: Pick<StopRecord, 'tenant' | 'agent' | 'id'>): boolean {
    this.#over.clear();
    return this.#table.remove('tenant = ? AND agent = ? AND id = ?', tenant, agent, id) > 0;
  }

  rename(tenant: string, person: string, name: string): void {
    this.#over.clear();
    this.#table.update({ placedBy: name }, 'tenant = ? AND placedBy = ?', tenant, person);
  }
}
