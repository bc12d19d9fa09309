/** Turn-taking inside one process, by key. */
import type { Scope } from './scope.ts';

/**
 * One holder per key at a time, first come first served. A waiter whose scope ends leaves the line; the line goes on.
 */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>();

  async run<T>(key: string, scope: Scope, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const { promise: mine, resolve: release } = Promise.withResolvers<void>();
    const tail = before.then(() => mine);
    this.#tails.set(key, tail);
    try {
      await untilOrEnded(before, scope);
      return await work();
    } finally {
      release();
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}

/** At most `limit` places at once; the rest wait in order. */
export class Semaphore {
  #free: number;
  readonly #waiting: { places: number; begin: () => void }[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  /** Whose scope ends while it waits leaves the line. */
  async run<T>(work: () => Promise<T>, scope?: Scope, places = 1): Promise<T> {
    // Whoever needs more places is not passed by who needs less.
    if (this.#waiting.length === 0 && places <= this.#free) this.#free -= places;
    else await this.#turn(places, scope);
    try {
      return await work();
    } finally {
      this.#pass(places);
    }
  }

  async #turn(places: number, scope: Scope | undefined): Promise<void> {
    const { promise, resolve: begin } = Promise.withResolvers<void>();
    const waiter = { places, begin };
    this.#waiting.push(waiter);
    try {
      await (scope ? untilOrEnded(promise, scope) : promise);
    } catch (error) {
      const at = this.#waiting.indexOf(waiter);
      if (at >= 0) this.#waiting.splice(at, 1);
      this.#pass(at >= 0 ? 0 : places);
      throw error;
    }
  }

  #pass(places: number): void {
    this.#free += places;
    for (let next = this.#waiting[0]; next && next.places <= this.#free; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#free -= next.places;
      next.begin();
    }
  }
}

/** Rejects as soon as the scope ends; the promise itself goes on. */
export function untilOrEnded<T>(promise: Promise<T>, scope: Scope): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const leave = scope.onEnd(reject);
    promise.then(
      (value) => {
        leave();
        resolve(value);
      },
      (error: unknown) => {
        leave();
        reject(error);
      },
    );
  });
}
