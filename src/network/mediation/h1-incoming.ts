/** One request of the sandbox over HTTP/1.1: between the connection, which reads and writes, and its exchange. */
import type { RawHeaders, ResponseHead } from '../types.ts';
import { bodyBytesOf } from './h1-framing.ts';
import type { Framing } from './h1-reader.ts';
import { type Http1BodyWriter, writtenFraming } from './h1-writer.ts';
import { headerTokens, headerValues } from './headers.ts';
import type { BodySink, Incoming } from './message.ts';

/** Of a body that nobody wants, so much is read at most. */
export const lingerBytes: number = 4 * 1024 * 1024;
/** A body up to this is read and dropped for the sake of the connection. */
const drainBytes = 64 * 1024;

/** What a request may do with its connection. */
export interface Http1Channel {
  startWriter(head: ResponseHead, framing: Framing): Http1BodyWriter;
  writeInterim(head: ResponseHead): void;
  /** After this request. */
  mustClose(): void;
  pause(): void;
  resume(): void;
  destroy(): void;
}

interface RequestParts {
  method: string;
  target: string;
  headers: RawHeaders;
  framing: Framing;
}

export class Http1Incoming implements Incoming {
  readonly version = '1.1';
  readonly scheme = null;
  readonly method: string;
  readonly target: string;
  readonly headers: RawHeaders;
  readonly authorities: readonly string[];
  readonly bodyBytes: number | null;
  readonly isWebSocket: boolean;
  onGone: (error: Error) => void = () => undefined;
  isReceived = false;
  isRaw = false;
  readonly #server: Http1Channel;
  #sink: BodySink | null = null;
  #writer: Http1BodyWriter | null = null;
  /** What came before somebody wanted it: the pieces of one read, since the connection is paused then. */
  #early: Buffer[] = [];
  #earlyTrailers: RawHeaders | null = null;
  #swallowBytes = -1;
  #onSwallowed: () => void = () => undefined;
  #isGone = false;

  constructor(server: Http1Channel, { method, target, headers, framing }: RequestParts) {
    this.#server = server;
    this.method = method;
    this.target = target;
    this.headers = headers;
    this.authorities = headerValues(headers, 'host');
    this.bodyBytes = bodyBytesOf(framing);
    this.isWebSocket =
      method === 'GET' &&
      this.bodyBytes === 0 &&
      headerTokens(headers, 'upgrade').includes('websocket') &&
      headerTokens(headers, 'connection').includes('upgrade');
  }

  get hasResponded(): boolean {
    return this.#writer !== null;
  }

  get isAnswered(): boolean {
    return this.#writer?.isOver ?? false;
  }

  read(sink: BodySink): void {
    this.#sink = sink;
    for (const chunk of this.#early.splice(0)) this.#give(sink, chunk);
    if (this.#earlyTrailers) sink.end(this.#earlyTrailers);
    this.#earlyTrailers = null;
    if (this.bodyBytes !== 0) this.#server.resume();
  }

  discard(): void {
    const isSmall = this.bodyBytes !== null && this.bodyBytes <= drainBytes;
    const isAsking = headerTokens(this.headers, 'expect').length > 0;
    if (!this.isReceived && (!isSmall || isAsking)) this.#server.mustClose();
    this.swallow(lingerBytes, () => this.#server.destroy());
    this.#server.resume();
  }

  /** Reads and drops what comes, so much at most. */
  swallow(bytes: number, onTooMuch: () => void): void {
    if (this.#swallowBytes >= 0) return;
    this.#early = [];
    this.#sink = null;
    this.#swallowBytes = bytes;
    this.#onSwallowed = onTooMuch;
  }

  interim(head: ResponseHead): void {
    if (!this.#writer) this.#server.writeInterim(head);
  }

  respond(head: ResponseHead, hasBody: boolean): BodySink {
    this.isRaw = head.status === 101;
    const framing: Framing = this.isRaw ? { kind: 'raw' } : hasBody ? writtenFraming(head.headers) : { kind: 'none' };
    const isOpenEnded = hasBody && !this.isRaw && framing.kind === 'raw';
    const shown = isOpenEnded ? { ...head, headers: [...head.headers, 'Transfer-Encoding', 'chunked'] } : head;
    const writer = this.#server.startWriter(shown, isOpenEnded ? { kind: 'chunked' } : framing);
    this.#writer = writer;
    if (this.isRaw) this.isReceived = false;
    return writer;
  }

  abort(error: Error): void {
    if (this.#writer) this.#writer.abort(error);
    else this.#server.destroy();
  }

  received(chunk: Buffer): void {
    if (this.#swallowBytes >= 0) {
      this.#swallowBytes -= chunk.length;
      if (this.#swallowBytes < 0) this.#onSwallowed();
    } else if (this.#sink) this.#give(this.#sink, chunk);
    else {
      this.#early.push(chunk);
      this.#server.pause();
    }
  }

  requestEnded(trailers: RawHeaders): void {
    this.isReceived = true;
    // A WebSocket's request has no body; what follows the answer is what its sink is for.
    if (this.isWebSocket && !this.isRaw) return;
    if (this.#sink) this.#sink.end(trailers);
    else if (this.#swallowBytes < 0) this.#earlyTrailers = trailers;
  }

  drained(): void {
    this.#writer?.onDrain();
  }

  /** Told once, though a connection may end inside a request and then close. */
  gone(error: Error): void {
    if (this.#isGone) return;
    this.#isGone = true;
    if (!this.isReceived) this.#sink?.abort(error);
    if (!this.isAnswered) this.onGone(error);
  }

  #give(sink: BodySink, chunk: Buffer): void {
    if (sink.write(chunk)) return;
    this.#server.pause();
    sink.onDrain = () => this.#server.resume();
  }
}
