/** The pools of one daemon, each filled by itself: a create is served by the first that has what it asks for. */
import type { Scope } from '../base/index.ts';
import type { ContractRef, CreateSandbox } from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import type { Parts } from './parts.ts';
import { Pool, type PoolOptions } from './pool.ts';

/** Taken from a pool, and not handed over yet. */
export interface Taken {
  record: SandboxRecord;
  giveBack(): Promise<void>;
}

export class Pools {
  readonly #pools: readonly Pool[];

  constructor(parts: Parts, options: readonly PoolOptions[]) {
    this.#pools = options.map((one) => new Pool(parts, one));
  }

  /** How many each has ready. */
  get waiting(): (Omit<PoolOptions, 'size'> & { count: number })[] {
    return this.#pools.map(({ options: { size: _, ...what }, waiting }) => ({ ...what, count: waiting }));
  }

  async take(input: CreateSandbox, contract: ContractRef | null, scope: Scope): Promise<Taken | null> {
    for (const pool of this.#pools) {
      const record = await pool.take(input, contract, scope);
      if (record) return { record, giveBack: () => pool.giveBack(record) };
    }
    return null;
  }

  /** Offered to each; false when none has a place for it. */
  async adopt(record: SandboxRecord, scope: Scope): Promise<boolean> {
    for (const pool of this.#pools) if (await pool.adopt(record, scope)) return true;
    return false;
  }

  lost(sandbox: string): void {
    for (const pool of this.#pools) pool.lost(sandbox);
  }

  /** Resolves when each is full, or could not be filled. */
  async fill(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.fill()));
  }

  async drain(scope: Scope): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.drain(scope)));
  }
}
