/** What was done, for good: an append-only, hash-chained journal in `home/journal/000001.jsonl` and on (chained-log.ts). */
import { join } from '../base/index.ts';
import type { JournalEntry, Page } from '../schema/index.ts';
import { ChainedLog, type LogOptions, type LogReport, openLog } from './chained-log.ts';
import { journalFormat } from './journal-line.ts';

export interface JournalOptions extends Omit<LogOptions, 'base'> {
  home: string;
}

export interface NewJournalEntry {
  tenant: string;
  sandbox: string | null;
  type: string;
  /** Plain JSON data. */
  body: Record<string, unknown>;
}

export interface JournalQuery {
  tenant?: string;
  sandbox?: string;
  /** Only entries with a higher sequence. */
  after?: number;
  limit?: number;
}

export type JournalReport = LogReport;

const defaultLimit = 100;

export async function openJournal({ home, ...options }: JournalOptions): Promise<Journal> {
  return new Journal(await openLog(join(home, 'journal'), journalFormat), journalFormat, options);
}

export class Journal extends ChainedLog<JournalEntry> {
  /** Answers the entry's sequence. */
  append({ tenant, sandbox, type, body }: NewJournalEntry): number {
    return this.add((sequence, at) => ({ sequence, at, tenant, sandbox, type, body })).sequence;
  }

  /** Oldest first. The cursor is the sequence to go on after. */
  async read(query: JournalQuery = {}): Promise<Page<JournalEntry>> {
    const limit = query.limit ?? defaultLimit;
    const items: JournalEntry[] = [];
    for await (const { entry } of this.entries(query.after ?? 0, this.last, (line) => mayMatch(line, query))) {
      if (query.tenant !== undefined && entry.tenant !== query.tenant) continue;
      if (query.sandbox !== undefined && entry.sandbox !== query.sandbox) continue;
      if (items.length === limit) return { items, nextCursor: String(items.at(-1)?.sequence ?? 0) };
      items.push(entry);
    }
    return { items, nextCursor: null };
  }
}

/** A cheap look before a line is parsed; what it lets through is checked again. */
function mayMatch(line: Buffer, query: JournalQuery): boolean {
  return query.sandbox === undefined || line.includes(`"sandbox":${JSON.stringify(query.sandbox)}`);
}
