/** A short lifetime, renewed for as long as this process lives. */
import type { HoldfastService } from '../schema/index.ts';

/** How long a throw-away sandbox can outlive a command line that was killed, or stopped with Ctrl-Z. */
export const leaseMs: number = 10 * 60_000;
/** What is over by then needs no lease. */
const firstMs = 1000;

export function holdLease(service: HoldfastService, sandbox: string): Disposable {
  const renew = (): void => {
    // Whatever is wrong with the sandbox, its process's own end tells better.
    service.extendSandbox(sandbox, leaseMs).catch(() => undefined);
  };
  const first = setTimeout(renew, firstMs);
  const timer = setInterval(renew, leaseMs / 3);
  first.unref();
  timer.unref();
  return {
    [Symbol.dispose]: () => {
      clearTimeout(first);
      clearInterval(timer);
    },
  };
}
