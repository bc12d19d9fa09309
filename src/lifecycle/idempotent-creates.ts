/**
 * A create with a key happens once: a repeat adopts what the first one made, also while it is still being made and also
 * after a crash in between (recovery has ended the half-made one by then, so a new one may be made).
 */
import { createHash } from 'node:crypto';
import { type CreateSandbox, HoldfastError } from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import type { Parts } from './parts.ts';

const scope = 'create-sandbox';

export class IdempotentCreates {
  readonly #parts: Parts;
  readonly #running = new Map<string, Promise<SandboxRecord>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async run(tenant: string, input: CreateSandbox, create: () => Promise<SandboxRecord>): Promise<SandboxRecord> {
    if (input.idempotencyKey === undefined) return create();
    const key = { tenant, scope, key: input.idempotencyKey };
    const { idempotency, sandboxes } = this.#parts.store;
    // Where values came from is no part of what was asked for.
    const { origins: _, ...asked } = input;
    const digest = createHash('sha256').update(JSON.stringify(asked)).digest('hex');
    let claim = idempotency.claim(key, digest);
    if (claim.state === 'interrupted') {
      const survivor = sandboxes
        .living()
        .find((record) => record.tenant === tenant && record.idempotencyKey === key.key);
      if (survivor) {
        idempotency.complete(key, survivor.id);
        return survivor;
      }
      idempotency.release(key);
      claim = idempotency.claim(key, digest);
    }
    if (claim.state === 'done') return this.#made(claim.reference);
    const running = this.#running.get(`${tenant}\0${key.key}`);
    if (running) return running;
    const making = create();
    this.#running.set(`${tenant}\0${key.key}`, making);
    try {
      const record = await making;
      idempotency.complete(key, record.id);
      return record;
    } catch (error) {
      idempotency.release(key);
      throw error;
    } finally {
      this.#running.delete(`${tenant}\0${key.key}`);
    }
  }

  #made(id: string): SandboxRecord {
    const record = this.#parts.store.sandboxes.get(id);
    if (record) return record;
    throw new HoldfastError('sandbox-gone', `the sandbox ${id} that this key made was removed and forgotten`, {
      hint: 'Use a new key to make another one.',
    });
  }
}
