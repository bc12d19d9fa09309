/**
 * What goes back: JSON, bytes, events, errors. Streams are pulled: nothing is read from a service faster than the
 * client takes it.
 *
 * 1. A stream that fails before its first byte is an ordinary error; one that fails later breaks the connection.
 * 2. An event stream ends with an `end` or an `error` event; without either it broke off.
 * 3. A client that leaves ends what the stream was reading from.
 */
import type { Clock, Log } from '../base/index.ts';
import { asHoldfastError, errorCodes, HoldfastError, mediaTypes } from '../schema/index.ts';

/** Nothing here is a page: no guessing of types, no caching of one tenant's answer for another. */
const commonHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

const keepAliveMs = 15_000;

export function jsonAnswer(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  if (status === 204) return new Response(null, { status, headers: { ...commonHeaders, ...headers } });
  return new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': mediaTypes.json, ...commonHeaders, ...headers },
  });
}

export function errorAnswer(error: HoldfastError, headers: Record<string, string> = {}): Response {
  const { httpStatus } = errorCodes[error.code];
  return jsonAnswer({ error: error.toBody() }, httpStatus, headers);
}

export function bytesAnswer(bytes: Uint8Array<ArrayBuffer>, mediaType: string): Response {
  return new Response(bytes, { headers: { 'content-type': mediaType, ...commonHeaders } });
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
): Promise<Response> {
  const iterator = source[Symbol.asyncIterator]();
  let waiting: IteratorResult<Uint8Array> | null = await iterator.next();
  const init = { headers: { 'content-type': mediaType, ...downloadHeaders, ...commonHeaders, ...headers } };
  if (request.method === 'HEAD' || waiting.done) {
    await iterator.return?.();
    const { 'transfer-encoding': _, ...rest } = init.headers;
    return new Response(null, { headers: rest });
  }
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = waiting ?? (await iterator.next());
          waiting = null;
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          if (!breakOff) throw error;
          breakOff(error);
          controller.close();
        }
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, init);
}

/** A file from a sandbox is somebody's bytes: a browser that follows a signed URL must not run them. */
const downloadHeaders = {
  // Sent as it comes; otherwise the adapter gathers the first pieces, and an error among them, into an answer of its own.
  'transfer-encoding': 'chunked',
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
  { signal, clock, request }: { signal: AbortSignal; clock: Clock; request: Request },
): Response {
  const own = { 'transfer-encoding': 'chunked', 'x-accel-buffering': 'no' };
  const headers = { 'content-type': mediaTypes.events, ...commonHeaders, ...own };
  if (request.method === 'HEAD') return new Response(null, { headers: commonHeaders });
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
