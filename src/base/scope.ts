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
  readonly signal: AbortSignal;
  /** Milliseconds left; Infinity without a deadline. */
  remainingMs(): number;
  /** A narrower scope: never outlives this one. */
  child(options: ScopeOptions): OwnedScope;
  /** Throws why the scope ended, if it did. */
  throwIfEnded(): void;
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

/** For what has to be put right whatever became of the operation that needs it. */
export async function inOwnScope<T>(name: string, work: (scope: Scope) => Promise<T>): Promise<T> {
  await using scope = rootScope({ name, timeoutMs: putRightTimeoutMs });
  return await work(scope);
}

class OperationScope implements OwnedScope {
  readonly name: string;
  readonly #clock: Clock;
  readonly #controller = new AbortController();
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
      this.#closers.push(this.#clock.after(own - this.#startedMs, () => this.#controller.abort(this.#deadlineError())));
    }
    if (parent) this.#follow(parent.signal);
    if (options.signal) this.#follow(options.signal);
  }

  get signal(): AbortSignal {
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
    if (this.signal.aborted) throw this.signal.reason;
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
    this.#controller.abort(closed);
    const failures: unknown[] = [];
    for (const closer of this.#closers.reverse()) {
      try {
        await closer();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `closing ${this.name}`);
  }

  #follow(signal: AbortSignal): void {
    const onAbort = (): void => this.#controller.abort(signal.reason);
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    this.#closers.push(() => signal.removeEventListener('abort', onAbort));
  }

  #deadlineError(): HoldfastError {
    const elapsedMs = Math.round(this.#clock.monotonicMs() - this.#startedMs);
    return new HoldfastError('deadline-exceeded', `${this.name} did not finish within ${elapsedMs} ms`, {
      hint: 'Try again with a longer timeout; `details.log` says how far it came.',
      details: { log: [...this.#lines] },
    });
  }
}
