/**
 * What was done, for good: an append-only, hash-chained journal in `home/journal/000001.jsonl` and on.
 *
 * 1. `append` answers when the entry is in the operating system's hands: the death of this process loses nothing.
 *    Within 20 ms it is on the disk as well; `durable` waits for that.
 * 2. An entry is whole or not there. What a crash left of a last line is cut at open and reported; any other damage is
 *    `journal-corrupt`, never repaired. The end of the journal is checked at open, all of it by `verify`.
 * 3. A failed write is taken back, and the next append is as good as ever. After a failed flush nothing can be promised
 *    any more: every append and every wait fails from then on.
 * 4. One writer per home: whoever opens it holds the state database's lock.
 */
import { closeSync, fdatasync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import {
  type Clock,
  isoTime,
  join,
  lstat,
  makePrivateDirectory,
  mapDiskFull,
  syncDirectory,
  systemClock,
} from '../base/index.ts';
import { HoldfastError, type JournalEntry, type Page } from '../schema/index.ts';
import { checkLink, decodeLine, encodeLine, firstHash } from './journal-line.ts';
import { type JournalEnd, lineNumber, recoverEnd, type TornTail } from './journal-recovery.ts';
import {
  corrupt,
  findAfter,
  listSegments,
  longestLineBytes,
  readLines,
  type Segment,
  segmentPath,
} from './journal-segments.ts';

export interface JournalOptions {
  home: string;
  clock?: Clock;
  /** A segment that would grow past this is closed and the next one begun. */
  segmentBytes?: number;
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

export interface JournalReport {
  segments: number;
  entries: number;
  /** Sequence and hash of the newest entry. */
  last: { sequence: number; hash: string };
}

const flushWithinMs = 20;
const defaultSegmentBytes = 64 * 1024 * 1024;
const defaultLimit = 100;

export async function openJournal(options: JournalOptions): Promise<Journal> {
  const directory = join(options.home, 'journal');
  await makePrivateDirectory(directory);
  const segments = await listSegments(directory);
  return new Journal(directory, segments, await recoverEnd(segments), options);
}

interface Head {
  sequence: number;
  hash: string;
}

export class Journal {
  /** What was cut at open; null when the journal had ended cleanly. */
  readonly torn: TornTail | null;
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #segmentBytes: number;
  readonly #segments: Segment[];
  #last: Head;
  #current: Segment;
  #file: number;
  #size: number;
  /** Closed segments whose last lines may not be on the disk yet. */
  #retired: number[] = [];
  #directoryChanged = false;
  #durableSequence: number;
  #flushing: Promise<void> | null = null;
  #cancelFlush: (() => void) | null = null;
  #failure: HoldfastError | null = null;

  constructor(directory: string, segments: Segment[], end: JournalEnd, options: JournalOptions) {
    this.torn = end.torn;
    this.#directory = directory;
    this.#clock = options.clock ?? systemClock;
    this.#segmentBytes = options.segmentBytes ?? defaultSegmentBytes;
    this.#segments = segments;
    this.#last = end.last;
    // The last entries of a run that was killed may not be on the disk yet: the first flush takes them along.
    this.#durableSequence = 0;
    const newest = segments.at(-1);
    if (newest) {
      this.#current = newest;
      this.#file = openSync(newest.path, 'a');
      this.#size = fstatSync(this.#file).size;
    } else {
      [this.#current, this.#file] = this.#begin(1);
      this.#size = 0;
    }
  }

  /** Sequence and hash of the newest entry; sequence 0 while there is none. */
  get last(): Head {
    return { ...this.#last };
  }

  /** Answers the entry's sequence. */
  append(entry: NewJournalEntry): number {
    if (this.#failure) throw this.#failure;
    const sequence = this.#last.sequence + 1;
    const { text, hash } = encodeLine(
      {
        sequence,
        at: isoTime(this.#clock.nowMs()),
        tenant: entry.tenant,
        sandbox: entry.sandbox,
        type: entry.type,
        body: entry.body,
      },
      this.#last.hash,
    );
    const line = Buffer.from(text);
    if (line.length > longestLineBytes) {
      throw new HoldfastError(
        'invalid-argument',
        `a journal entry of ${line.length} bytes is over ${longestLineBytes}`,
      );
    }
    if (this.#size > 0 && this.#size + line.length > this.#segmentBytes) this.#rotate();
    this.#write(line);
    this.#current.first ??= sequence;
    this.#last = { sequence, hash };
    this.#cancelFlush ??= this.#clock.after(flushWithinMs, () => void this.durable().catch(() => undefined));
    return sequence;
  }

  /** Resolves when every entry appended so far is on the disk. */
  async durable(): Promise<void> {
    const target = this.#last.sequence;
    while (this.#durableSequence < target) {
      if (this.#failure) throw this.#failure;
      this.#flushing ??= this.#flush().finally(() => {
        this.#flushing = null;
      });
      await this.#flushing;
    }
  }

  /** Oldest first. The cursor is the sequence to go on after. */
  async read(query: JournalQuery = {}): Promise<Page<JournalEntry>> {
    const limit = query.limit ?? defaultLimit;
    const items: JournalEntry[] = [];
    for await (const { entry } of this.#entries(query.after ?? 0, this.last, (line) => mayMatch(line, query))) {
      if (query.tenant !== undefined && entry.tenant !== query.tenant) continue;
      if (query.sandbox !== undefined && entry.sandbox !== query.sandbox) continue;
      if (items.length === limit) return { items, nextCursor: String(items.at(-1)?.sequence ?? 0) };
      items.push(entry);
    }
    return { items, nextCursor: null };
  }

  /** Reads everything and checks every hash and every link; throws `journal-corrupt` at the first that is wrong. */
  async verify(): Promise<JournalReport> {
    const until = this.last;
    let previous: Head = { sequence: 0, hash: firstHash };
    for await (const { entry, path, line } of this.#entries(0, until, () => true)) {
      const { problem } = checkLink(entry, previous);
      if (problem) throw corrupt(path, line, problem);
      previous = { sequence: entry.sequence, hash: entry.hash };
    }
    if (previous.hash !== until.hash) {
      const problem = { reason: 'its last entries are missing', expected: until.hash, found: previous.hash };
      throw corrupt(this.#current.path, null, problem);
    }
    return { segments: this.#segments.length, entries: previous.sequence, last: previous };
  }

  /** Flushes, then lets go of the files. */
  async close(): Promise<void> {
    this.#cancelFlush?.();
    try {
      await this.durable();
    } finally {
      this.#failure ??= new HoldfastError('internal', 'the journal was closed');
      for (const file of [...this.#retired.splice(0), this.#file]) closeSync(file);
    }
  }

  /** Every entry after `after` up to `until` whose line passes `wanted`, with where it stands. */
  async *#entries(
    after: number,
    until: Head,
    wanted: (line: Buffer) => boolean,
  ): AsyncGenerator<{ entry: JournalEntry; path: string; line: number }> {
    const endSize = this.#size;
    const current = this.#current.number;
    for (const segment of segmentsAfter(this.#segments, after)) {
      if (segment.number > current) return;
      const to = segment.number === current ? endSize : (await lstat(segment.path)).size;
      const from = after === 0 ? 0 : await findAfter(segment.path, after, to);
      let number = 0;
      for await (const lines of readLines(segment.path, from, to)) {
        for (const line of lines) {
          number++;
          if (!wanted(line.bytes)) continue;
          const decoded = decodeLine(line.bytes);
          if (decoded.problem) {
            throw corrupt(segment.path, await lineNumber(segment.path, line.offset), decoded.problem);
          }
          if (decoded.entry.sequence > until.sequence) return;
          if (decoded.entry.sequence > after) yield { entry: decoded.entry, path: segment.path, line: number };
        }
      }
    }
  }

  #write(line: Buffer): void {
    let written = 0;
    try {
      while (written < line.length) written += writeSync(this.#file, line, written);
    } catch (error) {
      this.#takeBack(error);
      throw mapDiskFull(error, this.#current.path);
    }
    this.#size += line.length;
  }

  #takeBack(cause: unknown): void {
    try {
      ftruncateSync(this.#file, this.#size);
    } catch {
      this.#failure = new HoldfastError('internal', `${this.#current.path} ends in half an entry`, {
        cause,
        fault: 'infrastructure',
        hint: 'Restart the daemon: it cuts the half entry off.',
      });
    }
  }

  #rotate(): void {
    const [segment, file] = this.#begin(this.#current.number + 1);
    this.#retired.push(this.#file);
    this.#current = segment;
    this.#file = file;
    this.#size = 0;
  }

  #begin(number: number): [Segment, number] {
    const segment: Segment = { number, path: segmentPath(this.#directory, number), first: null };
    const file = openSync(segment.path, 'ax', 0o600);
    this.#segments.push(segment);
    this.#directoryChanged = true;
    return [segment, file];
  }

  async #flush(): Promise<void> {
    this.#cancelFlush?.();
    this.#cancelFlush = null;
    const upTo = this.#last.sequence;
    const retired = this.#retired.splice(0);
    const current = this.#file;
    const directoryChanged = this.#directoryChanged;
    this.#directoryChanged = false;
    try {
      for (const file of [...retired, current]) await flushFile(file);
      if (directoryChanged) await syncDirectory(this.#directory);
      this.#durableSequence = upTo;
    } catch (error) {
      this.#failure = new HoldfastError('host-disk-full', `${this.#current.path} cannot be flushed to the disk`, {
        cause: error,
        hint: 'Check the disk and restart the daemon; what was acknowledged as durable is.',
      });
      throw this.#failure;
    } finally {
      for (const file of retired) closeSync(file);
    }
  }
}

function flushFile(file: number): Promise<void> {
  return new Promise((resolve, reject) => fdatasync(file, (error) => (error ? reject(error) : resolve())));
}

/** From the one that holds the entry after `after` on. */
function segmentsAfter(segments: readonly Segment[], after: number): Segment[] {
  const start = segments.findLastIndex((segment) => segment.first !== null && segment.first <= after + 1);
  return segments.slice(Math.max(0, start));
}

/** A cheap look before a line is parsed; what it lets through is checked again. */
function mayMatch(line: Buffer, query: JournalQuery): boolean {
  return query.sandbox === undefined || line.includes(`"sandbox":${JSON.stringify(query.sandbox)}`);
}
