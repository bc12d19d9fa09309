/**
 * All sandboxes of one gateway: their parts are made here out of what the daemon said. main.ts runs it in a process of
 * its own.
 *
 * 1. A sandbox has one session at most; attaching it again replaces it.
 * 2. An update changes what is allowed at once; its meter, its addresses and the names pinned to them stay.
 * 3. A tape that cannot be written, or closed, is told of once and holds up neither an update nor an end.
 */
import { type Clock, type IdMaker, isoTime, KeyedLock, type OwnedScope, rootScope } from '../../base/index.ts';
import { asHoldfastError, HoldfastError, type NetworkFlow, type TapeRules } from '../../schema/index.ts';
import { type CertificateAuthority, clockOf, openAuthority } from '../mediation/authority.ts';
import { mediate } from '../mediation/mediate.ts';
import { GatewayNoise } from '../noise/gateway-noise.ts';
import { compilePolicy } from '../policy/compile.ts';
import { createBroker } from '../secrets/broker.ts';
import type { Player } from '../tape/player.ts';
import type { Recorder } from '../tape/recorder.ts';
import { openTapeStore, type PlayOptions, type TapeStore } from '../tape/store.ts';
import type { FlowReport, GatewaySandbox, Meter, Via } from '../types.ts';
import { connectAgent } from './agent-link.ts';
import { CheckedDialler, type Lookup, lookupBy } from './dialler.ts';
import { boundedFlow } from './flows.ts';
import { RuleMeter } from './meter.ts';
import type { AttachedInfo, GatewayEvent, GatewaySettings, SandboxSpec, TapePlayed } from './protocol.ts';
import { Pump } from './pump.ts';
import { Session } from './session.ts';
import { UpstreamProxy } from './upstream-proxy.ts';

export interface GatewayParts {
  clock: Clock;
  makeId: IdMaker;
  onFlow(flow: NetworkFlow): void;
  onEvent(event: Exclude<GatewayEvent, { event: 'flows' }>): void;
}

interface Tapes {
  recorder: Recorder | null;
  player: Player | null;
}

interface Attached {
  session: Session;
  spec: SandboxSpec;
  meter: Meter;
  tapes: Tapes;
}

export class Gateway {
  readonly #parts: GatewayParts;
  readonly #settings: GatewaySettings;
  readonly #upstream: UpstreamProxy | null;
  readonly #lookup: Lookup;
  readonly #attached = new Map<string, Attached>();
  readonly #turns = new KeyedLock();
  readonly #scope: OwnedScope;
  #tapes: Promise<TapeStore> | null = null;

  constructor(settings: GatewaySettings, parts: GatewayParts) {
    const { upstreamProxy } = settings;
    this.#settings = settings;
    this.#parts = parts;
    this.#scope = rootScope({ name: 'gateway', clock: parts.clock });
    this.#lookup = lookupBy(settings.resolvers);
    this.#upstream = upstreamProxy ? new UpstreamProxy(upstreamProxy, parts.clock, this.#lookup) : null;
  }

  async attach(spec: SandboxSpec, waitMs: number): Promise<AttachedInfo> {
    const attached = await this.#turns.run(spec.sandbox, this.#scope, async () => {
      await this.#detach(spec.sandbox);
      return await this.#attach(spec);
    });
    if (waitMs > 0) await firstLink(attached.session, this.#parts.clock, waitMs);
    return infoOf(attached);
  }

  update(spec: SandboxSpec): Promise<AttachedInfo> {
    return this.#turns.run(spec.sandbox, this.#scope, async () => {
      const attached = this.#attached.get(spec.sandbox);
      // What was before could not be enforced; what is now may be.
      if (!attached) return infoOf(await this.#attach(spec));
      const before = attached.tapes;
      const keepsTape = !beginsTape(spec, attached);
      // Before a tape is opened that a policy which does not compile would leave open.
      const rules = rulesOf(spec);
      const tapes = keepsTape ? before : await this.#openTapes(spec);
      const noise = this.#noise(spec, attached.session.state.noise ?? null);
      if (keepsTape) await takeOut(tapes, spec);
      Object.assign(attached, { spec, tapes });
      await attached.session.update({ ...rules, ...tapes, meter: attached.meter, noise });
      if (keepsTape) return infoOf(attached);
      await this.#closeTapes(spec.sandbox, before);
      return { ...infoOf(attached), played: playedOf(spec.sandbox, before) };
    });
  }

  detach(sandbox: string): Promise<AttachedInfo | null> {
    return this.#turns.run(sandbox, this.#scope, () => this.#detach(sandbox));
  }

  /** Null for one that is not attached. */
  inspect(sandbox: string): AttachedInfo | null {
    const attached = this.#attached.get(sandbox);
    if (!attached) return null;
    const { noise } = attached.session.state;
    const { player } = attached.tapes;
    const places = noise ? { places: noise.places } : {};
    const served = player ? { served: player.served() } : {};
    return { ...infoOf(attached), played: playedOf(sandbox, attached.tapes), ...served, ...places };
  }

  /** All at once: what is open is told, and kept on its tapes as broken. */
  async close(): Promise<void> {
    await Promise.all([...this.#attached.keys()].map((sandbox) => this.detach(sandbox)));
    await (await this.#tapes)?.close();
    await this.#scope.close();
  }

  async #attach(spec: SandboxSpec): Promise<Attached> {
    const { clock } = this.#parts;
    const meter = new RuleMeter(clock);
    const authority = await openAuthority(spec.authority, { clock: clockOf(spec.policy, clock) });
    const rules = rulesOf(spec);
    const tapes = await this.#openTapes(spec);
    const noise = this.#noise(spec, null);
    const session = this.#session(spec, { ...rules, ...tapes, meter, noise }, authority);
    const attached = { session, spec, meter, tapes };
    this.#attached.set(spec.sandbox, attached);
    return attached;
  }

  async #detach(sandbox: string): Promise<AttachedInfo | null> {
    const attached = this.#attached.get(sandbox);
    if (!attached) return null;
    this.#attached.delete(sandbox);
    await attached.session.close();
    await this.#closeTapes(sandbox, attached.tapes);
    return { ...infoOf(attached), played: playedOf(sandbox, attached.tapes) };
  }

  #session(spec: SandboxSpec, state: GatewaySandbox, authority: CertificateAuthority): Session {
    const { clock, onEvent } = this.#parts;
    const { sandbox, agent, names } = spec;
    const { extraAuthorities, guestBinary } = this.#settings;
    return new Session({
      clock,
      state,
      names,
      incarnation: agent.incarnation,
      connect: connectAgent(agent.socketPath),
      dialler: new CheckedDialler({ clock, lookup: this.#lookup, upstream: this.#upstream }),
      mediate: (connection) => mediate(connection, authority, { clock, extraAuthorities }),
      pump: new Pump({ clock, program: guestBinary, agentSocket: agent.socketPath }),
      onFlow: (via, flow) => this.#parts.onFlow(this.#flow(sandbox, via, flow)),
      onName: (name) => onEvent({ event: 'name', sandbox, name }),
      onLink: (link) =>
        onEvent({ event: 'link', sandbox, state: link.state, reason: link.state === 'up' ? null : link.reason }),
    });
  }

  /** An update leaves what is being drawn as it is: only another plan begins anew. */
  #noise({ sandbox, noise }: SandboxSpec, before: GatewayNoise | null): GatewayNoise | null {
    if (!noise) return null;
    if (before && JSON.stringify(before.given.given) === JSON.stringify(noise.given)) return before;
    return new GatewayNoise(noise, (labels) => this.#parts.onEvent({ event: 'faults', sandbox, labels }));
  }

  async #openTapes({ tenant, sandbox, policy, presets, tokens }: SandboxSpec): Promise<Tapes> {
    const { tape } = policy;
    const secrets = tokens?.secrets ?? null;
    if (!tape) return { recorder: null, player: null };
    const store = await this.#tapeStore();
    if (tape.mode === 'replay') {
      return { recorder: null, player: await store.player(tenant, tape.tape, { ...playOptions(tape), secrets }) };
    }
    const onFailed = (id: string, error: Error): void => this.#tapeFailed(sandbox, id, error);
    const named = { tenant, sandbox, name: tape.name ?? null, presets, secrets, onFailed };
    return { recorder: await store.create(named), player: null };
  }

  /** One that could not be opened is tried again. */
  async #tapeStore(): Promise<TapeStore> {
    this.#tapes ??= openTapeStore({ home: this.#settings.home, clock: this.#parts.clock });
    try {
      return await this.#tapes;
    } catch (error) {
      this.#tapes = null;
      throw error;
    }
  }

  async #closeTapes(sandbox: string, { recorder, player }: Tapes): Promise<void> {
    await recorder?.close().catch((error: unknown) => {
      if (!recorder.failure) this.#tapeFailed(sandbox, recorder.tape, asHoldfastError(error));
    });
    await player?.close();
  }

  #tapeFailed(sandbox: string, tape: string, { message }: Error): void {
    this.#parts.onEvent({ event: 'tape-failed', sandbox, tape, reason: message });
  }

  #flow(sandbox: string, via: Via, { startedMs, endedMs, ...flow }: FlowReport): NetworkFlow {
    const durationMs = Math.max(0, Math.round(endedMs - startedMs));
    const at = isoTime(startedMs);
    return boundedFlow({ id: this.#parts.makeId('flow'), sandbox, at, durationMs, via, ...flow });
  }
}

async function firstLink(session: Session, clock: Clock, waitMs: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(waitMs, () => late.reject(noLink(`the agent did not answer within ${waitMs} ms`)));
  try {
    const link = await Promise.race([session.firstLink, late.promise]);
    if (link.state !== 'up') throw noLink(link.reason);
  } finally {
    cancel();
  }
}

/** A recording has a tape of its own: what comes before it and after it is on another. */
function beginsTape({ policy, tokens }: SandboxSpec, { spec, tapes: { recorder } }: Attached): boolean {
  if (JSON.stringify(policy.tape) !== JSON.stringify(spec.policy.tape)) return true;
  if (!recorder || tokens?.recording === spec.tokens?.recording) return false;
  return spec.tokens !== null || !recorder.isEmpty;
}

async function takeOut({ recorder, player }: Tapes, { tokens }: SandboxSpec): Promise<void> {
  const secrets = tokens?.secrets ?? null;
  if (secrets) await recorder?.takeOut(secrets);
  player?.takeOut(secrets);
}

const infoOf = ({ tapes }: Attached): AttachedInfo => ({ tape: tapes.recorder?.tape ?? null, played: null });

function playedOf(sandbox: string, { player }: Tapes): TapePlayed | null {
  return player && { sandbox, tape: player.tape, ...player.coverage() };
}

const noLink = (reason: string): HoldfastError =>
  new HoldfastError('sandbox-died', `the gateway does not reach the sandbox: ${reason}`, {
    hint: 'It keeps trying until the sandbox is detached.',
  });

function playOptions({
  rules,
  refreshDates,
}: {
  rules?: TapeRules | undefined;
  refreshDates?: boolean | undefined;
}): PlayOptions {
  return { ...(rules ? { rules } : {}), ...(refreshDates === undefined ? {} : { refreshDates }) };
}

function rulesOf({
  sandbox,
  policy,
  presets,
  secrets,
}: SandboxSpec): Pick<GatewaySandbox, 'sandbox' | 'policy' | 'broker'> {
  const kept = secrets.flatMap(({ value, ...rest }) => (value ? [{ ...rest, value }] : []));
  const forgotten = secrets.filter(({ value }) => value === null);
  const broker = secrets.length > 0 ? createBroker({ secrets: kept, forgotten }) : null;
  return { sandbox, policy: compilePolicy(policy, { presetRules: presets }), broker };
}
