/** The outside's side of an HTTP/2 connection: many requests at a time. */

import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { RawHeaders, ResponseHead } from '../types.ts';
import { type Http2Room, widen } from './h2-room.ts';
import { h2Settings, sendTrailers } from './h2-server.ts';
import { headerValues, withoutConnection } from './headers.ts';
import {
  type BodySink,
  maxInterim,
  type OutgoingRequest,
  type ResponseHandler,
  StreamReset,
  type UpstreamConnection,
  type UpstreamRequest,
} from './message.ts';

const endStreamFlag = 1;

export class Http2Client implements UpstreamConnection {
  readonly address: string | null;
  isUsed = false;
  readonly #session: ClientHttp2Session;

  constructor(socket: Duplex, address: string | null, room: Http2Room) {
    this.address = address;
    this.#session = room.enter(({ initialWindowSize }) =>
      connect('https://upstream', {
        createConnection: () => socket,
        settings: { ...h2Settings, initialWindowSize, maxConcurrentStreams: 0 },
        maxSessionMemory: 64,
      }),
    );
    this.#session.on('error', () => undefined);
    // It may have been ended in the turn that made it, before it says that it is there.
    this.#session.on('connect', () => this.#session.destroyed || widen(this.#session));
  }

  get isReady(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  send(request: OutgoingRequest, handler: ResponseHandler): UpstreamRequest {
    this.isUsed = true;
    const pseudo = [':method', request.method, ':scheme', request.scheme, ':authority', request.authority];
    const lines = withoutConnection(request.headers).map((text, index) =>
      index % 2 === 0 ? text.toLowerCase() : text,
    );
    const hasBody = request.bodyBytes !== 0;
    const stream = this.#session.request([...pseudo, ':path', request.target, ...lines], {
      endStream: !hasBody,
      waitForTrailers: hasBody,
    });
    return new Http2Request(stream, request, handler);
  }

  close(): void {
    this.#session.destroy();
  }

  onceOver(tell: () => void): void {
    if (this.#session.destroyed) tell();
    else this.#session.once('close', tell);
  }
}

class Http2Request implements UpstreamRequest {
  readonly body: BodySink;
  readonly #stream: ClientHttp2Stream;
  #handler: ResponseHandler | null;
  #sink: BodySink | null = null;
  #trailers: RawHeaders = [];
  #error: Error | null = null;
  #interims = 0;

  constructor(stream: ClientHttp2Stream, request: OutgoingRequest, handler: ResponseHandler) {
    this.#stream = stream;
    this.#handler = handler;
    this.body = new RequestWriter(stream, request.bodyBytes !== 0);
    stream
      .on('headers', (_headers, _flags, raw) => this.#interim(parseHead(raw)))
      .on('response', (_headers, flags, raw) => this.#response(parseHead(raw), flags, request.method))
      .on('trailers', (_headers, _flags, raw: string[]) => {
        this.#trailers = raw;
      })
      .on('data', (chunk: Buffer) => {
        if (this.#sink?.write(chunk) === false) this.#hold(this.#sink);
      })
      .on('end', () => this.#end())
      .on('error', (error) => {
        this.#error = error;
      })
      .on('close', () => this.#closed());
  }

  cancel(): void {
    this.#handler = null;
    this.#sink = null;
    this.body.abort(new StreamReset(constants.NGHTTP2_CANCEL));
  }

  #interim(head: ResponseHead): void {
    if (++this.#interims <= maxInterim) this.#handler?.interim(head);
    else this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  #response(head: ResponseHead, flags: number, method: string): void {
    const handler = this.#handler;
    this.#handler = null;
    const isEmpty = (flags & endStreamFlag) !== 0 && headerValues(head.headers, 'content-length')[0] !== '0';
    const hasBody = !isEmpty && method !== 'HEAD' && head.status !== 204 && head.status !== 304;
    this.#sink = handler?.head(head, hasBody) ?? null;
    // An answer without a body emits no end when nobody reads it.
    this.#stream.resume();
  }

  #hold(sink: BodySink): void {
    this.#stream.pause();
    sink.onDrain = () => this.#stream.resume();
  }

  #end(): void {
    // A reset stream ends too; `close` tells about it.
    if (this.#stream.aborted || this.#stream.rstCode !== 0) return;
    const sink = this.#sink;
    this.#sink = null;
    sink?.end(this.#trailers);
  }

  #closed(): void {
    const code = this.#stream.rstCode ?? constants.NGHTTP2_NO_ERROR;
    const error = code === constants.NGHTTP2_NO_ERROR ? new Error('the connection was closed') : new StreamReset(code);
    const { handler, sink } = { handler: this.#handler, sink: this.#sink };
    this.#handler = null;
    this.#sink = null;
    // Node gives a lost connection a code of its own; only what the peer said is passed on as a code.
    const told =
      this.#error && !('code' in this.#error && this.#error.code === 'ERR_HTTP2_STREAM_ERROR') ? this.#error : error;
    if (handler) handler.failed(told);
    else sink?.abort(told);
  }
}

class RequestWriter implements BodySink {
  onDrain: () => void = () => undefined;
  readonly #stream: ClientHttp2Stream;
  readonly #hasBody: boolean;
  #trailers: RawHeaders = [];
  #isAborted = false;

  constructor(stream: ClientHttp2Stream, hasBody: boolean) {
    this.#stream = stream;
    this.#hasBody = hasBody;
    stream.on('drain', () => this.onDrain());
    // Node ends a stream before it resets it. Asked for trailers it waits with the end, and there must be none then, so that
    // what is broken off never looks whole.
    stream.once('wantTrailers', () => this.#isAborted || sendTrailers(stream, this.#trailers));
  }

  write(chunk: Uint8Array): boolean {
    return !this.#hasBody || this.#stream.destroyed || chunk.length === 0 || this.#stream.write(chunk);
  }

  end(trailers: RawHeaders): void {
    this.#trailers = trailers;
    if (this.#hasBody && !this.#stream.destroyed) this.#stream.end();
  }

  abort(error: Error): void {
    this.#isAborted = true;
    this.#stream.close(error instanceof StreamReset ? error.resetCode : constants.NGHTTP2_CANCEL);
  }
}

function parseHead(raw: RawHeaders): ResponseHead {
  const status = Number(headerValues(raw, ':status')[0] ?? 0);
  const headers: RawHeaders = [];
  for (let index = 0; index < raw.length; index += 2) {
    if (raw[index]?.startsWith(':') === false) headers.push(raw[index] ?? '', raw[index + 1] ?? '');
  }
  return { status, reason: '', headers };
}
