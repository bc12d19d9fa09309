/**
 * One HTTP call: address, deadline, errors.
 *
 * 1. Whatever goes wrong is a `HoldfastError`; the server's own keeps code, fault, hint and details.
 * 2. Nothing is repeated by itself.
 * 3. An answer that breaks off throws; it never looks complete.
 * 4. No id or name makes another path of the one that was meant.
 */
import { type ErrorBody, errorCodes, HoldfastError, isHoldfastError } from '../schema/error-class.ts';
import type { CallOptions } from '../schema/index.ts';
import { apiPrefix, attachProtocol, headerNames, keyProtocolPrefix, mediaTypes } from '../schema/wire.ts';
import { type Fetch, type HttpRequest, type HttpResponse, piecesOf, streamOf } from './transport.ts';

export type Query = Record<string, string | number | boolean | string[] | undefined>;

export interface CallInit {
  query?: Query | undefined;
  /** Sent as JSON. */
  json?: unknown;
  bytes?: Uint8Array | AsyncIterable<Uint8Array>;
  contentType?: string;
  accept?: string;
  options?: CallOptions | undefined;
}

export interface StreamedAnswer {
  headers: HttpResponse['headers'];
  content: AsyncGenerator<Uint8Array, void, undefined>;
}

export interface CallerOptions {
  /** `http://host:port`, without the API's own prefix. */
  baseUrl: string;
  fetch?: Fetch;
  /** Names the tenant; a unix socket needs none. */
  key?: string;
  /** What messages call the server when the address says nothing to a person. */
  place?: string;
  /** The hint of errors that say that it cannot be reached. */
  whenUnreachable?: string;
}
export type Server = Required<Pick<CallerOptions, 'place' | 'whenUnreachable'>>;

const startOrCheck = 'Start it with `holdfast serve`, or check the address.';

/** How much longer than the server's deadline the client waits for the server to say so itself. */
const deadlineSlackMs = 1000;

/** A browser's own refuses to be called as the method of anything but its window. */
const platformFetch: Fetch = (url, init) => globalThis.fetch(url, init);

export class Caller {
  readonly #base: string;
  readonly #fetch: Fetch;
  readonly #key: string | undefined;
  /** Who is called, for messages. */
  readonly server: Server;

  constructor({ baseUrl, fetch = platformFetch, key, place, whenUnreachable }: CallerOptions) {
    this.#base = baseUrl.replace(/\/+$/, '') + apiPrefix;
    this.#fetch = fetch;
    this.#key = key;
    this.server = { place: place ?? this.#base, whenUnreachable: whenUnreachable ?? startOrCheck };
  }

  async json<T>(method: string, path: string, init: CallInit = {}): Promise<T> {
    const { response, failure } = await this.#send(method, path, init);
    const text = await orFail(response.text(), failure);
    try {
      // The schema of the answer is the server's promise; checking it here would load zod into every caller.
      return JSON.parse(text) as T;
    } catch (error) {
      throw foreign(this.server, response.status, error);
    }
  }

  async nothing(method: string, path: string, init: CallInit = {}): Promise<void> {
    await this.bytes(method, path, init);
  }

  async bytes(method: string, path: string, init: CallInit = {}): Promise<Uint8Array> {
    const { response, failure } = await this.#send(method, path, init);
    return new Uint8Array(await orFail(response.arrayBuffer(), failure));
  }

  /** The answer's head, with a body that throws `HoldfastError`s only. */
  async stream(method: string, path: string, init: CallInit = {}): Promise<StreamedAnswer> {
    const { response, failure } = await this.#send(method, path, init);
    return { headers: response.headers, content: pieces(response, failure) };
  }

  url(path: string, query: Query = {}): string {
    refuseWandering(path);
    const pairs = Object.entries(query).flatMap(([name, value]) =>
      value === undefined
        ? []
        : (Array.isArray(value) ? value : [value]).map((one) => `${name}=${encodeURIComponent(String(one))}`),
    );
    return `${this.#base}${path}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`;
  }

  /** Where a WebSocket goes, and the subprotocols that carry the key with it. */
  socketAddress(path: string, query: Query, protocol: string = attachProtocol): { url: string; protocols: string[] } {
    const key = this.#key === undefined ? [] : [keyProtocolPrefix + base64Url(this.#key)];
    return { url: this.url(path, query).replace(/^http/, 'ws'), protocols: [protocol, ...key] };
  }

  async #send(method: string, path: string, init: CallInit): Promise<Exchange> {
    const signal = signalOf(init.options);
    const failure = (error: unknown): HoldfastError => failureOf(this.server, error, signal);
    let response: HttpResponse;
    try {
      response = await this.#fetch(this.url(path, init.query), this.#request(method, init, signal));
    } catch (error) {
      throw failure(error);
    }
    if (response.status < 400) return { response, failure };
    const text = await orFail(response.text(), failure);
    throw errorOf(this.server, response.status, text);
  }

  #request(method: string, init: CallInit, signal: AbortSignal | undefined): HttpRequest {
    const { json, bytes, options } = init;
    const headers: Record<string, string> = {};
    if (this.#key !== undefined) headers['authorization'] = `Bearer ${this.#key}`;
    if (init.accept !== undefined) headers['accept'] = init.accept;
    if (options?.timeoutMs !== undefined) headers[headerNames.timeout] = String(options.timeoutMs);
    const request: HttpRequest = { method, headers, ...(signal ? { signal } : {}) };
    if (json !== undefined) {
      headers['content-type'] = mediaTypes.json;
      request.body = JSON.stringify(json);
    } else if (bytes !== undefined) {
      headers['content-type'] = init.contentType ?? mediaTypes.bytes;
      if (bytes instanceof Uint8Array) request.body = ownBuffer(bytes);
      else Object.assign(request, { body: streamOf(bytes), duplex: 'half' });
    }
    return request;
  }
}

/** `encodeURIComponent` leaves dots alone, and every platform takes `/sessions/./cancel` for `/sessions/cancel`. */
function refuseWandering(path: string): void {
  const wandering = path.split('/').find((part, at) => at > 0 && ['', '.', '..'].includes(part));
  if (wandering === undefined) return;
  throw new HoldfastError('invalid-argument', `"${wandering}" is neither an id nor a name`, {
    hint: wandering === '' ? 'Is a variable empty?' : 'Lists, such as that of sandboxes, have both.',
    details: { value: wandering },
  });
}

interface Exchange {
  response: HttpResponse;
  failure: (error: unknown) => HoldfastError;
}

async function orFail<T>(body: Promise<T>, failure: Exchange['failure']): Promise<T> {
  try {
    return await body;
  } catch (error) {
    throw failure(error);
  }
}

async function* pieces({ body }: HttpResponse, failure: Exchange['failure']): StreamedAnswer['content'] {
  try {
    yield* piecesOf(body);
  } catch (error) {
    throw failure(error);
  }
}

/** Whatever a transport threw, as ours: the signal knows best, then the transport. */
export function failureOf(server: Server, error: unknown, signal: AbortSignal | undefined): HoldfastError {
  if (isHoldfastError(error)) return error;
  if (!signal?.aborted) return unreachable(server, error);
  const { reason } = signal;
  if (isHoldfastError(reason)) return reason;
  return reason instanceof Error && reason.name === 'TimeoutError'
    ? new HoldfastError('deadline-exceeded', 'no answer within the time allowed', { cause: reason })
    : new HoldfastError('cancelled', 'the call was cancelled by its caller', { cause: reason });
}

function unreachable({ place, whenUnreachable }: Server, cause: unknown): HoldfastError {
  const why = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new HoldfastError('daemon-unreachable', `no whole answer from ${place}: ${why}`, {
    cause,
    hint: whenUnreachable,
  });
}

/** Ends with the caller's signal, or some time after the deadline that the server itself keeps. */
export function signalOf(options: CallOptions | undefined): AbortSignal | undefined {
  if (options?.timeoutMs === undefined) return options?.signal;
  const deadline = AbortSignal.timeout(options.timeoutMs + deadlineSlackMs);
  return options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
}

function errorOf(server: Server, status: number, text: string): HoldfastError {
  try {
    const { error } = JSON.parse(text) as { error: ErrorBody };
    if (error.code in errorCodes) return HoldfastError.fromBody(error);
  } catch {
    // Whoever answered does not speak the API, e.g. a proxy with a page of its own.
  }
  return foreign(server, status, text.slice(0, 200));
}

function foreign({ place }: Server, status: number, cause: unknown): HoldfastError {
  return new HoldfastError('daemon-unreachable', `what answers at ${place} (status ${status}) is not Holdfast`, {
    cause,
    hint: 'Check the address, and any proxy in between.',
  });
}

/** `fetch` refuses shared memory, so such bytes are copied. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
}

/** Subprotocol names may hold neither `=` nor `/`. */
function base64Url(text: string): string {
  const binary = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
