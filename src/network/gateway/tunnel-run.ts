/**
 * A tunnel from before it is dialled until it is over. In the list of open connections all that time: a policy change or
 * the end of the session reaches it also while it is being dialled.
 */
import type { Duplex } from 'node:stream';
import type { OwnedScope, Scope } from '../../base/index.ts';
import type { GuestStream } from '../../guest/index.ts';
import { asHoldfastError, type Decision, type EndedBy, HoldfastError } from '../../schema/index.ts';
import { enderOf } from '../ended-by.ts';
import { complies } from '../policy/complies.ts';
import type { CompiledPolicy, Destination, Dialled, Dialler, GatewaySandbox, Grant } from '../types.ts';
import type { CutReason, OpenConnection, OpenConnections } from './connections.ts';
import type { Pump } from './pump.ts';
import { decisionOf } from './refusals.ts';
import { Tunnel, type TunnelResult } from './tunnel.ts';

export interface TunnelParts {
  scope: Scope;
  dialler: Dialler;
  connections: OpenConnections;
  current(): GatewaySandbox;
  pump: Pump | null;
}

interface TunnelCall {
  stream: Duplex;
  destination: Destination;
  first: 'tls' | 'http' | 'other';
  grant: Grant;
}

interface TunnelHooks {
  /** The outside has answered; no byte has passed yet. */
  dialled(): void;
  /** Why what came from the inside late may not pass; until it answers, nothing goes up. Null: all may. */
  judgeLate: (() => Promise<Decision | null>) | null;
}

export type TunnelOutcome =
  | ({ state: 'carried'; address: string | null } & TunnelResult)
  | { state: 'refused'; decision: Decision }
  | { state: 'failed'; error: HoldfastError; endedBy: EndedBy | undefined };

export class TunnelRun implements OpenConnection {
  readonly #parts: TunnelParts;
  readonly #call: TunnelCall;
  readonly #scope: OwnedScope;
  #address: string | null = null;
  #tunnel: Tunnel | null = null;
  #cutEarly: CutReason | null = null;

  constructor(parts: TunnelParts, call: TunnelCall) {
    this.#parts = parts;
    this.#call = call;
    this.#scope = parts.scope.child({ name: 'tunnel' });
  }

  async go(hooks: TunnelHooks): Promise<TunnelOutcome> {
    const { stream } = this.#call;
    const leave = this.#parts.connections.add(this);
    const onGone = (): void => this.#gone('the inside went away while it was being dialled');
    stream.once('close', onGone);
    try {
      const dialled = await this.#dial();
      stream.removeListener('close', onGone);
      hooks.dialled();
      this.#tunnel = this.#open(dialled, hooks.judgeLate !== null);
      if (hooks.judgeLate) this.#startLate(this.#tunnel, hooks.judgeLate);
      return { state: 'carried', address: this.#address, ...(await this.#tunnel.done) };
    } catch (error) {
      return this.#failure(asHoldfastError(error));
    } finally {
      leave();
      await this.#scope.close();
    }
  }

  recheck(policy: CompiledPolicy): boolean {
    const { destination, first, grant } = this.#call;
    const decision = complies(policy, { kind: 'tunnel', destination, first, address: this.#address, grant });
    if (!decision.allowed) this.cut({ refusal: decision });
    return decision.allowed;
  }

  cut(why: CutReason): void {
    if (this.#tunnel) this.#tunnel.cut(why);
    else {
      this.#cutEarly ??= why;
      this.#scope.close().catch(() => undefined);
    }
  }

  bytes(): number {
    return this.#tunnel?.bytes ?? 0;
  }

  #gone(error: string): void {
    this.cut({ error, endedBy: 'inside' });
  }

  async #dial(): Promise<Dialled> {
    const { stream, destination, grant } = this.#call;
    if (stream.destroyed) this.#gone('the inside went away');
    if (this.#cutEarly) throw gone('cut');
    const { policy } = this.#parts.current();
    const dialled = await this.#parts.dialler.dial(destination, grant, policy, this.#scope, { lends: true });
    this.#address = dialled.address;
    // A change while the last step was under way was answered for no address yet.
    if (!this.#cutEarly) this.recheck(this.#parts.current().policy);
    if (!this.#cutEarly) return dialled;
    dialled.socket.destroy();
    throw gone('cut');
  }

  #open({ socket, bare }: Dialled, holdUp: boolean): Tunnel {
    const { stream, grant } = this.#call;
    const pump =
      this.#parts.pump && bare && canHandOver(stream)
        ? { pump: this.#parts.pump, inside: stream, outside: bare }
        : null;
    const { meter } = this.#parts.current();
    const [up, down] = [meter.stream(grant, 'up'), meter.stream(grant, 'down')];
    return new Tunnel({ inside: stream, outside: socket, up, down }, { holdUp, pump });
  }

  #startLate(tunnel: Tunnel, judge: () => Promise<Decision | null>): void {
    judge()
      .then((refused) => (refused ? tunnel.cut({ refusal: refused }) : tunnel.startUp()))
      .catch((error: unknown) => tunnel.cut({ error: asHoldfastError(error).message }));
  }

  #failure(error: HoldfastError): TunnelOutcome {
    const cut = this.#cutEarly;
    if (cut && 'error' in cut) return { state: 'failed', error: gone(cut.error), endedBy: cut.endedBy };
    const decision = cut ? cut.refusal : decisionOf(error);
    return decision ? { state: 'refused', decision } : { state: 'failed', error, endedBy: enderOf(error) };
  }
}

/** Not what something stands before, such as the faults of a plan. */
const canHandOver = (stream: Duplex): stream is GuestStream => 'handOver' in stream;

const gone = (what: string): HoldfastError =>
  new HoldfastError('cancelled', what, { hint: 'Connect again.', details: { reason: 'gone' } });
