/** Time, through one door: replay and tests replace it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. */
  nowMs(): number;
  /** Monotonic, milliseconds with fractions, for durations. */
  monotonicMs(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `fn` after `ms`; the returned function cancels. Does not keep the process alive. */
  after(ms: number, fn: () => void): () => void;
}

/** Node's timers overflow past this and then fire at once. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = schedule(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
  after: (ms, fn) => schedule(ms, fn, true),
};

function schedule(ms: number, fn: () => void, unref = false): () => void {
  let timer: NodeJS.Timeout;
  const arm = (left: number): void => {
    timer = setTimeout(
      () => (left > longestTimerMs ? arm(left - longestTimerMs) : fn()),
      Math.min(left, longestTimerMs),
    );
    if (unref) timer.unref();
  };
  arm(Math.max(0, ms));
  return () => clearTimeout(timer);
}

let spelled = { ms: 0, text: new Date(0).toISOString() };

/** Many ask for the same millisecond, and spelling one takes as long as writing a short line. */
export function isoTime(ms: number): string {
  if (ms !== spelled.ms) spelled = { ms, text: new Date(ms).toISOString() };
  return spelled.text;
}
