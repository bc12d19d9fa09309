/** Fault plans of sandboxes at rest, and the labels of what was drawn of them. */
import type { FaultLabel } from '../schema/index.ts';
import type { Database } from './database.ts';
import { type Columns, Table } from './table.ts';
import type { FaultRecord, FaultRepository } from './types.ts';

const columns: Columns<FaultRecord> = {
  sandbox: 'text',
  tenant: 'text',
  given: 'json',
  state: 'json',
  held: 'json',
  stopped: 'flag',
  generation: 'number',
};

interface LabelRow {
  sandbox: string;
  number: number;
  label: FaultLabel;
}

const labelColumns: Columns<LabelRow> = { sandbox: 'text', number: 'number', label: 'json' };

export class FaultTable implements FaultRepository {
  readonly #table: Table<FaultRecord>;
  readonly #labels: Table<LabelRow>;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.#table = new Table(database, 'faults', columns);
    this.#labels = new Table(database, 'faultLabels', labelColumns);
  }

  get(sandbox: string): FaultRecord | null {
    return this.#table.first('sandbox = ?', sandbox);
  }

  living(): FaultRecord[] {
    return this.#table.select("stopped = 0 AND sandbox IN (SELECT id FROM sandboxes WHERE state <> 'gone')");
  }

  insert(record: FaultRecord): void {
    this.#table.insert(record);
  }

  update(sandbox: string, patch: Partial<FaultRecord>): void {
    this.#table.update(patch, 'sandbox = ?', sandbox);
  }

  label(sandbox: string, labels: readonly FaultLabel[]): number {
    if (labels.length === 0) return 0;
    const last = this.#labels.first('sandbox = ? ORDER BY number DESC LIMIT 1', sandbox)?.number ?? 0;
    this.#database.transaction(() => {
      for (const [at, label] of labels.entries()) this.#labels.insert({ sandbox, number: last + 1 + at, label });
    });
    return last + 1;
  }

  labels(sandbox: string): { number: number; label: FaultLabel }[] {
    return this.#labels.select('sandbox = ? ORDER BY number', sandbox);
  }

  relabel(sandbox: string, number: number, label: FaultLabel): void {
    this.#labels.update({ label }, 'sandbox = ? AND number = ?', sandbox, number);
  }
}
