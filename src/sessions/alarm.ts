/** One timer for all sessions that wait for a time: set for the earliest, which the database knows. */
import type { Clock } from '../base/index.ts';

export class Alarm {
  readonly #clock: Clock;
  readonly #nextMs: () => number | null;
  readonly #onDue: () => void;
  #cancel: (() => void) | null = null;
  #armedForMs = Number.POSITIVE_INFINITY;
  #closed = false;

  /** @param nextMs when the earliest is due, wall clock @param onDue wakes what is due */
  constructor(clock: Clock, nextMs: () => number | null, onDue: () => void) {
    this.#clock = clock;
    this.#nextMs = nextMs;
    this.#onDue = onDue;
  }

  /** To be called whenever something waits for a time. */
  arm(): void {
    const atMs = this.#nextMs();
    if (this.#closed || atMs === null || atMs >= this.#armedForMs) return;
    this.#cancel?.();
    this.#armedForMs = atMs;
    this.#cancel = this.#clock.after(Math.max(0, atMs - this.#clock.nowMs()), () => this.#fire());
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #fire(): void {
    this.#armedForMs = Number.POSITIVE_INFINITY;
    this.#cancel = null;
    this.#onDue();
    this.arm();
  }
}
