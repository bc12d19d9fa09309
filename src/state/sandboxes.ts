/**
 * Sandboxes at rest. A name is unique among a tenant's sandboxes that are not gone; the database itself enforces it.
 *
 * 1. `get` remembers what it read until anything in the database may have changed: each call into a sandbox looks it up three
 *    times. What it answers is shared, and frozen.
 */
import { HoldfastError, isId, type Page, type SandboxState } from '../schema/index.ts';
import { type Database, isConstraintViolation } from './database.ts';
import { page } from './page.ts';
import { type Columns, Table } from './table.ts';
import type { SandboxPatch, SandboxQuery, SandboxRecord, SandboxRepository, Usage } from './types.ts';

const columns: Columns<SandboxRecord> = {
  id: 'text',
  name: 'text',
  tenant: 'text',
  state: 'text',
  substrate: 'text',
  isolation: 'text',
  incarnation: 'text',
  template: 'text',
  snapshot: 'text',
  metadata: 'json',
  environment: 'json',
  user: 'text',
  limits: 'json',
  seed: 'number',
  clock: 'text',
  network: 'json',
  createdAt: 'text',
  expiresAt: 'text',
  idleMs: 'number',
  onIdle: 'text',
  onLifetimeEnd: 'text',
  suspendedAt: 'text',
  suspendedMs: 'number',
  exitReason: 'text',
  exitDetail: 'text',
  identity: 'json',
  launcherKind: 'text',
  layers: 'json',
  upper: 'text',
  generation: 'number',
  idempotencyKey: 'text',
  leaseEndsMs: 'number',
  idleEndsMs: 'number',
  lastUsedMs: 'number',
  pooled: 'flag',
  memoryKept: 'flag',
  limitHits: 'json',
  contract: 'json',
  origins: 'json',
};

export class SandboxTable implements SandboxRepository {
  readonly #database: Database;
  readonly #table: Table<SandboxRecord>;
  readonly #known = new Map<string, SandboxRecord>();
  /** The database's version that they are of. */
  #knownOf = -1;

  constructor(database: Database) {
    this.#database = database;
    this.#table = new Table(database, 'sandboxes', columns);
  }

  insert(record: SandboxRecord): void {
    withNameCheck(record.name, () => this.#table.insert(record));
  }

  get(id: string): SandboxRecord | null {
    if (this.#knownOf !== this.#database.version) this.#known.clear();
    const known = this.#known.get(id);
    if (known) return known;
    const record = frozen(this.#table.first('id = ?', id));
    // Reading may have ended a group of writes.
    this.#knownOf = this.#database.version;
    if (record) this.#known.set(id, record);
    return record;
  }

  getByName(tenant: string, name: string): SandboxRecord | null {
    return this.#table.first("tenant = ? AND name = ? AND name IS NOT NULL AND state <> 'gone'", tenant, name);
  }

  find(tenant: string, ref: string): SandboxRecord | null {
    const byId = isId('sandbox', ref) ? this.get(ref) : null;
    if (byId && byId.tenant === tenant && !byId.pooled) return byId;
    return this.getByName(tenant, ref);
  }

  list(query: SandboxQuery): Page<SandboxRecord> {
    const pairs = Object.entries(query.metadata ?? {});
    const conditions = ['tenant = ? AND id > ? AND pooled = 0'];
    if (query.state !== undefined) conditions.push('state = ?');
    if (!query.all && query.state !== 'gone') conditions.push("state <> 'gone'");
    for (const _ of pairs) conditions.push('EXISTS (SELECT 1 FROM json_each(metadata) WHERE key = ? AND value = ?)');
    const values = [...(query.state === undefined ? [] : [query.state]), ...pairs.flat()];
    return page('sandbox', query, (after, limit) =>
      this.#table.select(`${conditions.join(' AND ')} ORDER BY id LIMIT ?`, query.tenant, after, ...values, limit),
    );
  }

  living(): SandboxRecord[] {
    return this.#table.select("state <> 'gone' ORDER BY id");
  }

  substratesOfAll(): string[] {
    const rows = this.#database.statement('SELECT DISTINCT substrate FROM sandboxes').all();
    return rows.map((row) => String(row['substrate']));
  }

  update(id: string, patch: SandboxPatch): boolean {
    return withNameCheck(patch.name ?? null, () => this.#table.update(patch, 'id = ?', id)) === 1;
  }

  transition(id: string, from: readonly SandboxState[], to: SandboxState, patch: SandboxPatch = {}): boolean {
    const marks = from.map(() => '?').join(', ');
    return (
      withNameCheck(patch.name ?? null, () =>
        this.#table.update({ ...patch, state: to }, `id = ? AND state IN (${marks})`, id, ...from),
      ) === 1
    );
  }

  forgetGone(tenant?: string): string[] {
    const condition = "state = 'gone' AND (? IS NULL OR tenant = ?)";
    const owner = tenant ?? null;
    return this.#database
      .statement(`DELETE FROM sandboxes WHERE ${condition} RETURNING id`)
      .all(owner, owner)
      .map((row) => String(row['id']));
  }

  /** What it left asks it how strongly it was isolated, and what in it was secret. */
  forgetEnded(beforeMs: number): number {
    return this.#database
      .statement(
        `DELETE FROM sandboxes WHERE state = 'gone' AND leaseEndsMs < ? AND lastUsedMs < ?
         AND NOT EXISTS (SELECT 1 FROM snapshots WHERE snapshots.sandbox = sandboxes.id)
         AND NOT EXISTS (SELECT 1 FROM recordings WHERE recordings.sandbox = sandboxes.id)`,
      )
      .run(beforeMs, beforeMs);
  }

  counts(): { tenant: string; state: SandboxState; pooled: boolean; count: number }[] {
    return this.#database
      .statement(
        `SELECT tenant, state, pooled, count(*) AS number FROM sandboxes WHERE state <> 'gone'
         GROUP BY tenant, state, pooled ORDER BY tenant, state, pooled`,
      )
      .all()
      .map((row) => ({
        tenant: String(row['tenant']),
        // The column holds nothing else.
        state: String(row['state']) as SandboxState,
        pooled: row['pooled'] === 1,
        count: Number(row['number']),
      }));
  }

  usage(tenant: string): Usage {
    const held = this.#database
      .statement(
        `SELECT count(*) AS sandboxes, total(state IN ('suspended', 'hibernated')) AS suspended,
           total(limits ->> 'memoryBytes') AS memoryBytes, total(limits ->> 'cpus') AS cpus,
           total(limits ->> 'diskBytes') AS diskBytes
         FROM sandboxes WHERE tenant = ? AND pooled = 0 AND state <> 'gone'`,
      )
      .get(tenant);
    const kept = this.#database
      .statement('SELECT count(*) AS snapshots, total(addedBytes) AS snapshotBytes FROM snapshots WHERE tenant = ?')
      .get(tenant);
    const number = (value: unknown): number => Number(value ?? 0);
    return {
      sandboxes: number(held?.['sandboxes']),
      suspended: number(held?.['suspended']),
      memoryBytes: number(held?.['memoryBytes']),
      cpus: number(held?.['cpus']),
      diskBytes: number(held?.['diskBytes']),
      snapshots: number(kept?.['snapshots']),
      snapshotBytes: number(kept?.['snapshotBytes']),
    };
  }
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}

/** The only constraint a caller can break here, ids being ours, is the name's. */
function withNameCheck<T>(name: string | null, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (name === null || !isConstraintViolation(error)) throw error;
    throw new HoldfastError('name-taken', `a sandbox named ${name} exists already`, {
      cause: error,
      hint: `Choose another name, or remove that one first: holdfast rm ${name}`,
      details: { name },
    });
  }
}
