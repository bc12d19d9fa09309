/**
 * The open connections of one sandbox, so that a change of its policy, its end, or too long a silence can end them.
 *
 * 1. Each is in here from its first decision until its streams are gone, also while it is being dialled.
 * 2. `recheck` reaches each of them; what it means is theirs to know. It is over when what it ends is gone.
 */
import type { Decision, EndedBy } from '../../schema/index.ts';
import type { CompiledPolicy } from '../types.ts';

export type CutReason = { refusal: Decision } | { error: string; endedBy?: EndedBy };

export interface OpenConnection {
  /** The policy is another one: end what it would not allow. False: all of it, and it leaves when nothing passes any more. */
  recheck(policy: CompiledPolicy): boolean;
  cut(why: CutReason): void;
  /** Bytes so far; absent for what watches its own idleness. */
  bytes?(): number;
}

interface Entry {
  connection: OpenConnection;
  seenBytes: number;
  idleSweeps: number;
  left: PromiseWithResolvers<void>;
}

export const mostConnections = 1024;

export class OpenConnections {
  readonly #entries = new Set<Entry>();

  get size(): number {
    return this.#entries.size;
  }

  get isFull(): boolean {
    return this.#entries.size >= mostConnections;
  }

  /** Returns the way out. */
  add(connection: OpenConnection): () => void {
    const entry: Entry = { connection, seenBytes: -1, idleSweeps: 0, left: Promise.withResolvers() };
    this.#entries.add(entry);
    return () => {
      this.#entries.delete(entry);
      entry.left.resolve();
    };
  }

  async recheck(policy: CompiledPolicy): Promise<void> {
    const ending = [...this.#entries].filter(({ connection }) => !connection.recheck(policy));
    await Promise.all(ending.map(({ left }) => left.promise));
  }

  /** Ends what moved no byte over the last `most` calls. */
  sweepIdle(most: number): void {
    for (const entry of [...this.#entries]) {
      const bytes = entry.connection.bytes?.();
      if (bytes === undefined) continue;
      entry.idleSweeps = bytes === entry.seenBytes ? entry.idleSweeps + 1 : 0;
      entry.seenBytes = bytes;
      if (entry.idleSweeps >= most) entry.connection.cut({ error: 'no byte passed for too long' });
    }
  }

  closeAll(error: string): void {
    for (const { connection } of [...this.#entries]) connection.cut({ error, endedBy: 'gateway' });
  }
}
