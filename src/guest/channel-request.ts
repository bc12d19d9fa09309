/**
 * One open request: its credit both ways and how it ends. Made by channel.ts only, which keeps the invariants' numbers;
 * here live 2 (ends once), 3 (credit) and 4 (a cancelled request is drained unseen).
 */
import type { Buffer } from 'node:buffer';
import type { Scope } from '../base/index.ts';
import { asHoldfastError, HoldfastError } from '../schema/index.ts';
import type { GuestChannel } from './channel.ts';
import { errnoError, type Subject } from './errno.ts';
import { Fields } from './fields.ts';
import { encodeFrame, frameHeader, protocolError, readUint32, writeUint32 } from './frames.ts';
import { maxPayloadBytes, messageTypes, tags } from './wire.ts';

const outputHeadBytes = 9;
const empty = new Uint8Array(0);

/** One request, from the side that asked. */
export interface Exchange {
  readonly subject: Subject;
  /** OK is the whole answer; otherwise END or EXIT is the last frame. */
  readonly okEnds: boolean;
  /** Stream bytes the peer may send before the first grant; absent for none, Infinity for a trusted peer without credit. */
  readonly credit?: number;
  /** DATA is one run of bytes, and may be answered piece by piece as it arrives. */
  readonly inPieces?: boolean;
  /** `answer` is done with a payload when it returns. */
  readonly borrows?: boolean;
  /** The peer may grant credit for an upload. */
  readonly uploads?: boolean;
  /** One answer frame but ERROR and CREDIT. Throws `guest-protocol` for one that has no place here. */
  answer(type: number, payload: Buffer): void;
  /** The end without a proper answer. */
  failed(error: HoldfastError): void;
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
    this.#leaveScope = scope?.onEnd((reason) => this.cancel(asHoldfastError(reason)));
  }

  get inPieces(): boolean {
    return this.#exchange.inPieces === true;
  }

  get borrows(): boolean {
    return this.#exchange.borrows === true;
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

  /**
   * Resolves when the bytes are on their way; they must not change until `flushed`, or the request's answer. One caller at a time.
   *
   * @param flushed called when the kernel has them all; never when the channel ends before
   */
  async upload(bytes: Uint8Array, flushed?: () => void): Promise<void> {
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
      this.#channel.send(rest.subarray(0, length), length === rest.length ? flushed : undefined);
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

export function lateError(subject: Subject, timeoutMs: number): HoldfastError {
  return new HoldfastError('deadline-exceeded', `could not ${subject.action} ${subject.name} within ${timeoutMs} ms`, {
    hint: 'The sandbox may be suspended or overloaded; try again, or allow more time.',
  });
}
