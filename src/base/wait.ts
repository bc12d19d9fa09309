import { HoldfastError } from '../schema/index.ts';
import { type Clock, systemClock } from './clock.ts';

/** Looks every few milliseconds until `isDone`; `deadline-exceeded` naming `what` when it never is. */
export async function waitUntil(
  isDone: () => boolean,
  options: { timeoutMs: number; what: string },
  clock: Clock = systemClock,
): Promise<void> {
  const endsAtMs = clock.monotonicMs() + options.timeoutMs;
  while (!isDone()) {
    if (clock.monotonicMs() > endsAtMs) {
      throw new HoldfastError('deadline-exceeded', `waited ${options.timeoutMs} ms for ${options.what}`, {
        hint: 'Try again.',
      });
    }
    await clock.sleep(pollMs);
  }
}
const pollMs = 2;
