/**
 * Writes one tape. Lives in the writer thread, where it may use the disk as it comes; what reaches it is already bounded
 * by the recorder.
 *
 * 1. A line is written after the blobs it names are on the disk, and is on the disk itself within `flushWithinMs` of its
 *    exchange's end, or as soon as the disk can.
 * 2. Lines stand in the order in which they were finished; exchanges are numbered in the order in which they began.
 * 3. A tape that is full takes no more exchanges: a line says so, and the manifest how many it were.
 * 4. After a failed write nothing more is written: the beginning of the tape stays good.
 */
import { closeSync, constants, fdatasync, openSync, writeSync } from 'node:fs';
import {
  type ChainLink,
  type Clock,
  chainStart,
  encodeLine,
  isoTime,
  join,
  mapDiskFull,
  open,
  rm,
  Semaphore,
  syncDirectory,
} from '../../base/index.ts';
import { asHoldfastError, HoldfastError } from '../../schema/index.ts';
import { BlobWriter, type Spool, type StoredBlob } from './blobs.ts';
import { canonicalBody } from './canonical.ts';
import {
  type Content,
  type CutReason,
  canonicalBytes,
  type Exchange,
  type FrameBatch,
  type LineKind,
  linesName,
  longestLineBytes,
  spoolName,
  type TapedBody,
  type TapeLimits,
} from './format.ts';
import { closeManifest } from './manifest.ts';
import type { Budget, FinishedExchange, FrameHead, FromWriter, Side, ToWriter } from './messages.ts';

const flushWithinMs = 100;
const flushesAtOnce = 4;
const noBytes = new Uint8Array();

type Answer = FromWriter extends infer Message ? (Message extends FromWriter ? Omit<Message, 'tape'> : never) : never;

interface WriterOptions {
  directory: string;
  limits: TapeLimits;
  budget: Budget;
  clock: Clock;
  answer(message: Answer): void;
}

interface PendingLine {
  kind: LineKind;
  body: unknown;
  /** What the recorder counts as ours until the line is written. */
  taken: number;
}

interface Ended {
  finished: FinishedExchange;
  request: Uint8Array | null;
  response: Uint8Array | null;
  spools: Record<Side, SpooledBody | undefined>;
}

interface SpooledBody {
  spool: Spool;
  isFull: boolean;
}

export class TapeWriter {
  readonly #options: WriterOptions;
  readonly #blobs: BlobWriter;
  readonly #file: number;
  readonly #spools = new Map<string, SpooledBody>();
  readonly #working = new Set<Promise<void>>();
  /** Of WebSockets under way: frames written, and whether one had no room, after which none is written. */
  readonly #frameCounts = new Map<number, { kept: number; isCut: boolean }>();
  #link: ChainLink = chainStart;
  #pending: PendingLine[] = [];
  #unsynced: StoredBlob[] = [];
  #bytes = 0;
  #exchanges = 0;
  #dropped = 0;
  #isFull = false;
  #flushing: Promise<void> | null = null;
  #cancelFlush: (() => void) | null = null;
  #failure: HoldfastError | null = null;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#blobs = new BlobWriter(options.directory, (blob) => {
      this.#unsynced.push(blob);
      this.#grow(blob.bytes);
    });
    this.#file = openSync(join(options.directory, linesName), constants.O_WRONLY | constants.O_APPEND);
  }

  accept(message: Exclude<ToWriter, { kind: 'open' }>): void {
    try {
      this.#accept(message);
    } catch (error) {
      this.#fail(error);
    }
  }

  #accept(message: Exclude<ToWriter, { kind: 'open' }>): void {
    switch (message.kind) {
      case 'part':
        this.#part(message.exchange, message.side, message.data);
        this.#taken(message.data.length);
        return;
      case 'end':
        this.#end(message);
        return;
      case 'frames':
        this.#frames(message);
        return;
      case 'name':
        this.#name(message);
        return;
      case 'flush':
        this.#work(async () => {
          await this.#settle();
          this.#options.answer({ kind: 'flushed', ticket: message.ticket });
        }, false);
        return;
      case 'close':
        this.#dropped += message.dropped;
        this.#work(() => this.#close(), false);
    }
  }

  #part(exchange: number, side: Side, data: Uint8Array): void {
    if (this.#failure || this.#isFull) return;
    const key = `${exchange}/${side}`;
    const spooled = this.#spools.get(key) ?? { spool: this.#blobs.spool(), isFull: false };
    this.#spools.set(key, spooled);
    // Counted while it grows: a body in the spool takes room before it has a name.
    if (spooled.isFull || this.#room() < data.length) {
      spooled.isFull = true;
      return;
    }
    spooled.spool.write(data);
    this.#grow(data.length);
  }

  #end(message: Extract<ToWriter, { kind: 'end' }>): void {
    // Written by our own recorder, in this process.
    const finished = this.#withFrames(JSON.parse(message.head) as FinishedExchange);
    const taken = message.head.length + (message.request?.length ?? 0) + (message.response?.length ?? 0);
    const spools = { request: this.#takeSpool(finished, 'request'), response: this.#takeSpool(finished, 'response') };
    if (this.#failure || !this.#hasRoom()) {
      for (const side of [spools.request, spools.response]) if (side) this.#release(side).discard();
      this.#dropped++;
      this.#taken(taken);
      return;
    }
    const ended: Ended = { finished, request: message.request, response: message.response, spools };
    if (!spools.request && !spools.response) {
      this.#append('exchange', this.#exchangeOf(ended), taken);
      return;
    }
    this.#work(async () => this.#append('exchange', await this.#longExchangeOf(ended), taken), true);
  }

  #withFrames(finished: FinishedExchange): FinishedExchange {
    const count = this.#frameCounts.get(finished.number);
    this.#frameCounts.delete(finished.number);
    if (!count?.isCut || !finished.frames) return finished;
    return { ...finished, frames: { ...finished.frames, kept: count.kept, cut: finished.frames.cut ?? 'tape-limit' } };
  }

  #takeSpool(finished: FinishedExchange, side: Side): SpooledBody | undefined {
    const key = `${finished.number}/${side}`;
    const spooled = this.#spools.get(key);
    this.#spools.delete(key);
    return spooled;
  }

  /** Its bytes are counted anew when it has become a blob. */
  #release(spooled: SpooledBody): Spool {
    this.#grow(-spooled.spool.bytes);
    return spooled.spool;
  }

  #exchangeOf({ finished, request, response }: Ended): Exchange {
    const sent = request ?? noBytes;
    const body = this.#short(finished.request.body, sent);
    const canonical =
      body.cut === null && sent.length <= canonicalBytes
        ? canonicalBody(finished.request.headers, asBuffer(sent))
        : null;
    return {
      ...finished,
      request: { ...finished.request, body, canonical },
      response: finished.response && {
        ...finished.response,
        body: this.#short(finished.response.body, response ?? noBytes),
      },
    };
  }

  async #longExchangeOf(ended: Ended): Promise<Exchange> {
    const { finished, spools } = ended;
    const { spool: spooledRequest } = spools.request ?? {};
    if (spools.request && ended.request) this.#finishSpool(spools.request, ended.request);
    if (spools.response && ended.response) this.#finishSpool(spools.response, ended.response);
    const isSmall = spooledRequest !== undefined && spooledRequest.bytes <= canonicalBytes;
    const canonical = isSmall ? canonicalBody(finished.request.headers, spooledRequest.read()) : null;
    const short = this.#exchangeOf({
      ...ended,
      request: spools.request ? null : ended.request,
      response: spools.response ? null : ended.response,
    });
    const request = spools.request ? await this.#long(finished.request.body, spools.request) : short.request.body;
    const response =
      finished.response && spools.response ? await this.#long(finished.response.body, spools.response) : null;
    return {
      ...short,
      request: {
        ...short.request,
        body: request,
        canonical: request.cut === null ? (canonical ?? short.request.canonical) : null,
      },
      response: short.response && { ...short.response, body: response ?? short.response.body },
    };
  }

  #finishSpool(spooled: SpooledBody, rest: Uint8Array): void {
    if (!spooled.isFull && this.#room() >= rest.length) {
      spooled.spool.write(rest);
      this.#grow(rest.length);
    } else spooled.isFull = true;
  }

  #short(count: { bytes: number; cut: CutReason | null }, data: Uint8Array): TapedBody {
    const fits = this.#room() >= data.length;
    return {
      bytes: count.bytes,
      cut: count.cut ?? (fits ? null : 'tape-limit'),
      content: this.#blobs.put(fits ? data : noBytes),
    };
  }

  async #long(count: { bytes: number; cut: CutReason | null }, spooled: SpooledBody): Promise<TapedBody> {
    const content: Content = await this.#blobs.take(this.#release(spooled));
    return { bytes: count.bytes, cut: count.cut ?? (spooled.isFull ? 'tape-limit' : null), content };
  }

  #frames({ exchange, frames: heads, data }: Extract<ToWriter, { kind: 'frames' }>): void {
    const taken = heads.length + data.length;
    const count = this.#frameCounts.get(exchange) ?? { kept: 0, isCut: false };
    this.#frameCounts.set(exchange, count);
    count.isCut ||= this.#room() < data.length || !this.#hasRoom();
    if (this.#failure || count.isCut) {
      this.#taken(taken);
      return;
    }
    // Written by our own recorder, in this process.
    const parsed = JSON.parse(heads) as FrameHead[];
    let offset = 0;
    const frames: FrameBatch['frames'] = parsed.map(({ direction, opcode, atMs, bytes }) => {
      const content = this.#blobs.put(data.subarray(offset, offset + bytes));
      offset += bytes;
      return { direction, opcode, atMs, content };
    });
    count.kept += frames.length;
    this.#append('frames', { exchange, frames }, taken);
  }

  #name({ host, answered }: Extract<ToWriter, { kind: 'name' }>): void {
    if (this.#failure || !this.#hasRoom()) {
      this.#taken(host.length);
      return;
    }
    this.#append('name', { host, answered }, host.length);
  }

  #append(kind: LineKind, body: unknown, taken: number): void {
    if (this.#failure) {
      this.#taken(taken);
      return;
    }
    this.#pending.push({ kind, body, taken });
    this.#cancelFlush ??= this.#options.clock.after(flushWithinMs, () => {
      this.#cancelFlush = null;
      this.#work(() => this.#flush(), false);
    });
  }

  #hasRoom(): boolean {
    if (this.#isFull) return false;
    if (this.#room() > 0) return true;
    this.#isFull = true;
    this.#append('full', {}, 0);
    return false;
  }

  #room(): number {
    const { limits, budget } = this.#options;
    return Math.min(limits.tapeBytes - this.#bytes, budget.limit - Number(Atomics.load(budget.used, 0)));
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    Atomics.add(this.#options.budget.used, 0, BigInt(bytes));
  }

  /** All that has come so far, on the disk. */
  async #settle(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working);
    await this.#flush();
    while (this.#pending.length > 0 && !this.#failure) await this.#flush();
  }

  async #flush(): Promise<void> {
    while (this.#flushing) await this.#flushing;
    this.#flushing = this.#flushOnce().finally(() => {
      this.#flushing = null;
    });
    await this.#flushing;
  }

  async #flushOnce(): Promise<void> {
    this.#cancelFlush?.();
    this.#cancelFlush = null;
    if (this.#failure) throw this.#failure;
    const lines = this.#pending.splice(0);
    if (lines.length === 0) return;
    await syncBlobs(this.#unsynced.splice(0), this.#options.directory);
    for (const line of lines) this.#writeLine(line);
    await syncFile(this.#file);
  }

  #writeLine({ kind, body, taken }: PendingLine): void {
    const { text, link } = encodeLine(kind, body, this.#link);
    const bytes = Buffer.from(text);
    this.#taken(taken);
    if (bytes.length > longestLineBytes) {
      this.#dropped++;
      return;
    }
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written);
    this.#link = link;
    this.#grow(bytes.length);
    if (kind === 'exchange') this.#exchanges++;
  }

  async #close(): Promise<void> {
    try {
      await this.#settle();
      for (const { spool } of this.#spools.values()) spool.discard();
      this.#spools.clear();
      await rm(join(this.#options.directory, spoolName), { recursive: true, force: true });
      await closeManifest(this.#options.directory, {
        at: isoTime(this.#options.clock.nowMs()),
        root: this.#link.hash,
        lines: this.#link.sequence,
        exchanges: this.#exchanges,
        bytes: this.#bytes,
        dropped: this.#dropped,
        recovered: null,
      });
    } catch (error) {
      this.#fail(error);
    }
    closeSync(this.#file);
    this.#failure ??= new HoldfastError('internal', 'the tape was closed');
    this.#options.answer({ kind: 'closed' });
  }

  /** @param isExchange what `#settle` has to wait for */
  #work(job: () => Promise<void>, isExchange: boolean): void {
    const running = job().catch((error: unknown) => this.#fail(error));
    if (!isExchange) return;
    this.#working.add(running);
    void running.finally(() => this.#working.delete(running));
  }

  #taken(bytes: number): void {
    this.#options.answer({ kind: 'taken', bytes });
  }

  #fail(cause: unknown): void {
    if (this.#failure) return;
    this.#cancelFlush?.();
    this.#failure = asHoldfastError(mapDiskFull(cause, this.#options.directory));
    this.#options.answer({ kind: 'failed', error: this.#failure.toBody() });
  }
}

const asBuffer = (data: Uint8Array): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

async function syncBlobs(blobs: readonly StoredBlob[], directory: string): Promise<void> {
  if (blobs.length === 0) return;
  const turns = new Semaphore(flushesAtOnce);
  await Promise.all(blobs.map(({ path }) => turns.run(() => syncPath(path))));
  const directories = new Set(blobs.map(({ path }) => join(path, '..')));
  await Promise.all([...directories].map((path) => turns.run(() => syncDirectory(path))));
  await syncDirectory(join(directory, 'blobs'));
}

async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

function syncFile(file: number): Promise<void> {
  return new Promise((resolve, reject) => fdatasync(file, (error) => (error ? reject(error) : resolve())));
}
