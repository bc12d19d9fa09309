/**
 * The time a step is at work, kept back a slice at a time, so that many steps at once share what is left and none of them
 * goes beyond it: a step whose next slice is not to be had ends.
 *
 * A crash costs the slice that it came in, whatever was used of it.
 */
import type { Clock } from '../base/index.ts';
import type { Store } from '../state/index.ts';

const longestSliceMs = 30_000;
const shortestSliceMs = 100;

export class TimeMeter implements Disposable {
  readonly #clock: Clock;
  readonly #sessions: Store['sessions'];
  readonly #session: string;
  readonly #key: string;
  readonly #abort = new AbortController();
  readonly #startedMs: number;
  readonly #slices: string[] = [];
  #heldMs = 0;
  #cancel: () => void = () => undefined;

  /** @throws HoldfastError `budget-exhausted` when there is no time left at all */
  constructor({ clock, store }: { clock: Clock; store: Pick<Store, 'sessions'> }, session: string, key: string) {
    this.#clock = clock;
    this.#sessions = store.sessions;
    this.#session = session;
    this.#key = key;
    this.#startedMs = clock.monotonicMs();
    this.#hold();
  }

  /** Ends when the time is used up. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Gives back what was not used; part of the caller's transaction. */
  settle(): void {
    this.#cancel();
    const wallMs = Math.min(this.#heldMs, Math.ceil(this.#clock.monotonicMs() - this.#startedMs));
    // The first notes all that was used, and every one gives back what it kept.
    for (const [index, slice] of this.#slices.entries()) this.#sessions.settle(slice, index === 0 ? { wallMs } : {});
  }

  [Symbol.dispose](): void {
    this.#cancel();
  }

  #hold(): void {
    const chain = this.#sessions.chain(this.#session);
    const leftMs = Math.min(...chain.map(({ limits, spent, held }) => limits.wallMs - spent.wallMs - held.wallMs));
    const sliceMs = Math.max(1, Math.min(longestSliceMs, leftMs, Math.max(shortestSliceMs, Math.floor(leftMs / 4))));
    const slice = `${this.#key} time ${this.#slices.length}`;
    this.#sessions.hold(slice, this.#session, { wallMs: sliceMs });
    this.#slices.push(slice);
    this.#heldMs += sliceMs;
    const endsMs = this.#startedMs + this.#heldMs;
    this.#cancel = this.#clock.after(endsMs - this.#clock.monotonicMs(), () => this.#next());
  }

  #next(): void {
    try {
      this.#hold();
    } catch (error) {
      this.#abort.abort(error);
    }
  }
}
