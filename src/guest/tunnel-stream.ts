/**
 * One tunnelled connection as a Duplex: bytes and ends as frames of the channel, credit both ways. Made by tunnels.ts.
 *
 * 1. The id is the channel's until the agent's CLOSE (or the ERROR of a DIAL), whatever happened to this object before;
 *    until then every frame is held to the protocol, though nobody sees its content any more.
 * 2. receiveCredit + what nobody has read yet <= window. A window grows only while its bytes are read as they come.
 * 3. What is written as lent lies in a block until the kernel has all of it.
 * 4. Readable holds one piece at most; the rest is held where crumbs are joined.
 * 5. Once handed over it carries nothing: what may still come of it is its CLOSE.
 */
import { Buffer } from 'node:buffer';
import { Duplex } from 'node:stream';
import { copyToBlock, giveBack, isBlock } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { GuestChannel, Receiver } from './channel.ts';
import { unexpected } from './channel-request.ts';
import { errnoError, type Subject } from './errno.ts';
import { Fields } from './fields.ts';
import { encodeFrame, frameHeader, protocolError, readUint32, writeUint32 } from './frames.ts';
import { HeldBytes } from './held-bytes.ts';
import type { GuestStream } from './types.ts';
import { maxPayloadBytes, messageTypes, tags } from './wire.ts';

export const firstWindowBytes = 64 * 1024;
const largestWindowBytes = 1024 * 1024;
/** One more chunk may wait here while the one before it waits for credit. */
const writeAheadBytes = 64 * 1024;
/** To copy so little behind its header is cheaper than to write two pieces. */
const copiedBytes = 4096;
const empty = new Uint8Array(0);

/** What all streams of a channel share: how much their windows may still grow. */
export interface WindowBudget {
  extraBytes: number;
}

export interface TunnelStreamOptions {
  channel: GuestChannel;
  id: number;
  subject: Subject;
  budget: WindowBudget;
  remotePort: number;
  localAddress: string;
  localPort: number;
  /** What we may send at once; absent for a DIAL, where the OK tells. */
  credit?: number;
  /** The id means nothing any more. */
  released: () => void;
}

interface Writing {
  parts: Uint8Array[];
  bytes: number;
  done: (error?: Error | null) => void;
}

export class TunnelStream extends Duplex implements GuestStream, Receiver {
  readonly inPieces = true;
  readonly borrows = false;
  readonly remotePort: number;
  localAddress: string;
  localPort: number;
  readonly #options: TunnelStreamOptions;
  readonly #held = new HeldBytes();
  readonly #opening = Promise.withResolvers<this>();
  #isOpen: boolean;
  #sendCredit: number;
  #receiveCredit = firstWindowBytes;
  #window = firstWindowBytes;
  #writing: Writing | null = null;
  #awaitsDrain = false;
  #weEnded = false;
  #guestEnded = false;
  /** Readable was told so. */
  #sawEnd = false;
  /** We sent CLOSE or CANCEL. */
  #reset = false;
  #released = false;
  #handing: PromiseWithResolvers<boolean> | null = null;
  #isHanded = false;
  #draining: PromiseWithResolvers<void> | null = null;

  constructor(options: TunnelStreamOptions) {
    super({ allowHalfOpen: true, readableHighWaterMark: firstWindowBytes, writableHighWaterMark: writeAheadBytes });
    this.#options = options;
    this.remotePort = options.remotePort;
    this.localAddress = options.localAddress;
    this.localPort = options.localPort;
    this.#isOpen = options.credit !== undefined;
    this.#sendCredit = options.credit ?? 0;
    this.#opening.promise.catch(() => undefined);
    // What goes wrong is the guest's doing: without another listener it must not bring this process down.
    this.on('error', () => undefined);
  }

  /** Of a DIAL: resolves when the connection stands. */
  get opened(): Promise<this> {
    return this.#opening.promise;
  }

  receive(type: number, payload: Buffer): void {
    const isCarried = this.#isOpen && !this.#isHanded;
    if (type === messageTypes.data && isCarried) this.#receiveData(payload);
    else if (type === messageTypes.handover && isCarried) this.#receiveHandover(payload);
    else if (type === messageTypes.credit && isCarried) this.#receiveCreditFrame(payload);
    else if (type === messageTypes.end && isCarried) this.#receiveEnd();
    else if (type === messageTypes.close && this.#isOpen) this.#receiveClose(payload);
    else if (type === messageTypes.ok && !this.#isOpen) this.#receiveOk(payload);
    else if (type === messageTypes.error && !this.#isOpen) this.#receiveError(payload);
    else throw unexpected(type, this.#options.subject);
  }

  /** The channel has ended. */
  settle(reason: HoldfastError): void {
    this.#release();
    this.destroy(reason);
  }

  writeLent(bytes: Buffer): boolean {
    return this.write(copyToBlock(bytes));
  }

  async handOver(token: string): Promise<boolean> {
    if (this.#weEnded || this.#guestEnded || this.destroyed || this.#handing || this.#writing) return false;
    this.#handing = Promise.withResolvers();
    this.#options.channel.send(encodeFrame(messageTypes.handover, this.#options.id, Buffer.from(token, 'latin1')));
    return this.#handing.promise;
  }

  drained(): Promise<void> {
    this.#draining ??= Promise.withResolvers();
    this.#settleDrained();
    return this.#draining.promise;
  }

  finishHanded(): void {
    if (!this.#isHanded || this.destroyed) return;
    this.#weEnded = true;
    this.#guestEnded = true;
    this.#options.channel.send(encodeFrame(messageTypes.end, this.#options.id, empty));
    this.destroy();
  }

  override read(size?: number): unknown {
    const piece: unknown = super.read(size);
    if (piece !== null) this.#refill();
    return piece;
  }

  override _read(): void {
    this.#refill();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Writing['done']): void {
    this.#writing = { parts: [chunk], bytes: chunk.length, done };
    this.#send();
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: Writing['done']): void {
    const parts = chunks.map(({ chunk }) => chunk);
    this.#writing = { parts, bytes: parts.reduce((sum, part) => sum + part.length, 0), done };
    this.#send();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#weEnded = true;
    this.#options.channel.send(encodeFrame(messageTypes.end, this.#options.id, empty));
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const { channel, id } = this.#options;
    if (!this.#released && !(this.#weEnded && this.#guestEnded)) {
      this.#reset = true;
      channel.send(encodeFrame(messageTypes.close, id, empty));
    }
    this.#held.clear();
    const reason = error ?? givenUp(this.#options.subject);
    this.#opening.reject(reason);
    this.#handing?.reject(reason);
    this.#draining?.reject(reason);
    const writing = this.#writing;
    this.#writing = null;
    writing?.done(reason);
    done(error);
  }

  #receiveData(payload: Buffer): void {
    if (payload.length === 0 || this.#guestEnded) throw protocolError('the guest sent a stream frame out of place');
    if (payload.length > this.#receiveCredit) throw protocolError('the guest sent more than it was granted');
    this.#receiveCredit -= payload.length;
    if (this.destroyed) return;
    if (this.#held.length === 0 && this.readableLength === 0) this.push(payload);
    else this.#held.add(payload);
    this.#grant();
  }

  #receiveCreditFrame(payload: Buffer): void {
    if (payload.length !== 4) throw protocolError('a CREDIT frame from the guest is malformed');
    this.#allow(readUint32(payload, 0));
  }

  #receiveEnd(): void {
    if (this.#guestEnded) throw protocolError('the guest ended a stream twice');
    this.#guestEnded = true;
    this.#endReading();
  }

  #receiveHandover(payload: Buffer): void {
    if (!this.#handing) throw protocolError('the guest handed a stream over that nobody asked for');
    if (new Fields(payload).optionalInt(tags.errno) === undefined) {
      if (this.#guestEnded) throw protocolError('the guest handed a stream over after its end');
      this.#isHanded = true;
      this.#handing.resolve(true);
    } else {
      this.#handing.resolve(false);
      this.#handing = null;
    }
  }

  #settleDrained(): void {
    if (this.destroyed) this.#draining?.reject(this.errored ?? givenUp(this.#options.subject));
    else if (this.#isHanded && this.#held.length === 0 && this.readableLength === 0) this.#draining?.resolve();
  }

  #receiveClose(payload: Buffer): void {
    const errno = new Fields(payload).optionalInt(tags.errno);
    const clean = this.#weEnded && this.#guestEnded;
    if (errno === undefined && !clean && !this.#reset) throw protocolError('the guest closed a stream before its ends');
    this.#release();
    if (errno !== undefined) this.destroy(errnoError(errno, '', this.#options.subject));
  }

  #receiveOk(payload: Buffer): void {
    const fields = new Fields(payload);
    this.#isOpen = true;
    this.localAddress = fields.text(tags.path);
    this.localPort = fields.int(tags.port);
    this.#allow(fields.int(tags.credit));
    this.#opening.resolve(this);
  }

  #receiveError(payload: Buffer): void {
    const fields = new Fields(payload);
    this.#release();
    this.destroy(errnoError(fields.int(tags.errno), fields.optionalText(tags.message) ?? '', this.#options.subject));
  }

  #allow(bytes: number): void {
    if (this.#sendCredit + bytes > Number.MAX_SAFE_INTEGER) {
      throw protocolError('the guest granted credit nobody can use');
    }
    this.#sendCredit += bytes;
    this.#send();
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#options.budget.extraBytes += this.#window - firstWindowBytes;
    this.#options.released();
  }

  /** Hands on what is held, once what Readable has is read. */
  #refill(): void {
    while (this.#held.length > 0 && this.readableLength === 0 && !this.destroyed) this.push(this.#held.take());
    this.#endReading();
    this.#settleDrained();
    this.#grant();
  }

  #endReading(): void {
    if (!this.#guestEnded || this.#sawEnd || this.#held.length > 0 || this.destroyed) return;
    this.#sawEnd = true;
    this.push(null);
  }

  #grant(): void {
    if (this.#guestEnded || this.#isHanded || this.destroyed) return;
    const unread = this.#held.length + this.readableLength;
    let more = this.#window - this.#receiveCredit - unread;
    if (more < this.#window / 4) return;
    const { budget, channel, id } = this.#options;
    if (unread === 0 && this.#window < largestWindowBytes && budget.extraBytes >= this.#window) {
      budget.extraBytes -= this.#window;
      more += this.#window;
      this.#window *= 2;
    }
    this.#receiveCredit += more;
    const payload = new Uint8Array(4);
    writeUint32(payload, 0, more);
    channel.send(encodeFrame(messageTypes.credit, id, payload));
  }

  /** As much of what is being written as credit and the channel's queue allow; called again when either grows. */
  #send(): void {
    const { channel, id } = this.#options;
    let writing = this.#writing;
    while (writing && writing.bytes > 0) {
      if (this.#sendCredit === 0 || this.#awaitsDrain) return;
      if (!channel.mayUpload) {
        this.#awaitsDrain = true;
        channel.afterDrain(() => {
          this.#awaitsDrain = false;
          this.#send();
        });
        return;
      }
      const length = Math.min(writing.bytes, this.#sendCredit, maxPayloadBytes);
      this.#sendCredit -= length;
      const [part] = writing.parts;
      if (length <= copiedBytes && part?.length === length) {
        channel.send(encodeFrame(messageTypes.data, id, part), whenTaken(part));
        writing.parts.shift();
        writing.bytes -= length;
      } else {
        channel.send(frameHeader(messageTypes.data, id, length));
        sendParts(channel, writing, length);
      }
      // Sending may find the channel lost, and this with it.
      writing = this.#writing;
    }
    this.#writing = null;
    writing?.done();
  }
}

const givenUp = ({ action }: Subject): HoldfastError => new HoldfastError('cancelled', `${action} was given up here`);

/** The first `length` bytes of what is being written, as they lie in memory. */
function sendParts(channel: GuestChannel, writing: Writing, length: number): void {
  writing.bytes -= length;
  for (let left = length; left > 0; ) {
    const part = writing.parts[0];
    if (part === undefined) return;
    if (part.length > left) {
      channel.send(part.subarray(0, left));
      writing.parts[0] = part.subarray(left);
    } else {
      channel.send(part, whenTaken(part));
      writing.parts.shift();
    }
    left -= part.length;
  }
}

/** For the last piece of a block, also where it was copied: what was before it in the block may still wait for the kernel. */
const whenTaken = (part: Uint8Array): (() => void) | undefined => (isBlock(part) ? () => giveBack(part) : undefined);
