/**
 * HTTP as mediation sees it, whatever its version: a request that comes in, a connection it can be sent on, and bodies
 * that are pushed from one to the other. Push, with one boolean for back-pressure: a promise or a stream object for each
 * chunk would cost more than all else that happens to it.
 */
import type { RawHeaders, ResponseHead } from '../types.ts';

/** Where the bytes of one body go. `end` or `abort` comes once, last. */
export interface BodySink {
  /** False: hold back until `onDrain` is called. */
  write(chunk: Uint8Array): boolean;
  end(trailers: RawHeaders): void;
  /** The body broke: its receiver must not take what came for the whole. */
  abort(error: Error): void;
  onDrain: () => void;
}

/** A request of the sandbox, handed over as soon as its head is read. */
export interface Incoming {
  readonly version: '1.1' | '2';
  readonly method: string;
  /** As sent: in HTTP/1.1 perhaps in absolute form. */
  readonly target: string;
  /** Every `Host` and `:authority`, as sent. */
  readonly authorities: readonly string[];
  /** `:scheme` of HTTP/2; null in HTTP/1.1. */
  readonly scheme: string | null;
  /** Without pseudo headers, else as sent. */
  readonly headers: RawHeaders;
  /** 0: none. Null: unknown until it ends. */
  readonly bodyBytes: number | null;
  /** Asks to become a WebSocket. */
  readonly isWebSocket: boolean;
  /** Sends the body there; after an answer of 101, everything that comes. */
  read(sink: BodySink): void;
  /** Nobody wants the body. Before `respond`, which may have to say that the connection ends. */
  discard(): void;
  interim(head: ResponseHead): void;
  respond(head: ResponseHead, hasBody: boolean): BodySink;
  /** Breaks the exchange so that nobody takes it for finished. */
  abort(error: Error): void;
  /** The client went away before the exchange was over. */
  onGone: (error: Error) => void;
}

export interface OutgoingRequest {
  method: string;
  target: string;
  scheme: 'https' | 'http';
  authority: string;
  headers: RawHeaders;
  bodyBytes: number | null;
  isWebSocket: boolean;
}

/** Interim answers before the real one; more is an attack on whoever waits. */
export const maxInterim = 32;

/** What comes back. Exactly one of `head` and `failed` is called, `interim` at most `maxInterim` times before. */
export interface ResponseHandler {
  interim(head: ResponseHead): void;
  /** Without a body the sink gets its `end` at once. */
  head(head: ResponseHead, hasBody: boolean): BodySink;
  failed(error: Error): void;
}

export interface UpstreamRequest {
  readonly body: BodySink;
  /** Nobody wants the rest; calls no handler any more. */
  cancel(): void;
}

/** A connection to the outside, in the version that both ends speak. */
export interface UpstreamConnection {
  readonly address: string | null;
  /** Can take a request now. */
  readonly isReady: boolean;
  /** Had a request before. */
  readonly isUsed: boolean;
  send(request: OutgoingRequest, handler: ResponseHandler): UpstreamRequest;
  close(): void;
  /** Calls it once nothing goes over the connection any more, at once when that is so already. */
  onceOver(tell: () => void): void;
}

/** The peer of an HTTP/2 stream reset it; the other side is reset by the same code. */
export class StreamReset extends Error {
  readonly resetCode: number;

  constructor(resetCode: number) {
    super(`the stream was reset (HTTP/2 error ${resetCode})`);
    this.resetCode = resetCode;
  }
}
