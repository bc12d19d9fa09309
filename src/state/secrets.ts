/**
 * Secrets at rest, sealed before they come here (network/secrets), and the placeholders that stand for them inside.
 *
 * 1. A placeholder goes with its sandbox: the database itself removes it when the sandbox is gone.
 * 2. What is sealed anew is sealed anew as a whole. Once `flush` has returned it survives a power cut too, and the key of
 *    before may be destroyed.
 */
import type { Database } from './database.ts';
import type {
  PlaceholderRecord,
  PlaceholderRepository,
  Sealed,
  SecretRecord,
  SecretRepository,
} from './network-types.ts';
import { type Columns, Table } from './table.ts';

const secretColumns: Columns<SecretRecord> = {
  tenant: 'text',
  name: 'text',
  sealed: 'text',
  createdAt: 'text',
  updatedAt: 'text',
};

export class SecretTable implements SecretRepository {
  readonly #database: Database;
  readonly #table: Table<SecretRecord>;

  constructor(database: Database) {
    this.#database = database;
    this.#table = new Table(database, 'secrets', secretColumns);
  }

  put(record: SecretRecord): void {
    this.#table.insert(record, 'replace');
  }

  get(tenant: string, name: string): SecretRecord | null {
    return this.#table.first('tenant = ? AND name = ?', tenant, name);
  }

  list(tenant: string): SecretRecord[] {
    return this.#table.select('tenant = ? ORDER BY name', tenant);
  }

  remove(tenant: string, name: string): boolean {
    return this.#table.remove('tenant = ? AND name = ?', tenant, name) === 1;
  }

  allSealed(): Sealed[] {
    const secrets = this.#database
      .statement("SELECT 'secret' AS kind, tenant AS owner, name, sealed FROM secrets")
      .all();
    const authorities = this.#database
      .statement(
        "SELECT 'authority' AS kind, sandbox AS owner, '' AS name, authority ->> 'sealedKey' AS sealed FROM networks",
      )
      .all();
    return [...secrets, ...authorities].map((row) => ({
      kind: row['kind'] === 'secret' ? 'secret' : 'authority',
      owner: String(row['owner']),
      name: String(row['name']),
      sealed: String(row['sealed']),
    }));
  }

  resealAll(reseal: (sealed: Sealed) => string): void {
    this.#database.transaction(() => {
      for (const each of this.allSealed()) this.#reseal(each, reseal(each));
    });
  }

  flush(): void {
    const flushed = this.#database.statement('PRAGMA wal_checkpoint(TRUNCATE)').get();
    if (flushed?.['busy'] !== 0) throw new Error(`${this.#database.path}: its log could not be written back`);
  }

  #reseal({ kind, owner, name }: Sealed, sealed: string): void {
    if (kind === 'secret') this.#table.update({ sealed }, 'tenant = ? AND name = ?', owner, name);
    else {
      this.#database
        .statement("UPDATE networks SET authority = json_set(authority, '$.sealedKey', ?) WHERE sandbox = ?")
        .run(sealed, owner);
    }
  }
}

const placeholderColumns: Columns<PlaceholderRecord> = { sandbox: 'text', secret: 'text', placeholder: 'text' };

export class PlaceholderTable implements PlaceholderRepository {
  readonly #table: Table<PlaceholderRecord>;

  constructor(database: Database) {
    this.#table = new Table(database, 'placeholders', placeholderColumns);
  }

  insert(record: PlaceholderRecord): void {
    this.#table.insert(record);
  }

  list(sandbox: string): PlaceholderRecord[] {
    return this.#table.select('sandbox = ? ORDER BY secret', sandbox);
  }

  remove(sandbox: string): void {
    this.#table.remove('sandbox = ?', sandbox);
  }
}
