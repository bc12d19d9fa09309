/**
 * The outside's side of an HTTP/1.1 connection: one request at a time, answers read by the strict reader.
 *
 * 1. A connection is used again only after a whole answer to a wholly sent request, and when both sides meant to.
 * 2. Nothing is sent twice: what breaks is told, and whoever asked decides.
 * 3. Bytes that nobody asked for end it.
 * 4. A request whose head announces another body than it is sent with is not sent: the rest would be read as a request.
 * 5. To a proxy requests go in absolute form, with its own authorization; that it wants another one is a failure, no answer.
 */
import type { Duplex } from 'node:stream';
import { unwelcome } from '../gateway/upstream-proxy.ts';
import type { Dialled, RawHeaders, ResponseHead } from '../types.ts';
import { bodyBytesOf, contentLength, requestFraming } from './h1-framing.ts';
import { type Framing, Http1Reader, MalformedMessage, type MessageHead } from './h1-reader.ts';
import { Http1BodyWriter, headText } from './h1-writer.ts';
import { headerTokens, headerValues } from './headers.ts';
import {
  type BodySink,
  maxInterim,
  type OutgoingRequest,
  type ResponseHandler,
  type UpstreamConnection,
  type UpstreamRequest,
} from './message.ts';

const statusLine = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

export class Http1Client implements UpstreamConnection {
  readonly address: string | null;
  isUsed = false;
  readonly #socket: Duplex;
  readonly #proxy: Dialled['proxy'];
  readonly #reader: Http1Reader;
  #request: OutgoingRequest | null = null;
  #handler: ResponseHandler | null = null;
  #writer: Http1BodyWriter | null = null;
  #sink: BodySink | null = null;
  #isReusable = true;
  #interims = 0;

  /** @param proxy that the socket leads to, if it does not lead to the destination */
  constructor(socket: Duplex, address: string | null, proxy: Dialled['proxy'] = undefined) {
    this.#socket = socket;
    this.address = address;
    this.#proxy = proxy;
    this.#reader = new Http1Reader({
      head: (head) => this.#head(head),
      body: (chunk) => this.#body(chunk),
      end: (trailers) => this.#end(trailers),
    });
    socket
      .on('data', (chunk: Buffer) => this.#data(chunk))
      .on('drain', () => this.#writer?.onDrain())
      .on('end', () => this.#finish())
      .on('error', (error: Error) => this.#fail(error))
      .on('close', () => this.#fail(new Error('the connection was closed')));
  }

  get isReady(): boolean {
    return this.#isReusable && this.#request === null && !this.#socket.destroyed;
  }

  send(request: OutgoingRequest, handler: ResponseHandler): UpstreamRequest {
    const framing = outgoingFraming(request);
    if (bodyBytesOf(requestFraming(request.headers)) !== request.bodyBytes) {
      throw new Error('the head of the request does not announce the body that it is sent with');
    }
    const text = this.#headText(request);
    this.isUsed = true;
    this.#request = request;
    this.#handler = handler;
    this.#interims = 0;
    if (headerTokens(request.headers, 'connection').includes('close')) this.#isReusable = false;
    this.#cork();
    this.#socket.write(text, 'latin1');
    const writer = new Http1BodyWriter({
      stream: this.#socket,
      framing,
      onEnd: () => (framing.kind === 'raw' ? this.#socket.end() : this.#settle()),
      onAbort: () => this.close(),
    });
    this.#writer = writer;
    this.#reader.next();
    return { body: writer, cancel: () => this.#cancel(request) };
  }

  close(): void {
    this.#isReusable = false;
    this.#socket.destroy();
  }

  onceOver(tell: () => void): void {
    if (this.#socket.destroyed) tell();
    else this.#socket.once('close', tell);
  }

  #headText({ method, target, authority, headers }: OutgoingRequest): string {
    if (!this.#proxy) return headText(`${method} ${target} HTTP/1.1`, headers);
    const { authorization } = this.#proxy;
    const absolute = `http://${authority}${target === '*' ? '' : target}`;
    const more = authorization === null ? [] : ['Proxy-Authorization', authorization];
    return headText(`${method} ${absolute} HTTP/1.1`, [...headers, ...more]);
  }

  #cork(): void {
    this.#socket.cork();
    process.nextTick(() => this.#socket.uncork());
  }

  #cancel(request: OutgoingRequest): void {
    if (this.#request !== request) return;
    this.#handler = null;
    this.#sink = null;
    this.close();
  }

  #data(chunk: Buffer): void {
    if (!this.#request) {
      this.close();
      return;
    }
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#fail(error instanceof MalformedMessage ? new Error(`the answer is not HTTP/1.1: ${error.message}`) : error);
    }
  }

  #head({ startLine, headers }: MessageHead): Framing {
    const match = statusLine.exec(startLine);
    if (!match || !this.#request) throw new MalformedMessage('the status line is malformed');
    const head: ResponseHead = { status: Number(match[2]), reason: match[3] ?? '', headers };
    if (head.status === 407 && this.#proxy) throw unwelcome(this.#proxy.authorization !== null);
    const framing = responseFraming(this.#request, head);
    if (head.status < 200 && head.status !== 101) {
      if (++this.#interims > maxInterim) throw new MalformedMessage('too many interim answers');
      this.#handler?.interim(head);
      return framing;
    }
    if (match[1] === '0' || framing.kind === 'close' || headerTokens(headers, 'connection').includes('close')) {
      this.#isReusable = false;
    }
    const handler = this.#handler;
    this.#handler = null;
    this.#sink = handler?.head(head, framing.kind !== 'none') ?? null;
    return framing;
  }

  #body(chunk: Buffer): void {
    const sink = this.#sink;
    if (!sink || sink.write(chunk)) return;
    this.#socket.pause();
    sink.onDrain = () => this.#socket.resume();
  }

  #end(trailers: RawHeaders): void {
    if (this.#handler) {
      // That was an interim answer; the real one follows.
      this.#reader.next();
      return;
    }
    const sink = this.#sink;
    this.#sink = null;
    if (!this.#writer?.isOver) this.#isReusable = false;
    this.#settle();
    sink?.end(trailers);
  }

  /** Free for the next request when both halves of this one are over. */
  #settle(): void {
    if (this.#handler || this.#sink) return;
    this.#request = null;
    this.#writer = null;
    if (this.#isReusable && this.#reader.pendingBytes === 0) this.#socket.resume();
    else this.close();
  }

  #finish(): void {
    try {
      this.#reader.finish();
    } catch (error) {
      this.#fail(error);
    }
    if (this.#handler) this.#fail(new Error('the connection ended without an answer'));
    else if (!this.#sink) this.close();
  }

  #fail(reason: unknown): void {
    const error = reason instanceof Error ? reason : new Error(String(reason));
    const handler = this.#handler;
    const sink = this.#sink;
    this.#handler = null;
    this.#sink = null;
    this.close();
    if (handler) handler.failed(error);
    else sink?.abort(error);
  }
}

function outgoingFraming(request: OutgoingRequest): Framing {
  if (request.isWebSocket) return { kind: 'raw' };
  if (request.bodyBytes === null) return { kind: 'chunked' };
  return request.bodyBytes === 0 ? { kind: 'none' } : { kind: 'length', bytes: request.bodyBytes };
}

function responseFraming(request: OutgoingRequest, { status, headers }: ResponseHead): Framing {
  if (status === 101) {
    if (!request.isWebSocket) throw new MalformedMessage('it changes to a protocol that nobody asked for');
    return { kind: 'raw' };
  }
  const lengths = headerValues(headers, 'content-length');
  const codings = headerValues(headers, 'transfer-encoding');
  if (lengths.length > 1 || (lengths.length > 0 && codings.length > 0)) {
    throw new MalformedMessage('its length is given in two ways');
  }
  const bytes = lengths[0] === undefined ? null : contentLength(lengths[0]);
  if (status < 200 || status === 204 || status === 304 || request.method === 'HEAD') return { kind: 'none' };
  if (codings.length > 0) {
    if (codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked') {
      throw new MalformedMessage('its Transfer-Encoding is not chunked');
    }
    return { kind: 'chunked' };
  }
  return bytes === null ? { kind: 'close' } : { kind: 'length', bytes };
}
