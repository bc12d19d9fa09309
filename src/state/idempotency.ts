/**
 * Keys that make a repeated request find the first one's result.
 *
 * 1. A key is taken before the work and answered after it; both are durable against the death of this process.
 * 2. A key taken by an earlier run and never answered is `interrupted`: whether the work was done is not known, and
 *    nobody pretends otherwise.
 * 3. The key of a session's step is kept as long as the session is not over: however long nobody was there to go on, what
 *    was done for it is not done again.
 */
import type { Clock } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { Database } from './database.ts';
import type { Claim, IdempotencyKey, IdempotencyRepository } from './types.ts';

const keyIs = 'tenant = ? AND scope = ? AND key = ?';
const parts = (key: IdempotencyKey): [string, string, string] => [key.tenant, key.scope, key.key];

export class IdempotencyTable implements IdempotencyRepository {
  readonly #database: Database;
  readonly #clock: Clock;
  /** Differs for every run of the daemon. */
  readonly #run: string;

  constructor(database: Database, clock: Clock, run: string) {
    this.#database = database;
    this.#clock = clock;
    this.#run = run;
  }

  claim(key: IdempotencyKey, requestDigest: string): Claim {
    const taken = this.#database
      .statement('INSERT OR IGNORE INTO idempotency VALUES (?, ?, ?, ?, ?, ?, NULL)')
      .run(...parts(key), requestDigest, this.#run, this.#clock.nowMs());
    if (taken === 1) return { state: 'new' };
    const row = this.#database
      .statement(`SELECT requestDigest, run, reference FROM idempotency WHERE ${keyIs}`)
      .get(...parts(key));
    if (row?.['requestDigest'] !== requestDigest) {
      throw new HoldfastError('idempotency-conflict', `the key ${key.key} was used for a different request`, {
        hint: 'Use a new key for a new request; repeat a key only with the very same request.',
        details: { key: key.key, scope: key.scope },
      });
    }
    if (typeof row['reference'] === 'string') return { state: 'done', reference: row['reference'] };
    return { state: row['run'] === this.#run ? 'running' : 'interrupted' };
  }

  complete(key: IdempotencyKey, reference: string): void {
    this.#database.statement(`UPDATE idempotency SET reference = ? WHERE ${keyIs}`).run(reference, ...parts(key));
  }

  release(key: IdempotencyKey): void {
    this.#database.statement(`DELETE FROM idempotency WHERE ${keyIs} AND reference IS NULL`).run(...parts(key));
  }

  purge(beforeMs: number): number {
    return this.#database
      .statement(
        `DELETE FROM idempotency WHERE takenMs < ?
         AND substr(key, 1, instr(key, '/') - 1) NOT IN (SELECT id FROM sessions WHERE endedAt IS NULL)`,
      )
      .run(beforeMs);
  }

  forget(tenant: string, prefix: string): void {
    this.#database
      .statement('DELETE FROM idempotency WHERE tenant = ? AND substr(key, 1, length(?)) = ?')
      .run(tenant, prefix, prefix);
  }
}
