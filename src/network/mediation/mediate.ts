/**
 * One connection of a sandbox that is looked into: TLS ends here, in the sandbox's own authority's name, and each request is
 * decided by itself. Between the session, which chose this connection's destination, and the dialler, which alone goes out.
 *
 * 1. The greeting's server name is the destination's, or there is no handshake.
 * 2. Both sides speak the same version of HTTP: the outside is greeted with what the sandbox offers, and chooses.
 * 3. While a tape plays nothing is dialled.
 * 4. When nothing passes for `idleMs`, or the policy does not know the connection any more, it ends.
 */
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type Clock, systemClock } from '../../base/index.ts';
import type { Decision, EndedBy } from '../../schema/index.ts';
import type { ClientHello } from '../client-hello.ts';
import { denialResponse } from '../denial.ts';
import { broken } from '../ended-by.ts';
import { MemoryBudget } from '../memory.ts';
import { opensAll } from '../policy/complies.ts';
import type { FlowReport, Grant, MediatedConnection } from '../types.ts';
import type { CertificateAuthority } from './authority.ts';
import { changed, Exchange, type ExchangeContext } from './exchange.ts';
import { readGreeting } from './greeting.ts';
import { Http1Server } from './h1-server.ts';
import { Http2Room } from './h2-room.ts';
import { Http2Server } from './h2-server.ts';
import { isNamed, refusal } from './request-check.ts';
import { type Protocol, TlsMemory, Upstream } from './upstream.ts';

const handshakeTimeoutMs = 30_000;
const idleMs = 10 * 60_000;

export interface MediationSettings {
  clock?: Clock;
  /** Authorities of the outside to trust besides the host machine's, as PEM: a company's, a test's. */
  extraAuthorities?: string;
}

/** What the session keeps of a mediated connection. */
export interface Mediation {
  /** After a change of policy: cuts requests that it would not allow, and the connection when it knows it no more. */
  recheck(): void;
  /** Ends it with everything under way. */
  close(endedBy?: EndedBy): void;
}

export function mediate(
  connection: MediatedConnection,
  authority: CertificateAuthority,
  settings: MediationSettings = {},
): Mediation {
  const mediated = new MediatedStream(connection, authority, settings);
  mediated.run();
  return mediated;
}

/** What all connections of one sandbox share: TLS sessions outside are resumed by the sandbox that made them. */
interface Shared {
  memory: TlsMemory;
  roomUp: Http2Room;
  roomDown: Http2Room;
  budget: MemoryBudget;
}
const shared = new WeakMap<CertificateAuthority, Shared>();

function sharedOf(authority: CertificateAuthority): Shared {
  const present = shared.get(authority) ?? {
    memory: new TlsMemory(),
    roomUp: new Http2Room(),
    roomDown: new Http2Room(),
    budget: new MemoryBudget(),
  };
  shared.set(authority, present);
  return present;
}

class MediatedStream implements Mediation {
  readonly #connection: MediatedConnection;
  readonly #authority: CertificateAuthority;
  readonly #clock: Clock;
  readonly #upstream: Upstream;
  readonly #context: ExchangeContext;
  readonly #exchanges = new Set<Exchange>();
  readonly #startedMs: number;
  #tls: FlowReport['tls'] = null;
  #server: Http1Server | Http2Server | null = null;
  #stream: Duplex;
  /** The outside is being greeted. */
  #greeting: { grant: Grant; abort: AbortController } | null = null;
  /** Why it was ended before the sandbox was answered. */
  #cut: Decision | null = null;
  /** Who breaks it if it breaks now. */
  #handshakeOf: EndedBy = 'inside';
  #isActive = true;
  #isClosed = false;
  #cancelTimer: () => void = () => undefined;

  constructor(connection: MediatedConnection, authority: CertificateAuthority, settings: MediationSettings) {
    const { clock = systemClock, extraAuthorities = '' } = settings;
    this.#connection = connection;
    this.#authority = authority;
    this.#clock = clock;
    this.#stream = connection.stream;
    this.#startedMs = clock.nowMs();
    const { budget, ...outside } = sharedOf(authority);
    this.#upstream = new Upstream({ connection, clock, ...outside, extraAuthorities });
    this.#context = {
      connection,
      clock,
      upstream: this.#upstream,
      memory: budget,
      touch: () => {
        this.#isActive = true;
      },
      tls: () => this.#tls,
      over: (exchange) => this.#exchanges.delete(exchange),
    };
  }

  run(): void {
    this.#stream.on('error', () => undefined);
    if (this.#connection.protocol === 'http') {
      this.#serve(this.#stream, 'http/1.1');
      return;
    }
    this.#stream.once('close', () => this.#closed());
    this.#handshake().catch((error: unknown) =>
      this.#cut ? this.#refused(this.#cut, null) : this.#refused(this.#connectDecision(), error),
    );
  }

  recheck(): void {
    if (this.#isClosed) return;
    for (const exchange of [...this.#exchanges]) exchange.recheck();
    const decision = this.#connectDecision();
    if (!this.#server) this.#recheckGreeting(decision);
    else if (decision.allowed) return;
    else if (this.#exchanges.size === 0) this.close();
    else this.#server.close();
  }

  /** Nothing goes on outside that would not be begun now. */
  #recheckGreeting(decision: Decision): void {
    if (!decision.allowed) {
      this.#cut = changed(decision);
      this.close();
      return;
    }
    const { player } = this.#connection.current();
    const greeting = this.#greeting;
    if (greeting && (player || !opensAll(this.#neutralGrant(this.#grants()), greeting.grant))) {
      greeting.abort.abort(new Error('the policy changed'));
    }
  }

  close(endedBy?: EndedBy): void {
    const error = new Error('the connection was ended');
    for (const exchange of [...this.#exchanges]) exchange.cut(error, endedBy);
    this.#stream.destroy();
    this.#connection.stream.destroy();
    this.#closed();
  }

  async #handshake(): Promise<void> {
    const { stream, destination } = this.#connection;
    const greeting = await readGreeting(stream, this.#clock);
    this.#tls = { serverName: greeting.serverName, protocols: greeting.alpn };
    const mismatch = this.#mismatch(greeting);
    if (mismatch) {
      stream.end(unrecognizedName);
      this.#refused(mismatch, null);
      return;
    }
    const leaf = this.#authority.leaf(destination.host);
    const protocol = await this.#agree(greeting);
    const secureContext = await this.#madeHere(leaf);
    if (this.#isClosed) throw new Error('the connection was ended');
    const tls = new TLSSocket(stream, {
      isServer: true,
      secureContext,
      ...(greeting.alpn.length > 0 ? { ALPNProtocols: [protocol] } : {}),
    });
    this.#stream = tls;
    await handshaken(tls, this.#clock);
    if (this.#isClosed) tls.destroy();
    else this.#serve(tls, protocol);
  }

  /** What fails otherwise before a request is the sandbox's doing. */
  async #madeHere<T>(made: Promise<T>): Promise<T> {
    this.#handshakeOf = 'gateway';
    const result = await made;
    this.#handshakeOf = 'inside';
    return result;
  }

  /**
   * What both sides will speak. An outside that does not answer, or may not be asked so often, is told to the first request, in
   * words.
   */
  async #agree({ alpn: protocols }: ClientHello): Promise<Protocol> {
    const offer = protocols.filter((name): name is Protocol => name === 'h2' || name === 'http/1.1');
    const first = offer.includes('http/1.1') || !offer.includes('h2') ? 'http/1.1' : 'h2';
    const { meter, player } = this.#connection.current();
    if (player) return offer[0] ?? 'http/1.1';
    const grants = this.#grants();
    const agreed = meter.admitGreeting(grants) ? await this.#greet(this.#neutralGrant(grants), offer) : null;
    if (agreed) return agreed;
    this.#upstream.protocol = first;
    return first;
  }

  async #greet(grant: Grant, offer: readonly Protocol[]): Promise<Protocol | null> {
    const abort = new AbortController();
    this.#greeting = { grant, abort };
    const agreed = await this.#upstream.greet(grant, offer, abort.signal).catch(() => null);
    this.#greeting = null;
    return agreed;
  }

  #grants(): readonly Grant[] {
    return this.#connection.current().policy.grants(this.#connection.destination, 'tls');
  }

  /** Before a request is known, nothing may be dialled that takes the special leave of one of several rules. */
  #neutralGrant(grants: readonly Grant[]): Grant {
    const rule = this.#connectDecision().rule;
    const [first, ...others] = grants.map(({ addresses }) => addresses);
    return {
      rule: rule ?? { list: 'allow', index: 0, preset: null, line: null, text: 'mediated connection' },
      addresses: (first ?? []).filter((range) => others.every((addresses) => addresses.includes(range))),
      limits: {},
      credentials: [],
    };
  }

  #connectDecision(): Decision {
    const { destination, protocol } = this.#connection;
    return this.#connection.current().policy.connect(destination, protocol === 'https' ? 'tls' : 'http').decision;
  }

  #mismatch({ serverName }: ClientHello): Decision | null {
    const { host, port } = this.#connection.destination;
    if (serverName === null) {
      // Addresses have no place in a greeting.
      return isIP(host) ? null : refusal('name-mismatch', `The TLS greeting to ${host}:${port} names no server.`);
    }
    if (isNamed(serverName, { host, port: 443 }, 'https') && !serverName.includes(':')) return null;
    const shown = JSON.stringify(serverName.slice(0, 255));
    return refusal('name-mismatch', `The TLS greeting names ${shown} on a connection to ${host}:${port}.`);
  }

  #serve(stream: Duplex, protocol: Protocol): void {
    this.#cancelTimer = this.#watchIdle();
    const begin = (exchange: Exchange): void => {
      this.#isActive = true;
      this.#exchanges.add(exchange);
      exchange.run();
    };
    const closed = (): void => this.#closed();
    if (protocol === 'h2') {
      const request = (incoming: ConstructorParameters<typeof Exchange>[1]): void =>
        begin(new Exchange(this.#context, incoming));
      this.#server = new Http2Server(stream, sharedOf(this.#authority).roomUp, { request, closed });
      return;
    }
    this.#server = new Http1Server(stream, this.#clock, {
      request: (incoming) => begin(new Exchange(this.#context, incoming)),
      malformed: (error, respond) => {
        const decision = refusal('protocol-not-allowed', `This is not HTTP that is passed on: ${error.message}.`);
        const { head, body } = denialResponse(decision, this.#connection.destination, error.status);
        respond(head, body);
        this.#report(decision, head.status, null);
      },
      closed,
    });
  }

  /** Two turns without a byte: between once and twice half of `idleMs` late at most. */
  #watchIdle(): () => void {
    return this.#clock.after(idleMs / 2, () => {
      if (!this.#isActive) {
        this.close();
        return;
      }
      this.#isActive = false;
      this.#cancelTimer = this.#watchIdle();
    });
  }

  #refused(decision: Decision, error: unknown): void {
    if (this.#isClosed && decision.allowed) return;
    const message =
      error === null ? null : `the TLS handshake failed: ${error instanceof Error ? error.message : error}`;
    this.#report(decision, null, message);
    if (error !== null) this.#connection.stream.destroy();
    this.#closed();
  }

  #report(decision: Decision, status: number | null, error: string | null): void {
    const { destination, protocol } = this.#connection;
    this.#connection.report({
      kind: 'refused',
      host: destination.host,
      port: destination.port,
      protocol,
      address: null,
      method: null,
      path: null,
      status,
      bytesUp: 0,
      bytesDown: 0,
      timing: { connectedMs: null, firstByteMs: null },
      tls: this.#tls,
      decision,
      ...broken(error, this.#handshakeOf),
      secrets: [],
      tape: null,
      startedMs: this.#startedMs,
      endedMs: this.#clock.nowMs(),
    });
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelTimer();
    this.#upstream.close();
  }
}

/** A fatal TLS alert, 112: what a server says that has no certificate for the name. */
const unrecognizedName = Buffer.from([21, 3, 3, 0, 2, 2, 112]);

function handshaken(tls: TLSSocket, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(handshakeTimeoutMs, () => fail(new Error('it came too slowly')));
    const settle = (): void => {
      cancel();
      tls.off('secure', done).off('_tlsError', fail).off('close', onClose);
    };
    const fail = (error: Error): void => {
      settle();
      tls.destroy();
      reject(error);
    };
    const done = (): void => {
      settle();
      // Node's own TLS server says so at this point, and HTTP/2 waits for a handshake as long as nobody does.
      Object.assign(tls, { secureConnecting: false });
      resolve();
    };
    const onClose = (): void => fail(new Error('the client ended the connection'));
    tls.on('error', () => undefined);
    tls.once('secure', done).on('_tlsError', fail).on('close', onClose);
  });
}
