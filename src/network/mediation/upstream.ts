/**
 * Connections to the outside, for one connection of the sandbox: one at a time in HTTP/1.1, one with many streams in HTTP/2.
 *
 * 1. Everything dialled goes through the dialler: checked and pinned.
 * 2. TLS is verified against the machine's authorities and what the configuration adds, for the destination's name. There
 *    is no way to do without.
 * 3. A connection serves a request only while the request's own grant would let its address be dialled.
 * 4. Whoever asked for a connection and may have none any more ends its making, by their signal.
 */
import { isIP, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  connect,
  createSecureContext,
  getCACertificates,
  rootCertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { type Clock, rootScope } from '../../base/index.ts';
import { HoldfastError, isHoldfastError } from '../../schema/index.ts';
import type { CompiledPolicy, Destination, Grant, MediatedConnection } from '../types.ts';
import { Http1Client } from './h1-client.ts';
import { Http2Client } from './h2-client.ts';
import type { Http2Room } from './h2-room.ts';
import type { UpstreamConnection } from './message.ts';

const connectTimeoutMs = 10_000;
const keptSessions = 256;

export type Protocol = 'h2' | 'http/1.1';

interface Opened {
  connection: UpstreamConnection;
  protocol: Protocol;
  /** It ends at a proxy, which passes requests on one by one. */
  isToProxy: boolean;
}

/** By which rule of which policy a connection is wanted, and for what. */
interface Wanted {
  grant: Grant;
  policy: CompiledPolicy;
  isWebSocket: boolean;
}

/** TLS sessions to resume, by `host:port`. One per sandbox: an outside sees no more links between them than it does anyway. */
export class TlsMemory {
  readonly #sessions = new Map<string, Buffer>();

  get(key: string): Buffer | undefined {
    return this.#sessions.get(key);
  }

  set(key: string, session: Buffer): void {
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > keptSessions && oldest !== undefined) this.#sessions.delete(oldest);
  }
}

interface UpstreamOptions {
  connection: MediatedConnection;
  clock: Clock;
  memory: TlsMemory;
  /** For what comes from the outside. */
  roomDown: Http2Room;
  /** Authorities besides the machine's, as PEM. */
  extraAuthorities: string;
}

export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #abort = new AbortController();
  /** What both sides speak, once it is known. */
  protocol: Protocol = 'http/1.1';
  #connection: UpstreamConnection | null = null;
  /** Those before it that may still be answering, and none that is over: a sandbox may have as many as it has requests. */
  readonly #replaced = new Set<UpstreamConnection>();
  #isToProxy = false;
  /** Who was last found to be allowed its address: the same rule of the same policy is, for as long as it lives. */
  #checked: { connection: UpstreamConnection; grant: Grant; policy: CompiledPolicy } | null = null;
  #opening: Promise<Opened> | null = null;

  constructor(options: UpstreamOptions) {
    this.#options = options;
  }

  /** Before the first request, so that the sandbox can be greeted in what the outside speaks. */
  async greet(grant: Grant, offer: readonly string[], signal: AbortSignal): Promise<Protocol> {
    const { policy } = this.#options.connection.current();
    const opened = await this.#open({ grant, policy, isWebSocket: false }, { offer, signal });
    this.#refuseLate(opened, signal);
    this.#connection = opened.connection;
    this.protocol = opened.protocol;
    return opened.protocol;
  }

  /** A connection that may be used now for this grant, if there is one. */
  ready({ grant, policy, isWebSocket }: Wanted): UpstreamConnection | null {
    const connection = this.#connection;
    if (!connection?.isReady || (isWebSocket && this.#isToProxy)) return null;
    const { address } = connection;
    // Behind an upstream proxy only names were checked, and they have not changed.
    if (address === null) return connection;
    const checked = this.#checked;
    if (checked?.connection === connection && checked.grant === grant && checked.policy === policy) return connection;
    if (!policy.address(address, this.#options.connection.destination, grant).allowed) return null;
    this.#checked = { connection, grant, policy };
    return connection;
  }

  /** A new one. Streams of HTTP/2 that ask at the same time share it. */
  async open(wanted: Wanted, signal: AbortSignal): Promise<UpstreamConnection> {
    if (this.#opening) {
      await this.#opening.catch(() => undefined);
      signal.throwIfAborted();
      const ready = this.ready(wanted);
      if (ready) return ready;
    }
    const opening = this.#open(wanted, { offer: [this.protocol], signal });
    this.#opening = opening;
    try {
      const opened = await opening;
      this.#refuseLate(opened, signal);
      const { connection, protocol } = opened;
      if (protocol !== this.protocol) {
        connection.close();
        throw new HoldfastError('network-unreachable', `${this.#name()} does not speak ${this.protocol} any more`);
      }
      this.#replace(connection);
      this.#isToProxy = opened.isToProxy;
      return connection;
    } finally {
      if (this.#opening === opening) this.#opening = null;
    }
  }

  close(): void {
    this.#abort.abort(new HoldfastError('cancelled', 'the connection of the sandbox ended'));
    this.#connection?.close();
    for (const connection of this.#replaced) connection.close();
    this.#replaced.clear();
  }

  /** In HTTP/1.1 one that could take a request has none, and is of no more use; streams of HTTP/2 go on. */
  #replace(connection: UpstreamConnection): void {
    const before = this.#connection;
    this.#connection = connection;
    if (!before) return;
    if (this.protocol === 'http/1.1' && before.isReady) before.close();
    this.#replaced.add(before);
    before.onceOver(() => this.#replaced.delete(before));
  }

  /** The connection of the sandbox, or who asked, may have ended while this one was made. */
  #refuseLate({ connection }: Opened, signal: AbortSignal): void {
    if (!this.#abort.signal.aborted && !signal.aborted) return;
    connection.close();
    this.#abort.signal.throwIfAborted();
    signal.throwIfAborted();
  }

  async #open(
    { grant, policy, isWebSocket }: Wanted,
    { offer, signal }: { offer: readonly string[]; signal: AbortSignal },
  ): Promise<Opened> {
    const { connection, clock } = this.#options;
    const { destination, dialler, protocol } = connection;
    await using scope = rootScope({
      name: `connect ${this.#name()}`,
      timeoutMs: connectTimeoutMs,
      signal: AbortSignal.any([this.#abort.signal, signal]),
      clock,
    });
    try {
      // A proxy that passes requests on makes no WebSocket of one.
      const isHttp = protocol === 'http' && !isWebSocket;
      const dialled = await dialler.dial(destination, grant, policy, scope, { isHttp });
      // Small frames after small frames: waiting for an acknowledgement costs 40 ms each time.
      if (dialled.socket instanceof Socket) dialled.socket.setNoDelay(true);
      if (protocol === 'http') {
        const { socket, address, proxy } = dialled;
        const client = new Http1Client(socket, address, proxy);
        return { connection: client, protocol: 'http/1.1', isToProxy: proxy !== undefined };
      }
      const socket = await this.#handshake(dialled.socket, offer, scope.signal);
      const isH2 = socket.alpnProtocol === 'h2';
      const client = isH2
        ? new Http2Client(socket, dialled.address, this.#options.roomDown)
        : new Http1Client(socket, dialled.address);
      return { connection: client, protocol: isH2 ? 'h2' : 'http/1.1', isToProxy: false };
    } catch (error) {
      throw told(destination, error);
    }
  }

  #handshake(socket: Duplex, offer: readonly string[], signal: AbortSignal): Promise<TLSSocket> {
    const { host } = this.#options.connection.destination;
    const session = this.#options.memory.get(this.#name());
    return new Promise((resolve, reject) => {
      const tls = connect({
        socket,
        host,
        ...(isIP(host) ? {} : { servername: host }),
        ...(offer.length > 0 ? { ALPNProtocols: [...offer] } : {}),
        ...(session ? { session } : {}),
        secureContext: trustedContext(this.#options.extraAuthorities),
        rejectUnauthorized: true,
      });
      const fail = (error: unknown): void => {
        tls
          .off('secureConnect', done)
          .on('error', () => undefined)
          .destroy();
        socket.destroy();
        signal.removeEventListener('abort', onAbort);
        reject(error);
      };
      const onAbort = (): void => fail(signal.reason);
      const onClose = (): void => fail(new Error('it closed the connection during the TLS handshake'));
      const done = (): void => {
        signal.removeEventListener('abort', onAbort);
        tls.off('error', fail).off('close', onClose);
        resolve(tls);
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      tls.once('secureConnect', done).on('error', fail).on('close', onClose);
      tls.on('session', (ticket) => this.#options.memory.set(this.#name(), ticket));
    });
  }

  #name(): string {
    const { host, port } = this.#options.connection.destination;
    return `${host}:${port}`;
  }
}

/** Whatever went wrong on the way out, in one code; refusals of the policy stay what they are. */
function told(destination: Destination, error: unknown): HoldfastError {
  if (!isHoldfastError(error)) return unreachable(destination, error);
  if (error.code !== 'deadline-exceeded') return error;
  return unreachable(destination, new Error(`no answer within ${connectTimeoutMs / 1000} s`, { cause: error }));
}

export function unreachable({ host, port }: Destination, cause: unknown): HoldfastError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const message = cause instanceof Error ? cause.message : String(cause);
  const isCertificate = /CERT|SELF_SIGNED|ISSUER|ALTNAME|SIGNATURE|CRL/.test(code);
  return new HoldfastError(
    'network-unreachable',
    isCertificate
      ? `the certificate of ${host}:${port} is not to be trusted (${code}): ${message}`
      : `${host}:${port} cannot be reached: ${message}`,
    {
      cause,
      hint: isCertificate
        ? "Its authority is neither among the host machine's nor in the gateway's configuration, or it does not fit; this cannot be skipped."
        : 'The policy allows it; the destination or the way to it does not work.',
    },
  );
}

/** Reading some hundred authorities takes tens of milliseconds; there is one configuration per gateway. */
const contexts = new Map<string, SecureContext>();

function trustedContext(extraAuthorities: string): SecureContext {
  const kept = contexts.get(extraAuthorities);
  if (kept) return kept;
  const system = getCACertificates('system');
  // A machine that keeps none (a bare container) says nothing about whom to trust; then Node's own list does.
  const authorities = system.length > 0 ? [...new Set(system)] : [...rootCertificates];
  const context = createSecureContext({
    ca: [...authorities, extraAuthorities].filter((pem) => pem !== ''),
    minVersion: 'TLSv1.2',
  });
  contexts.set(extraAuthorities, context);
  return context;
}
