/**
 * How often each cause is told in a recording.
 *
 * 1. Each failure counts once: a program that its step waited for is the step's, one that the step only started is its own.
 */
import { type Cause, causes } from '../schema/index.ts';
import type { NewEvent } from './writer.ts';

/** Its answer does not say how its program ends: that is told later, where it ends. */
export const leavesRunning = (name: string): boolean => name === 'start-process';

export class FailureCounts {
  readonly counts: Record<Cause, number> = noFailures();
  readonly #leaving = new Set<number>();
  readonly #left = new Set<string>();

  take(event: NewEvent): void {
    if (event.type === 'step-begun' && leavesRunning(event.name)) this.#leaving.add(event.step);
    if (event.type === 'process-started' && event.step !== null && this.#leaving.has(event.step))
      this.#left.add(event.processId);
    if (event.type === 'process-ended' && this.#left.delete(event.processId)) this.#count(event.cause);
    if (event.type === 'step-ended') this.#count(event.cause);
  }

  #count(cause: Cause | null): void {
    if (cause !== null) this.counts[cause]++;
  }
}

export function noFailures(): Record<Cause, number> {
  const none: Partial<Record<Cause, number>> = {};
  for (const cause of causes) none[cause] = 0;
  return none as Record<Cause, number>;
}
