/**
 * A create with a key happens once: a repeat adopts what the first one made, also while it is still being made and also
 * after a crash in between (recovery has ended the half-made one by then, so a new one may be made).
 *
 * 1. A key is answered when its sandbox is all that was asked for, and free again when it never was.
 * 2. A repeat does nothing to what it adopts, whatever becomes of the repeat.
 */
import { createHash } from 'node:crypto';
import { type Scope, untilOrEnded } from '../base/index.ts';
import { type CreateSandbox, HoldfastError } from '../schema/index.ts';
import type { Claim, IdempotencyKey, SandboxRecord } from '../state/index.ts';
import type { Parts } from './parts.ts';

const scopeOfKeys = 'create-sandbox';

export interface OneCreate {
  /** All of it; what it made ends when it fails. */
  make(): Promise<SandboxRecord>;
  /** What may be missing of one that was being made when its daemon died. */
  finish(record: SandboxRecord): Promise<void>;
}

export class IdempotentCreates {
  readonly #parts: Pick<Parts, 'store'>;
  /** By tenant and key; resolves however it ends. */
  readonly #running = new Map<string, Promise<void>>();

  constructor(parts: Pick<Parts, 'store'>) {
    this.#parts = parts;
  }

  async run(tenant: string, input: CreateSandbox, one: OneCreate, scope: Scope): Promise<SandboxRecord> {
    if (input.idempotencyKey === undefined) return one.make();
    const { idempotency } = this.#parts.store;
    const key: IdempotencyKey = { tenant, scope: scopeOfKeys, key: input.idempotencyKey };
    const name = `${tenant}\0${key.key}`;
    // Where values came from is no part of what was asked for.
    const { origins: _, ...asked } = input;
    const digest = createHash('sha256').update(JSON.stringify(asked)).digest('hex');
    for (;;) {
      const claim = idempotency.claim(key, digest);
      if (claim.state === 'done') return this.#made(claim.reference);
      const running = this.#running.get(name);
      if (!running) return await this.#first(name, () => this.#do(key, digest, claim.state, one));
      // Who came first may have given up: then this one makes it.
      await untilOrEnded(running, scope);
    }
  }

  async #first(name: string, work: () => Promise<SandboxRecord>): Promise<SandboxRecord> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running.set(name, promise);
    try {
      return await work();
    } finally {
      this.#running.delete(name);
      resolve();
    }
  }

  async #do(key: IdempotencyKey, digest: string, state: Claim['state'], one: OneCreate): Promise<SandboxRecord> {
    const { idempotency } = this.#parts.store;
    if (state === 'interrupted') {
      const survivor = this.#survivor(key);
      // Should this fail it is for the next repeat to do: somebody may have found the sandbox in a list.
      if (survivor) {
        await one.finish(survivor);
        idempotency.complete(key, survivor.id);
        return survivor;
      }
      idempotency.release(key);
      idempotency.claim(key, digest);
    }
    try {
      const record = await one.make();
      idempotency.complete(key, record.id);
      return record;
    } catch (error) {
      idempotency.release(key);
      throw error;
    }
  }

  #survivor({ tenant, key }: IdempotencyKey): SandboxRecord | undefined {
    const living = this.#parts.store.sandboxes.living();
    return living.find((record) => record.tenant === tenant && record.idempotencyKey === key && isThere(record));
  }

  #made(id: string): SandboxRecord {
    const record = this.#parts.store.sandboxes.get(id);
    if (record) return record;
    throw new HoldfastError('sandbox-gone', `the sandbox ${id} that this key made was removed and forgotten`, {
      hint: 'Use a new key to make another one.',
    });
  }
}

const isThere = ({ state }: SandboxRecord): boolean => ['ready', 'suspended', 'hibernated'].includes(state);
