/**
 * A scope owns one operation: its deadline, its cancellation, its log, and what it opened.
 *
 * 1. A scope ends once: by close, by its deadline, or with its parent.
 * 2. What was registered with `onClose` runs in reverse order, each even when another throws.
 * 3. A deadline's error carries the scope's own log, so that a timeout says what it was doing.
 */
import { HoldfastError } from '../schema/index.ts';
import { type Clock, systemClock } from './clock.ts';

export interface Scope {
  readonly name: string;
  /** For what takes one; to hear of the end, `onEnd` is the lighter way. */
  readonly signal: AbortSignal;
  /** Milliseconds left; Infinity without a deadline. */
  remainingMs(): number;
  /** A narrower scope: never outlives this one. */
  child(options: ScopeOptions): OwnedScope;
  /** Throws why the scope ended, if it did. */
  throwIfEnded(): void;
  /** Calls `fn` once when the scope ends, however that is; at once when it has. The returned function takes it back. */
  onEnd(fn: (reason: unknown) => void): () => void;
  onClose(fn: () => void | Promise<void>): void;
  log(line: string, fields?: Record<string, unknown>): void;
}

export interface OwnedScope extends Scope, AsyncDisposable {
  close(): Promise<void>;
}

export interface ScopeOptions {
  name: string;
  timeoutMs?: number;
  /** Another reason to end, e.g. a client's disconnect. */
  signal?: AbortSignal;
  clock?: Clock;
}

const keptLogLines = 50;
/** Ending processes, the slowest of it, takes ten seconds at most. */
const putRightTimeoutMs = 30_000;

/** One for all: nearly every scope ends by being closed, and a stack trace each would cost more than the scope. */
const closed = new HoldfastError('cancelled', 'the operation was closed before it ended');

export function rootScope(options: ScopeOptions): OwnedScope {
  return new OperationScope(options, null);
}

/** Work that is not its caller's alone: what must be put right although whoever asked has given up, and what several wait for. */
export async function inOwnScope<T>(
  name: string,
  work: (scope: Scope) => Promise<T>,
  timeoutMs: number = putRightTimeoutMs,
): Promise<T> {
  await using scope = rootScope({ name, timeoutMs });
  return await work(scope);
}

class OperationScope implements OwnedScope {
  readonly name: string;
  readonly #clock: Clock;
  /** Made for whoever asks: most scopes come and go without one. */
  #controller: AbortController | null = null;
  readonly #listeners = new Set<(reason: unknown) => void>();
  #ended: { reason: unknown } | null = null;
  readonly #endsAtMs: number;
  readonly #closers: (() => void | Promise<void>)[] = [];
  readonly #lines: string[] = [];
  readonly #startedMs: number;
  #closed: Promise<void> | null = null;

  constructor(options: ScopeOptions, parent: OperationScope | null) {
    this.#clock = options.clock ?? parent?.clock ?? systemClock;
    this.name = parent ? `${parent.name}/${options.name}` : options.name;
    this.#startedMs = this.#clock.monotonicMs();
    const own = options.timeoutMs === undefined ? Number.POSITIVE_INFINITY : this.#startedMs + options.timeoutMs;
    this.#endsAtMs = Math.min(own, parent?.endsAtMs ?? Number.POSITIVE_INFINITY);
    if (own < (parent?.endsAtMs ?? Number.POSITIVE_INFINITY)) {
      this.#closers.push(this.#clock.after(own - this.#startedMs, () => this.#end(this.#deadlineError())));
    }
    if (parent) this.#closers.push(parent.onEnd((reason) => this.#end(reason)));
    if (options.signal) this.#follow(options.signal);
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#ended) this.#controller.abort(this.#ended.reason);
    }
    return this.#controller.signal;
  }
  get clock(): Clock {
    return this.#clock;
  }
  get endsAtMs(): number {
    return this.#endsAtMs;
  }

  remainingMs(): number {
    return Math.max(0, this.#endsAtMs - this.#clock.monotonicMs());
  }

  child(options: ScopeOptions): OwnedScope {
    return new OperationScope(options, this);
  }

  throwIfEnded(): void {
    if (this.#ended) throw this.#ended.reason;
  }

  onEnd(fn: (reason: unknown) => void): () => void {
    if (this.#ended) {
      fn(this.#ended.reason);
      return () => undefined;
    }
    this.#listeners.add(fn);
    return () => {
      this.#listeners.delete(fn);
    };
  }

  onClose(fn: () => void | Promise<void>): void {
    this.#closers.push(fn);
  }

  log(line: string, fields?: Record<string, unknown>): void {
    const atMs = (this.#clock.monotonicMs() - this.#startedMs).toFixed(1);
    this.#lines.push(`+${atMs}ms ${line}${fields ? ` ${JSON.stringify(fields)}` : ''}`);
    if (this.#lines.length > keptLogLines) this.#lines.shift();
  }

  close(): Promise<void> {
    this.#closed ??= this.#runClosers();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #runClosers(): Promise<void> {
    this.#end(closed);
    const failures: unknown[] = [];
    for (const closer of this.#closers.reverse()) {
      try {
        const closing = closer();
        if (closing) await closing;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `closing ${this.name}`);
  }

  #follow(signal: AbortSignal): void {
    const onAbort = (): void => this.#end(signal.reason);
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    this.#closers.push(() => signal.removeEventListener('abort', onAbort));
  }

  #end(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = { reason };
    for (const listener of this.#listeners) call(listener, reason);
    this.#listeners.clear();
    this.#controller?.abort(reason);
  }

  #deadlineError(): HoldfastError {
    const elapsedMs = Math.round(this.#clock.monotonicMs() - this.#startedMs);
    return new HoldfastError('deadline-exceeded', `${this.name} did not finish within ${elapsedMs} ms`, {
      hint: 'Try again with a longer timeout; `details.log` says how far it came.',
      details: { log: [...this.#lines] },
    });
  }
}

/** As the listeners of a signal: one that throws keeps no other from hearing of the end, and is not overlooked. */
function call(listener: (reason: unknown) => void, reason: unknown): void {
  try {
    listener(reason);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
