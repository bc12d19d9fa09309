/**
 * The time a step is at work, kept back a slice at a time, so that many steps at once share what is left and none of them
 * goes beyond it: a step whose next slice is not to be had ends.
 *
 * A crash costs the slice that it came in, whatever was used of it.
 */
import type { Clock } from '../base/index.ts';
import type { SessionRecord, Store } from '../state/index.ts';

const longestSliceMs = 30_000;
const shortestSliceMs = 100;

/** What a step's own hold has of time. */
export interface FirstSlice {
  key: string;
  sliceMs: number;
}

export class TimeMeter implements Disposable {
  readonly #clock: Clock;
  readonly #sessions: Store['sessions'];
  readonly #session: string;
  readonly #key: string;
  readonly #abort = new AbortController();
  readonly #startedMs: number;
  /** Holds beyond the first slice, which is part of the step's own. */
  readonly #slices: string[] = [];
  #heldMs: number;
  #cancel: () => void = () => undefined;

  constructor({ clock, store }: { clock: Clock; store: Pick<Store, 'sessions'> }, session: string, step: FirstSlice) {
    this.#clock = clock;
    this.#sessions = store.sessions;
    this.#session = session;
    this.#key = step.key;
    this.#heldMs = step.sliceMs;
    this.#startedMs = clock.monotonicMs();
    this.#arm();
  }

  /** Ends when the time is used up. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The work is done; answers what it used. */
  stop(): number {
    this.#cancel();
    return Math.min(this.#heldMs, Math.ceil(this.#clock.monotonicMs() - this.#startedMs));
  }

  /** What was held beyond the first slice; part of the caller's transaction. */
  giveBack(): void {
    for (const slice of this.#slices) this.#sessions.settle(slice, {});
  }

  [Symbol.dispose](): void {
    this.#cancel();
  }

  #arm(): void {
    const endsMs = this.#startedMs + this.#heldMs;
    this.#cancel = this.#clock.after(endsMs - this.#clock.monotonicMs(), () => this.#next());
  }

  #next(): void {
    try {
      const slice = `${this.#key} time ${this.#slices.length + 1}`;
      const chain = this.#sessions.chain(this.#session);
      // Its end settled what it held, and nobody would settle what is held after that.
      if (chain[0]?.endedAt !== null) return;
      const wallMs = sliceOf(chain);
      this.#sessions.hold(slice, this.#session, { wallMs });
      this.#slices.push(slice);
      this.#heldMs += wallMs;
      this.#arm();
    } catch (error) {
      this.#abort.abort(error);
    }
  }
}

/** A quarter of what is left, within bounds; 1 when nothing is, which no budget then has. */
export function sliceOf(chain: readonly Pick<SessionRecord, 'limits' | 'spent' | 'held'>[]): number {
  const leftMs = Math.min(...chain.map(({ limits, spent, held }) => limits.wallMs - spent.wallMs - held.wallMs));
  return Math.max(1, Math.min(longestSliceMs, leftMs, Math.max(shortestSliceMs, Math.floor(leftMs / 4))));
}
