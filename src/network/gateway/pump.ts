/**
 * The pump of one sandbox, or none: started with the first tunnel that has carried much, ended when it has had nothing to
 * carry for a while. Where there is none tunnels are carried here, as all begin.
 *
 * 1. Never two at once; the next is started when the one before is over, and gone: one that waits in the kernel is not followed.
 * 2. After one that did not start none is tried for `longestPauseMs`. After one that ended unasked the next may be tried at
 *    once, then after growing pauses, until one has lived for `wellAfterMs`: the agent can end it at will.
 * 3. `close` leaves none: what it carries is cut first, so that all is told of.
 */
import type { Clock } from '../../base/index.ts';
import { PumpProcess, type PumpProcessOptions } from './pump-process.ts';

/** As many as one process takes (guest/pump/internal.h); those past them are carried here. */
export const mostPumped = 32;
const restMs = 10_000;
const firstPauseMs = 1000;
const longestPauseMs = 60_000;
const wellAfterMs = 30_000;

export class Pump {
  readonly #options: PumpProcessOptions;
  readonly #clock: Clock;
  /** Of the present link to the agent: whether it can hand sockets over. */
  isPossible = false;
  #process: PumpProcess | null = null;
  #before: PumpProcess | null = null;
  /** By those who are handing over, or have. */
  #reserved = 0;
  #notBeforeMs = 0;
  #pauseMs = 0;
  #isClosed = false;
  #cancelRest: () => void = () => undefined;

  constructor(options: PumpProcessOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  /** Of the process, for diagnosis; undefined while there is none. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Calls `use` with a process that has room for one more connection; not at all where there is none. */
  async use(carry: (pump: PumpProcess) => Promise<void>): Promise<void> {
    if (!this.#mayTake()) return;
    this.#reserved++;
    try {
      const pump = await this.#running();
      if (pump) await carry(pump);
    } finally {
      this.#reserved--;
      this.#rest();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRest();
    this.#process?.stop();
    await this.#process?.ended;
  }

  #mayTake(): boolean {
    if (this.#isClosed || !this.isPossible || this.#clock.monotonicMs() < this.#notBeforeMs) return false;
    return this.#reserved < mostPumped && this.#before?.isGone !== false;
  }

  async #running(): Promise<PumpProcess | null> {
    this.#process ??= this.#start();
    const pump = this.#process;
    if (await pump?.ready) return this.#isClosed || pump?.isOver ? null : pump;
    this.#notBeforeMs = this.#clock.monotonicMs() + longestPauseMs;
    return null;
  }

  /** Null where there is no room for a process. */
  #start(): PumpProcess | null {
    const startedMs = this.#clock.monotonicMs();
    try {
      const started = new PumpProcess(this.#options);
      void started.ended.then((wasAsked) => {
        this.#process = null;
        this.#before = started;
        if (!wasAsked) this.#slowDown(this.#clock.monotonicMs() - startedMs);
      });
      return started;
    } catch {
      return null;
    }
  }

  #slowDown(livedMs: number): void {
    if (livedMs >= wellAfterMs) this.#pauseMs = 0;
    this.#notBeforeMs = Math.max(this.#notBeforeMs, this.#clock.monotonicMs() + this.#pauseMs);
    this.#pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, this.#pauseMs * 2));
  }

  /** Looks after a while whether it is still needed. */
  #rest(): void {
    this.#cancelRest();
    if (this.#isClosed) return;
    this.#cancelRest = this.#clock.after(restMs, () => {
      if (this.#reserved === 0) this.#process?.stop();
    });
  }
}
