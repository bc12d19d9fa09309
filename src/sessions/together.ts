/** What is written together with what others write now, and told right after. */
import { HoldfastError, isHoldfastError } from '../schema/index.ts';
import type { Store } from '../state/index.ts';

/**
 * All of the work's writes or none, in one commit for many; `tell` is called in it.
 * @throws HoldfastError what kept it from being written, `stale-handle` when that was others' writes
 */
export function together<T extends { tell?: () => void }>(
  store: Pick<Store, 'grouped' | 'onceCommitted'>,
  session: string,
  work: () => T,
): Promise<T> {
  const done = store.grouped(work);
  return new Promise((resolve, reject) => {
    const tell = (): void => {
      try {
        done.tell?.();
        resolve(done);
      } catch (error) {
        reject(error);
      }
    };
    store.onceCommitted(tell, (failure) => reject(lostBy(session, failure)));
  });
}

/** Why something written to that session is not in its log. */
export const lostBy = (session: string, failure: unknown): HoldfastError =>
  isHoldfastError(failure) ? failure : notCommitted(session, failure);

/** Others' writes in the same group undid this session's: it goes on from what its log has. */
export function notCommitted(session: string, cause?: unknown): HoldfastError {
  return new HoldfastError('stale-handle', `what was written to session ${session} last could not be kept`, {
    cause,
    hint: 'Read the session again.',
    details: { session },
  });
}
