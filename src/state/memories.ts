/**
 * What agents remember, by scope.
 *
 * 1. Expired memories are as absent as ones that never were, and go for good with `purge`, once no legal hold is on them.
 * 2. What somebody may not read is not looked through for them: it takes no place of what they may.
 * 3. A search is made of words only, and of the place that is searched: whatever stands in a query is never an operator, and
 *    what is in another place is neither found nor counted.
 */
import type { Database, Value } from './database.ts';
import type { MemoryPlace, MemoryRecord, MemoryRepository, MemorySearch } from './session-types.ts';
import { type Columns, Table } from './table.ts';

const columns: Columns<MemoryRecord> = {
  tenant: 'text',
  scope: 'text',
  owner: 'text',
  slot: 'text',
  key: 'text',
  value: 'json',
  class: 'text',
  person: 'text',
  writtenAt: 'text',
  expiresMs: 'number',
};

const inSlot = 'tenant = ? AND scope = ? AND owner = ? AND slot = ? AND expiresMs > ?';
const placeOf = ({ tenant, scope, owner, slot }: MemoryPlace): [string, string, string, string] => [
  tenant,
  scope,
  owner,
  slot,
];

/** By one person. Of a turn the owner is `<session>/<number>`. */
const readable = `(scope = 'tenant' OR (scope = 'user' AND owner = ?) OR (
  scope IN ('session', 'turn')
  AND substr(owner, 1, instr(owner || '/', '/') - 1) IN (SELECT id FROM sessions WHERE tenant = ? AND person = ?)
))`;

const inTurnsOf = "tenant = ? AND scope = 'turn' AND owner > ? AND owner < ?";
/** From `<session>/` up to the character behind the slash. */
const turnsOf = (session: string): [string, string] => [`${session}/`, `${session}0`];
/** By a legal hold, on whom it was kept for or on all of the tenant. */
const isHeld = `EXISTS (
  SELECT 1 FROM legal_holds AS hold
  WHERE hold.tenant = memories.tenant AND (hold.person IS NULL OR hold.person = memories.person)
)`;

const mostWords = 16;
/** Of one search, before the best are chosen: so many of the newest, and no more than that of what they say. */
const mostFound = 1000;
const mostRankedBytes = 2 * 1024 * 1024;
const shortestPrefix = 3;

export class MemoryTable implements MemoryRepository {
  readonly #database: Database;
  readonly #table: Table<MemoryRecord>;

  constructor(database: Database) {
    this.#database = database;
    this.#table = new Table(database, 'memories', columns);
  }

  put(record: MemoryRecord): void {
    // Not replaced in one statement: SQLite would take the old one out of the table and not out of the index.
    this.#database.transaction(() => {
      this.#table.remove(
        'tenant = ? AND scope = ? AND owner = ? AND slot = ? AND key = ?',
        ...placeOf(record),
        record.key,
      );
      this.#table.insert(record);
    });
  }

  get(place: MemoryPlace & Pick<MemoryRecord, 'key'>, nowMs: number): MemoryRecord | null {
    return this.#table.first(`${inSlot} AND key = ?`, ...placeOf(place), nowMs, place.key);
  }

  list(place: MemoryPlace, nowMs: number): MemoryRecord[] {
    return this.#table.select(`${inSlot} ORDER BY key`, ...placeOf(place), nowMs);
  }

  bytesOf(place: MemoryPlace, nowMs: number): number {
    const row = this.#database
      .statement(`SELECT sum(octet_length(key) + octet_length(value)) AS bytes FROM memories WHERE ${inSlot}`)
      .get(...placeOf(place), nowMs);
    return Number(row?.['bytes'] ?? 0);
  }

  ofSession(tenant: string, session: string, nowMs: number): MemoryRecord[] {
    const own = this.#table.select(
      "tenant = ? AND scope = 'session' AND owner = ? AND expiresMs > ? ORDER BY id",
      tenant,
      session,
      nowMs,
    );
    const ofTurns = this.#table.select(
      `${inTurnsOf} AND expiresMs > ? ORDER BY id`,
      tenant,
      ...turnsOf(session),
      nowMs,
    );
    return [...own, ...ofTurns];
  }

  purge(nowMs: number): number {
    return this.#table.remove(`expiresMs <= ? AND NOT ${isHeld}`, nowMs);
  }

  search({ tenant, scope, owner, slot, reader, query, limit }: MemorySearch, nowMs: number): MemoryRecord[] {
    const words = wordsOf(query);
    if (words.length === 0) return [];
    const isPlace = scope !== undefined && owner !== undefined && slot !== undefined;
    const place = isPlace ? tokenOf([tenant, scope, owner, slot]) : tokenOf([tenant]);
    const texts = words.map((word) => (word.length < shortestPrefix ? `"${word}"` : `"${word}"*`));
    // The place once more, by its columns: what the index says is not what decides.
    const conditions = [
      'id IN (SELECT rowid FROM memories_text WHERE memories_text MATCH ?)',
      'tenant = ?',
      'expiresMs > ?',
    ];
    const values: Value[] = [`place : "${place}" AND {key value} : (${texts.join(' OR ')})`, tenant, nowMs];
    for (const [column, value] of Object.entries({ scope, owner, slot })) {
      if (value === undefined) continue;
      conditions.push(`${column} = ?`);
      values.push(value);
    }
    if (reader !== undefined) {
      conditions.push(readable);
      values.push(reader, tenant, reader);
    }
    const newest = 'ORDER BY writtenAt DESC, id DESC';
    const found = this.#table.select(
      `id IN (SELECT id FROM (
         SELECT id, sum(octet_length(value)) OVER (${newest}) AS bytes FROM memories WHERE ${conditions.join(' AND ')}
       ) WHERE bytes <= ${mostRankedBytes}) ${newest} LIMIT ${mostFound}`,
      ...values,
    );
    return ranked(found, words).slice(0, limit);
  }

  removeTurnsOf(tenant: string, session: string): number {
    return this.#table.remove(inTurnsOf, tenant, ...turnsOf(session));
  }

  removeOf(tenant: string, scope: string, owner: string): number {
    return this.#table.remove('tenant = ? AND scope = ? AND owner = ?', tenant, scope, owner);
  }

  sharedOf(tenant: string, person: string | null): { slot: string; count: number }[] {
    return this.#database
      .statement(
        `SELECT slot, count(*) AS count FROM memories WHERE tenant = ? AND scope = 'tenant' AND person IS ?
         GROUP BY slot ORDER BY slot`,
      )
      .all(tenant, person)
      .map((row) => ({ slot: String(row['slot']), count: Number(row['count']) }));
  }

  removeSharedOf(tenant: string, person: string): number {
    return this.#table.remove("tenant = ? AND scope = 'tenant' AND person = ?", tenant, person);
  }

  rename(tenant: string, person: string, name: string): void {
    this.#table.update({ person: name }, 'tenant = ? AND person = ?', tenant, person);
  }
}

/** As the index has it: one word, whatever it is made of. */
const tokenOf = (parts: readonly string[]): string => Buffer.from(JSON.stringify(parts)).toString('hex');

/** Letters and digits only. */
function wordsOf(text: string): string[] {
  return [...new Set(folded(text).match(/[\p{L}\p{N}]+/gu) ?? [])].slice(0, mostWords);
}

const folded = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/**
 * Those that have more of the words first, then the newest. Not by how rare a word is: that would tell how often it stands in
 * what others keep.
 */
function ranked(found: readonly MemoryRecord[], words: readonly string[]): MemoryRecord[] {
  const scores = new Map(
    found.map((record) => {
      const there = new Set(wordsIn(`${record.key} ${String(record.value)}`));
      return [record, words.filter((word) => there.has(word)).length];
    }),
  );
  return found.toSorted((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0));
}

const wordsIn = (text: string): string[] => folded(text).match(/[\p{L}\p{N}]+/gu) ?? [];
