/**
 * WebSocket frames (RFC 6455) on their way through, for tapes and for scrubbing: messages are put together from their
 * fragments, unmasked, and told. Extensions are not negotiated where this is used, so that payloads are what they seem.
 *
 * 1. Bytes pass as they came, unless messages are rewritten: then each goes on as one frame.
 * 2. A message is at most `maxMessageBytes`; what is no WebSocket, or more, breaks the connection.
 */
import { createHash } from 'node:crypto';
import type { RawHeaders } from '../types.ts';
import type { BodySink } from './message.ts';

const maxMessageBytes = 16 * 1024 * 1024;
/** Each costs more than its bytes. */
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
  /** Not a WebSocket any more. */
  failed(error: Error): void;
}

export class FrameStage implements BodySink {
  readonly #next: BodySink;
  readonly #isMasked: boolean;
  readonly #events: FrameEvents;
  /** What is not a whole frame yet, in the pieces it came in, so that a long frame is put together once. */
  #pieces: Buffer[] = [];
  #piecesBytes = 0;
  #neededBytes = 2;
  #fragments: Buffer[] = [];
  #fragmentsBytes = 0;
  #opcode = 0;
  #isBroken = false;

  /** `isMasked`: frames of a client are, frames of a server are not. */
  constructor(next: BodySink, isMasked: boolean, events: FrameEvents) {
    this.#next = next;
    this.#isMasked = isMasked;
    this.#events = events;
  }

  get onDrain(): () => void {
    return this.#next.onDrain;
  }

  set onDrain(callback: () => void) {
    this.#next.onDrain = callback;
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isBroken) return true;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let hasRoom = this.#events.rewrite !== null || this.#next.write(bytes);
    this.#pieces.push(bytes);
    this.#piecesBytes += bytes.length;
    try {
      for (let frame = this.#take(); frame; frame = this.#take()) hasRoom = this.#message(frame) && hasRoom;
    } catch (error) {
      this.#isBroken = true;
      this.#events.failed(error instanceof Error ? error : new Error(String(error)));
    }
    return hasRoom;
  }

  end(trailers: RawHeaders): void {
    this.#next.end(trailers);
  }

  abort(error: Error): void {
    this.#next.abort(error);
  }

  #message(frame: Frame & { isFinal: boolean }): boolean {
    if (frame.opcode >= 8) {
      if (!frame.isFinal || frame.payload.length > maxControlBytes)
        throw new Error('a WebSocket control frame is too long');
      return this.#emit(frame);
    }
    if ((frame.opcode === 0) !== this.#opcode > 0) throw new Error('WebSocket fragments do not fit together');
    if (frame.opcode !== 0) this.#opcode = frame.opcode;
    // Empty ones cost memory and say nothing.
    if (frame.payload.length > 0) this.#fragments.push(frame.payload);
    this.#fragmentsBytes += frame.payload.length;
    if (this.#fragmentsBytes > maxMessageBytes) throw tooLong();
    if (this.#fragments.length > maxFragments)
      throw new Error(`a WebSocket message has more than ${maxFragments} fragments`);
    if (!frame.isFinal) return true;
    const whole = { ...frame, opcode: this.#opcode, payload: Buffer.concat(this.#fragments.splice(0)) };
    this.#opcode = 0;
    this.#fragmentsBytes = 0;
    return this.#emit(whole);
  }

  #emit(frame: Frame): boolean {
    const { rewrite } = this.#events;
    const payload = rewrite ? rewrite(frame) : frame.payload;
    this.#events.frame({ opcode: frame.opcode, payload });
    if (!rewrite) return true;
    return this.#next.write(
      frame.mask ? clientFrame(frame.opcode, payload, frame.mask) : serverFrame(frame.opcode, payload),
    );
  }

  #take(): (Frame & { isFinal: boolean }) | null {
    if (this.#piecesBytes < this.#neededBytes) return null;
    const bytes = this.#pieces.length === 1 ? (this.#pieces[0] ?? nothing) : Buffer.concat(this.#pieces);
    this.#pieces = [bytes];
    const first = bytes.readUInt8(0);
    const second = bytes.readUInt8(1);
    const opcode = first & 0x0f;
    if ((first & 0x70) !== 0 || ![0, 1, 2, 8, 9, 10].includes(opcode))
      throw new Error('a WebSocket frame is malformed');
    if (((second & 0x80) !== 0) !== this.#isMasked) throw new Error('a WebSocket frame is masked by the wrong side');
    const short = second & 0x7f;
    const maskAt = short < 126 ? 2 : short === 126 ? 4 : 10;
    const at = maskAt + (this.#isMasked ? 4 : 0);
    if (this.#mustWait(at)) return null;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (length > maxMessageBytes) throw tooLong();
    if (this.#mustWait(at + length)) return null;
    const payload = Buffer.from(bytes.subarray(at, at + length));
    const mask = this.#isMasked ? Buffer.from(bytes.subarray(maskAt, at)) : null;
    if (mask) unmask(payload, mask);
    this.#pieces = bytes.length === at + length ? [] : [bytes.subarray(at + length)];
    this.#piecesBytes -= at + length;
    this.#neededBytes = 2;
    return { opcode, payload, mask, isFinal: (first & 0x80) !== 0 };
  }

  #mustWait(bytes: number): boolean {
    this.#neededBytes = bytes;
    return this.#piecesBytes < bytes;
  }
}

const nothing = Buffer.alloc(0);
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
