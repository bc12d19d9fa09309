/**
 * The gateway's own connection to one sandbox's agent, kept while the sandbox lives.
 *
 * 1. Nothing is listened for before the agent said the incarnation the daemon knows; another one ends the link for good.
 * 2. A broken connection is made anew, first at once, then with growing pauses until one lasts; what ran over it has ended
 *    with it.
 */
import type { Clock, OwnedScope, Scope } from '../../base/index.ts';
import { connectGuest, type GuestTunnels } from '../../guest/index.ts';
import { asHoldfastError, HoldfastError } from '../../schema/index.ts';

/** The agent as the link needs it: tests have one of their own. */
export interface LinkedGuest {
  incarnation: string;
  tunnels: GuestTunnels;
  /** Its streams' sockets can be had. */
  handsOver: boolean;
  onClose(listener: (reason: HoldfastError) => void): void;
  close(): void;
}

export type ConnectGuest = (scope: Scope) => Promise<LinkedGuest>;

export type LinkState = { state: 'up' } | { state: 'down' | 'stale'; reason: string };

export interface AgentLinkOptions {
  clock: Clock;
  connect: ConnectGuest;
  incarnation: string;
  /** Sets up what is listened for; the scope ends with the connection. */
  serve(guest: LinkedGuest, scope: Scope): Promise<void>;
  onState(state: LinkState): void;
}

const connectTimeoutMs = 10_000;
const firstPauseMs = 50;
const longestPauseMs = 2000;
/** One that lasted so long was well. */
const wellAfterMs = 1000;

export class AgentLink {
  readonly #options: AgentLinkOptions;
  readonly #scope: OwnedScope;
  readonly #running: Promise<void>;
  #guest: LinkedGuest | null = null;

  constructor(options: AgentLinkOptions, scope: OwnedScope) {
    this.#options = options;
    this.#scope = scope;
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    await this.#scope.close();
    await this.#running;
  }

  /** Gives the connection up for an agent that does not do what it is told; the next is made as after any other end. */
  drop(): void {
    this.#guest?.close();
  }

  async #run(): Promise<void> {
    const { clock, onState } = this.#options;
    for (let pauseMs = 0; !this.#scope.signal.aborted; ) {
      const linked = this.#scope.child({ name: 'link' });
      try {
        const guest = await this.#link(linked);
        onState({ state: 'up' });
        const upMs = clock.monotonicMs();
        const reason = await untilLost(guest, linked.signal);
        if (clock.monotonicMs() - upMs >= wellAfterMs) pauseMs = 0;
        if (!this.#scope.signal.aborted) onState({ state: 'down', reason: reason.message });
      } catch (thrown) {
        if (this.#scope.signal.aborted) return;
        const error = asHoldfastError(thrown);
        onState({ state: error.code === 'stale-handle' ? 'stale' : 'down', reason: error.message });
        if (error.code === 'stale-handle') return;
      } finally {
        this.#guest = null;
        await linked.close().catch(() => undefined);
      }
      await clock.sleep(pauseMs, this.#scope.signal).catch(() => undefined);
      pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, pauseMs * 2));
    }
  }

  async #link(linked: OwnedScope): Promise<LinkedGuest> {
    await using opening = linked.child({ name: 'open', timeoutMs: connectTimeoutMs });
    const guest = await this.#options.connect(opening);
    linked.onClose(() => guest.close());
    this.#guest = guest;
    if (guest.incarnation !== this.#options.incarnation) {
      throw new HoldfastError('stale-handle', 'another agent answers for the sandbox', {
        details: { expected: this.#options.incarnation, found: guest.incarnation },
      });
    }
    await this.#options.serve(guest, linked);
    return guest;
  }
}

function untilLost(guest: LinkedGuest, signal: AbortSignal): Promise<HoldfastError> {
  return new Promise((resolve) => {
    const onAbort = (): void => resolve(asHoldfastError(signal.reason));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    guest.onClose(resolve);
  });
}

export const connectAgent =
  (socketPath: string): ConnectGuest =>
  async (scope) => {
    const client = await connectGuest(socketPath, scope);
    try {
      const { incarnation, handsOver } = await client.hello(scope);
      return {
        incarnation,
        handsOver,
        tunnels: client.tunnels,
        onClose: (listener) => void client.onClose(listener),
        close: () => client.close(),
      };
    } catch (error) {
      client.close();
      throw error;
    }
  };
