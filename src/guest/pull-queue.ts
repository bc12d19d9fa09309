/**
 * Items on their way from the channel to one consumer, who pulls them with `for await`.
 *
 * 1. Order is kept; the end (or the failure) comes after every item.
 * 2. Leaving the loop early calls `onLeave` once.
 * 3. A consumer that waits longer than `stallMs` for the next item gets the queue's end as `deadline-exceeded`.
 * 4. What comes in one go is still the newest item until all of it has come, also where somebody waits for it.
 */
import type { Clock } from '../base/index.ts';

export interface PullOptions<T> {
  /** The consumer took this item: time to grant credit. */
  onTake?: (item: T) => void;
  /** The consumer went away before the end. */
  onLeave?: () => void;
  stall?: { clock: Clock; timeoutMs: number; error: () => Error };
}

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: Error): void;
  cancelTimer: (() => void) | undefined;
}

const compactAfter = 1024;

export class PullQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #options: PullOptions<T>;
  #items: T[] = [];
  #head = 0;
  #end: { error: Error | null } | null = null;
  #waiters: Waiter<T>[] = [];
  #serving = false;
  #left = false;

  constructor(options: PullOptions<T> = {}) {
    this.#options = options;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** The last item nobody has taken yet. */
  get newest(): T | undefined {
    return this.length > 0 ? this.#items[this.#items.length - 1] : undefined;
  }

  /** Puts `item` in the newest one's place; there must be one. */
  replaceNewest(item: T): void {
    this.#items[this.#items.length - 1] = item;
  }

  push(item: T): void {
    if (this.#end || this.#left) return;
    this.#items.push(item);
    if (this.#serving || this.#waiters.length === 0) return;
    this.#serving = true;
    queueMicrotask(() => this.#serve());
  }

  /** No more items; with an error, the consumer gets it after those it has not taken. */
  finish(error: Error | null = null): void {
    if (this.#end) return;
    this.#serve();
    this.#end = { error };
    for (const waiter of this.#waiters.splice(0)) {
      waiter.cancelTimer?.();
      if (error) waiter.reject(error);
      else waiter.resolve({ value: undefined, done: true });
    }
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.length > 0 && this.#waiters.length === 0) {
      const item = this.#shift();
      this.#options.onTake?.(item);
      return Promise.resolve({ value: item, done: false });
    }
    if (this.#end?.error && !this.#left) {
      const error = this.#end.error;
      this.#end = { error: null };
      return Promise.reject(error);
    }
    if (this.#end || this.#left) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      const stall = this.#options.stall;
      const cancelTimer = stall?.clock.after(stall.timeoutMs, () => {
        this.finish(stall.error());
        this.#leave();
      });
      this.#waiters.push({ resolve, reject, cancelTimer });
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#leave();
    this.finish();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #serve(): void {
    this.#serving = false;
    while (this.length > 0) {
      const waiter = this.#waiters.shift();
      if (!waiter) return;
      waiter.cancelTimer?.();
      const item = this.#shift();
      waiter.resolve({ value: item, done: false });
      this.#options.onTake?.(item);
    }
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#items = [];
    this.#head = 0;
    this.#options.onLeave?.();
  }

  #shift(): T {
    const item = this.#items[this.#head] as T; // length > 0, so it is there
    this.#head++;
    if (this.#head === this.#items.length || this.#head >= compactAfter) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
