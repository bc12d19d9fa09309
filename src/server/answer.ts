/**
 * What goes back: JSON, bytes, events, errors. Streams are pulled: nothing is read from a service faster than the
 * client takes it.
 *
 * 1. A stream that fails before its first byte is an ordinary error; one that fails later breaks the connection.
 * 2. An event stream ends with an `end` or an `error` event; without either it broke off.
 * 3. A client that leaves ends what the stream was reading from.
 * 4. What is at hand, or is read from a sandbox, goes onto the socket as it is, a whole answer in one piece; a web `Response`
 *    around it would cost more than most calls.
 */
import type { ServerResponse } from 'node:http';
import { type Clock, filePieces, type Log } from '../base/index.ts';
import { asHoldfastError, errorCodes, HoldfastError, mediaTypes } from '../schema/index.ts';

/** An answer that can be written onto a socket, or become a `Response` where there is none. */
export interface Answer {
  readonly status: number;
  /** @param more further headers, which win */
  writeTo(outgoing: ServerResponse, more: Record<string, string>): void;
  toResponse(more: Record<string, string>): Response;
}

/** Nothing here is a page: no guessing of types, no caching of one tenant's answer for another. */
const commonHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

const keepAliveMs = 15_000;

/** Its body is at hand. */
class WholeAnswer implements Answer {
  readonly status: number;
  readonly #body: string | Uint8Array<ArrayBuffer> | null;
  readonly #headers: Record<string, string>;

  constructor(status: number, body: string | Uint8Array<ArrayBuffer> | null, headers: Record<string, string>) {
    this.status = status;
    this.#body = body;
    this.#headers = { ...headers, ...commonHeaders };
  }

  writeTo(outgoing: ServerResponse, more: Record<string, string>): void {
    const length = { 'content-length': this.#body === null ? 0 : Buffer.byteLength(this.#body) };
    outgoing.writeHead(this.status, { ...this.#headers, ...more, ...(this.status === 204 ? {} : length) });
    outgoing.end(this.#body);
  }

  toResponse(more: Record<string, string>): Response {
    return new Response(this.#body, { status: this.status, headers: { ...this.#headers, ...more } });
  }
}

export function isAnswer(value: unknown): value is Answer {
  return value instanceof WholeAnswer || value instanceof StreamedAnswer;
}

export function emptyAnswer(): Answer {
  return new WholeAnswer(204, null, {});
}

export function jsonAnswer(value: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  if (status === 204) return emptyAnswer();
  return new WholeAnswer(status, JSON.stringify(value), { 'content-type': mediaTypes.json, ...headers });
}

export function errorAnswer(error: HoldfastError, headers: Record<string, string> = {}): Answer {
  const { httpStatus } = errorCodes[error.code];
  return jsonAnswer({ error: error.toBody() }, httpStatus, headers);
}

export function bytesAnswer(bytes: Uint8Array<ArrayBuffer>, mediaType: string): Answer {
  return new WholeAnswer(200, bytes, { 'content-type': mediaType });
}

export interface StreamTo {
  readonly request: Request;
  readonly headers?: Record<string, string>;
  /** Cuts the connection, so that half an answer cannot pass for a whole one; absent when asked in-process. */
  readonly breakOff: ((cause: unknown) => void) | undefined;
}

export async function streamAnswer(
  source: AsyncIterable<Uint8Array>,
  mediaType: string,
  { request, headers = {}, breakOff }: StreamTo,
): Promise<Answer> {
  const iterator = source[Symbol.asyncIterator]();
  const first = await iterator.next();
  const all = { 'content-type': mediaType, ...downloadHeaders, ...headers };
  if (request.method !== 'HEAD' && !first.done) return new StreamedAnswer(first, iterator, all, breakOff);
  await iterator.return?.();
  return new WholeAnswer(200, null, all);
}

/** Sent as it comes, its length not announced: a file may grow or end while it is read. */
class StreamedAnswer implements Answer {
  readonly status = 200;
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #headers: Record<string, string>;
  readonly #breakOff: StreamTo['breakOff'];
  #waiting: IteratorResult<Uint8Array> | null;

  constructor(
    first: IteratorResult<Uint8Array>,
    iterator: AsyncIterator<Uint8Array>,
    headers: Record<string, string>,
    breakOff: StreamTo['breakOff'],
  ) {
    this.#waiting = first;
    this.#iterator = iterator;
    this.#headers = { ...headers, ...commonHeaders };
    this.#breakOff = breakOff;
  }

  writeTo(outgoing: ServerResponse, more: Record<string, string>): void {
    outgoing.writeHead(this.status, { ...this.#headers, ...more, 'transfer-encoding': 'chunked' });
    // By itself: whoever hears of a failure after it knows that an answer had begun.
    outgoing.flushHeaders();
    outgoing.once('close', () => this.#leave());
    this.#writeAll(outgoing).catch((error: unknown) => this.#breakOff?.(error));
  }

  toResponse(more: Record<string, string>): Response {
    const stream = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const { done, value } = await this.#next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: () => this.#leave(),
      },
      { highWaterMark: 0 },
    );
    return new Response(stream, { headers: { ...this.#headers, ...more } });
  }

  async #writeAll(outgoing: ServerResponse): Promise<void> {
    for (let piece = await this.#next(); !piece.done && !outgoing.destroyed; piece = await this.#next()) {
      const { value } = piece;
      // The kernel has its bytes, and nobody else does.
      const written = (error: Error | null | undefined): void => void (error || filePieces.giveBack(value));
      if (!outgoing.write(value, written)) await drained(outgoing);
    }
    if (!outgoing.destroyed) outgoing.end();
  }

  #next(): Promise<IteratorResult<Uint8Array>> {
    const first = this.#waiting;
    this.#waiting = null;
    return first ? Promise.resolve(first) : this.#iterator.next();
  }

  /** Not awaited: a generator answers only once what it waits for has heard of it. */
  #leave(): void {
    this.#iterator.return?.()?.catch(() => undefined);
  }
}

/** Resolves when there is room again, or when nobody takes anything any more. */
function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      outgoing.off('drain', go).off('close', go);
      resolve();
    };
    outgoing.on('drain', go).on('close', go);
  });
}

/** A file from a sandbox is somebody's bytes: a browser that follows a signed URL must not run them. */
const downloadHeaders = {
  'content-disposition': 'attachment',
  'content-security-policy': "default-src 'none'; sandbox",
};

export interface SentEvent {
  type: string;
  data: unknown;
  /** Given back as `last-event-id` by a client that resumes. */
  id?: string;
}

/** @param open gets a signal that ends when the client leaves or the server closes */
export function eventsAnswer(
  open: (signal: AbortSignal) => AsyncIterable<SentEvent>,
  { leaving, clock, request }: { leaving: () => AbortSignal; clock: Clock; request: Request },
): Response {
  const own = { 'transfer-encoding': 'chunked', 'x-accel-buffering': 'no' };
  const headers = { 'content-type': mediaTypes.events, ...commonHeaders, ...own };
  if (request.method === 'HEAD') return new Response(null, { headers: commonHeaders });
  const signal = leaving();
  const left = new AbortController();
  const iterator = open(AbortSignal.any([signal, left.signal]))[Symbol.asyncIterator]();
  let stopKeepAlive = (): void => undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      // Sends the head at once, so that the client knows that it listens.
      controller.enqueue(encoder.encode(': open\n\n'));
      stopKeepAlive = every(clock, keepAliveMs, () => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(': still here\n\n'));
      });
    },
    async pull(controller) {
      const event = await nextEvent(iterator, signal);
      controller.enqueue(encodeEvent(event));
      if (event.type !== 'end' && event.type !== 'error') return;
      stopKeepAlive();
      controller.close();
    },
    cancel() {
      stopKeepAlive();
      left.abort(new HoldfastError('cancelled', 'the client left'));
      // Not awaited: a generator answers only once what it waits for has heard the signal.
      iterator.return?.()?.catch(() => undefined);
    },
  });
  return new Response(stream, { headers });
}

/** What a request failed with, told to the log when it is our fault. */
export function failureOf(error: unknown, log: Log, facts: Record<string, unknown>): HoldfastError {
  const failure = asHoldfastError(error);
  if (failure.fault === 'bug') log.error({ ...facts, err: failure.cause ?? failure }, 'request failed');
  else log.debug({ ...facts, code: failure.code, message: failure.message }, 'request refused');
  return failure;
}

const encoder = new TextEncoder();

async function nextEvent(iterator: AsyncIterator<SentEvent>, signal: AbortSignal): Promise<SentEvent> {
  try {
    const { done, value } = await iterator.next();
    return done ? { type: signal.aborted ? 'error' : 'end', data: signal.aborted ? closing().toBody() : null } : value;
  } catch (error) {
    return { type: 'error', data: asHoldfastError(error).toBody() };
  }
}

function closing(): HoldfastError {
  return new HoldfastError('daemon-unreachable', 'the server is closing', {
    hint: 'Ask again from the last event on.',
  });
}

function encodeEvent({ type, data, id }: SentEvent): Uint8Array {
  const head = id === undefined ? '' : `id: ${id}\n`;
  return encoder.encode(`${head}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
}

function every(clock: Clock, ms: number, fn: () => void): () => void {
  let cancel = (): void => undefined;
  const arm = (): void => {
    cancel = clock.after(ms, () => {
      fn();
      arm();
    });
  };
  arm();
  return () => cancel();
}
