/**
 * Steps under way, and who wants none to be: what a snapshot waits for.
 *
 * 1. While they are held no step begins; those under way go on, and are waited for so long at most.
 */
import type { Clock } from '../base/index.ts';

export class OpenSteps {
  readonly #clock: Clock;
  #steps = 0;
  #pauses = 0;
  #held: PromiseWithResolvers<void> | null = null;
  #idle: PromiseWithResolvers<void> | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isAny(): boolean {
    return this.#steps > 0;
  }

  /** Nobody reads the files either. */
  get isQuiet(): boolean {
    return this.#steps === 0 && this.#pauses === 0;
  }

  /** Null: a step may begin. */
  get held(): Promise<void> | null {
    return this.#held?.promise ?? null;
  }

  begun(): void {
    this.#steps++;
  }

  ended(): void {
    if (--this.#steps > 0) return;
    this.#idle?.resolve();
    this.#idle = null;
  }

  /** Returns the way to end it, once. */
  pause(): () => void {
    this.#pauses++;
    let isPaused = true;
    return () => {
      if (isPaused) this.#pauses--;
      isPaused = false;
    };
  }

  /** Resolves when none is under way, or after `ms`: to the way to let them begin again. */
  async hold(ms: number): Promise<() => void> {
    const held = Promise.withResolvers<void>();
    this.#held = held;
    if (this.isAny) {
      this.#idle ??= Promise.withResolvers();
      await within(this.#clock, this.#idle.promise, ms);
    }
    return () => {
      if (this.#held === held) this.#held = null;
      held.resolve();
    };
  }
}

/** Resolves in any case, after `ms` at most. */
export function within(clock: Clock, what: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    void what.then(() => {
      cancel();
      resolve();
    });
  });
}
