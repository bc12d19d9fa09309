/**
 * This side of the writer thread: one per process, started with the first tape. What is handed over and not yet taken is
 * counted per tape, so that a recorder knows when to stop keeping. Messages cross in batches: waking a thread costs more
 * than all else that a small exchange costs here.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import type { TapeLimits } from './format.ts';
import type { Budget, FromWriter, ToWriter } from './messages.ts';

/** What dies with this process is at most so much: a thread that wakes for each exchange takes its time from the next one. */
const handOverWithinMs = 20;
const batchBytes = 64 * 1024;
const batchCount = 64;

interface Parcel {
  message: ToWriter;
  bytes: number;
  buffers: ArrayBuffer[];
  isUrgent: boolean;
}

export class WriterThread {
  readonly #clock: Clock;
  readonly #links = new Map<number, TapeLink>();
  #worker: Worker | null = null;
  #tapes = 0;
  #batch: ToWriter[] = [];
  #buffers: ArrayBuffer[] = [];
  #bytes = 0;
  #cancelHandOver: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param onFailed hears once that nothing more is written */
  open(
    options: { directory: string; limits: TapeLimits; budget: Budget },
    onFailed: (error: HoldfastError) => void = () => undefined,
  ): TapeLink {
    const tape = ++this.#tapes;
    const link = new TapeLink(tape, {
      post: (parcel) => this.#post(parcel),
      forget: () => this.#forget(tape),
      failed: onFailed,
    });
    this.#links.set(tape, link);
    this.#post({ message: { kind: 'open', tape, ...options }, bytes: 0, buffers: [], isUrgent: true });
    // A tape that is not closed yet keeps the process alive until it is.
    this.#worker?.ref();
    return link;
  }

  /** For when all tapes are closed. */
  async end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  #post({ message, bytes, buffers, isUrgent }: Parcel): void {
    this.#batch.push(message);
    this.#buffers.push(...buffers);
    this.#bytes += bytes;
    if (isUrgent || this.#bytes >= batchBytes || this.#batch.length >= batchCount) this.#handOver();
    else this.#cancelHandOver ??= this.#clock.after(handOverWithinMs, () => this.#handOver());
  }

  #handOver(): void {
    this.#cancelHandOver?.();
    this.#cancelHandOver = null;
    this.#worker ??= this.#start();
    this.#worker.postMessage(this.#batch, this.#buffers);
    this.#batch = [];
    this.#buffers = [];
    this.#bytes = 0;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./writer-thread.ts', import.meta.url), { name: 'tapes', execArgv: [] });
    worker.on('message', (message: FromWriter) => this.#links.get(message.tape)?.receive(message));
    worker.on('error', (error) => this.#died(worker, error));
    worker.on('exit', () => this.#died(worker, new Error('the thread ended')));
    return worker;
  }

  #forget(tape: number): void {
    this.#links.delete(tape);
    if (this.#links.size === 0) this.#worker?.unref();
  }

  #died(worker: Worker, cause: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const error = new HoldfastError('internal', `the thread that writes tapes ended: ${cause.message}`, { cause });
    for (const link of [...this.#links.values()]) {
      link.fail(error);
    }
  }
}

type WithoutTape<Message> = Message extends ToWriter ? Omit<Message, 'tape'> : never;

interface LinkParts {
  post(parcel: Parcel): void;
  forget(): void;
  failed(error: HoldfastError): void;
}

export class TapeLink {
  readonly tape: number;
  readonly #parts: LinkParts;
  readonly #flushes = new Map<number, PromiseWithResolvers<void>>();
  readonly #closed = Promise.withResolvers<void>();
  #tickets = 0;
  #outstanding = 0;
  #failure: HoldfastError | null = null;

  constructor(tape: number, parts: LinkParts) {
    this.tape = tape;
    this.#parts = parts;
    this.#closed.promise.catch(() => undefined);
  }

  /** Bytes handed over that are still in memory. */
  get outstanding(): number {
    return this.#outstanding;
  }

  get failure(): HoldfastError | null {
    return this.#failure;
  }

  /** @param bytes what the writer will say it has taken */
  send(message: WithoutTape<ToWriter>, bytes: number, buffers: readonly (Uint8Array | null)[] = []): void {
    if (this.#failure) return;
    this.#outstanding += bytes;
    this.#parts.post({
      message: { ...message, tape: this.tape },
      bytes,
      buffers: buffers.flatMap((data) => (data?.buffer instanceof ArrayBuffer ? [data.buffer] : [])),
      isUrgent: message.kind === 'flush' || message.kind === 'close',
    });
  }

  async flushed(): Promise<void> {
    if (this.#failure) throw this.#failure;
    const ticket = ++this.#tickets;
    const waiting = Promise.withResolvers<void>();
    this.#flushes.set(ticket, waiting);
    this.send({ kind: 'flush', ticket }, 0);
    await waiting.promise;
  }

  async close(dropped: number): Promise<void> {
    this.send({ kind: 'close', dropped }, 0);
    await this.#closed.promise;
  }

  receive(message: FromWriter): void {
    switch (message.kind) {
      case 'taken':
        this.#outstanding -= message.bytes;
        return;
      case 'flushed':
        this.#flushes.get(message.ticket)?.resolve();
        this.#flushes.delete(message.ticket);
        return;
      case 'closed':
        this.#closed.resolve();
        this.#parts.forget();
        return;
      case 'failed':
        // The writer lets go of its files.
        this.send({ kind: 'close', dropped: 0 }, 0);
        this.fail(HoldfastError.fromBody(message.error));
    }
  }

  fail(error: HoldfastError): void {
    const isFirst = this.#failure === null;
    this.#failure ??= error;
    for (const waiting of this.#flushes.values()) waiting.reject(error);
    this.#flushes.clear();
    this.#closed.reject(error);
    this.#parts.forget();
    if (isFirst) this.#parts.failed(error);
  }
}
