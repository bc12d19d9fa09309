/**
 * When sandboxes' leases run out. The durable times live in the store; this is only the alarm for them, rebuilt at start.
 *
 * One timer for all: set for the earliest due time, and every firing hands out whatever is due. An entry is handed out
 * once; whoever handles it sets it anew.
 */
import type { Clock } from '../base/index.ts';

export class LeaseAlarm {
  readonly #due = new Map<string, number>();
  readonly #clock: Clock;
  readonly #onDue: (sandbox: string) => void;
  #cancel: (() => void) | null = null;
  #armedForMs = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(clock: Clock, onDue: (sandbox: string) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** @param atMs wall clock, milliseconds since 1970 */
  set(sandbox: string, atMs: number): void {
    if (this.#closed) return;
    this.#due.set(sandbox, atMs);
    if (atMs < this.#armedForMs) this.#arm(atMs);
  }

  clear(sandbox: string): void {
    this.#due.delete(sandbox);
  }

  /** For good. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#due.clear();
  }

  #arm(atMs: number): void {
    this.#cancel?.();
    this.#armedForMs = atMs;
    this.#cancel = this.#clock.after(atMs - this.#clock.nowMs(), () => this.#fire());
  }

  #fire(): void {
    this.#armedForMs = Number.POSITIVE_INFINITY;
    this.#cancel = null;
    const nowMs = this.#clock.nowMs();
    const due = [...this.#due].filter(([, atMs]) => atMs <= nowMs).map(([sandbox]) => sandbox);
    for (const sandbox of due) this.#due.delete(sandbox);
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const atMs of this.#due.values()) earliestMs = Math.min(earliestMs, atMs);
    if (earliestMs !== Number.POSITIVE_INFINITY) this.#arm(earliestMs);
    for (const sandbox of due) this.#onDue(sandbox);
  }
}
