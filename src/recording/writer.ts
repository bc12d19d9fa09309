/**
 * Writes one recording.
 *
 * 1. `append` answers when the event, and every blob it names, is in the operating system's hands: the death of this
 *    process loses nothing. Within 20 ms it is on the disk as well; `durable` waits for that.
 * 2. A failed write is taken back, counted, and told by a `gap` event before the next one that succeeds. What could not be
 *    flushed is written once more before anything comes after it: of a failed flush nobody knows what it left out.
 * 3. Whatever event fills a recording, or its tenant's quota, `whenFull` hears of it and of which, once: it is to end then.
 *    Nothing is dropped without a word.
 * 4. One writer per recording: whoever has the home's lock.
 * 5. Nothing is written that a reader would refuse.
 */
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import {
  type ChainLink,
  type Clock,
  chainStart,
  encodeLine,
  join,
  mapDiskFull,
  syncDirectory,
  writeFileAtomic,
} from '../base/index.ts';
import { type Content, HoldfastError, type RecordingEventBody } from '../schema/index.ts';
import { Blobs } from './blobs.ts';
import { fitting } from './fit.ts';
import {
  blobsName,
  corruptRecording,
  eventsName,
  longestLineBytes,
  manifestName,
  type RecordingClosing,
  type RecordingHead,
  type RecordingLimits,
  usualLimits,
} from './format.ts';

const flushWithinMs = 20;
const rewrittenBytes = 256 * 1024;

/** Without `atMs`, which the writer adds. */
export type NewEvent = RecordingEventBody extends infer Body
  ? Body extends RecordingEventBody
    ? Omit<Body, 'atMs'>
    : never
  : never;

export interface WriterOptions {
  directory: string;
  head: RecordingHead;
  clock: Clock;
  limits?: Partial<RecordingLimits>;
  /** Bytes that its tenant may still keep; null: no quota. */
  room?(): number | null;
  /** Where an earlier writer had come to. */
  from?: { link: ChainLink; steps: number; blobBytes?: number };
  /** The disk's, unless said. */
  flush?: Flush;
}

export type Flush = (file: number, done: (error: Error | null) => void) => void;

/** Why nothing more is kept: its own bound, or its tenant's quota. */
export type Fullness = 'full' | 'quota';

/** Makes the bundle's directory and manifest, then the writer. */
export async function beginRecording(options: WriterOptions): Promise<RecordingWriter> {
  mkdirSync(join(options.directory, blobsName), { recursive: true, mode: 0o700 });
  await writeManifest(options.directory, options.head, null);
  const writer = new RecordingWriter(options);
  await syncDirectory(options.directory);
  return writer;
}

async function writeManifest(directory: string, head: RecordingHead, closed: RecordingClosing | null): Promise<void> {
  const text = `${JSON.stringify({ head, closed }, null, 2)}\n`;
  await writeFileAtomic(join(directory, manifestName), text, { sync: true });
}

export class RecordingWriter {
  readonly directory: string;
  readonly head: RecordingHead;
  readonly blobs: Blobs;
  readonly limits: RecordingLimits;
  readonly #clock: Clock;
  readonly #path: string;
  #file: number;
  #size: number;
  #link: ChainLink;
  #lost = 0;
  #lostWhy = '';
  #failure: HoldfastError | null = null;
  /** Why the last flush failed; what stands behind `#flushedBytes` may not be on the disk. */
  #unflushed: HoldfastError | null = null;
  #flushedBytes: number;
  readonly #flushFile: Flush;
  #cancelFlush: (() => void) | null = null;
  #flushing: Promise<void> | null = null;
  #dirty = false;
  readonly #room: () => number | null;
  #whenFull: ((why: Fullness) => void) | null = null;

  constructor({ directory, head, clock, limits, room = () => null, from, flush = fdatasync }: WriterOptions) {
    this.directory = directory;
    this.head = head;
    this.#clock = clock;
    this.limits = { ...usualLimits, ...limits };
    this.#room = room;
    this.blobs = new Blobs(directory, from?.blobBytes);
    this.#path = join(directory, eventsName);
    this.#link = from?.link ?? chainStart;
    this.#file = openSync(this.#path, from ? 'a' : 'ax', 0o600);
    this.#size = fstatSync(this.#file).size;
    this.#flushedBytes = this.#size;
    this.#flushFile = flush;
  }

  get last(): ChainLink {
    return { ...this.#link };
  }

  /** As stored. */
  get bytes(): number {
    return this.#size + this.blobs.storedBytes;
  }

  /** Null while there is room. */
  get fullness(): Fullness | null {
    if (this.bytes >= this.limits.totalBytes) return 'full';
    const room = this.#room();
    return room !== null && room <= 0 ? 'quota' : null;
  }

  /** Called after whoever appended has done the rest of his turn. */
  whenFull(tell: (why: Fullness) => void): void {
    this.#whenFull = tell;
  }

  put(data: Uint8Array): Content {
    if (this.fullness !== null) {
      const { bytes, digest } = this.blobs.put(data, 0);
      return { bytes, digest, cut: 'recording-full' };
    }
    return this.blobs.put(data, this.limits.contentBytes);
  }

  /** @throws HoldfastError when it cannot be written; then nothing of it was */
  append(event: NewEvent): ChainLink {
    if (this.#failure) throw this.#failure;
    if (this.#unflushed) this.#flushAgain();
    if (this.#lost > 0) this.#tellGap();
    return this.#write(event);
  }

  /** For what must not stop anything: a failure is counted and told by the next event that can be written. */
  tryAppend(event: NewEvent): ChainLink | null {
    try {
      return this.append(event);
    } catch (error) {
      this.#lost++;
      this.#lostWhy = error instanceof Error ? error.message : String(error);
      return null;
    }
  }

  /** Resolves when everything appended so far is on the disk. */
  async durable(): Promise<void> {
    if (this.#unflushed && !this.#flushing) this.#flushAgain();
    while (this.#dirty || this.#flushing) {
      if (this.#failure) throw this.#failure;
      this.#flushing ??= this.#flush().finally(() => {
        this.#flushing = null;
      });
      await this.#flushing;
    }
  }

  /** The manifest says then how the chain ends. One that failed may be tried again. */
  async close(closing: Omit<RecordingClosing, 'root' | 'events' | 'bytes'>): Promise<RecordingClosing> {
    await this.leave();
    if (this.#unflushed) this.#flushAgain();
    const closed = { ...closing, root: this.#link.hash, events: this.#link.sequence, bytes: this.bytes };
    await writeManifest(this.directory, this.head, closed);
    return closed;
  }

  /** Lets go of the file; the recording stays open for the next writer. */
  async leave(): Promise<void> {
    this.#cancelFlush?.();
    if (this.#file < 0) return;
    try {
      await this.durable();
    } finally {
      this.#failure ??= new HoldfastError('internal', `the recording ${this.head.id} is not being written any more`);
      closeSync(this.#file);
      this.#file = -1;
    }
  }

  #tellGap(): void {
    const lostEvents = this.#lost;
    this.#write({ type: 'gap', lostEvents, reason: this.#lostWhy.slice(0, 1000) });
    this.#lost = 0;
  }

  #write(event: NewEvent): ChainLink {
    const { type, ...rest } = fitting({ atMs: this.#clock.nowMs(), ...event });
    const { text, link } = encodeLine(type, rest, this.#link);
    const line = Buffer.from(text);
    if (line.length > longestLineBytes) {
      throw new HoldfastError('file-too-large', `an event of ${line.length} bytes does not fit into a recording`);
    }
    let written = 0;
    try {
      while (written < line.length) written += writeSync(this.#file, line, written);
    } catch (error) {
      this.#takeBack(error);
      throw mapDiskFull(error, this.#path);
    }
    this.#size += line.length;
    this.#link = link;
    this.#dirty = true;
    this.#cancelFlush ??= this.#clock.after(flushWithinMs, () => void this.durable().catch(() => undefined));
    this.#tellFull();
    return link;
  }

  #tellFull(): void {
    const tell = this.#whenFull;
    const why = tell && this.fullness;
    if (!tell || !why) return;
    queueMicrotask(() => tell(why));
    this.#whenFull = null;
  }

  #takeBack(cause: unknown): void {
    try {
      ftruncateSync(this.#file, this.#size);
    } catch {
      this.#failure = corruptRecording(this.#path, 'it ends in half an event that could not be taken back', { cause });
    }
  }

  async #flush(): Promise<void> {
    this.#cancelFlush?.();
    this.#cancelFlush = null;
    this.#dirty = false;
    const bytes = this.#size;
    const error = await new Promise<Error | null>((resolve) => this.#flushFile(this.#file, resolve));
    if (error) throw this.#notFlushed(error);
    this.#flushedBytes = bytes;
  }

  /** @throws HoldfastError when it fails again */
  #flushAgain(): void {
    try {
      rewrite(this.#path, this.#flushedBytes, this.#size);
    } catch (error) {
      throw this.#notFlushed(error);
    }
    this.#flushedBytes = this.#size;
    this.#unflushed = null;
    this.#dirty = false;
  }

  #notFlushed(cause: unknown): HoldfastError {
    const full = mapDiskFull(cause, this.#path);
    const message = `${this.#path} cannot be flushed to the disk`;
    this.#unflushed = full instanceof HoldfastError ? full : new HoldfastError('state-unusable', message, { cause });
    return this.#unflushed;
  }
}

/** Nothing stays open of what could not be begun. */
export async function leaveFailed(writer: RecordingWriter, error: unknown): Promise<never> {
  await writer.leave().catch(() => undefined);
  throw error;
}

/** After a failed flush the kernel takes what it could not write for written: it is given all of it again. */
function rewrite(path: string, from: number, to: number): void {
  const file = openSync(path, 'r+');
  try {
    const piece = Buffer.alloc(Math.min(rewrittenBytes, to - from));
    for (let at = from; at < to; ) {
      const length = readSync(file, piece, 0, Math.min(piece.length, to - at), at);
      if (length === 0) throw new Error(`${path} is shorter than what was written to it`);
      for (let done = 0; done < length; ) done += writeSync(file, piece, done, length - done, at + done);
      at += length;
    }
    fdatasyncSync(file);
  } finally {
    closeSync(file);
  }
}
