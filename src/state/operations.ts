/** Write-ahead intents: what was begun and not finished is what a restart finishes or undoes. */
import { type Clock, isoTime } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { Database } from './database.ts';
import { type Columns, Table } from './table.ts';
import type { OperationRecord, OperationRepository } from './types.ts';

const columns: Columns<OperationRecord> = {
  id: 'text',
  kind: 'text',
  sandbox: 'text',
  payload: 'json',
  startedAt: 'text',
  step: 'text',
};

export class OperationTable implements OperationRepository {
  readonly #table: Table<OperationRecord>;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#table = new Table(database, 'operations', columns);
    this.#clock = clock;
  }

  begin(operation: Omit<OperationRecord, 'step' | 'startedAt'>): OperationRecord {
    const record = { ...operation, startedAt: isoTime(this.#clock.nowMs()), step: 'begun' };
    this.#table.insert(record);
    return record;
  }

  advance(id: string, step: string, payload?: Record<string, unknown>): void {
    const patch = payload === undefined ? { step } : { step, payload };
    if (this.#table.update(patch, 'id = ?', id) !== 1) {
      throw new HoldfastError('internal', `operation ${id} is not open and cannot reach step ${step}`);
    }
  }

  finish(id: string): void {
    this.#table.remove('id = ?', id);
  }

  listOpen(): OperationRecord[] {
    return this.#table.select('true ORDER BY id');
  }
}
