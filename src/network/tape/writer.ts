/**
 * Writes one tape. Lives in the writer thread, where it may use the disk as it comes; what reaches it is already bounded
 * by the recorder.
 *
 * 1. A line is written after the blobs it names are on the disk, and is on the disk itself within `flushWithinMs` of its
 *    exchange's end, or as soon as the disk can.
 * 2. Lines stand in the order in which they were finished; exchanges are numbered in the order in which they began.
 * 3. A tape that is full takes no more exchanges: a line says so, and the manifest how many it were.
 * 4. After a failed write nothing more is written: the beginning of the tape stays good.
 * 5. What a recording calls a secret is taken out before it is written (redaction.ts).
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
  rm,
} from '../../base/index.ts';
import { asHoldfastError, HoldfastError } from '../../schema/index.ts';
import { type RedactedStream, type Redactor, redactorOf, type TokenSecrets } from '../secrets/redactor.ts';
import { BlobWriter, type Spool, type StoredBlob, syncBlobs } from './blobs.ts';
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
import { codingsOf, measured, redactedCoded, redactedHead, withCut } from './redaction.ts';

const flushWithinMs = 100;
const noBytes = new Uint8Array();
/** A coded body is decoded up to so many times what is kept of a body. */
const decodedTimes = 4;

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
  clean: RedactedStream | null;
}

const sides: readonly Side[] = ['request', 'response'];

export class TapeWriter {
  readonly #options: WriterOptions;
  readonly #blobs: BlobWriter;
  readonly #file: number;
  readonly #spools = new Map<string, SpooledBody>();
  /** Coded bodies that are looked into when they have ended. */
  readonly #held = new Map<string, Uint8Array[]>();
  readonly #working = new Set<Promise<void>>();
  /** Of WebSockets under way: frames written, and whether one had no room, after which none is written. */
  readonly #frameCounts = new Map<number, { kept: number; isCut: boolean }>();
  /** Null where nothing is taken out. */
  #redactor: Redactor | null = null;
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
      case 'secrets':
        this.#learn(message.secrets);
        return;
      case 'part':
        if (message.isCoded && this.#redactor) this.#hold(message);
        else {
          this.#part(message);
          this.#taken(message.data.length);
        }
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

  #learn(secrets: TokenSecrets): void {
    if (this.#redactor) this.#redactor.learnOf(secrets);
    else this.#redactor = redactorOf(secrets);
  }

  #part({ exchange, side, data }: Extract<ToWriter, { kind: 'part' }>): void {
    if (this.#failure || this.#isFull) return;
    const key = `${exchange}/${side}`;
    const spooled = this.#spools.get(key) ?? this.#newSpool(this.#redactor);
    this.#spools.set(key, spooled);
    this.#spool(spooled, spooled.clean ? spooled.clean.push(data) : data);
  }

  /** In memory, and the recorder's until it has ended: what it may keep bounds this. */
  #hold({ exchange, side, data }: Extract<ToWriter, { kind: 'part' }>): void {
    const key = `${exchange}/${side}`;
    const held = this.#held.get(key);
    if (held) held.push(data);
    else this.#held.set(key, [data]);
  }

  #newSpool(redactor: Redactor | null): SpooledBody {
    return { spool: this.#blobs.spool(), isFull: false, clean: redactor?.stream() ?? null };
  }

  /** Counted while it grows: a body in the spool takes room before it has a name. */
  #spool(spooled: SpooledBody, data: Uint8Array): void {
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
    const held = { request: this.#takeHeld(finished, 'request'), response: this.#takeHeld(finished, 'response') };
    const spools = { request: this.#takeSpool(finished, 'request'), response: this.#takeSpool(finished, 'response') };
    const heldBytes = [...held.request, ...held.response].reduce((sum, { length }) => sum + length, 0);
    const rests = (message.request?.length ?? 0) + (message.response?.length ?? 0);
    const taken = message.head.length + rests + heldBytes;
    if (this.#failure || !this.#hasRoom()) {
      for (const side of [spools.request, spools.response]) if (side) this.#release(side).discard();
      this.#dropped++;
      this.#taken(taken);
      return;
    }
    const ended: Ended = { finished, request: message.request, response: message.response, spools };
    const redactor = this.#redactor;
    const isCoded = redactor !== null && sides.some((side) => codingsOf(finished, side) !== null);
    if (isCoded) this.#work(async () => this.#keep(await this.#decoded(redactor, ended, held), taken), true);
    else this.#keep(redactor ? redacted(redactor, ended) : ended, taken);
  }

  #keep(ended: Ended, taken: number): void {
    const put = (exchange: Exchange): void =>
      this.#append('exchange', this.#redactor ? measured(exchange) : exchange, taken);
    if (ended.spools.request || ended.spools.response)
      this.#work(async () => put(await this.#longExchangeOf(ended)), true);
    else put(this.#exchangeOf(ended));
  }

  async #decoded(redactor: Redactor, ended: Ended, held: Record<Side, Uint8Array[]>): Promise<Ended> {
    const made = redacted(redactor, ended);
    for (const side of sides) {
      const codings = codingsOf(made.finished, side);
      const parts = made[side] ? [...held[side], made[side]] : held[side];
      if (!codings || parts.length === 0) continue;
      const mostBytes = decodedTimes * this.#options.limits.bodyBytes;
      const long = (): ((data: Uint8Array) => void) => {
        const spooled = this.#newSpool(null);
        made.spools[side] = spooled;
        return (data) => this.#spool(spooled, data);
      };
      const { cut, short } = await redactedCoded({ redactor, parts, codings, mostBytes, long });
      made[side] = short;
      made.finished = withCut(made.finished, side, cut);
    }
    return made;
  }

  #withFrames(finished: FinishedExchange): FinishedExchange {
    const count = this.#frameCounts.get(finished.number);
    this.#frameCounts.delete(finished.number);
    if (!count?.isCut || !finished.frames) return finished;
    return { ...finished, frames: { ...finished.frames, kept: count.kept, cut: finished.frames.cut ?? 'tape-limit' } };
  }

  #takeHeld({ number }: FinishedExchange, side: Side): Uint8Array[] {
    const key = `${number}/${side}`;
    const held = this.#held.get(key) ?? [];
    this.#held.delete(key);
    return held;
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
    if (spools.request && ended.request) this.#spool(spools.request, ended.request);
    if (spools.response && ended.response) this.#spool(spools.response, ended.response);
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
      const payload = data.subarray(offset, offset + bytes);
      const content = this.#blobs.put(this.#redactor?.bytes(payload) ?? payload);
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
    this.#append('name', { host: this.#redactor?.text(host) ?? host, answered }, host.length);
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
      this.#held.clear();
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

/** Coded bodies are as they were: they are looked into next. */
function redacted(redactor: Redactor, { finished, request, response, spools }: Ended): Ended {
  const rest = (side: Side, data: Uint8Array | null): Uint8Array | null => {
    const clean = spools[side]?.clean;
    if (clean) return Buffer.concat([clean.push(data ?? noBytes), clean.end()]);
    return data && !codingsOf(finished, side) ? redactor.bytes(data) : data;
  };
  const rests = { request: rest('request', request), response: rest('response', response) };
  return { finished: redactedHead(redactor, finished), ...rests, spools: { ...spools } };
}

const asBuffer = (data: Uint8Array): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

function syncFile(file: number): Promise<void> {
  return new Promise((resolve, reject) => fdatasync(file, (error) => (error ? reject(error) : resolve())));
}
