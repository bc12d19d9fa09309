/**
 * Approvals that are asked for, apart from the logs that say so: nobody reads these to find what is open.
 *
 * 1. It follows from the entries, in the transaction that writes them. One that is decided, refused for another reason, or whose
 *    session is over, is not there; one that nobody decided in time stays until its session has noticed.
 * 2. What a fork was copied is not asked for there.
 */
import type { Database } from './database.ts';
import type { SessionPlace, StoredEntry } from './session-types.ts';
import { type Columns, Table } from './table.ts';

export interface OpenApprovalRow {
  session: string;
  position: number;
  tenant: string;
  callId: string;
  quorum: number;
  expiresMs: number;
  approvedBy: string[];
}

const columns: Columns<OpenApprovalRow> = {
  session: 'text',
  position: 'number',
  tenant: 'text',
  callId: 'text',
  quorum: 'number',
  expiresMs: 'number',
  approvedBy: 'json',
};

const isOpen = 'tenant = ? AND expiresMs > ?';

export class OpenApprovalTable {
  readonly #table: Table<OpenApprovalRow>;

  constructor(database: Database) {
    this.#table = new Table(database, 'open_approvals', columns);
  }

  /** Oldest session first. */
  list(tenant: string, nowMs: number): OpenApprovalRow[] {
    return this.#table.select(`${isOpen} ORDER BY session, position`, tenant, nowMs);
  }

  find(tenant: string, session: string, position: number, nowMs: number): OpenApprovalRow | null {
    return this.#table.first(`session = ? AND position = ? AND ${isOpen}`, session, position, tenant, nowMs);
  }

  /** Part of the transaction that writes them. */
  written({ id, tenant }: SessionPlace, entries: readonly StoredEntry[]): void {
    for (const { kind, position, data } of entries) {
      if (kind === 'approval-asked' && (data['session'] ?? id) === id) {
        const { callId, quorum, expiresMs } = data;
        const row = { callId: String(callId), quorum: Number(quorum), expiresMs: Number(expiresMs), approvedBy: [] };
        this.#table.insert({ session: id, position, tenant, ...row });
      } else if (kind === 'received') this.#decided(id, String(data['event']), data['data']);
      else if (kind === 'outcome' && data['refused'] === true) {
        this.#table.remove('session = ? AND callId = ?', id, String(data['callId']));
      }
    }
  }

  #decided(session: string, event: string, decision: unknown): void {
    const position = /^approval:(\d+)$/.exec(event)?.[1];
    if (position === undefined) return;
    const row = this.#table.first('session = ? AND position = ?', session, Number(position));
    if (!row) return;
    const { approve, by } = fieldsOf(decision);
    const approvedBy = [...row.approvedBy, String(by)];
    const where = ['session = ? AND position = ?', session, row.position] as const;
    if (approve === true && approvedBy.length < row.quorum) this.#table.update({ approvedBy }, ...where);
    else this.#table.remove(...where);
  }
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
