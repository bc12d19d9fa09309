/** A table whose rows are plain records: each field has a kind, and the kind says how it is written and read. */
import type { Database, Row, Statement, Value } from './database.ts';

export type Kind = 'text' | 'number' | 'flag' | 'json';
export type Columns<R> = { readonly [Field in keyof R]-?: Kind };

export class Table<R extends object> {
  readonly #database: Database;
  readonly #name: string;
  readonly #columns: readonly (readonly [string, Kind])[];
  readonly #kinds: ReadonlyMap<string, Kind>;
  readonly #insert: string;
  /** By condition: to spell one out takes longer than to find it. */
  readonly #selects = new Map<string, Statement>();
  /** Column list for a SELECT. */
  readonly fields: string;

  constructor(database: Database, name: string, columns: Columns<R>) {
    this.#database = database;
    this.#name = name;
    this.#columns = Object.entries<Kind>(columns);
    this.#kinds = new Map(this.#columns);
    this.fields = this.#columns.map(([field]) => `"${field}"`).join(', ');
    this.#insert = `INTO ${name} (${this.fields}) VALUES (${this.#columns.map(() => '?').join(', ')})`;
  }

  /** @param spelled JSON of fields that the caller has spelled already */
  insert(
    record: R,
    conflict: 'fail' | 'replace' = 'fail',
    spelled: { readonly [Field in keyof R]?: string } = {},
  ): void {
    const verb = conflict === 'replace' ? 'INSERT OR REPLACE' : 'INSERT';
    this.#database.statement(`${verb} ${this.#insert}`).run(...this.#encodeAll(record, spelled));
  }

  /** @param condition what follows WHERE */
  first(condition: string, ...values: Value[]): R | null {
    const row = this.#select(condition).get(...values);
    return row && this.#decode(row);
  }

  select(condition: string, ...values: Value[]): R[] {
    return this.#select(condition)
      .all(...values)
      .map((row) => this.#decode(row));
  }

  /** Answers how many rows changed; an empty patch only counts them. */
  update(patch: Partial<R>, condition: string, ...values: Value[]): number {
    const changes = Object.entries(patch).filter(([, value]) => value !== undefined);
    const [anyColumn] = this.#columns[0] ?? ['rowid'];
    const assignments = changes.map(([field]) => `"${this.#known(field)}" = ?`).join(', ');
    return this.#database
      .statement(`UPDATE ${this.#name} SET ${assignments || `"${anyColumn}" = "${anyColumn}"`} WHERE ${condition}`)
      .run(...changes.map(([field, value]) => encode(this.#kinds.get(field), value)), ...values);
  }

  remove(condition: string, ...values: Value[]): number {
    return this.#database.statement(`DELETE FROM ${this.#name} WHERE ${condition}`).run(...values);
  }

  #select(condition: string): Statement {
    let known = this.#selects.get(condition);
    if (!known) {
      known = this.#database.statement(`SELECT ${this.fields} FROM ${this.#name} WHERE ${condition}`);
      this.#selects.set(condition, known);
    }
    return known;
  }

  /** Field names become SQL text: only declared ones may. */
  #known(field: string): string {
    if (!this.#kinds.has(field)) throw new TypeError(`${this.#name} has no field ${field}`);
    return field;
  }

  #encodeAll(record: R, spelled: Readonly<Record<string, string | undefined>>): Value[] {
    // The columns are exactly R's fields.
    const fields = record as Readonly<Record<string, unknown>>;
    return this.#columns.map(([field, kind]) => spelled[field] ?? encode(kind, fields[field]));
  }

  #decode(row: Row): R {
    const record: Record<string, unknown> = {};
    for (const [field, kind] of this.#columns) record[field] = decode(kind, row[field]);
    // The columns are exactly R's fields, and only `insert` and `update`, which take R, ever wrote them.
    return record as R;
  }
}

function encode(kind: Kind | undefined, value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (kind === 'json') return JSON.stringify(value);
  if (kind === 'flag') return value ? 1 : 0;
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw new TypeError(`a ${kind} column cannot hold ${typeof value}`);
}

function decode(kind: Kind, value: Row[string] | undefined): unknown {
  if (value === null || value === undefined) return null;
  if (kind === 'json') return typeof value === 'string' ? JSON.parse(value) : null;
  if (kind === 'flag') return value === 1;
  return value;
}
