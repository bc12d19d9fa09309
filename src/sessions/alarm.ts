/**
 * One timer for all sessions that wait for a time: set for the earliest, which the database knows. When what is due cannot
 * be woken, e.g. on a full disk, that is told, and tried again after a pause.
 */
import type { Clock } from '../base/index.ts';

const pauseMs = 5000;

export class Alarm {
  readonly #clock: Clock;
  readonly #nextMs: () => number | null;
  readonly #onDue: () => void;
  readonly #onFailure: (error: unknown) => void;
  #cancel: (() => void) | null = null;
  #armedForMs = Number.POSITIVE_INFINITY;
  #closed = false;

  /** @param nextMs when the earliest is due, wall clock @param onDue wakes what is due */
  constructor(
    clock: Clock,
    nextMs: () => number | null,
    { onDue, onFailure }: { onDue: () => void; onFailure: (error: unknown) => void },
  ) {
    this.#clock = clock;
    this.#nextMs = nextMs;
    this.#onDue = onDue;
    this.#onFailure = onFailure;
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
    try {
      this.#onDue();
      this.arm();
    } catch (error) {
      this.#onFailure(error);
      this.#pause();
    }
  }

  /** Whatever comes to wait meanwhile is woken after it. */
  #pause(): void {
    this.#cancel?.();
    if (this.#closed) return;
    this.#armedForMs = Number.NEGATIVE_INFINITY;
    this.#cancel = this.#clock.after(pauseMs, () => this.#fire());
  }
}
