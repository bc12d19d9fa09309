/**
 * What could not be done and passes by itself, such as a full disk: it is tried again after a pause, which grows to a minute, for
 * as long as it takes.
 */
import type { Clock } from '../base/index.ts';
import { asHoldfastError, type ErrorCode } from '../schema/index.ts';

const firstPauseMs = 1000;
const longestPauseMs = 60_000;
/** Nobody refused anything, and nobody has to do anything. */
const passing: ReadonlySet<ErrorCode> = new Set(['host-disk-full', 'audit-unavailable', 'busy']);

export const passesByItself = (error: unknown): boolean => passing.has(asHoldfastError(error).code);

/** After so many failures. */
export const pauseAfter = (failures: number): number => Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1));

/** One timer for all that is to be looked at again. */
export class Again {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #work: () => void;
  #failures = 0;
  #cancel: (() => void) | null = null;

  /** @param work looks at all of it; says `soon` when that failed, else `done` */
  constructor(clock: Clock, signal: AbortSignal, work: () => void) {
    this.#clock = clock;
    this.#signal = signal;
    this.#work = work;
    signal.addEventListener('abort', () => this.#cancel?.(), { once: true });
  }

  /** Something failed since it was done last. */
  get isDue(): boolean {
    return this.#failures > 0;
  }

  soon(): void {
    if (this.#signal.aborted || this.#cancel) return;
    this.#cancel = this.#clock.after(pauseAfter(++this.#failures), () => {
      this.#cancel = null;
      this.#work();
    });
  }

  done(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#failures = 0;
  }
}
