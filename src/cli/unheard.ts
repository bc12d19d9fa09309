/** Failures that nobody heard of: a bug, and no reason to end the daemon of everybody's sandboxes. */
import type { Log } from '../base/index.ts';

/** Logged from now on, for as long as that is held. */
export function logUnheard(log: Pick<Log, 'error'>): Disposable {
  const hear = (error: unknown): void =>
    log.error({ error }, 'something failed and nobody heard of it; please report it');
  process.on('unhandledRejection', hear);
  return { [Symbol.dispose]: () => void process.off('unhandledRejection', hear) };
}
