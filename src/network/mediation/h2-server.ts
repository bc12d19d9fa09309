/**
 * The sandbox's side of an HTTP/2 connection, on Node's nghttp2: framing, HPACK, flow control and its limits against floods
 * are there, and header lines are had and given as they stand.
 */

import {
  constants,
  type Http2Stream,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerStreamResponseOptions,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import type { RawHeaders, ResponseHead } from '../types.ts';
import { contentLength } from './h1-framing.ts';
import { type Http2Room, widen } from './h2-room.ts';
import { forbiddenTrailer, headerValues, withoutConnection } from './headers.ts';
import { type BodySink, type Incoming, StreamReset } from './message.ts';

const maxHeadBytes = 64 * 1024;
const drainBytes = 64 * 1024;
const endStreamFlag = 1;

export interface Http2ServerEvents {
  request(incoming: Incoming): void;
  closed(): void;
}

export const h2Settings = {
  maxHeaderListSize: maxHeadBytes,
  enablePush: false,
};

export class Http2Server {
  readonly #session: ServerHttp2Session;

  constructor(stream: Duplex, room: Http2Room, events: Http2ServerEvents) {
    this.#session = room.enter((limits) =>
      performServerHandshake(stream, { settings: { ...h2Settings, ...limits }, maxSessionMemory: 64 }),
    );
    widen(this.#session);
    // Its stream may stay half open: a client that has ended asks nothing more, and the session does not notice by itself.
    stream.once('end', () => this.close());
    this.#session
      .on('stream', (http2Stream, _headers, flags, raw: string[]) => {
        http2Stream.on('error', () => undefined);
        try {
          events.request(new Http2Incoming(http2Stream, raw, (flags & endStreamFlag) !== 0));
        } catch {
          // A length beyond counting; no request may end the gateway.
          http2Stream.close(constants.NGHTTP2_PROTOCOL_ERROR);
        }
      })
      .on('error', () => undefined)
      .on('close', () => events.closed());
  }

  /** Ends the connection after the requests under way. */
  close(): void {
    this.#session.close();
  }
}

class Http2Incoming implements Incoming {
  readonly version = '2';
  readonly method: string;
  readonly target: string;
  readonly scheme: string;
  readonly authorities: readonly string[];
  readonly headers: RawHeaders = [];
  readonly bodyBytes: number | null;
  readonly isWebSocket = false;
  onGone: (error: Error) => void = () => undefined;
  readonly #stream: ServerHttp2Stream;
  #sink: BodySink | null = null;
  #writer: Http2Writer | null = null;
  #isReceived = false;
  #isAnswered = false;

  constructor(stream: ServerHttp2Stream, raw: RawHeaders, isWithoutBody: boolean) {
    this.#stream = stream;
    const pseudo = new Map<string, string>();
    for (let index = 0; index < raw.length; index += 2) {
      const name = raw[index] ?? '';
      if (name.startsWith(':')) pseudo.set(name, raw[index + 1] ?? '');
      else this.headers.push(name, raw[index + 1] ?? '');
    }
    const authority = pseudo.get(':authority');
    this.method = pseudo.get(':method') ?? '';
    this.target = pseudo.get(':path') ?? '';
    this.scheme = pseudo.get(':scheme') ?? '';
    this.authorities = [...(authority === undefined ? [] : [authority]), ...headerValues(raw, 'host')];
    const length = headerValues(raw, 'content-length')[0];
    this.bodyBytes = isWithoutBody ? 0 : length === undefined ? null : contentLength(length);
    this.#isReceived = isWithoutBody;
    stream.on('close', () => this.#closed());
  }

  read(sink: BodySink): void {
    if (this.#isReceived) {
      sink.end([]);
      return;
    }
    this.#sink = sink;
    const stream = this.#stream;
    let trailers: RawHeaders = [];
    stream.on('trailers', (_headers, _flags, raw: string[]) => {
      trailers = raw;
      if (forbiddenTrailer(raw)) this.abort(new StreamReset(constants.NGHTTP2_PROTOCOL_ERROR));
    });
    stream.on('data', (chunk: Buffer) => {
      if (sink.write(chunk)) return;
      stream.pause();
      sink.onDrain = () => stream.resume();
    });
    // A reset stream ends too; what tells it from a whole one is the code.
    stream.on('end', () => {
      if (this.#isReceived || stream.aborted || stream.rstCode !== 0) return;
      this.#isReceived = true;
      sink.end(trailers);
    });
  }

  discard(): void {
    let leftBytes = drainBytes;
    this.#stream.on('data', (chunk: Buffer) => {
      leftBytes -= chunk.length;
      if (leftBytes < 0) this.#stream.close(constants.NGHTTP2_NO_ERROR);
    });
  }

  interim(head: ResponseHead): void {
    if (this.#stream.destroyed || this.#stream.headersSent) return;
    this.#stream.additionalHeaders(asObject([':status', String(head.status), ...withoutConnection(head.headers)]));
  }

  respond(head: ResponseHead, hasBody: boolean): BodySink {
    const sink = new Http2Writer(this.#stream, () => {
      this.#isAnswered = true;
      // Whoever still sends learns by this that nobody reads it.
      if (!this.#isReceived && !this.#stream.readableEnded) this.#stream.resume();
    });
    this.#writer = sink;
    if (this.#stream.destroyed || this.#stream.closed) return sink;
    const lines = withoutConnection(head.headers).map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text));
    // `sendDate` is Node's and not in its types: an answer without a date stays without.
    const options: ServerStreamResponseOptions & { sendDate: boolean } = {
      endStream: !hasBody,
      waitForTrailers: hasBody,
      sendDate: false,
    };
    this.#stream.respond([':status', String(head.status), ...lines], options);
    if (!hasBody) sink.withoutBody();
    return sink;
  }

  abort(error: Error): void {
    if (this.#writer) this.#writer.abort(error);
    else this.#stream.close(error instanceof StreamReset ? error.resetCode : constants.NGHTTP2_INTERNAL_ERROR);
  }

  #closed(): void {
    const error = new StreamReset(this.#stream.rstCode ?? constants.NGHTTP2_CANCEL);
    if (!this.#isReceived) this.#sink?.abort(error);
    if (!this.#isAnswered) this.onGone(error);
  }
}

class Http2Writer implements BodySink {
  onDrain: () => void = () => undefined;
  readonly #stream: ServerHttp2Stream;
  readonly #onOver: () => void;
  #trailers: RawHeaders = [];
  #hasBody = true;
  #isAborted = false;

  constructor(stream: ServerHttp2Stream, onOver: () => void) {
    this.#stream = stream;
    this.#onOver = onOver;
    stream.on('drain', () => this.onDrain());
    // Node ends a stream before it resets it. Asked for trailers it waits with the end, and there must be none then, so that
    // what is broken off never looks whole.
    stream.once('wantTrailers', () => this.#isAborted || sendTrailers(stream, this.#trailers));
  }

  withoutBody(): void {
    this.#hasBody = false;
  }

  write(chunk: Uint8Array): boolean {
    return !this.#hasBody || this.#stream.destroyed || chunk.length === 0 || this.#stream.write(chunk);
  }

  end(trailers: RawHeaders): void {
    this.#trailers = trailers;
    this.#onOver();
    if (this.#hasBody && !this.#stream.destroyed) this.#stream.end();
  }

  abort(error: Error): void {
    this.#isAborted = true;
    this.#onOver();
    const code = error instanceof StreamReset ? error.resetCode : constants.NGHTTP2_INTERNAL_ERROR;
    // A reset overtakes data of the same turn.
    setImmediate(() => this.#stream.close(code));
  }
}

/** What Node does not take, such as some names twice, resets the stream; the peer chose them, and no throw of his ends the gateway. */
export function sendTrailers(stream: Http2Stream, trailers: RawHeaders): void {
  if (stream.destroyed || stream.closed) return;
  try {
    stream.sendTrailers(asObject(trailers));
  } catch {
    stream.close(constants.NGHTTP2_PROTOCOL_ERROR);
  }
}

/** Where Node takes no raw lines: interim answers and trailers. */
export function asObject(raw: RawHeaders): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = Object.create(null);
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    const value = raw[index + 1] ?? '';
    const earlier = object[name];
    object[name] = earlier === undefined ? value : [...(Array.isArray(earlier) ? earlier : [earlier]), value];
  }
  return object;
}
