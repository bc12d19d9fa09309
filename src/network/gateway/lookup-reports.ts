/**
 * Lookups and refusals that a program can cause as fast as it likes: each name once a minute, so many a minute in all, and what went
 * beyond as a number. Nothing is left out without being counted.
 */
import type { Clock } from '../../base/index.ts';
import type { FlowReport } from '../types.ts';

const windowMs = 60_000;
const mostPerWindow = 64;

export class CrowdedReports {
  readonly #clock: Clock;
  readonly #report: (flow: FlowReport) => void;
  readonly #seen = new Set<string>();
  #left: { count: number; last: FlowReport } | null = null;
  #endWindow: (() => void) | null = null;

  constructor(clock: Clock, report: (flow: FlowReport) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  push(flow: FlowReport): void {
    this.#endWindow ??= this.#clock.after(windowMs, () => this.flush());
    if (!this.#seen.has(flow.host) && this.#seen.size < mostPerWindow) {
      this.#seen.add(flow.host);
      this.#report(flow);
    } else this.#left = { count: (this.#left?.count ?? 0) + 1, last: flow };
  }

  /** Tells the number now: at the end of a window, and of the session. */
  flush(): void {
    this.#endWindow?.();
    this.#endWindow = null;
    this.#seen.clear();
    const left = this.#left;
    this.#left = null;
    if (!left) return;
    const { decision } = left.last;
    const message = `${left.count} more like this within ${windowMs / 1000} s, this one the last: ${decision.message}`;
    this.#report({ ...left.last, decision: { ...decision, message } });
  }
}
