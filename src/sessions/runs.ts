/**
 * Which sessions have a turn under way. Neighbours: engine.ts says what a turn does, turns.ts whose comes first.
 *
 * 1. A session has one run at most. Who is woken after its run had looked for the last time gets another one.
 * 2. One that could not be written is tried again soon; until it is, why it could not is known.
 */
import type { Clock, Log } from '../base/index.ts';
import { type ErrorBody, HoldfastError } from '../schema/index.ts';
import type { SessionRecord } from '../state/index.ts';
import { isUnlogged } from './context.ts';
import { Turns } from './turns.ts';

interface RunParts {
  clock: Clock;
  log: Log;
  /** Whose it is, and what its log has, all of which a turn reads. */
  logOf(id: string): Pick<SessionRecord, 'tenant' | 'bytes'>;
  /** Whether there is anything to do for it now. */
  isDue(id: string): boolean;
  /** Turn after turn, until there is nothing to do. */
  goOn(id: string, signal: AbortSignal): Promise<void>;
}

/** Turns at once; the others wait their time. One with a long log has the place of several: all of it is in memory. */
const mostRunning = 256;
const mostRunningOfTenant = 128;
const bytesOfPlace = 1024 * 1024;
const placesOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / bytesOfPlace));
/** When even its failure could not be written, e.g. on a full disk. */
const retryAfterMs = 1000;

export class Runs {
  readonly #parts: RunParts;
  readonly #runs = new Map<string, { abort: AbortController; done: Promise<void> }>();
  readonly #turns = new Turns(mostRunning, mostRunningOfTenant);
  /** Why those that could go on do not. */
  readonly #blocked = new Map<string, ErrorBody>();
  #closed = false;

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#runs.size;
  }

  begin(id: string): void {
    if (this.#closed || this.#runs.has(id)) return;
    const { logOf, goOn, clock, log } = this.#parts;
    const { tenant, bytes } = logOf(id);
    const abort = new AbortController();
    const done = this.#turns
      .run({ tenant, places: placesOf(bytes) }, () => goOn(id, abort.signal))
      .then(
        () => 0,
        (error: unknown) => {
          if (isUnlogged(error)) this.block(id, error);
          else log.error({ error, session: id }, 'a session could not be written; tried again soon');
          return retryAfterMs;
        },
      )
      .then((delayMs) => {
        this.#runs.delete(id);
        if (delayMs === 0) this.#again(id);
        else clock.after(delayMs, () => this.#again(id));
      });
    this.#runs.set(id, { abort, done });
  }

  /** Cuts off what is under way, if anything is. */
  abort(id: string, reason: HoldfastError): void {
    this.#runs.get(id)?.abort.abort(reason);
  }

  block(id: string, error: HoldfastError): void {
    this.#blocked.set(id, error.toBody());
  }

  unblock(id: string): void {
    this.#blocked.delete(id);
  }

  blockedBy(id: string): ErrorBody | null {
    return this.#blocked.get(id) ?? null;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { abort } of this.#runs.values()) abort.abort(new HoldfastError('cancelled', 'the daemon closes'));
    await Promise.all([...this.#runs.values()].map(({ done }) => done));
  }

  /** Woken after its run had looked for the last time. */
  #again(id: string): void {
    if (this.#closed) return;
    if (this.#parts.isDue(id)) this.begin(id);
    else this.unblock(id);
  }
}
