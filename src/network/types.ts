/**
 * What the parts of the network boundary say to each other. Bytes go one way:
 *
 *   sandbox -> guest agent (listeners, dumb) -> tunnel streams -> session (proxy, SOCKS5, transparent, DNS)
 *           -> policy (pure) -> tunnel | mediation (TLS, HTTP) -> dialler (resolve, check, pin) -> the outside
 *
 * Everything below `session` lives in the gateway, a process of its own: it alone dials, and when it ends every
 * connection ends with it.
 */
import type { Socket } from 'node:net';
import type { Duplex, Transform } from 'node:stream';
import type { Scope } from '../base/index.ts';
import type {
  Decision,
  NetworkFlow,
  NetworkPolicy,
  NetworkRuleLimits,
  RuleRef,
  SecretPosition,
} from '../schema/index.ts';
import type { MemoryShare } from './memory.ts';
import type { GatewayNoise } from './noise/gateway-noise.ts';

/** Where something wants to go: `host` is normalised (policy/names.ts), never as the guest spelled it. */
export interface Destination {
  host: string;
  port: number;
}

export type Via = NetworkFlow['via'];

export interface RequestQuestion extends Destination {
  scheme: 'https' | 'http';
  method: string;
  /** The request target's path and query as sent, e.g. `/a/b?c=d`. */
  target: string;
}

/** A rule that allowed something, and what it demands. */
export interface Grant {
  rule: RuleRef;
  /** Ranges it may dial that are refused otherwise, as CIDR. */
  addresses: readonly string[];
  limits: NetworkRuleLimits;
  credentials: readonly { secret: string; position: SecretPosition }[];
}

export type ConnectVerdict =
  | { action: 'deny'; decision: Decision }
  /** Bytes pass unseen, after the server name of a TLS greeting was compared. */
  | { action: 'tunnel'; decision: Decision; grant: Grant; protocol: 'https' | 'tcp' }
  /** TLS ends here and each request is decided by itself. `http` always. */
  | { action: 'mediate'; decision: Decision; protocol: 'https' | 'http' };

export type RequestVerdict =
  | { allowed: false; decision: Decision }
  | { allowed: true; decision: Decision; grant: Grant };

/** A policy made ready to answer; pure, no clock, no I/O. */
export interface CompiledPolicy {
  readonly policy: NetworkPolicy;
  /** May anything ever be sent to this name? What DNS answers by. */
  name(host: string): Decision;
  /** Ports that some rule allows for this name: where transparent connections are listened for. */
  ports(host: string): readonly number[];
  /** `first` is what the connection's first bytes look like; a `tcp` rule takes all three. */
  /** @param question what is to be sent there, where it is known: for the hint only */
  connect(destination: Destination, first: 'tls' | 'http' | 'other', question?: RequestQuestion): ConnectVerdict;
  request(question: RequestQuestion): RequestVerdict;
  /** What the rules give that a request there may need, before it is known. */
  grants(destination: Destination, first: 'tls' | 'http'): readonly Grant[];
  /** At dial time, for every resolved address. `destination` names the host that was asked for. */
  address(address: string, destination: Destination, grant: Grant): Decision;
}

/** A connection to a checked and pinned address. */
export interface Dialled {
  /** Plain TCP (or a CONNECT / SOCKS5 tunnel through the upstream proxy), no TLS yet. */
  socket: Duplex;
  /** Null behind an upstream proxy that resolves itself. */
  address: string | null;
  /** The same, where nothing stands between it and the outside and nothing of it waits to be read here: a lending one. */
  bare: Socket | null;
  /** Set where this is a proxy itself, which takes requests in absolute form: what it has to hear of who asks. */
  proxy?: { authorization: string | null };
}

export interface DialOptions {
  /** The socket may lend what it reads (`isLent`) and waits for `resume()`: not for whoever lays TLS over it. */
  lends?: boolean;
  /** What will be sent are plain HTTP requests, none that becomes something else. */
  isHttp?: boolean;
}

export interface Dialler {
  /**
   * Resolves, checks every address by the policy, dials one that passed, by number.
   * Throws a `HoldfastError`: `forbidden` with `details.decision` when refused, `network-unreachable` otherwise.
   */
  dial(
    destination: Destination,
    grant: Grant,
    policy: CompiledPolicy,
    scope: Scope,
    options?: DialOptions,
  ): Promise<Dialled>;
}

/** Counts and slows what a rule limits, over all connections of one sandbox. */
export interface Meter {
  /** Null when allowed; the refusal else (`rate-limit`). */
  admit(grant: Grant): Decision | null;
  /** May the outside be greeted for a request that one of these may allow? Counted by itself, as often as requests may come. */
  admitGreeting(grants: readonly Grant[]): boolean;
  /**
   * Passes bytes on at the rule's pace, fails with `forbidden` (`byte-limit`, `rate-limit`) past its bytes. `headBytes` went, or
   * will go, before them: they count too. @throws the same where they are too many
   */
  stream(grant: Grant, direction: 'up' | 'down', headBytes?: number): Transform | null;
}

/** Header lines as on the wire: name, value, name, value... Names keep their spelling (lower case in HTTP/2). */
export type RawHeaders = string[];

export interface RequestHead {
  question: RequestQuestion;
  httpVersion: '1.1' | '2';
  headers: RawHeaders;
}

export interface ResponseHead {
  status: number;
  /** HTTP/1.1's reason phrase; empty in HTTP/2. */
  reason: string;
  headers: RawHeaders;
}

/** Placeholders in, secrets out, and back: never the other way round. One per sandbox. */
export interface SecretBroker {
  /** True when requests allowed by this grant may carry a secret, or responses must be scrubbed. */
  concerns(grant: Grant): boolean;
  /**
   * What to send instead. `body` transforms the request's body when a JSON position asks for it or a placeholder
   * could hide in it (then it only looks, and fails the stream with `forbidden` / `secret-misplaced`). What it keeps of
   * the body is `memory`'s.
   */
  outgoing(
    head: RequestHead,
    grant: Grant,
    memory: MemoryShare,
  ):
    | { allowed: false; decision: Decision }
    | { allowed: true; target: string; headers: RawHeaders; body: Transform | null; secrets: string[] };
  /** What a request's trailers hold is never substituted: null when they may be sent as they are. */
  outgoingTrailers(trailers: RawHeaders, grant: Grant): Decision | null;
  /** Echoes of any secret of this sandbox become their placeholders, in headers and in bodies of any coding. */
  incomingHead(head: ResponseHead): ResponseHead;
  incomingBody(head: ResponseHead, memory: MemoryShare): Transform | null;
  incomingTrailers(trailers: RawHeaders): RawHeaders;
  /** For one WebSocket after its handshake. */
  frames(grant: Grant): FrameGuard;
  /** For anything written down: every known secret replaced. */
  scrubText(text: string): string;
}

/**
 * Both directions of one WebSocket. Give it each frame (or each whole message, `final` then true) in order; what it
 * answers goes on with the same opcode and `final`. Bytes that may be the beginning of something go on with the next
 * fragment of the message.
 */
export interface FrameGuard {
  up(opcode: number, payload: Uint8Array, final: boolean): FrameVerdict;
  down(opcode: number, payload: Uint8Array, final: boolean): Uint8Array;
}

export type FrameVerdict = { allowed: true; payload: Uint8Array } | { allowed: false; decision: Decision };

/** One request on its way onto a tape. Calls come in order; nothing here waits for the disk. */
export interface TapedExchange {
  readonly number: number;
  /** The tape takes nothing any more: this is not on it. */
  readonly isLost: boolean;
  requestBody(chunk: Uint8Array): void;
  requestEnd(trailers?: RawHeaders): void;
  /** Interim responses (1xx) too, with their own status. */
  response(head: ResponseHead): void;
  responseBody(chunk: Uint8Array): void;
  responseEnd(trailers?: RawHeaders): void;
  /** After status 101. `opcode` 1 text, 2 binary, 8 close, 9 ping, 10 pong. */
  frame(direction: 'up' | 'down', opcode: number, payload: Uint8Array): void;
  /** The exchange broke: it is kept, marked, and replayed as broken. */
  failed(message: string): void;
}

export interface TapeRecorder {
  readonly tape: string;
  /** What the sandbox sent, placeholders in place: secrets never come near a tape. */
  begin(head: RequestHead, at: { startedMs: number; address: string | null }): TapedExchange;
  resolved(host: string, answered: boolean): void;
  close(): Promise<void>;
}

export interface TapedResponse {
  /** What came before it: 1xx, but never 101. */
  interim: ResponseHead[];
  head: ResponseHead;
  /** Pieces as they were recorded: boundaries and order, not pace. */
  body: AsyncIterable<Uint8Array>;
  trailers: RawHeaders;
  /** How it was found. */
  match: 'exact' | 'canonical' | 'rule';
  exchange: number;
  /** Set when the recorded exchange broke after these bytes. */
  broken: string | null;
  /** Frames of a WebSocket, both directions in order; null when it is none. */
  frames: AsyncIterable<{ direction: 'up' | 'down'; opcode: number; payload: Uint8Array }> | null;
}

export interface TapePlayer {
  readonly tape: string;
  /** Something was refused before it became a request, because no tape has it: counted as a miss. */
  missed(refused: Pick<Decision, 'message'>): void;
  /** `allowed: false` is a miss (`tape-miss`): documented, counted, never passed on. */
  answer(
    head: RequestHead,
    body: AsyncIterable<Uint8Array>,
    /** Ends with the exchange, as `memory` does: what the player keeps of both bodies. */
    lifetime: { scope: Scope; memory: MemoryShare },
  ): Promise<{ allowed: true; response: TapedResponse } | { allowed: false; decision: Decision }>;
}

/** One sandbox as the gateway knows it; replaced as a whole when its policy changes. */
export interface GatewaySandbox {
  readonly sandbox: string;
  readonly policy: CompiledPolicy;
  readonly broker: SecretBroker | null;
  readonly recorder: TapeRecorder | null;
  readonly player: TapePlayer | null;
  readonly meter: Meter;
  /** Faults of its plan; absent without one. */
  readonly noise?: GatewayNoise | null;
}

/** What mediation is given for one connection. */
export interface MediatedConnection {
  /** From the guest; nothing was read from it yet, or what was is unshifted. */
  stream: Duplex;
  destination: Destination;
  protocol: 'https' | 'http';
  via: Via;
  /** Always the sandbox's present state: ask again for each request. */
  current(): GatewaySandbox;
  dialler: Dialler;
  /** Called once per request, WebSocket or failed handshake, when it is over. */
  report(flow: FlowReport): void;
}

/** What a front knows of a flow; the session adds id, sandbox and time. */
export type FlowReport = Omit<NetworkFlow, 'id' | 'sandbox' | 'at' | 'durationMs' | 'via'> & {
  startedMs: number;
  endedMs: number;
};
