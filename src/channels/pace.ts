/** How fast one address or person may go: so many at once, and so many more each minute. It holds no more than it has seen lately. */
import type { Clock } from '../base/index.ts';

const mostKnown = 10_000;

export class Pace {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #perMinute: number;
  readonly #left = new Map<string, { tokens: number; atMs: number }>();

  constructor(clock: Clock, { burst, perMinute }: { burst: number; perMinute: number }) {
    this.#clock = clock;
    this.#burst = burst;
    this.#perMinute = perMinute;
  }

  /** False when it is too fast. */
  take(who: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#left.get(who) ?? { tokens: this.#burst, atMs: nowMs };
    const tokens = Math.min(this.#burst, known.tokens + ((nowMs - known.atMs) / 60_000) * this.#perMinute);
    this.#left.delete(who);
    this.#left.set(who, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: nowMs });
    for (const oldest of this.#left.keys()) {
      if (this.#left.size <= mostKnown) break;
      this.#left.delete(oldest);
    }
    return tokens >= 1;
  }
}
