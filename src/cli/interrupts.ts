/**
 * Signals while a verb works. At first they abort it, so that what it opened is closed; once a process inside takes them
 * over, they go there, and an impatient second one ends it.
 */
import { constants } from 'node:os';
import { HoldfastError } from '../schema/error-class.ts';
import type { Io } from './io.ts';

const watched = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

export class Interrupts implements Disposable {
  readonly #controller = new AbortController();
  readonly #stop: () => void;
  #taker: ((signal: NodeJS.Signals) => void) | null = null;
  #first: NodeJS.Signals | null = null;

  constructor(io: Io) {
    this.#stop = io.onSignal(watched, (signal) => this.#receive(signal));
  }

  /** Aborted by the first signal that nobody took over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The exit status a shell gives a program ended by the signal; null when none came. */
  get status(): number | null {
    return this.#controller.signal.aborted && this.#first ? signalStatus(this.#first) : null;
  }

  /** From now on signals go to `taker`, until the returned function is called. */
  handOver(taker: (signal: NodeJS.Signals) => void): () => void {
    this.#taker = taker;
    return () => {
      this.#taker = null;
    };
  }

  /** The same pieces; a signal ends them with an error, so that whoever takes them undoes what is half done. */
  async *through<T>(pieces: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    const aborted = Promise.withResolvers<never>();
    aborted.promise.catch(() => undefined);
    const onAbort = (): void => aborted.reject(this.signal.reason);
    this.signal.addEventListener('abort', onAbort, { once: true });
    const iterator = pieces[Symbol.asyncIterator]();
    try {
      this.signal.throwIfAborted();
      for (;;) {
        const { done, value } = await Promise.race([iterator.next(), aborted.promise]);
        if (done) return;
        yield value;
      }
    } finally {
      this.signal.removeEventListener('abort', onAbort);
      // A source that stands still would hold up the end; it is told, and not waited for.
      Promise.resolve(iterator.return?.()).catch(() => undefined);
    }
  }

  /** `work`'s status, or the signal's when one ended it. */
  async statusOf(work: () => Promise<number>): Promise<number> {
    try {
      return await work();
    } catch (error) {
      if (this.status === null) throw error;
      return this.status;
    }
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #receive(signal: NodeJS.Signals): void {
    if (this.#taker) {
      this.#taker(signal);
      return;
    }
    this.#first ??= signal;
    this.#controller.abort(new HoldfastError('cancelled', `interrupted by ${signal}`));
  }
}

/** 128 + the signal's number. */
export function signalStatus(name: string): number {
  return 128 + (Object.entries(constants.signals).find(([known]) => known === name)?.[1] ?? 0);
}
