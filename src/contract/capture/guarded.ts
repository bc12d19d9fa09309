/** Every call to a runtime ends: by its own time limit, or a while after it by ours. */
import type { Clock } from '../../base/index.ts';
import { asTargetError, TargetError, type TargetSession } from '../targets/target.ts';

/** For the way there and back, and for a runtime to notice the time. */
const graceMs = 20_000;
/** Of making a sandbox, a copy, a pause, and of ending one. */
export const openMs = 120_000;

interface Guard<T> {
  during: string;
  timeoutMs: number;
  clock: Clock;
  signal: AbortSignal;
  /** Gets what comes after it was given up, which nobody else would close. */
  late?: (value: T) => unknown;
}

/** @throws TargetError */
export async function guarded<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { during, timeoutMs, clock, signal, late }: Guard<T>,
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
  let working: Promise<T> | null = null;
  try {
    working = work(given.signal);
    return await Promise.race([working, gaveUp.promise]);
  } catch (error) {
    working?.then(late).catch(() => undefined);
    throw asTargetError(error, during);
  } finally {
    cancel();
    signal.removeEventListener('abort', onAbort);
  }
}

/** The session with every call guarded, those of its copies too. */
export function guardedSession(
  session: TargetSession,
  { timeoutMs, clock, signal }: { timeoutMs: number; clock: Clock; signal: AbortSignal },
): TargetSession {
  const limits = { timeoutMs, clock, signal };
  const within = { ...limits, timeoutMs: openMs };
  const { fork, suspendAndResume } = session;
  return {
    name: session.name,
    lifetimeMs: session.lifetimeMs,
    exec: (request) =>
      guarded((own) => session.exec(request, own), { ...limits, during: 'exec', timeoutMs: request.timeoutMs }),
    writeFile: (path, data) => guarded((own) => session.writeFile(path, data, own), { ...limits, during: 'write' }),
    readFile: (path, mostBytes) =>
      guarded((own) => session.readFile(path, mostBytes, own), { ...limits, during: 'read' }),
    ...(fork && {
      fork: async () => {
        const late = (copy: TargetSession): Promise<void> => copy.close();
        const copy = await guarded((own) => fork.call(session, own), { ...within, during: 'fork', late });
        return guardedSession(copy, limits);
      },
    }),
    ...(suspendAndResume && {
      suspendAndResume: () =>
        guarded((own) => suspendAndResume.call(session, own), { ...within, during: 'suspend and resume' }),
    }),
    // Also after an interruption, which must not keep a session from being closed.
    close: () => guarded(() => session.close(), { ...within, during: 'close', signal: new AbortController().signal }),
  };
}

function reasonOf(signal: AbortSignal, during: string): TargetError {
  return signal.reason instanceof TargetError
    ? signal.reason
    : new TargetError('harness', 'cancelled', `${during}: interrupted`, { cause: signal.reason });
}
