/**
 * Memory that much work left behind goes back to the system when the process has become quiet. V8 keeps what it once needed
 * for new objects, tens of megabytes, until it is told that memory is short.
 *
 * It costs one pause, of some tens of milliseconds for a heap of some tens of megabytes, so it is done only after much work,
 * when there is something to give back, and while the event loop has nothing to do.
 */
import { performance } from 'node:perf_hooks';
import type { Clock } from './clock.ts';
import { collect } from './v8.ts';

/** Pieces of work that are worth a look. */
const muchWork = 1000;
const quietMs = 1500;
/** Of the time looked at, how much may be spent at work. */
const mostBusy = 0.2;
const worthBytes = 32 * 1024 * 1024;

export class MemoryReturn {
  readonly #clock: Clock;
  #work = 0;
  #cancel: (() => void) | null = null;
  #usedBytes = process.memoryUsage.rss();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One more piece of work is over. */
  worked(): void {
    this.#work++;
    if (this.#work >= muchWork && !this.#cancel) this.#look();
  }

  close(): void {
    this.#cancel?.();
  }

  #look(): void {
    const before = performance.eventLoopUtilization();
    const work = this.#work;
    this.#cancel = this.#clock.after(quietMs, () => {
      this.#cancel = null;
      const isQuiet = this.#work === work && performance.eventLoopUtilization(before).utilization <= mostBusy;
      if (!isQuiet) return this.#look();
      this.#work = 0;
      if (process.memoryUsage.rss() - this.#usedBytes >= worthBytes)
        collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
      this.#usedBytes = process.memoryUsage.rss();
    });
  }
}
