/** The newest events, on disk: a ring that forgets the oldest a batch at a time, so that appending stays cheap. */
import type { HoldfastEvent } from '../schema/index.ts';
import type { Database } from './database.ts';
import { type Columns, Table } from './table.ts';
import type { EventLog } from './types.ts';

const keptEvents = 10_000;

type Placed = HoldfastEvent & { position: number };
const columns: Columns<Placed> = {
  position: 'number',
  id: 'text',
  type: 'text',
  at: 'text',
  tenant: 'text',
  sandbox: 'text',
  data: 'json',
};

export class EventTable implements EventLog {
  readonly #table: Table<Placed>;
  readonly #kept: number;
  /** How many more than `kept` may gather before the oldest are forgotten in one go. */
  readonly #slack: number;
  #oldest: number;
  #newest: number;

  /** @param name of its table: each ring has its own */
  constructor(database: Database, kept: number = keptEvents, name = 'events') {
    this.#table = new Table(database, name, columns);
    this.#kept = kept;
    this.#slack = Math.ceil(kept / 40);
    this.#oldest = this.#table.first('true ORDER BY position LIMIT 1')?.position ?? 0;
    this.#newest = this.#table.first('true ORDER BY position DESC LIMIT 1')?.position ?? 0;
  }

  append(event: HoldfastEvent): number {
    const position = this.#newest + 1;
    this.#table.insert({ ...event, position });
    this.#newest = position;
    if (this.#oldest === 0) this.#oldest = position;
    if (position - this.#oldest >= this.#kept + this.#slack) this.#forget(position - this.#kept + 1);
    return position;
  }

  position(id: string): number | null {
    return this.#table.first('id = ?', id)?.position ?? null;
  }

  bounds(): { oldest: number; newest: number } {
    return { oldest: this.#oldest, newest: this.#newest };
  }

  after(position: number, limit: number): { position: number; event: HoldfastEvent }[] {
    return this.#table
      .select('position > ? ORDER BY position LIMIT ?', position, limit)
      .map(({ position: at, ...event }) => ({ position: at, event }));
  }

  #forget(oldest: number): void {
    this.#table.remove('position < ?', oldest);
    this.#oldest = oldest;
  }
}
