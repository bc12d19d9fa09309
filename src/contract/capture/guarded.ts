/** Every call to a runtime ends: by its own time limit, or a while after it by ours. */
import type { Clock } from '../../base/index.ts';
import { asTargetError, TargetError } from '../targets/target.ts';

/** For the way there and back, and for a runtime to notice the time. */
const graceMs = 20_000;

/** @throws TargetError */
export async function guarded<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { during, timeoutMs, clock, signal }: { during: string; timeoutMs: number; clock: Clock; signal: AbortSignal },
): Promise<T> {
  if (signal.aborted) throw reasonOf(signal, during);
  const given = new AbortController();
  const gaveUp = Promise.withResolvers<never>();
  gaveUp.promise.catch(() => undefined);
  const giveUp = (error: TargetError): void => {
    given.abort(error);
    gaveUp.reject(error);
  };
  const onAbort = (): void => giveUp(reasonOf(signal, during));
  signal.addEventListener('abort', onAbort, { once: true });
  const cancel = clock.after(timeoutMs + graceMs, () =>
    giveUp(new TargetError('runtime', 'hung', `${during}: no answer ${graceMs / 1000} s after its time limit`)),
  );
  try {
    return await Promise.race([work(given.signal), gaveUp.promise]);
  } catch (error) {
    throw asTargetError(error, during);
  } finally {
    cancel();
    signal.removeEventListener('abort', onAbort);
  }
}

function reasonOf(signal: AbortSignal, during: string): TargetError {
  return signal.reason instanceof TargetError
    ? signal.reason
    : new TargetError('harness', 'cancelled', `${during}: interrupted`, { cause: signal.reason });
}
