/**
 * WebSocket frames (RFC 6455) on their way through, for tapes and for scrubbing: messages are put together from their
 * fragments, unmasked, and told. Extensions are not negotiated where this is used, so that payloads are what they seem.
 *
 * 1. Bytes pass as they came, unless messages are rewritten: then each goes on as one frame.
 * 2. A message is at most `maxMessageBytes`; what is no WebSocket, or more, breaks the connection.
 * 3. What it keeps is counted: of a frame, of a message, and of what was rewritten and is not read.
 */
import { createHash } from 'node:crypto';
import { Gathered, type Keep, type MemoryShare } from '../memory.ts';
import type { RawHeaders } from '../types.ts';
import type { BodySink } from './message.ts';

const maxMessageBytes = 16 * 1024 * 1024;
/** Each costs work, however short it is. */
const maxFragments = 65_536;
const maxControlBytes = 125;

export interface Frame {
  opcode: number;
  payload: Buffer;
  /** The client's key; null for what a server says. */
  mask: Buffer | null;
}

export interface FrameEvents {
  frame(frame: { opcode: number; payload: Uint8Array }): void;
  /** Null: frames pass as they are. */
  rewrite: ((frame: Frame) => Uint8Array) | null;
  /** Not a WebSocket any more, or more of it than may be kept. */
  failed(error: Error): void;
}

interface StageOptions {
  /** Frames of a client are, frames of a server are not. */
  isMasked: boolean;
  events: FrameEvents;
  memory: MemoryShare;
}

export class FrameStage implements BodySink {
  onDrain: () => void = () => undefined;
  readonly #next: BodySink;
  readonly #isMasked: boolean;
  readonly #events: FrameEvents;
  /** What is not a whole frame yet. */
  readonly #rest: Gathered;
  #wholeBytes = Number.POSITIVE_INFINITY;
  /** What is not a whole message yet. */
  readonly #message: Gathered;
  #fragments = 0;
  #opcode = 0;
  /** Rewritten messages that wait for whoever reads. */
  readonly #keepWaiting: Keep;
  #waitingBytes = 0;
  #isBroken = false;

  constructor(next: BodySink, { isMasked, events, memory }: StageOptions) {
    this.#next = next;
    this.#isMasked = isMasked;
    this.#events = events;
    this.#rest = new Gathered(memory.keeper());
    this.#message = new Gathered(memory.keeper());
    this.#keepWaiting = memory.keeper();
    next.onDrain = () => {
      this.#waitingBytes = 0;
      this.#keepWaiting(0);
      this.onDrain();
    };
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isBroken) return true;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const hasRoom = this.#events.rewrite !== null || this.#next.write(bytes);
    try {
      return this.#read(bytes) && hasRoom;
    } catch (error) {
      this.#isBroken = true;
      this.#rest.clear();
      this.#message.clear();
      this.#events.failed(error instanceof Error ? error : new Error(String(error)));
      return true;
    }
  }

  end(trailers: RawHeaders): void {
    this.#next.end(trailers);
  }

  abort(error: Error): void {
    this.#next.abort(error);
  }

  #read(chunk: Buffer): boolean {
    let bytes = chunk;
    const isContinued = this.#rest.length > 0;
    if (isContinued) {
      this.#rest.add(chunk, this.#wholeBytes);
      bytes = this.#rest.bytes;
    }
    let hasRoom = true;
    let at = 0;
    for (let frame = this.#frameAt(bytes, at); frame; frame = this.#frameAt(bytes, at)) {
      at += frame.frameBytes;
      hasRoom = this.#take(frame) && hasRoom;
    }
    if (isContinued && at === 0) return hasRoom;
    if (isContinued) this.#rest.clear();
    if (at < bytes.length) this.#rest.add(bytes.subarray(at), this.#wholeBytes);
    return hasRoom;
  }

  #take(frame: WholeFrame): boolean {
    if (frame.opcode >= 8) {
      if (!frame.isFinal || frame.payload.length > maxControlBytes)
        throw new Error('a WebSocket control frame is too long');
      return this.#emit(frame);
    }
    if ((frame.opcode === 0) !== this.#opcode > 0) throw new Error('WebSocket fragments do not fit together');
    if (frame.opcode !== 0 && frame.isFinal) return this.#emit(frame);
    if (frame.opcode !== 0) this.#opcode = frame.opcode;
    if (this.#message.length + frame.payload.length > maxMessageBytes) throw tooLong();
    // Empty ones say nothing.
    if (frame.payload.length > 0 && ++this.#fragments > maxFragments)
      throw new Error(`a WebSocket message has more than ${maxFragments} fragments`);
    this.#message.add(frame.payload, maxMessageBytes);
    if (!frame.isFinal) return true;
    const whole = { ...frame, opcode: this.#opcode, payload: this.#message.bytes };
    this.#opcode = 0;
    this.#fragments = 0;
    this.#message.clear();
    return this.#emit(whole);
  }

  #emit({ opcode, payload: told, mask }: Frame): boolean {
    const { rewrite } = this.#events;
    const payload = rewrite ? rewrite({ opcode, payload: told, mask }) : told;
    this.#events.frame({ opcode, payload });
    if (!rewrite) return true;
    const frame = mask ? clientFrame(opcode, payload, mask) : serverFrame(opcode, payload);
    if (this.#next.write(frame)) return true;
    this.#waitingBytes += frame.length;
    this.#keepWaiting(this.#waitingBytes);
    return false;
  }

  #frameAt(bytes: Buffer, start: number): WholeFrame | null {
    const length = this.#frameBytes(bytes, start);
    this.#wholeBytes = length;
    if (start + length > bytes.length) return null;
    const first = bytes.readUInt8(start);
    const second = bytes.readUInt8(start + 1);
    const payloadAt = start + headBytes(second & 0x7f, this.#isMasked);
    const payload = Buffer.from(bytes.subarray(payloadAt, start + length));
    const mask = this.#isMasked ? Buffer.from(bytes.subarray(payloadAt - 4, payloadAt)) : null;
    if (mask) unmask(payload, mask);
    return { opcode: first & 0x0f, payload, mask, isFinal: (first & 0x80) !== 0, frameBytes: length };
  }

  /** How long the frame is, as far as it is known: at least as much as its head is. */
  #frameBytes(bytes: Buffer, start: number): number {
    if (bytes.length < start + 2) return 2;
    const first = bytes.readUInt8(start);
    const second = bytes.readUInt8(start + 1);
    if ((first & 0x70) !== 0 || ![0, 1, 2, 8, 9, 10].includes(first & 0x0f))
      throw new Error('a WebSocket frame is malformed');
    if (((second & 0x80) !== 0) !== this.#isMasked) throw new Error('a WebSocket frame is masked by the wrong side');
    const short = second & 0x7f;
    const head = headBytes(short, this.#isMasked);
    if (bytes.length < start + head) return head;
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(start + 2) : Number(bytes.readBigUInt64BE(start + 2));
    if (length > maxMessageBytes) throw tooLong();
    return head + length;
  }
}

interface WholeFrame extends Frame {
  isFinal: boolean;
  /** With its head. */
  frameBytes: number;
}

/** @param short the seven bits of its length */
function headBytes(short: number, isMasked: boolean): number {
  return (short < 126 ? 2 : short === 126 ? 4 : 10) + (isMasked ? 4 : 0);
}

const tooLong = (): Error => new Error(`a WebSocket message is longer than ${maxMessageBytes} bytes`);

function unmask(payload: Buffer, mask: Buffer): void {
  for (let index = 0; index < payload.length; index++) payload[index] = (payload[index] ?? 0) ^ (mask[index & 3] ?? 0);
}

export function serverFrame(opcode: number, payload: Uint8Array): Buffer {
  return Buffer.concat([frameHead(opcode, payload.length), payload]);
}

/** Under the key the client chose for it. */
function clientFrame(opcode: number, payload: Uint8Array, mask: Buffer): Buffer {
  const head = frameHead(opcode, payload.length);
  head[1] = (head[1] ?? 0) | 0x80;
  const masked = Buffer.from(payload);
  unmask(masked, mask);
  return Buffer.concat([head, mask, masked]);
}

function frameHead(opcode: number, length: number): Buffer {
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

/** The answer to a client's `sec-websocket-key`. */
export function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}
