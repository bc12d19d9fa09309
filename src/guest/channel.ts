/**
 * Requests and answers over one byte stream to a peer nobody trusts. Neighbours: frames.ts turns bytes into frames,
 * guest-client.ts gives each message its meaning.
 *
 * 1. Whatever bytes the peer sends, nothing throws out of here: the channel works on, or closes with `guest-protocol`.
 * 2. Every request ends exactly once: by its last answer, an ERROR, its caller's cancel, or the channel's end.
 * 3. The peer never gets to send more stream bytes than it was granted, nor do we.
 * 4. A cancelled request keeps its id, unseen by its caller, until the peer has ended it too.
 * 5. What a receiver gets is its own, unless it borrows: of a stream that lends its reads, the rest is copied.
 * 6. Held at most: `maxOpenRequests` requests, `maxQueuedBytes` unsent bytes, one partial frame; tunnels.ts bounds what it
 *    takes in and begins.
 */
import { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import { type Clock, isLent, type Scope, systemClock } from '../base/index.ts';
import { asHoldfastError, HoldfastError, isHoldfastError } from '../schema/index.ts';
import { ChannelRequest, type Exchange, lateError, unexpected } from './channel-request.ts';
import type { Subject } from './errno.ts';
import type { FieldWriter } from './fields.ts';
import { FrameDecoder, protocolError } from './frames.ts';
import { messageTypes } from './wire.ts';

export const maxOpenRequests = 256;
/** More unsent bytes than this, and the peer has stopped reading for good. */
const maxQueuedBytes = 8 * 1024 * 1024;
/** Uploads wait above this, so that other requests are not stuck behind them. */
const uploadQueueBytes = 1024 * 1024;
export const callTimeoutMs = 60_000;
const laterMs = 20;
const mostLater = 16;
/** Streams the peer begins have ids from here on; the one below is RESTART's. */
const firstPeerId = 0x8000_0000;
const lastOwnId = firstPeerId - 2;
const lastPeerId = 0xffff_ffff;

export interface ChannelOptions {
  clock?: Clock;
  /** Frames with id 0; without it they are a violation. */
  onEvent?: (type: number, payload: Buffer) => void;
}

/** What the frames of one id go to: a request here, a listener or a stream of tunnels.ts. */
export interface Receiver {
  /** Its DATA may be handed on piece by piece as it arrives. */
  readonly inPieces: boolean;
  /** It is done with a payload when `receive` returns. */
  readonly borrows: boolean;
  /** Throws `guest-protocol` for a frame that has no place. */
  receive(type: number, payload: Buffer): void;
  /** The channel has ended. */
  settle(reason: HoldfastError): void;
}

export interface CallOptions {
  scope?: Scope | undefined;
  timeoutMs?: number | undefined;
}

export class GuestChannel {
  readonly clock: Clock;
  readonly #stream: Duplex;
  readonly #onEvent: ((type: number, payload: Buffer) => void) | undefined;
  readonly #open = new Map<number, Receiver>();
  #requestCount = 0;
  /** Ids that ended while their CANCEL was under way; each may still get one ERROR. */
  readonly #late = new Set<number>();
  readonly #closeListeners = new Set<(reason: HoldfastError) => void>();
  readonly #drainWaiters: (() => void)[] = [];
  /** What is sent with the next request, or soon. */
  readonly #later: (() => void)[] = [];
  #cancelLater: (() => void) | null = null;
  #closed: HoldfastError | null = null;
  #lastId = 0;
  #corked = false;

  constructor(stream: Duplex, options: ChannelOptions = {}) {
    this.#stream = stream;
    this.#onEvent = options.onEvent;
    this.clock = options.clock ?? systemClock;
    const decoder = new FrameDecoder(
      (type, id, payload) => this.#receive(type, id, payload),
      (type, id) => type === messageTypes.data && this.#open.get(id)?.inPieces === true,
    );
    stream.on('data', (chunk: Buffer) => this.#guarded(() => decoder.push(chunk)));
    stream.on('drain', () => this.#wakeUploads());
    stream.on('error', (error) => this.close(lostError(error)));
    stream.on('end', () => this.close(lostError()));
    stream.on('close', () => this.close(lostError()));
    stream.resume();
  }

  /** Why the channel ended, or null while it lives. */
  get closed(): HoldfastError | null {
    return this.#closed;
  }

  get openRequests(): number {
    return this.#requestCount;
  }

  /** Called once; at once when the channel has ended already. Returns the way to unsubscribe. */
  onClose(listener: (reason: HoldfastError) => void): () => void {
    if (this.#closed) listener(this.#closed);
    else this.#closeListeners.add(listener);
    return () => this.#closeListeners.delete(listener);
  }

  close(reason: HoldfastError = new HoldfastError('cancelled', 'the connection to the sandbox was closed here')): void {
    if (this.#closed) return;
    this.#closed = reason;
    this.#cancelLater?.();
    this.#later.length = 0;
    this.#stream.destroy();
    const open = [...this.#open.values()];
    this.#open.clear();
    this.#requestCount = 0;
    for (const receiver of open) receiver.settle(reason);
    this.#wakeUploads();
    for (const listener of this.#closeListeners) listener(reason);
    this.#closeListeners.clear();
  }

  /** A request whose OK is the whole answer; resolves to that OK's payload. */
  call(type: number, fields: FieldWriter, subject: Subject, options: CallOptions = {}): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let cancelTimer: (() => void) | undefined;
      const request = this.request(
        type,
        fields,
        {
          subject,
          okEnds: true,
          answer: (answerType, payload) => {
            if (answerType !== messageTypes.ok) throw unexpected(answerType, subject);
            cancelTimer?.();
            resolve(payload);
          },
          failed: (error) => {
            cancelTimer?.();
            reject(error);
          },
        },
        options.scope,
      );
      const timeoutMs = options.timeoutMs ?? callTimeoutMs;
      cancelTimer = this.clock.after(timeoutMs, () => request.cancel(lateError(subject, timeoutMs)));
    });
  }

  /**
   * For what nobody waits for: `ask` runs right before the next request, and what it sends wakes the peer together with that;
   * without one it runs within `laterMs`. Never when the channel ends before.
   */
  later(ask: () => void): void {
    if (this.#closed) return;
    this.#later.push(ask);
    this.#cancelLater ??= this.clock.after(laterMs, () => this.#sendLater());
    if (this.#later.length >= mostLater) this.#sendLater();
  }

  #sendLater(): void {
    this.#cancelLater?.();
    this.#cancelLater = null;
    for (const ask of this.#later.splice(0)) ask();
  }

  /** Throws when it cannot be sent; from then on everything goes through the exchange. */
  request(type: number, fields: FieldWriter, exchange: Exchange, scope?: Scope): ChannelRequest {
    scope?.throwIfEnded();
    if (this.#later.length > 0) this.#sendLater();
    if (this.#closed) throw this.#closed;
    if (this.#requestCount >= maxOpenRequests) {
      throw new HoldfastError('busy', `${maxOpenRequests} requests to this sandbox are open already`, {
        hint: 'Wait until some have ended.',
      });
    }
    const id = this.#nextId();
    const frame = fields.frame(type, id);
    const request = new ChannelRequest(this, id, exchange, scope);
    this.#open.set(id, request);
    this.#requestCount++;
    this.send(frame);
    return request;
  }

  /** A listener or a dial: its maker counts how many there may be, and releases the id. Throws as `request` does. */
  begin<T extends Receiver>(type: number, fields: FieldWriter, make: (id: number) => T, scope: Scope): T {
    scope.throwIfEnded();
    if (this.#closed) throw this.#closed;
    const id = this.#nextId();
    const frame = fields.frame(type, id);
    const receiver = make(id);
    this.#open.set(id, receiver);
    this.send(frame);
    return receiver;
  }

  /** Takes in an id of the peer's choice, which must be one of its own half and not in use. */
  adopt(id: number, receiver: Receiver): void {
    if (id < firstPeerId || id > lastPeerId || this.#open.has(id)) throw strayError(messageTypes.incoming, id);
    this.#open.set(id, receiver);
  }

  release(id: number): void {
    this.#open.delete(id);
  }

  /**
   * Frames of one turn leave in one system call.
   *
   * @param flushed called when the kernel has the bytes; never when the channel ends before
   */
  send(bytes: Uint8Array, flushed?: () => void): void {
    if (this.#closed) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#stream.cork();
      queueMicrotask(() => {
        this.#corked = false;
        this.#stream.uncork();
      });
    }
    if (flushed) this.#stream.write(bytes, (error) => error ?? flushed());
    else this.#stream.write(bytes);
    if (this.#stream.writableLength > maxQueuedBytes) this.close(protocolError('the guest stopped reading'));
  }

  get mayUpload(): boolean {
    return this.#stream.writableLength < uploadQueueBytes;
  }

  /** Resolves when uploads may go on, or the channel has ended. */
  untilDrained(): Promise<void> {
    return new Promise((resolve) => this.afterDrain(resolve));
  }

  /** Calls back once, when `mayUpload` may have become true or the channel has ended; in the order of the calls. */
  afterDrain(fn: () => void): void {
    this.#drainWaiters.push(fn);
  }

  /** The peer has ended this request. */
  forget(request: ChannelRequest): void {
    if (this.#open.delete(request.id)) this.#requestCount--;
    if (!request.cancelled) return;
    this.#late.add(request.id);
    const [oldest] = this.#late;
    if (oldest !== undefined && this.#late.size > maxOpenRequests) this.#late.delete(oldest);
  }

  #receive(type: number, id: number, payload: Buffer): void {
    if (this.#closed) return;
    const receiver = this.#open.get(id);
    if (receiver) receiver.receive(type, receiver.borrows ? payload : owned(payload));
    else if (id === 0 && this.#onEvent) this.#onEvent(type, owned(payload));
    else if (type !== messageTypes.error || !this.#late.delete(id)) throw strayError(type, id);
  }

  #guarded(work: () => void): void {
    try {
      if (!this.#closed) work();
    } catch (error) {
      this.close(
        isHoldfastError(error) && error.code === 'guest-protocol'
          ? error
          : new HoldfastError('guest-protocol', `an answer could not be taken: ${asHoldfastError(error).message}`, {
              cause: error,
            }),
      );
    }
  }

  #nextId(): number {
    do this.#lastId = this.#lastId >= lastOwnId ? 1 : this.#lastId + 1;
    while (this.#open.has(this.#lastId) || this.#late.has(this.#lastId));
    return this.#lastId;
  }

  #wakeUploads(): void {
    for (const wake of this.#drainWaiters.splice(0)) wake();
  }
}

const owned = (payload: Buffer): Buffer => (isLent(payload) ? Buffer.from(payload) : payload);

function strayError(type: number, id: number): HoldfastError {
  return protocolError(`the guest sent a frame of type 0x${type.toString(16)} for request ${id}, which is not open`);
}

function lostError(cause?: Error): HoldfastError {
  const why = cause ? `: ${cause.message}` : '';
  return new HoldfastError('sandbox-died', `the connection to the sandbox ended${why}`, {
    hint: 'The sandbox may have ended or been killed; inspect it, or create another.',
    ...(cause ? { cause } : {}),
  });
}
