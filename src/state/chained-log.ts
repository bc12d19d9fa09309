/**
 * An append-only log of chained entries in numbered segments, `000001.jsonl` and on, in a directory of its own.
 *
 * 1. `add` answers when the entry is in the operating system's hands: the death of this process loses nothing.
 *    Within 20 ms it is on the disk as well; `durable` waits for that. Who asks for many in a row may leave them for one write of all
 *    (`addLater`), which `handOver` makes, or whoever adds or waits next.
 * 2. An entry is whole or not there. What a crash left of a last line is cut at open and reported; any other damage is
 *    an error, never repaired. The end of the log is checked at open, all of it by `verify`.
 * 3. A failed write is taken back with all that it was to write, and the next entry is as good as ever. After a failed flush, or when its newest file
 *    is no longer where it was, nothing can be promised any more: every write and every wait fails from then on.
 * 4. One writer per home: whoever opens it holds the state database's lock.
 */
import { closeSync, fdatasync, fstatSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import {
  type Clock,
  giveWay,
  isoTime,
  lstat,
  makePrivateDirectory,
  mapDiskFull,
  syncDirectory,
  systemClock,
} from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import {
  type ChainedEntry,
  checkLink,
  corrupt,
  firstHash,
  type Head,
  type LogFormat,
  type SpelledLine,
} from './log-format.ts';
import { type LogEnd, lineNumber, recoverEnd, type TornTail } from './log-recovery.ts';
import { findAfter, listSegments, longestLineBytes, readLines, type Segment, segmentPath } from './log-segments.ts';

export interface LogOptions {
  clock?: Clock;
  /** A segment that would grow past this is closed and the next one begun. */
  segmentBytes?: number;
  /** Where what is kept begins, when older segments were removed: number of the segment, and what came before it. */
  base?: LogBase;
}

export interface LogBase {
  segment: number;
  before: Head;
}

export interface LogReport {
  segments: number;
  /** How many there ever were, those of removed segments included. */
  entries: number;
  /** Sequence and hash of the newest entry. */
  last: Head;
}

/** Where an entry stands. */
export interface Placed<E> {
  entry: E;
  path: string;
  line: number;
}

/** Makes a line of what the log says of the next one. */
export type Spell = (next: { sequence: number; at: string; previousHash: string }) => SpelledLine;

/** More does not wait for its write. */
const mostWaitingBytes = longestLineBytes;
const flushWithinMs = 20;
const defaultSegmentBytes = 64 * 1024 * 1024;
const noBase: LogBase = { segment: 1, before: { sequence: 0, hash: firstHash } };

/** What there is of it, read before anything is written. */
export interface OpenedLog {
  directory: string;
  base: LogBase;
  segments: Segment[];
  end: LogEnd;
}

export async function openLog<E extends ChainedEntry>(
  directory: string,
  format: LogFormat<E>,
  base: LogBase = noBase,
): Promise<OpenedLog> {
  await makePrivateDirectory(directory);
  const segments = await listSegments(directory, format, base.segment);
  return { directory, base, segments, end: await recoverEnd(segments, format, base.before) };
}

export class ChainedLog<E extends ChainedEntry & { at: string }> {
  /** What was cut at open; null when the log had ended cleanly. */
  readonly torn: TornTail | null;
  readonly #format: LogFormat<E>;
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #segmentBytes: number;
  readonly #segments: Segment[];
  #base: LogBase;
  #last: Head;
  /** Of the newest entry that is in the operating system's hands. */
  #handed: Head;
  /** Lines of those that are not. */
  #waiting: string[] = [];
  #waitingBytes = 0;
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
  /** The last write that was taken back: who waits for the disk meanwhile may have been in it. */
  #takenBack: { cause: unknown } | null = null;

  constructor({ directory, base, segments, end }: OpenedLog, format: LogFormat<E>, options: LogOptions = {}) {
    this.torn = end.torn;
    this.#format = format;
    this.#directory = directory;
    this.#clock = options.clock ?? systemClock;
    this.#segmentBytes = options.segmentBytes ?? defaultSegmentBytes;
    this.#segments = segments;
    this.#base = base;
    this.#last = end.last;
    this.#handed = end.last;
    // The last entries of a run that was killed may not be on the disk yet: the first flush takes them along.
    this.#durableSequence = 0;
    const newest = segments.at(-1);
    if (newest) {
      this.#current = newest;
      this.#file = openSync(newest.path, 'a');
      this.#size = fstatSync(this.#file).size;
    } else {
      [this.#current, this.#file] = this.#begin(base.segment);
      this.#size = 0;
    }
  }

  /** Sequence and hash of the newest entry; sequence 0 while there is none. */
  get last(): Head {
    return { ...this.#last };
  }

  /** The same of what the operating system has. */
  get handed(): Head {
    return { ...this.#handed };
  }

  /** Those that are kept, oldest first. */
  get segments(): readonly Readonly<Segment>[] {
    return this.#segments;
  }

  get base(): LogBase {
    return this.#base;
  }

  protected get clock(): Clock {
    return this.#clock;
  }

  /** Becomes the next entry; answers what it is called. */
  protected add(spell: Spell): Head {
    const head = this.addLater(spell);
    this.handOver();
    return head;
  }

  /** The same, but for its write. */
  protected addLater(spell: Spell): Head {
    if (this.#failure) throw this.#failure;
    const sequence = this.#last.sequence + 1;
    const at = isoTime(this.#clock.nowMs());
    const { text, hash } = spell({ sequence, at, previousHash: this.#last.hash });
    const bytes = Buffer.byteLength(text);
    if (bytes > longestLineBytes) {
      throw new HoldfastError(
        'invalid-argument',
        `an entry of the ${this.#format.name} of ${bytes} bytes is over ${longestLineBytes}`,
      );
    }
    if (this.#waitingBytes + bytes > mostWaitingBytes) this.handOver();
    if (this.#size + this.#waitingBytes + bytes > this.#segmentBytes) this.rotate();
    this.#waiting.push(text);
    this.#waitingBytes += bytes;
    this.#current.first ??= sequence;
    this.#last = { sequence, hash };
    this.#cancelFlush ??= this.#clock.after(flushWithinMs, () => void this.durable().catch(() => undefined));
    return this.last;
  }

  /** All that was added is in the operating system's hands; when it throws, nothing is there that was not before. */
  handOver(): void {
    if (this.#waiting.length === 0) return;
    if (this.#failure) throw this.#failure;
    const lines = Buffer.from(this.#waiting.join(''));
    this.#waiting = [];
    this.#waitingBytes = 0;
    try {
      this.#write(lines);
    } catch (cause) {
      this.#last = this.#handed;
      this.#takenBack = { cause };
      throw cause;
    }
    this.#handed = this.#last;
  }

  /** Resolves when every entry added so far is on the disk. */
  async durable(): Promise<void> {
    const target = this.#last.sequence;
    const takenBack = this.#takenBack;
    while (this.#durableSequence < target) {
      if (this.#failure) throw this.#failure;
      // It gives way first: all who add and wait in this turn of the event loop are one write and one flush.
      this.#flushing ??= giveWay()
        .then(() => this.#flush())
        .finally(() => {
          this.#flushing = null;
        });
      await this.#flushing;
      if (this.#takenBack !== takenBack) throw this.#takenBack?.cause;
    }
  }

  /** Reads everything and checks every hash and every link; throws at the first that is wrong. */
  async verify(): Promise<LogReport> {
    this.handOver();
    const until = this.last;
    let previous = this.#base.before;
    for await (const { entry, path, line } of this.entries(previous.sequence, until, () => true)) {
      const { problem } = checkLink(entry, previous);
      if (problem) throw corrupt(this.#format, path, line, problem);
      previous = { sequence: entry.sequence, hash: entry.hash };
    }
    if (previous.hash !== until.hash) {
      const problem = { reason: 'its last entries are missing', expected: until.hash, found: previous.hash };
      throw corrupt(this.#format, this.#current.path, null, problem);
    }
    return { segments: this.#segments.length, entries: previous.sequence, last: previous };
  }

  /** The next entry begins a segment of its own. */
  rotate(): void {
    this.handOver();
    if (this.#size === 0) return;
    const [segment, file] = this.#begin(this.#current.number + 1);
    this.#retired.push(this.#file);
    this.#current = segment;
    this.#file = file;
    this.#size = 0;
  }

  /** Forgets the segments before that one, which begins after `before`; answers their paths, for whoever removes them. */
  forgetBefore(base: LogBase): string[] {
    const gone = this.#segments.filter(({ number }) => number < base.segment && number !== this.#current.number);
    this.#segments.splice(0, gone.length);
    this.#base = base;
    return gone.map(({ path }) => path);
  }

  /** Flushes, then lets go of the files. */
  async close(): Promise<void> {
    this.#cancelFlush?.();
    try {
      await this.durable();
    } finally {
      this.#failure ??= new HoldfastError('internal', `the ${this.#format.name} was closed`);
      for (const file of [...this.#retired.splice(0), this.#file]) closeSync(file);
    }
  }

  /** Every entry after `after` up to `until` whose line passes `wanted`, with where it stands. */
  async *entries(
    after: number,
    until: Head,
    wanted: (line: Buffer) => boolean,
  ): AsyncGenerator<Placed<E>, void, undefined> {
    const endSize = this.#size;
    const current = this.#current.number;
    for (const segment of segmentsAfter(this.#segments, after)) {
      if (segment.number > current) return;
      // Forgotten since this began.
      if (segment.number < this.#base.segment) continue;
      const to = segment.number === current ? endSize : (await lstat(segment.path)).size;
      const isFirst = after <= (segment.first ?? 1) - 1;
      const from = isFirst ? 0 : await findAfter(segment.path, this.#format, after, to);
      let number = 0;
      for await (const lines of readLines(segment.path, from, to)) {
        for (const line of lines) {
          number++;
          if (!wanted(line.bytes)) continue;
          const decoded = this.#format.decode(line.bytes);
          if (decoded.problem) {
            const where = await lineNumber(segment.path, line.offset);
            throw corrupt(this.#format, segment.path, where, decoded.problem);
          }
          if (decoded.entry.sequence > until.sequence) return;
          if (decoded.entry.sequence > after) yield { entry: decoded.entry, path: segment.path, line: number };
        }
      }
    }
  }

  /** A file that was moved or removed takes writes as before, and nobody would ever find them. */
  protected mustBeThere(): void {
    const { path } = this.#current;
    const [here, there] = [fstatSync(this.#file), statSync(path)];
    if (here.ino !== there.ino || here.dev !== there.dev) throw new Error(`${path} is another file now`);
  }

  #write(lines: Buffer): void {
    let written = 0;
    try {
      while (written < lines.length) written += writeSync(this.#file, lines, written);
    } catch (error) {
      this.#takeBack(error);
      throw mapDiskFull(error, this.#current.path);
    }
    this.#size += lines.length;
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
    this.handOver();
    const upTo = this.#handed.sequence;
    const retired = this.#retired.splice(0);
    const current = this.#file;
    const directoryChanged = this.#directoryChanged;
    this.#directoryChanged = false;
    try {
      this.mustBeThere();
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
