/**
 * One accepted connection on its way: decided, looked at, then carried as a tunnel, mediated, or refused. The fronts
 * (proxy, SOCKS5, transparent) bring it here with a destination; from here on they differ only in how they answer.
 *
 * 1. Nothing is dialled before the first bytes were seen, unless one `tcp` rule takes whatever they may be.
 * 2. A TLS greeting that is tunnelled names its destination, or nothing does: an address is greeted without a name, and
 *    what may hide another name is mediated.
 * 3. A connection that began quietly goes up only after its first bytes turned out to be what was assumed of them.
 * 4. Everything that ends here is told as one flow: refusals, failures, tunnels. Mediation tells its own. What a fault plan broke
 *    is told as its doing.
 */
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock, Scope } from '../../base/index.ts';
import {
  asHoldfastError,
  type Decision,
  type EndedBy,
  type HoldfastError,
  type NetworkFlow,
} from '../../schema/index.ts';
import type { ClientHello } from '../client-hello.ts';
import { broken } from '../ended-by.ts';
import type { Mediation } from '../mediation/mediate.ts';
import { ToxicStream } from '../noise/toxic-stream.ts';
import { normaliseHost } from '../policy/names.ts';
import type {
  ConnectVerdict,
  Destination,
  Dialler,
  FlowReport,
  GatewaySandbox,
  MediatedConnection,
  Via,
} from '../types.ts';
import { refusing } from './connect-first.ts';
import type { CutReason, OpenConnections } from './connections.ts';
import { timedOut, unresolved } from './dialler.ts';
import { peek } from './peek.ts';
import type { Pump } from './pump.ts';
import { answerAlert, answerDenied, answerUnreachable, refusal } from './refusals.ts';
import { TunnelRun } from './tunnel-run.ts';

/** A connection as its front hands it over. */
export interface Arrival {
  stream: Duplex;
  via: Via;
  destination: Destination;
  /** What will most likely come, for the words of a refusal. */
  expected: 'tls' | 'http';
  /** What is known of the request already. */
  request?: { method: string; path: string };
  /** Before `accept`: how this front says no. */
  refuse(decision: Decision): void;
  unreachable(error: HoldfastError): void;
  /** The client may speak; nothing where it never waited. */
  accept(): void;
}

/** What the fronts are given besides the stream. */
export interface FrontParts {
  clock: Clock;
  /** Hears of a host that is none, or of two that differ: there is nothing to carry. */
  refused(asked: Destination, decision: Decision): void;
}

export interface CarrierParts {
  clock: Clock;
  scope: Scope;
  dialler: Dialler;
  connections: OpenConnections;
  current(): GatewaySandbox;
  mediate(connection: MediatedConnection): Mediation;
  report(via: Via, flow: FlowReport): void;
  /** Null: all is carried here. */
  pump: Pump | null;
}

type First = 'tls' | 'http' | 'other';
type TunnelVerdict = Extract<ConnectVerdict, { action: 'tunnel' }>;

const firstBytesTimeoutMs = 10_000;
const quietMs = 300;
/** A connection that began quietly may stay so for long; idleness is the tunnel's own matter. */
const quietForMs = 24 * 3600_000;

export class Carrier {
  readonly #parts: CarrierParts;

  constructor(parts: CarrierParts) {
    this.#parts = parts;
  }

  async carry(arrival: Arrival): Promise<void> {
    const run = new Carriage(this.#parts, arrival);
    try {
      await run.go();
    } catch (error) {
      arrival.stream.destroy();
      run.report({ kind: 'refused', decision: internalRefusal, ...broken(asHoldfastError(error).message, 'gateway') });
    }
  }
}

const internalRefusal = refusal('protocol-not-allowed', 'The gateway could not carry the connection.');

class Carriage {
  readonly #parts: CarrierParts;
  #arrival: Arrival;
  readonly #startedMs: number;
  #protocol: NetworkFlow['protocol'] = 'https';
  #tls: FlowReport['tls'] = null;
  #connectedMs: number | null = null;
  #isBrokenByPlan: () => boolean = () => false;

  constructor(parts: CarrierParts, arrival: Arrival) {
    this.#parts = parts;
    this.#arrival = arrival;
    this.#startedMs = parts.clock.nowMs();
  }

  async go(): Promise<void> {
    const state = this.#parts.current();
    const before = this.#asked();
    if (!before || !(await this.#meet(before.decision))) return;
    // That may have taken long.
    const now = this.#parts.current() === state ? before : this.#asked();
    if (!now) return;
    if (now.blind) {
      await this.#tunnel(now.blind, 'other', { quiet: false, accepted: false });
    } else {
      this.#arrival.accept();
      await this.#look(now.mayBeQuiet);
    }
  }

  /** What may begin here, whatever its first bytes are; null when nothing may, and that was said. */
  #asked(): { decision: Decision; blind: TunnelVerdict | null; mayBeQuiet: boolean } | null {
    const [tls, http, other] = [this.#ask('tls'), this.#ask('http'), this.#ask('other')];
    const first = [tls, http, other].find(({ action }) => action !== 'deny');
    if (!first) {
      const { decision } = this.#arrival.expected === 'http' ? http : tls;
      this.#protocol = this.#arrival.expected === 'http' ? 'http' : 'https';
      this.#deny('other', decision, false);
      return null;
    }
    const blind = isBlind(tls) && isBlind(http) && isBlind(other) ? other : null;
    return { decision: first.decision, blind, mayBeQuiet: other.action !== 'deny' };
  }

  /** What the sandbox's fault plan has for this connection; false when that was all of it. */
  async #meet(decision: Decision): Promise<boolean> {
    const { noise } = this.#parts.current();
    if (!noise) return true;
    const { clock, scope } = this.#parts;
    const { via, destination, expected } = this.#arrival;
    const failed = (error: HoldfastError): false => {
      this.#isBrokenByPlan = () => true;
      this.#fail(error, { first: 'other', decision, accepted: false, endedBy: undefined });
      return false;
    };
    // A name given to a proxy was not looked up inside.
    const named = via === 'transparent' || isIP(destination.host) ? null : noise.lookup(destination.host);
    if (named?.fault.kind === 'network.slow-name') await clock.sleep(Number(named.parameters['delayMs']), scope.signal);
    else if (named) return failed(unresolved(destination.host, 'ENOTFOUND'));
    const drawn = noise.connection(destination, expected === 'tls');
    if (drawn?.fault.kind === 'network.refuse') return failed(refusing(destination));
    if (drawn?.fault.kind === 'network.drop') {
      this.#isBrokenByPlan = () => true;
      await clock.sleep(drawn.fault.mostMs, scope.signal);
      return failed(timedOut(destination));
    }
    if (drawn) {
      const stream = new ToxicStream(this.#arrival.stream, drawn, clock);
      this.#isBrokenByPlan = () => stream.hasBroken;
      this.#arrival = { ...this.#arrival, stream };
    }
    return true;
  }

  report(what: Partial<FlowReport> & Pick<FlowReport, 'kind' | 'decision'>): void {
    const { destination } = this.#arrival;
    this.#tell({
      ...emptyFlow,
      ...destination,
      ...this.#arrival.request,
      protocol: this.#protocol,
      tls: this.#tls,
      timing: { connectedMs: this.#connectedMs, firstByteMs: null },
      startedMs: this.#startedMs,
      endedMs: this.#parts.clock.nowMs(),
      ...what,
    });
  }

  #tell(flow: FlowReport): void {
    const isInjected = flow.error !== null && this.#isBrokenByPlan();
    this.#parts.report(this.#arrival.via, isInjected ? { ...flow, injected: true } : flow);
  }

  #ask(first: First): ConnectVerdict {
    return this.#parts.current().policy.connect(this.#arrival.destination, first);
  }

  async #look(mayBeQuiet: boolean): Promise<void> {
    const { clock } = this.#parts;
    const options = { clock, timeoutMs: firstBytesTimeoutMs, ...(mayBeQuiet ? { quietMs } : {}) };
    const first = await peek(this.#arrival.stream, options);
    if (first.kind === 'nothing') this.#arrival.stream.destroy();
    else if (first.kind === 'malformed') this.#refuse('tls', malformed(first.why));
    else if (first.kind === 'quiet') await this.#proceed('other', null, true);
    else await this.#proceed(first.kind, first.kind === 'tls' ? first.hello : null, false);
  }

  async #proceed(first: First, hello: ClientHello | null, quiet: boolean): Promise<void> {
    if (hello) this.#tls = { serverName: hello.serverName, protocols: hello.alpn };
    this.#protocol = first === 'tls' ? 'https' : first === 'http' ? 'http' : 'tcp';
    const verdict = this.#ask(first);
    if (verdict.action === 'deny') return this.#refuse(first, verdict.decision);
    if (verdict.action === 'mediate') return this.#mediate(verdict.protocol);
    if (hello && verdict.protocol === 'https') {
      const mismatch = nameMismatch(hello, this.#arrival.destination);
      if (mismatch) return this.#refuse('tls', mismatch);
      if (hello.encrypted) return this.#mediate('https');
    }
    await this.#tunnel(verdict, first, { quiet, accepted: true });
  }

  /** After `accept`, or where nothing had to be accepted. */
  #refuse(first: First, decision: Decision): void {
    const { stream, destination } = this.#arrival;
    this.report({ kind: 'refused', decision });
    if (decision.code === 'tape-miss') this.#parts.current().player?.missed(decision);
    if (first === 'http') answerDenied(stream, decision, destination);
    else if (first === 'tls')
      answerAlert(stream, decision.code === 'name-mismatch' ? 'unrecognizedName' : 'accessDenied');
    else stream.destroy();
  }

  #mediate(protocol: 'https' | 'http'): void {
    const { stream, destination, via } = this.#arrival;
    const { current, dialler, connections } = this.#parts;
    const connection = { stream, destination, protocol, via, current, dialler };
    const mediation = this.#parts.mediate({ ...connection, report: (flow) => this.#tell(flow) });
    const recheck = (): boolean => {
      mediation.recheck();
      return true;
    };
    const cut = (why: CutReason): void => mediation.close('endedBy' in why ? why.endedBy : undefined);
    const leave = connections.add({ recheck, cut });
    stream.once('close', leave);
    if (stream.destroyed) leave();
  }

  async #tunnel(verdict: TunnelVerdict, first: First, how: { quiet: boolean; accepted: boolean }): Promise<void> {
    if (verdict.protocol === 'tcp') this.#protocol = 'tcp';
    const { grant, decision } = verdict;
    const { stream, destination } = this.#arrival;
    const limit = this.#parts.current().meter.admit(grant);
    if (limit) return this.#deny(first, limit, how.accepted);
    const run = new TunnelRun(this.#parts, { stream, destination, first, grant });
    const outcome = await run.go({
      dialled: () => {
        this.#connectedMs = this.#parts.clock.nowMs() - this.#startedMs;
        if (!how.accepted) this.#arrival.accept();
      },
      judgeLate: how.quiet ? () => this.#judgeLate() : null,
    });
    if (outcome.state === 'carried') {
      const { refusal: cut, address, error, endedBy, bytesUp, bytesDown } = outcome;
      const end = broken(error, endedBy);
      this.report({ kind: 'tunnel', decision: cut ?? decision, address, bytesUp, bytesDown, ...end });
    } else if (outcome.state === 'refused') this.#deny(first, outcome.decision, how.accepted);
    else this.#fail(outcome.error, { first, decision, accepted: how.accepted, endedBy: outcome.endedBy });
  }

  #deny(first: First, decision: Decision, accepted: boolean): void {
    if (accepted) this.#refuse(first, decision);
    else {
      this.report({ kind: 'refused', decision });
      this.#arrival.refuse(decision);
    }
  }

  #fail(
    error: HoldfastError,
    {
      first,
      decision,
      accepted,
      endedBy,
    }: { first: First; decision: Decision; accepted: boolean; endedBy: EndedBy | undefined },
  ): void {
    const { stream, destination } = this.#arrival;
    this.report({ kind: 'tunnel', decision, ...broken(error.message, endedBy) });
    if (!accepted) this.#arrival.unreachable(error);
    else if (first === 'http') answerUnreachable(stream, error, destination);
    else if (first === 'tls') answerAlert(stream, 'internalError');
    else stream.destroy();
  }

  /** The first bytes of what began quietly: null when they are what they were taken for. */
  async #judgeLate(): Promise<Decision | null> {
    const first = await peek(this.#arrival.stream, { clock: this.#parts.clock, timeoutMs: quietForMs });
    if (first.kind === 'other' || first.kind === 'quiet') return null;
    // What is left open with half a beginning could go on as anything.
    if (first.kind === 'nothing') return isOver(this.#arrival.stream) ? null : malformed(first.why);
    if (first.kind === 'malformed') return malformed(first.why);
    const verdict = this.#ask(first.kind);
    if (isBlind(verdict)) return null;
    return verdict.action === 'deny' ? verdict.decision : malformed('what began without a word is to be read');
  }
}

const isOver = (stream: Duplex): boolean => stream.readableEnded || stream.destroyed;

/** No byte of it is looked at, whatever it is. */
function isBlind(verdict: ConnectVerdict): verdict is TunnelVerdict {
  return verdict.action === 'tunnel' && verdict.protocol === 'tcp';
}

function nameMismatch(hello: ClientHello, { host }: Destination): Decision | null {
  if (isIP(host)) {
    return hello.serverName === null ? null : mismatch(`The TLS greeting to the address ${host} names another server`);
  }
  if (hello.serverName === null) return mismatch(`The TLS greeting to ${host} names no server`);
  const reading = normaliseHost(hello.serverName);
  if (reading.ok && reading.host === host) return null;
  return mismatch(`The TLS greeting to ${host} names another server, ${JSON.stringify(hello.serverName)}`);
}

const mismatch = (what: string): Decision =>
  refusal('name-mismatch', `${what}.`, 'Let the client send the server name (SNI) of the host it connects to.');

const malformed = (why: string): Decision =>
  refusal('protocol-not-allowed', `The first bytes of the connection cannot be judged: ${why}.`);

export const emptyFlow = {
  address: null,
  method: null,
  path: null,
  status: null,
  bytesUp: 0,
  bytesDown: 0,
  timing: { connectedMs: null, firstByteMs: null },
  tls: null,
  error: null,
  secrets: [],
  tape: null,
} as const satisfies Partial<FlowReport> & { secrets: readonly [] };
