/** What agents remember, by scope. Expired memories are as absent as ones that never were, and go for good with `purge`. */
import type { Database } from './database.ts';
import type { MemoryRecord, MemoryRepository } from './session-types.ts';
import { type Columns, Table } from './table.ts';

const columns: Columns<MemoryRecord> = {
  tenant: 'text',
  scope: 'text',
  owner: 'text',
  slot: 'text',
  key: 'text',
  value: 'json',
  class: 'text',
  writtenAt: 'text',
  expiresMs: 'number',
};

type Place = Pick<MemoryRecord, 'tenant' | 'scope' | 'owner' | 'slot'>;
const inSlot = 'tenant = ? AND scope = ? AND owner = ? AND slot = ? AND expiresMs > ?';
const placeOf = ({ tenant, scope, owner, slot }: Place): [string, string, string, string] => [
  tenant,
  scope,
  owner,
  slot,
];

export class MemoryTable implements MemoryRepository {
  readonly #table: Table<MemoryRecord>;

  constructor(database: Database) {
    this.#table = new Table(database, 'memories', columns);
  }

  put(record: MemoryRecord): void {
    this.#table.insert(record, 'replace');
  }

  get(place: Place & Pick<MemoryRecord, 'key'>, nowMs: number): MemoryRecord | null {
    return this.#table.first(`${inSlot} AND key = ?`, ...placeOf(place), nowMs, place.key);
  }

  list(place: Place, nowMs: number): MemoryRecord[] {
    return this.#table.select(`${inSlot} ORDER BY key LIMIT 1000`, ...placeOf(place), nowMs);
  }

  purge(nowMs: number): number {
    return this.#table.remove('expiresMs <= ?', nowMs);
  }
}
