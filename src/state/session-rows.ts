/**
 * Rows of sessions, and those that were just read or written: a step asks for its own, and for those above it, again and again.
 *
 * 1. Nobody else writes this table: what is remembered is what a reader would find.
 * 2. After writes were undone nothing is remembered, and who is outside of a group sees what is committed, as everywhere
 *    (database.ts).
 * 3. A record is nobody's to change.
 */
import type { Database, Value } from './database.ts';
import type { SessionRecord } from './session-types.ts';
import type { Table } from './table.ts';

/** More than run at once, with those above them; one that waits has no claim to memory. */
const mostRemembered = 512;

export class SessionRows {
  readonly #database: Database;
  readonly #table: Table<SessionRecord>;
  readonly #known = new Map<string, Readonly<SessionRecord>>();
  #undone = 0;

  constructor(database: Database, table: Table<SessionRecord>) {
    this.#database = database;
    this.#table = table;
  }

  get(id: string): SessionRecord | null {
    this.#look();
    const known = this.#known.get(id);
    if (known) return known;
    const found = this.#table.first('id = ?', id);
    return found && this.#remember(found);
  }

  insert(record: SessionRecord): void {
    this.#table.insert(record);
  }

  change(id: string, patch: Partial<SessionRecord>): void {
    this.#look();
    this.#table.update(patch, 'id = ?', id);
    const known = this.#known.get(id);
    // What somebody else made is read as it was written.
    if (patch.outcome !== undefined || patch.owedEnd !== undefined) this.#known.delete(id);
    else if (known) this.#known.set(id, Object.freeze({ ...known, ...defined(patch) }));
  }

  /** Answers how many. */
  changeAll(patch: Partial<SessionRecord>, condition: string, ...values: Value[]): number {
    this.#known.clear();
    return this.#table.update(patch, condition, ...values);
  }

  remove(id: string): void {
    this.#known.delete(id);
    this.#table.remove('id = ?', id);
  }

  #look(): void {
    this.#database.look();
    const { undone } = this.#database;
    if (undone !== this.#undone) this.#known.clear();
    this.#undone = undone;
  }

  #remember(record: SessionRecord): SessionRecord {
    if (this.#known.size >= mostRemembered) {
      const [oldest = ''] = this.#known.keys();
      this.#known.delete(oldest);
    }
    this.#known.set(record.id, Object.freeze(record));
    return record;
  }
}

/** Undefined changes nothing. */
function defined(patch: Partial<SessionRecord>): Partial<SessionRecord> {
  const changes = { ...patch };
  for (const field in changes) {
    if (changes[field as keyof SessionRecord] === undefined) delete changes[field as keyof SessionRecord];
  }
  return changes;
}
