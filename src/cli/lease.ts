/** A short lifetime, renewed for as long as this process lives. */
import type { CreateSandboxInput, HoldfastService } from '../schema/index.ts';

/** How long a throw-away sandbox can outlive a command line that was killed, or stopped with Ctrl-Z. */
export const leaseMs: number = 10 * 60_000;

/** Whatever lifetime was asked for: it lives as long as what it was made for. */
export function throwAway(wanted: CreateSandboxInput): CreateSandboxInput {
  return { ...wanted, lifetimeMs: leaseMs, origins: { ...wanted.origins, lifetimeMs: 'renewed while it is in use' } };
}

export function holdLease(service: HoldfastService, sandbox: string): Disposable {
  const timer = setInterval(() => {
    // Whatever is wrong with the sandbox, its process's own end tells better.
    service.extendSandbox(sandbox, leaseMs).catch(() => undefined);
  }, leaseMs / 3);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
