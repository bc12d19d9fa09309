/**
 * Requests to whoever speaks the launcher protocol (guest/LAUNCHER.md) over one socket: the launcher of this machine, or
 * the first process of a machine of its own.
 *
 * 1. An answer for an id that nobody waits for (its scope ended) is dropped: the operation itself ran to its end.
 * 2. The peer may be hostile: a frame past its bound, or fields that are none, end the connection and every open request.
 * 3. Whoever takes a streamed answer slowly makes the peer wait, and with it every other request of this connection.
 */
import type { Socket } from 'node:net';
import { type Scope, Semaphore, untilOrEnded } from '../base/index.ts';
import {
  encodeFrame,
  Fields,
  FieldWriter,
  FrameDecoder,
  type LauncherType,
  launcherTypes,
  messageTypes,
  tags,
} from '../guest/index.ts';
import { HoldfastError } from '../schema/index.ts';

export interface LauncherRequest {
  type: LauncherType;
  fill: (fields: FieldWriter) => void;
}

export interface RawRequest {
  type: number;
  payload: Uint8Array;
  /** Called for each piece of a streamed answer, in order. The peer waits for a promise. */
  onData?: (payload: Buffer) => void | Promise<void>;
  /** Makes the error of a refusal; absent: this file's own. */
  onError?: (payload: Buffer) => unknown;
  /** Sent behind the request as its DATA, then END. */
  upload?: AsyncIterable<Uint8Array>;
}

interface Waiting {
  request: RawRequest;
  resolve: (payload: Buffer) => void;
  reject: (error: unknown) => void;
}

/** The launcher refuses more than 128. */
const requestsAtOnce = 64;

export class LauncherConnection {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #places = new Semaphore(requestsAtOnce);
  #nextId = 1;
  #failure: HoldfastError | null = null;

  /** @param onBroken called once, when the peer breaks the protocol */
  constructor(socket: Socket, onBroken: (error: unknown) => void) {
    this.#socket = socket;
    const decoder = new FrameDecoder((type, id, payload) => this.#onFrame(type, id, payload));
    socket.on('data', (chunk: Buffer) => {
      try {
        decoder.push(chunk);
      } catch (error) {
        this.fail('it broke the protocol');
        onBroken(error);
      }
    });
    socket.unref();
  }

  async request({ type, fill }: LauncherRequest, scope: Scope): Promise<Fields> {
    const writer = new FieldWriter();
    fill(writer);
    const onError = (payload: Buffer): HoldfastError => failureOf(type, new Fields(payload));
    return new Fields(await this.exchange({ type: launcherTypes[type], payload: writer.payload(), onError }, scope));
  }

  /** A request whose payload and answer somebody else encodes and reads. */
  exchange(request: RawRequest, scope: Scope): Promise<Buffer> {
    return this.#places.run(() => this.#write(request, scope));
  }

  /** Every open request fails with this, and every later one. */
  fail(message: string): void {
    this.#failure ??= new HoldfastError('launch-failed', message, {
      hint: 'Try again; `holdfast doctor` says what is missing here.',
    });
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
    this.#socket.destroy();
  }

  #write(request: RawRequest, scope: Scope): Promise<Buffer> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    const answer = new Promise<Buffer>((resolve, reject) => this.#waiting.set(id, { request, resolve, reject }));
    // An idle peer does not keep this program alive; one that owes an answer does.
    this.#socket.ref();
    this.#socket.write(encodeFrame(request.type, id, request.payload));
    if (request.upload) this.#upload(id, request.upload);
    return untilOrEnded(answer, scope);
  }

  /** What cannot be read any more fails the request; the peer learns it by the connection's end, having half of it. */
  #upload(id: number, source: AsyncIterable<Uint8Array>): void {
    this.#sendAll(id, source).catch((error: unknown) => {
      this.#waiting.get(id)?.reject(error);
      this.#waiting.delete(id);
      this.fail('what was being sent could not be read to its end');
    });
  }

  async #sendAll(id: number, source: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const piece of source) {
      // Refused already: the rest would be read for nothing.
      if (!this.#waiting.has(id)) return;
      if (!this.#socket.write(encodeFrame(messageTypes.data, id, piece))) await this.#drained();
    }
    this.#socket.write(encodeFrame(messageTypes.end, id, new Uint8Array(0)));
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) return resolve();
      const settle = (): void => {
        this.#socket.off('drain', settle).off('close', settle);
        resolve();
      };
      this.#socket.on('drain', settle).on('close', settle);
    });
  }

  #onFrame(type: number, id: number, payload: Buffer): void {
    // EXITED has id 0: a sandbox's end is seen at its own channel, which also works for those of an earlier launcher.
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    if (type === messageTypes.data) {
      this.#pass(id, waiting, payload);
      return;
    }
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#socket.unref();
    if (type !== messageTypes.error) waiting.resolve(payload);
    else
      waiting.reject(waiting.request.onError?.(payload) ?? new HoldfastError('launch-failed', 'the launcher refused'));
  }

  #pass(id: number, { request, reject }: Waiting, payload: Buffer): void {
    const taken = request.onData?.(payload);
    if (!(taken instanceof Promise)) return;
    this.#socket.pause();
    taken.then(
      () => this.#socket.resume(),
      (error: unknown) => {
        this.#waiting.delete(id);
        reject(error);
        this.#socket.resume();
      },
    );
  }
}

const errnoNames = new Map<number, 'limit-unsupported' | 'host-disk-full' | 'deadline-exceeded' | 'not-found'>([
  [95, 'limit-unsupported'],
  [28, 'host-disk-full'],
  [122, 'host-disk-full'],
  [110, 'deadline-exceeded'],
]);

export function failureOf(type: LauncherType, fields: Fields): HoldfastError {
  const errno = fields.int(tags.errno);
  const message = fields.optionalText(tags.message) ?? `errno ${errno}`;
  const code = errnoNames.get(errno) ?? 'launch-failed';
  return new HoldfastError(code, `${type}: ${message}`, {
    details: { errno },
    hint:
      code === 'limit-unsupported'
        ? 'Ask for less, or run where the limit can be held; `holdfast doctor` lists them.'
        : '`holdfast doctor` says what works on this machine.',
  });
}
