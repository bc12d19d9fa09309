/**
 * Requests and answers over one byte stream to a peer nobody trusts. Neighbours: frames.ts turns bytes into frames,
 * guest-client.ts gives each message its meaning.
 *
 * 1. Whatever bytes the peer sends, nothing throws out of here: the channel works on, or closes with `guest-protocol`.
 * 2. Every request ends exactly once: by its last answer, an ERROR, its caller's cancel, or the channel's end.
 * 3. The peer never gets to send more stream bytes than it was granted, nor do we.
 * 4. A cancelled request keeps its id, unseen by its caller, until the peer has ended it too.
 * 5. Held at most: `maxOpenRequests` requests, `maxQueuedBytes` unsent bytes, one partial frame.
 */
import type { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import { type Clock, type Scope, systemClock } from '../base/index.ts';
import { asHoldfastError, HoldfastError, isHoldfastError } from '../schema/index.ts';
import { errnoError, type Subject } from './errno.ts';
import { Fields, type FieldWriter } from './fields.ts';
import { encodeFrame, FrameDecoder, frameHeader, protocolError, readUint32, writeUint32 } from './frames.ts';
import { maxPayloadBytes, messageTypes, tags } from './wire.ts';

export const maxOpenRequests = 256;
/** More unsent bytes than this, and the peer has stopped reading for good. */
const maxQueuedBytes = 8 * 1024 * 1024;
/** Uploads wait above this, so that other requests are not stuck behind them. */
const uploadQueueBytes = 1024 * 1024;
const callTimeoutMs = 60_000;
const outputHeadBytes = 9;
const empty = new Uint8Array(0);

/** One request, from the side that asked. */
export interface Exchange {
  readonly subject: Subject;
  /** OK is the whole answer; otherwise END or EXIT is the last frame. */
  readonly okEnds: boolean;
  /** Stream bytes the peer may send before the first grant; absent for none, Infinity for a trusted peer without credit. */
  readonly credit?: number;
  /** The peer may grant credit for an upload. */
  readonly uploads?: boolean;
  /** One answer frame but ERROR and CREDIT. Throws `guest-protocol` for one that has no place here. */
  answer(type: number, payload: Buffer): void;
  /** The end without a proper answer. */
  failed(error: HoldfastError): void;
}

export interface ChannelOptions {
  clock?: Clock;
  /** Frames with id 0; without it they are a violation. */
  onEvent?: (type: number, payload: Buffer) => void;
}

export interface CallOptions {
  scope?: Scope | undefined;
  timeoutMs?: number | undefined;
}

export class GuestChannel {
  readonly clock: Clock;
  readonly #stream: Duplex;
  readonly #onEvent: ((type: number, payload: Buffer) => void) | undefined;
  readonly #open = new Map<number, ChannelRequest>();
  /** Ids that ended while their CANCEL was under way; each may still get one ERROR. */
  readonly #late = new Set<number>();
  readonly #closeListeners = new Set<(reason: HoldfastError) => void>();
  readonly #drainWaiters: (() => void)[] = [];
  #closed: HoldfastError | null = null;
  #lastId = 0;
  #corked = false;

  constructor(stream: Duplex, options: ChannelOptions = {}) {
    this.#stream = stream;
    this.#onEvent = options.onEvent;
    this.clock = options.clock ?? systemClock;
    const decoder = new FrameDecoder((type, id, payload) => this.#receive(type, id, payload));
    stream.on('data', (chunk: Buffer) => this.#guarded(() => decoder.push(chunk)));
    stream.on('drain', () => this.#wakeUploads());
    stream.on('error', (error) => this.close(lostError(error)));
    stream.on('end', () => this.close(lostError()));
    stream.on('close', () => this.close(lostError()));
  }

  /** Why the channel ended, or null while it lives. */
  get closed(): HoldfastError | null {
    return this.#closed;
  }

  get openRequests(): number {
    return this.#open.size;
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
    this.#stream.destroy();
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const request of open) request.settle(reason);
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

  /** Throws when it cannot be sent; from then on everything goes through the exchange. */
  request(type: number, fields: FieldWriter, exchange: Exchange, scope?: Scope): ChannelRequest {
    scope?.throwIfEnded();
    if (this.#closed) throw this.#closed;
    if (this.#open.size >= maxOpenRequests) {
      throw new HoldfastError('busy', `${maxOpenRequests} requests to this sandbox are open already`, {
        hint: 'Wait until some have ended.',
      });
    }
    const id = this.#nextId();
    const frame = fields.frame(type, id);
    const request = new ChannelRequest(this, id, exchange, scope);
    this.#open.set(id, request);
    this.send(frame);
    return request;
  }

  /** Frames of one turn leave in one system call. */
  send(bytes: Uint8Array): void {
    if (this.#closed) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#stream.cork();
      queueMicrotask(() => {
        this.#corked = false;
        this.#stream.uncork();
      });
    }
    this.#stream.write(bytes);
    if (this.#stream.writableLength > maxQueuedBytes) this.close(protocolError('the guest stopped reading'));
  }

  get mayUpload(): boolean {
    return this.#stream.writableLength < uploadQueueBytes;
  }

  /** Resolves when uploads may go on, or the channel has ended. */
  untilDrained(): Promise<void> {
    return new Promise((resolve) => this.#drainWaiters.push(resolve));
  }

  /** The peer has ended this request. */
  forget(request: ChannelRequest): void {
    this.#open.delete(request.id);
    if (!request.cancelled) return;
    this.#late.add(request.id);
    const [oldest] = this.#late;
    if (oldest !== undefined && this.#late.size > maxOpenRequests) this.#late.delete(oldest);
  }

  #receive(type: number, id: number, payload: Buffer): void {
    if (this.#closed) return;
    const request = this.#open.get(id);
    if (request) request.receive(type, payload);
    else if (id === 0 && this.#onEvent) this.#onEvent(type, payload);
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
    do this.#lastId = this.#lastId >= 0xffff_ffff ? 1 : this.#lastId + 1;
    while (this.#open.has(this.#lastId) || this.#late.has(this.#lastId));
    return this.#lastId;
  }

  #wakeUploads(): void {
    for (const wake of this.#drainWaiters.splice(0)) wake();
  }
}

export class ChannelRequest {
  readonly id: number;
  readonly #channel: GuestChannel;
  readonly #exchange: Exchange;
  readonly #leaveScope: (() => void) | undefined;
  #receiveCredit: number;
  #sendCredit = 0;
  #creditWaiter: (() => void) | null = null;
  /** Set once the caller has been told how it ended. */
  #outcome: HoldfastError | 'answered' | null = null;
  #cancelled = false;

  constructor(channel: GuestChannel, id: number, exchange: Exchange, scope: Scope | undefined) {
    this.id = id;
    this.#channel = channel;
    this.#exchange = exchange;
    this.#receiveCredit = exchange.credit ?? 0;
    if (!scope) return;
    const onAbort = (): void => this.cancel(asHoldfastError(scope.signal.reason));
    scope.signal.addEventListener('abort', onAbort, { once: true });
    this.#leaveScope = () => scope.signal.removeEventListener('abort', onAbort);
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  get settled(): boolean {
    return this.#outcome !== null;
  }

  /** Lets the peer send that many more stream bytes. */
  grant(bytes: number): void {
    if (this.#outcome !== null || bytes === 0) return;
    this.#receiveCredit += bytes;
    const payload = new Uint8Array(4);
    writeUint32(payload, 0, bytes);
    this.#channel.send(encodeFrame(messageTypes.credit, this.id, payload));
  }

  /** The peer takes that many more bytes of an upload. */
  allow(bytes: number): void {
    if (!this.#exchange.uploads || this.#sendCredit + bytes > Number.MAX_SAFE_INTEGER) {
      throw protocolError('the guest granted credit nobody can use');
    }
    this.#sendCredit += bytes;
    this.#wakeUpload();
  }

  /** Resolves when the bytes are on their way; they must not change until the request's answer. One caller at a time. */
  async upload(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      while (this.#outcome === null && (this.#sendCredit === 0 || !this.#channel.mayUpload)) {
        if (this.#sendCredit > 0) await this.#channel.untilDrained();
        else await new Promise<void>((resolve) => (this.#creditWaiter = resolve));
      }
      this.#throwIfSettled();
      const length = Math.min(rest.length, this.#sendCredit, maxPayloadBytes);
      this.#sendCredit -= length;
      this.#channel.send(frameHeader(messageTypes.data, this.id, length));
      this.#channel.send(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  }

  endUpload(): void {
    this.#throwIfSettled();
    this.#channel.send(encodeFrame(messageTypes.end, this.id, empty));
  }

  /** Tells both sides; the caller's `failed` runs now, with this reason. */
  cancel(reason: HoldfastError): void {
    if (this.#outcome !== null) return;
    this.#cancelled = true;
    this.#channel.send(encodeFrame(messageTypes.cancel, this.id, empty));
    this.settle(reason);
  }

  receive(type: number, payload: Buffer): void {
    this.#charge(type, payload.length);
    if (type === messageTypes.credit) {
      this.#receiveCreditFrame(payload);
      return;
    }
    const last =
      type === messageTypes.error ||
      type === messageTypes.end ||
      type === messageTypes.exit ||
      (type === messageTypes.ok && this.#exchange.okEnds);
    if (last) this.#channel.forget(this);
    if (this.#cancelled) return;
    if (last) this.#receiveLast(type, payload);
    else this.#exchange.answer(type, payload);
  }

  /** Ends it for the caller, with an error. */
  settle(error: HoldfastError): void {
    if (this.#outcome !== null) return;
    this.#finish(error);
    this.#exchange.failed(error);
  }

  #receiveLast(type: number, payload: Buffer): void {
    try {
      if (type === messageTypes.error) this.settle(this.#guestError(payload));
      else this.#exchange.answer(type, payload);
    } catch (error) {
      // The channel no longer knows this request, so its caller hears it here.
      this.settle(asHoldfastError(error));
      throw error;
    }
    this.#finish('answered');
  }

  #finish(outcome: HoldfastError | 'answered'): void {
    if (this.#outcome !== null) return;
    this.#outcome = outcome;
    this.#leaveScope?.();
    this.#wakeUpload();
  }

  #charge(type: number, length: number): void {
    let cost = 0;
    if (type === messageTypes.data) cost = length;
    else if (type === messageTypes.output) cost = length - outputHeadBytes;
    else return;
    if (cost <= 0) throw protocolError('the guest sent a stream frame without content');
    if (cost > this.#receiveCredit) throw protocolError('the guest sent more than it was granted');
    this.#receiveCredit -= cost;
  }

  #receiveCreditFrame(payload: Buffer): void {
    if (payload.length !== 4) throw protocolError('a CREDIT frame from the guest is malformed');
    this.allow(readUint32(payload, 0));
  }

  #guestError(payload: Buffer): HoldfastError {
    const fields = new Fields(payload);
    return errnoError(fields.int(tags.errno), fields.optionalText(tags.message) ?? '', this.#exchange.subject);
  }

  #wakeUpload(): void {
    this.#creditWaiter?.();
    this.#creditWaiter = null;
  }

  #throwIfSettled(): void {
    if (this.#outcome === 'answered') throw protocolError('the guest ended an upload before its end');
    if (this.#outcome) throw this.#outcome;
  }
}

export function unexpected(type: number, subject: Subject): HoldfastError {
  return protocolError(`the guest answered "${subject.action}" with a frame of type 0x${type.toString(16)}`);
}

function strayError(type: number, id: number): HoldfastError {
  return protocolError(`the guest sent a frame of type 0x${type.toString(16)} for request ${id}, which is not open`);
}

export function lateError(subject: Subject, timeoutMs: number): HoldfastError {
  return new HoldfastError('deadline-exceeded', `could not ${subject.action} ${subject.name} within ${timeoutMs} ms`, {
    hint: 'The sandbox may be suspended or overloaded; try again, or allow more time.',
  });
}

function lostError(cause?: Error): HoldfastError {
  const why = cause ? `: ${cause.message}` : '';
  return new HoldfastError('sandbox-died', `the connection to the sandbox ended${why}`, {
    hint: 'The sandbox may have ended or been killed; inspect it, or create another.',
    ...(cause ? { cause } : {}),
  });
}
