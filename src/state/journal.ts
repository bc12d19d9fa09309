/**
 * What was done: an append-only, hash-chained journal in `home/journal/000001.jsonl` and on (chained-log.ts). It is kept for good,
 * unless somebody says for how long.
 *
 * 1. Then whole segments go, oldest first, each when all of its entries are past their time and its chain was verified.
 * 2. Where what is kept begins stands in `begins.json` before anything is removed: what is left verifies against that, also after
 *    a crash in between.
 */
import { dirname, join, makePrivateDirectory, readFileIfPresent, removeFile, writeFileAtomic } from '../base/index.ts';
import type { JournalEntry, Page } from '../schema/index.ts';
import { ChainedLog, type LogBase, type LogOptions, type LogReport, openLog } from './chained-log.ts';
import { encodeLine, journalFormat } from './journal-line.ts';
import { checkLink, corrupt, type Head } from './log-format.ts';
import { removeSegmentsBefore } from './log-segments.ts';

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
  const directory = join(home, 'journal');
  await makePrivateDirectory(directory);
  const base = await readBase(directory);
  if (base) await removeSegmentsBefore(directory, base.segment);
  return new Journal(await openLog(directory, journalFormat, base ?? undefined), journalFormat, options);
}

export class Journal extends ChainedLog<JournalEntry> {
  /** Answers the entry's sequence. */
  append({ tenant, sandbox, type, body }: NewJournalEntry): number {
    const facts = { tenant, sandbox, type, body };
    return this.add(({ sequence, at, previousHash }) => encodeLine({ sequence, at, ...facts }, previousHash)).sequence;
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

  /**
   * Forgets the oldest segments as far as all of their entries are older; answers how many. A segment that was begun before then
   * is closed, so that small journals come to an end too.
   */
  async forgetOlder(beforeMs: number): Promise<number> {
    const current = this.segments.at(-1);
    if (current?.first && (await this.#timeOf(current.first)) < beforeMs) this.rotate();
    for (let gone = 0; ; gone++) {
      const [oldest, next] = this.segments;
      if (!oldest || !next) return gone;
      const last = (next.first ?? this.last.sequence + 1) - 1;
      if ((await this.#timeOf(last)) > beforeMs) return gone;
      const base = { segment: next.number, before: await this.#verifiedTo(last) };
      await writeBase(dirname(oldest.path), base);
      for (const path of this.forgetBefore(base)) await removeFile(path);
    }
  }

  async #timeOf(sequence: number): Promise<number> {
    for await (const { entry } of this.entries(sequence - 1, this.last, () => true)) return Date.parse(entry.at);
    return Number.POSITIVE_INFINITY;
  }

  /** Everything from where the journal begins to that entry; throws at the first that is wrong. */
  async #verifiedTo(sequence: number): Promise<Head> {
    let previous = this.base.before;
    for await (const { entry, path, line } of this.entries(previous.sequence, { sequence, hash: '' }, () => true)) {
      const { problem } = checkLink(entry, previous);
      if (problem) throw corrupt(journalFormat, path, line, problem);
      previous = { sequence: entry.sequence, hash: entry.hash };
    }
    return previous;
  }
}

const beginsFile = 'begins.json';

async function writeBase(directory: string, { segment, before }: LogBase): Promise<void> {
  await writeFileAtomic(join(directory, beginsFile), `${JSON.stringify({ segment, ...before })}\n`, { sync: true });
}

async function readBase(directory: string): Promise<LogBase | null> {
  const path = join(directory, beginsFile);
  const text = await readFileIfPresent(path);
  if (text === null) return null;
  const match = /^\{"segment":(\d{1,15}),"sequence":(\d{1,15}),"hash":"([0-9a-f]{64})"\}\n$/.exec(text);
  if (!match) {
    const reason = 'it does not say where the journal begins';
    throw corrupt(journalFormat, path, null, { reason, expected: null, found: null });
  }
  const [, segment = '', sequence = '', hash = ''] = match;
  return { segment: Number(segment), before: { sequence: Number(sequence), hash } };
}

/** A cheap look before a line is parsed; what it lets through is checked again. */
function mayMatch(line: Buffer, query: JournalQuery): boolean {
  return query.sandbox === undefined || line.includes(`"sandbox":${JSON.stringify(query.sandbox)}`);
}
