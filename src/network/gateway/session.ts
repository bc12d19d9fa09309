/**
 * One sandbox in the gateway: what listens inside, where its connections go, what it may. Neighbours: agent-link.ts keeps
 * the way inside, the fronts make destinations, carrier.ts carries.
 *
 * 1. Everything asks for the present state each time; an update replaces it whole and then ends what does not comply. It is
 *    over when no byte of that passes any more.
 * 2. Past `mostConnections` a connection is reset, and counted.
 * 3. `close` leaves nothing open: no listener, no stream, no dial, no timer. From its beginning nothing is taken. What was open
 *    has told of its end by then.
 */
import type { Duplex } from 'node:stream';
import { type Clock, type OwnedScope, rootScope, type Scope } from '../../base/index.ts';
import type { GuestStream } from '../../guest/index.ts';
import type { Decision } from '../../schema/index.ts';
import { proxyPort, resolverAddress, socksPort } from '../inside.ts';
import type { Mediation } from '../mediation/mediate.ts';
import type { Destination, Dialler, FlowReport, GatewaySandbox, MediatedConnection, Via } from '../types.ts';
import { AgentLink, type ConnectGuest, type LinkedGuest, type LinkState } from './agent-link.ts';
import { type Arrival, Carrier, emptyFlow } from './carrier.ts';
import { mostConnections, OpenConnections } from './connections.ts';
import { arriveByProxy } from './http-proxy.ts';
import { CrowdedReports } from './lookup-reports.ts';
import { NamePlaces } from './places.ts';
import type { Pump } from './pump.ts';
import { refusal } from './refusals.ts';
import { Resolver } from './resolver.ts';
import { arriveBySocks } from './socks-front.ts';
import { arriveTransparently } from './transparent.ts';

export interface SessionOptions {
  clock: Clock;
  connect: ConnectGuest;
  incarnation: string;
  state: GatewaySandbox;
  dialler: Dialler;
  mediate(connection: MediatedConnection): Mediation;
  /** Moves the bytes of large tunnels; ended with the session. */
  pump: Pump | null;
  /** Names that already have addresses inside. */
  names: readonly string[];
  onFlow(via: Via, flow: FlowReport): void;
  onName(name: string): void;
  onLink(state: LinkState): void;
}

const loopback = '127.0.0.1';
const mostPerFront = 512;
const mostResolving = 32;
/** A silent agent must not keep the next change, or the end, of a sandbox's network waiting. */
const listenTimeoutMs = 5000;
/** A stream that is cut closes at once, unless its end waits for the outside. */
const tellWithinMs = 1000;
const idleSweepMs = 5 * 60_000;
/** An hour without a byte. */
const mostIdleSweeps = 12;

export class Session {
  readonly #options: SessionOptions;
  readonly #scope: OwnedScope;
  readonly #connections = new OpenConnections();
  readonly #carrier: Carrier;
  readonly #resolver: Resolver;
  readonly #places: NamePlaces;
  readonly #lookups: CrowdedReports;
  /** Apart, so that names that exist do not crowd out those that were refused. */
  readonly #answered: CrowdedReports;
  readonly #overflow: CrowdedReports;
  readonly #arriving = new Set<Duplex>();
  /** Until each has told how it ended. */
  readonly #carrying = new Set<Promise<void>>();
  readonly #link: AgentLink;
  readonly #firstLink = Promise.withResolvers<LinkState>();
  #state: GatewaySandbox;
  #cancelSweep: () => void = () => undefined;
  #isClosed = false;

  constructor(options: SessionOptions) {
    const { clock, onFlow, onName, names } = options;
    this.#options = options;
    this.#state = options.state;
    this.#scope = rootScope({ name: `network of ${options.state.sandbox}`, clock });
    const current = (): GatewaySandbox => this.#state;
    this.#carrier = new Carrier({
      ...options,
      scope: this.#scope,
      connections: this.#connections,
      current,
      report: onFlow,
    });
    this.#lookups = new CrowdedReports(clock, (flow) => onFlow('dns', flow));
    this.#answered = new CrowdedReports(clock, (flow) => onFlow('dns', flow));
    this.#overflow = new CrowdedReports(clock, (flow) => onFlow('transparent', flow));
    this.#places = new NamePlaces({
      ports: (name) => this.#state.policy.ports(name),
      onConnection: (stream, destination) =>
        this.#receive(stream, () => Promise.resolve(arriveTransparently(stream, destination))),
      onName,
    });
    this.#places.restore(names);
    this.#resolver = new Resolver({
      clock,
      current,
      name: (host) => this.#state.policy.name(host),
      place: (host) => this.#places.open(host),
      nameOf: (address) => this.#places.nameOf(address),
      asked: (host, decision, address) => this.#lookedUp(host, decision, address),
    });
    this.#link = new AgentLink(
      {
        ...options,
        serve: (guest, scope) => this.#listen(guest, scope),
        onState: (state) => {
          this.#firstLink.resolve(state);
          options.onLink(state);
        },
      },
      this.#scope.child({ name: 'agent' }),
    );
    this.#sweep();
  }

  /** How the first attempt to reach the agent went; later ones are told by `onLink`. */
  get firstLink(): Promise<LinkState> {
    return this.#firstLink.promise;
  }

  get state(): GatewaySandbox {
    return this.#state;
  }

  get openConnections(): number {
    return this.#connections.size;
  }

  /**
   * Resolves when what the new state does not allow is over, and what is listened for is what it allows, or the agent that does
   * not do so was given up.
   */
  async update(state: GatewaySandbox): Promise<void> {
    this.#state = state;
    const ended = this.#connections.recheck(state.policy);
    const late = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(listenTimeoutMs, () => {
      this.#link.drop();
      late.resolve();
    });
    try {
      await Promise.all([this.#places.recheck(), Promise.race([ended, late.promise])]);
    } finally {
      cancel();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelSweep();
    this.#connections.closeAll('the network of the sandbox was closed');
    for (const stream of this.#arriving) stream.destroy();
    this.#firstLink.resolve({ state: 'down', reason: 'the network of the sandbox was closed' });
    await Promise.all([this.#options.pump?.close(), this.#link.close()]);
    await this.#scope.close();
    await this.#told();
    this.#lookups.flush();
    this.#answered.flush();
    this.#overflow.flush();
  }

  async #told(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(tellWithinMs, () => late.resolve());
    await Promise.race([Promise.all(this.#carrying), late.promise]);
    cancel();
  }

  async #listen({ tunnels, handsOver }: LinkedGuest, scope: Scope): Promise<void> {
    const { clock, pump } = this.#options;
    if (pump) pump.isPossible = handsOver;
    const front = { clock, refused: (asked: Destination, decision: Decision) => this.#refused(asked, decision) };
    const tcp = (port: number, maxConnections: number, take: (stream: GuestStream) => void): Promise<unknown> =>
      tunnels.listen({ address: loopback, port, maxConnections }, take, scope);
    await Promise.all([
      tcp(proxyPort, mostPerFront, (stream) => this.#receive(stream, () => arriveByProxy(stream, front))),
      tcp(socksPort, mostPerFront, (stream) => this.#receive(stream, () => arriveBySocks(stream, front))),
      tcp(resolverAddress.port, mostResolving, (stream) => {
        stream.on('error', () => undefined);
        void this.#resolver.serve(stream);
      }),
      tunnels.listenDatagrams(resolverAddress, (data, reply) => this.#answerDatagram(data, reply), scope),
    ]);
    await this.#places.attach(tunnels, scope);
  }

  #answerDatagram(data: Buffer, reply: (data: Uint8Array) => void): void {
    this.#resolver
      .answer(data)
      .then((answer) => {
        if (answer) reply(answer);
      })
      .catch(() => undefined);
  }

  #receive(stream: GuestStream, arrive: () => Promise<Arrival | null>): void {
    stream.on('error', () => undefined);
    if (this.#isClosed) return void stream.destroy();
    if (this.#connections.size + this.#arriving.size >= mostConnections) {
      this.#overflow.push(this.#refusedFlow({ host: stream.localAddress, port: stream.localPort }, tooMany));
      stream.destroy();
      return;
    }
    this.#arriving.add(stream);
    stream.once('close', () => this.#arriving.delete(stream));
    const carrying: Promise<void> = arrive()
      .then((arrival) => (arrival ? this.#carrier.carry(arrival) : undefined))
      .catch(() => void stream.destroy())
      .finally(() => this.#carrying.delete(carrying));
    this.#carrying.add(carrying);
  }

  #refused(asked: Destination, decision: Decision): void {
    this.#options.onFlow('proxy', this.#refusedFlow({ host: printable(asked.host), port: asked.port }, decision));
  }

  #lookedUp(host: string, decision: Decision, address: string | null): void {
    const flow = this.#refusedFlow({ host, port: resolverAddress.port }, decision);
    const reports = decision.allowed ? this.#answered : this.#lookups;
    reports.push({ ...flow, address, kind: 'dns', protocol: 'dns' });
  }

  #refusedFlow(destination: Destination, decision: Decision): FlowReport {
    const nowMs = this.#options.clock.nowMs();
    const flow = { ...emptyFlow, ...destination, decision, startedMs: nowMs, endedMs: nowMs };
    return { ...flow, secrets: [], kind: 'refused', protocol: 'tcp' };
  }

  #sweep(): void {
    this.#cancelSweep = this.#options.clock.after(idleSweepMs, () => {
      this.#connections.sweepIdle(mostIdleSweeps);
      this.#sweep();
    });
  }
}

const tooMany = refusal(
  'rate-limit',
  `More than ${mostConnections} connections of this sandbox are open at once.`,
  'Close connections that are not used any more.',
);

/** Flows are text for people: what is not ASCII is shown by its number. */
const printable = (text: string): string =>
  text.slice(0, 255).replace(/[^\x21-\x7e]/g, (odd) => `\\x${odd.charCodeAt(0).toString(16).padStart(2, '0')}`);
