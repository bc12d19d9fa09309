/**
 * This side of the writer thread: one per process, started with the first tape. What is handed over and not yet taken is
 * counted per tape, so that a recorder knows when to stop keeping.
 */
import { Worker } from 'node:worker_threads';
import { asHoldfastError, HoldfastError } from '../../schema/index.ts';
import type { TapeLimits } from './format.ts';
import type { Budget, FromWriter, ToWriter } from './messages.ts';

export class WriterThread {
  readonly #links = new Map<number, TapeLink>();
  #worker: Worker | null = null;
  #tapes = 0;

  open(options: { directory: string; limits: TapeLimits; budget: Budget }): TapeLink {
    const tape = ++this.#tapes;
    const link = new TapeLink(
      tape,
      (message, buffers) => this.#post(message, buffers),
      () => this.#forget(tape),
    );
    this.#links.set(tape, link);
    this.#post({ kind: 'open', tape, ...options }, []);
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

  #post(message: ToWriter, buffers: ArrayBuffer[]): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(message, buffers);
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
      link.receive({ kind: 'failed', tape: link.tape, error: error.toBody() });
    }
  }
}

type WithoutTape<Message> = Message extends ToWriter ? Omit<Message, 'tape'> : never;

export class TapeLink {
  readonly tape: number;
  readonly #post: (message: ToWriter, buffers: ArrayBuffer[]) => void;
  readonly #forget: () => void;
  readonly #flushes = new Map<number, PromiseWithResolvers<void>>();
  readonly #closed = Promise.withResolvers<void>();
  #tickets = 0;
  #outstanding = 0;
  #failure: HoldfastError | null = null;

  constructor(tape: number, post: (message: ToWriter, buffers: ArrayBuffer[]) => void, forget: () => void) {
    this.tape = tape;
    this.#post = post;
    this.#forget = forget;
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
    const handed = buffers.flatMap((data) => (data?.buffer instanceof ArrayBuffer ? [data.buffer] : []));
    this.#post({ ...message, tape: this.tape }, handed);
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
        this.#forget();
        return;
      case 'failed':
        this.#fail(asHoldfastError(HoldfastError.fromBody(message.error)));
    }
  }

  #fail(error: HoldfastError): void {
    this.#failure ??= error;
    for (const waiting of this.#flushes.values()) waiting.reject(error);
    this.#flushes.clear();
    this.#closed.reject(error);
    this.#forget();
  }
}
