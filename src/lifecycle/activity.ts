/**
 * Who is using what right now: calls in flight and the last use of each sandbox, in memory. After a restart every
 * sandbox counts as just used, so that a crash can only lengthen an idle lease.
 */
import type { Clock } from '../base/index.ts';

interface Use {
  inFlight: number;
  lastMs: number;
}

export class Activity {
  readonly #clock: Clock;
  readonly #uses = new Map<string, Use>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async during<T>(sandbox: string, work: () => Promise<T>): Promise<T> {
    const release = this.begin(sandbox);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** Counts as in use until the returned function is called. */
  begin(sandbox: string): () => void {
    const use = this.#use(sandbox);
    use.inFlight++;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      use.inFlight--;
      use.lastMs = this.#clock.nowMs();
    };
  }

  /** Wall clock, milliseconds; now while a call is in flight. */
  lastUsedMs(sandbox: string): number {
    const use = this.#use(sandbox);
    return use.inFlight > 0 ? this.#clock.nowMs() : use.lastMs;
  }

  forget(sandbox: string): void {
    this.#uses.delete(sandbox);
  }

  #use(sandbox: string): Use {
    let use = this.#uses.get(sandbox);
    if (!use) {
      use = { inFlight: 0, lastMs: this.#clock.nowMs() };
      this.#uses.set(sandbox, use);
    }
    return use;
  }
}
