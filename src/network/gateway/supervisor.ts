/**
 * The daemon's hold on its gateway: one process or none, started with the first sandbox that has a network, and told
 * everything again whenever it had to be started anew.
 *
 * 1. Never two at once: the next is started when the one before is gone.
 * 2. What is held here is what the gateway enforces, or is being told to: an update that met its end is in the next
 *    one's first message.
 * 3. While none is up, every connection inside is closed: no gateway, no network.
 * 4. After a death it is started again with growing pauses while a sandbox is attached.
 * 5. A sandbox that a gateway does not take up again has no network, which is told and known (`problem`); it is tried again
 *    with growing pauses, and by every update, as long as it is held.
 */
import type { Clock, Log } from '../../base/index.ts';
import type { GatewayFaults } from '../../noise/index.ts';
import { asHoldfastError, type FaultLabel, HoldfastError, type NetworkFlow } from '../../schema/index.ts';
import { GatewayProcess, gatewayGone, isGatewayGone } from './gateway-process.ts';
import type { AttachedInfo, GatewayCall, GatewayEvent, GatewaySettings, SandboxSpec } from './protocol.ts';
import { maxNames } from './synthetic.ts';

export type SandboxNetwork = Omit<SandboxSpec, 'names' | 'noise'>;

export interface SupervisorListeners {
  onFlow(flow: NetworkFlow): void;
  onUp(): void;
  /** The process has ended, though nobody asked it to. */
  onDown(reason: string): void;
  /** The gateway's connection into one sandbox. `stale`: another agent answers there; it does not try again. */
  onLink(sandbox: string, state: 'up' | 'down' | 'stale', reason: string | null): void;
  /** Faults that were drawn for a sandbox. */
  onFaults(sandbox: string, labels: FaultLabel[]): void;
  /** It records to another tape than before, since a new gateway began one. */
  onTape(sandbox: string, tape: string): void;
  /** Nothing more is written to the tape that it records. */
  onTapeFailed(sandbox: string, tape: string, reason: string): void;
  /** A sandbox that is held has no network, and why; null when it has it again. */
  onProblem(sandbox: string, problem: string | null): void;
}

export interface SupervisorOptions {
  clock: Clock;
  log: Log;
  settings: GatewaySettings;
  /** The whole environment of the process; it needs none. */
  environment?: Readonly<Record<string, string>>;
  /** What it draws faults from, asked for whenever a gateway is told of it: a new one goes on where the last one stood. */
  noiseOf(sandbox: string): GatewayFaults | null;
  listeners: SupervisorListeners;
}

interface Held {
  network: SandboxNetwork;
  names: Set<string>;
  /** Why it is not attached, though it was to be. */
  problem: string | null;
  cancelRetry(): void;
}

const firstPauseMs = 100;
const longestPauseMs = 5000;
/** One that lived so long was well. */
const wellAfterMs = 30_000;
const attachWaitMs = 10_000;
/** A gateway that dies under an attach is followed by another one. */
const attachAttempts = 3;
/** Nobody waits for a sandbox that is attached again, and one that takes long, by a large tape, must not be asked to begin anew. */
const reattachTimeoutMs = 600_000;
const lateAfterMs = 30_000;

/** Of one that a gateway was told of while it began. */
const unknown: AttachedInfo = { tape: null, played: null };

export class GatewaySupervisor {
  readonly #options: SupervisorOptions;
  readonly #held = new Map<string, Held>();
  #process: GatewayProcess | null = null;
  #starting: Promise<GatewayProcess> | null = null;
  #pauseMs = 0;
  #isClosed = false;
  #cancelRestart: () => void = () => undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Of the process, for diagnosis; undefined while there is none. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Resolves when the listeners inside stand. A failure leaves nothing attached. */
  async attach(network: SandboxNetwork): Promise<AttachedInfo> {
    for (let attempt = 1; ; attempt++) {
      const gateway = await this.#running();
      this.#hold(network);
      try {
        const call = { method: 'attach' as const, spec: this.#spec(network), waitMs: attachWaitMs };
        return (await gateway.call(call)) ?? unknown;
      } catch (error) {
        await this.detach(network.sandbox);
        if (!isGatewayGone(error) || attempt === attachAttempts) throw error;
        await gateway.ended;
      }
    }
  }

  /** As `attach`, without waiting for anything: it is tried until the sandbox is detached. */
  keep(network: SandboxNetwork): void {
    const held = this.#hold(network);
    if (this.#process) this.#reattach(this.#process, held);
    else this.#restart();
  }

  /** Why a sandbox that is held has no network; null when it has it, and where none is held. */
  problem(sandbox: string): string | null {
    return this.#held.get(sandbox)?.problem ?? null;
  }

  /** Resolves when it is enforced. A policy that the gateway refuses changes nothing. */
  async update(network: SandboxNetwork): Promise<AttachedInfo> {
    const held = this.#held.get(network.sandbox);
    if (!held) throw new HoldfastError('not-found', `sandbox ${network.sandbox} has no network`, { fault: 'bug' });
    const before = held.network;
    held.network = network;
    try {
      const info = await this.#update(network);
      if (info && this.#held.get(network.sandbox) === held) this.#settle(held, null);
      return info ?? unknown;
    } catch (error) {
      if (held.network === network) held.network = before;
      throw error;
    }
  }

  /** What is known of it at its end; null where nothing is, or nobody knows any more. */
  async detach(sandbox: string): Promise<AttachedInfo | null> {
    this.#held.get(sandbox)?.cancelRetry();
    return this.#held.delete(sandbox) ? this.#ask({ method: 'detach', sandbox }) : null;
  }

  /** Null while no gateway is up. */
  async inspect(sandbox: string): Promise<AttachedInfo | null> {
    return this.#ask({ method: 'inspect', sandbox });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRestart();
    for (const held of this.#held.values()) held.cancelRetry();
    this.#held.clear();
    await this.#starting?.catch(() => undefined);
    await this.#process?.close();
  }

  async #ask(call: GatewayCall): Promise<AttachedInfo | null> {
    try {
      return (await this.#process?.call(call)) ?? null;
    } catch (error) {
      if (!isGatewayGone(error)) throw error;
      return null;
    }
  }

  async #update(network: SandboxNetwork): Promise<AttachedInfo | null> {
    const gateway = await this.#running();
    try {
      return await gateway.call({ method: 'update', spec: this.#spec(network) });
    } catch (error) {
      if (!isGatewayGone(error)) throw error;
      await gateway.ended;
      await this.#running();
      return null;
    }
  }

  #running(): Promise<GatewayProcess> {
    if (this.#isClosed) return Promise.reject(gatewayGone('it was closed'));
    if (this.#process) return Promise.resolve(this.#process);
    this.#starting ??= this.#start().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  async #start(): Promise<GatewayProcess> {
    const { clock, log, settings, environment = {}, listeners } = this.#options;
    this.#cancelRestart();
    await clock.sleep(this.#pauseMs);
    if (this.#isClosed) throw gatewayGone('it was closed');
    const startedMs = clock.monotonicMs();
    const gateway = new GatewayProcess({ clock, log, environment, onEvent: (event) => this.#take(event) });
    try {
      await gateway.call({ method: 'configure', settings });
      for (const held of [...this.#held.values()]) this.#reattach(gateway, held);
    } catch (error) {
      await gateway.close();
      this.#slowDown();
      log.error({ error: asHoldfastError(error).message }, 'the network gateway does not start');
      // Whoever asked for it hears of it; those that are held go on waiting for one.
      this.#cancelRestart = clock.after(firstPauseMs, () => this.#restart());
      throw error;
    }
    this.#process = gateway;
    void gateway.ended.then((reason) => this.#ended(gateway, { reason, livedMs: clock.monotonicMs() - startedMs }));
    listeners.onUp();
    return gateway;
  }

  #hold(network: SandboxNetwork): Held {
    this.#held.get(network.sandbox)?.cancelRetry();
    const held: Held = { network, names: new Set(), problem: null, cancelRetry: () => undefined };
    this.#held.set(network.sandbox, held);
    return held;
  }

  /** Without waiting for the agent: the gateway keeps trying, and says so. */
  #reattach(gateway: GatewayProcess, held: Held, pauseMs: number = firstPauseMs): void {
    const { clock, listeners } = this.#options;
    const { sandbox } = held.network;
    const isHeld = (): boolean => this.#held.get(sandbox) === held;
    held.cancelRetry();
    const cancelLate = clock.after(lateAfterMs, () => {
      if (isHeld()) this.#settle(held, `the gateway has not taken it up for ${lateAfterMs / 1000} s`);
    });
    held.cancelRetry = cancelLate;
    gateway.call({ method: 'attach', spec: this.#spec(held.network), waitMs: 0 }, reattachTimeoutMs).then(
      (info) => {
        cancelLate();
        if (!isHeld()) return;
        this.#settle(held, null);
        if (info?.tape) listeners.onTape(sandbox, info.tape);
      },
      (error: unknown) => {
        cancelLate();
        // The next gateway is told of it in any case.
        if (!isHeld() || isGatewayGone(error)) return;
        this.#settle(held, asHoldfastError(error).message);
        const again = (): void => {
          if (this.#process === gateway) this.#reattach(gateway, held, Math.min(longestPauseMs, pauseMs * 2));
        };
        held.cancelRetry = clock.after(pauseMs, again);
      },
    );
  }

  #settle(held: Held, problem: string | null): void {
    const before = held.problem;
    held.problem = problem;
    if (problem === null) held.cancelRetry();
    if ((before === null) !== (problem === null)) this.#options.listeners.onProblem(held.network.sandbox, problem);
  }

  #ended(gateway: GatewayProcess, { reason, livedMs }: { reason: string; livedMs: number }): void {
    if (this.#process === gateway) this.#process = null;
    if (this.#isClosed) return;
    if (livedMs >= wellAfterMs) this.#pauseMs = 0;
    this.#slowDown();
    this.#options.log.warn({ reason }, 'the network gateway has ended');
    this.#options.listeners.onDown(reason);
    this.#restart();
  }

  #restart(): void {
    if (this.#isClosed || this.#held.size === 0) return;
    // A failure is in the log, and is followed by the next attempt.
    this.#running().catch(() => undefined);
  }

  #slowDown(): void {
    this.#pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, this.#pauseMs * 2));
  }

  #spec(network: SandboxNetwork): SandboxSpec {
    const { sandbox } = network;
    return { ...network, names: [...(this.#held.get(sandbox)?.names ?? [])], noise: this.#options.noiseOf(sandbox) };
  }

  #take(event: GatewayEvent): void {
    const { listeners } = this.#options;
    if (event.event === 'flows') for (const flow of event.flows) listeners.onFlow(flow);
    else if (event.event === 'link') listeners.onLink(event.sandbox, event.state, event.reason);
    else if (event.event === 'faults') listeners.onFaults(event.sandbox, event.labels);
    else if (event.event === 'tape-failed') listeners.onTapeFailed(event.sandbox, event.tape, event.reason);
    else this.#named(event.sandbox, event.name);
  }

  /** In the order of their first use; the oldest gives way, as in the gateway. */
  #named(sandbox: string, name: string): void {
    const names = this.#held.get(sandbox)?.names;
    if (!names) return;
    names.delete(name);
    names.add(name);
    const [oldest] = names;
    if (oldest !== undefined && names.size > maxNames) names.delete(oldest);
  }
}
