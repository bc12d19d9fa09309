/** How sessions, their entries and what steps hold stand in the database. */
import type { HoldAmounts, SessionRecord, StoredEntry } from './session-types.ts';
import type { Columns } from './table.ts';

export const columns: Columns<SessionRecord> = {
  id: 'text',
  tenant: 'text',
  name: 'text',
  parent: 'text',
  root: 'text',
  agent: 'text',
  manifest: 'text',
  bundle: 'text',
  person: 'text',
  format: 'number',
  state: 'text',
  paused: 'flag',
  sandbox: 'text',
  waitsFor: 'json',
  wakeMs: 'number',
  fence: 'number',
  position: 'number',
  bytes: 'number',
  outcome: 'json',
  origin: 'text',
  createdAt: 'text',
  endedAt: 'text',
  limits: 'json',
  spent: 'json',
  held: 'json',
  owedEnd: 'json',
};

export type EntryRow = StoredEntry & { key: string | null };
export const entryColumns: Columns<EntryRow> = {
  session: 'text',
  position: 'number',
  kind: 'text',
  at: 'text',
  format: 'number',
  key: 'text',
  data: 'json',
};

export interface BundleRow {
  hash: string;
  body: unknown;
  tenant: string;
}
export const bundleColumns: Columns<BundleRow> = { hash: 'text', body: 'json', tenant: 'text' };

export interface HoldRow {
  key: string;
  session: string;
  amounts: HoldAmounts;
}
