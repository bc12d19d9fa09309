/**
 * Bytes to frames and back, as guest/PROTOCOL.md defines them. Knows lengths and ids, not what a type means; the
 * launcher's channel uses the same.
 *
 * 1. Any split of the same bytes gives the same frames; but a frame that `inPieces` claims comes as it arrives, each
 *    piece as a frame of its own, the same bytes in the same order.
 * 2. A payload or piece that arrived in one chunk is a view of that chunk, not a copy.
 * 3. At most one header and one payload (`maxPayloadBytes`) are held between two pushes.
 */
import { Buffer } from 'node:buffer';
import { HoldfastError } from '../schema/index.ts';
import { headerBytes, maxPayloadBytes } from './wire.ts';

export type FrameListener = (type: number, id: number, payload: Buffer) => void;

export class FrameDecoder {
  readonly #listener: FrameListener;
  readonly #inPieces: (type: number, id: number) => boolean;
  readonly #header = Buffer.alloc(headerBytes);
  #headerFilled = 0;
  /** The payload being assembled across chunks; null while a header is. */
  #payload: Buffer | null = null;
  #payloadFilled = 0;
  /** Bytes still to come of a frame that is handed on in pieces. */
  #piecesLeft = 0;

  constructor(listener: FrameListener, inPieces: (type: number, id: number) => boolean = () => false) {
    this.#listener = listener;
    this.#inPieces = inPieces;
  }

  /** Throws `guest-protocol` on a frame that cannot be one; the decoder is of no use afterwards. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#piecesLeft > 0) at = this.#takePiece(chunk, at);
      else if (this.#payload) at = this.#fillPayload(chunk, at, this.#payload);
      else if (this.#headerFilled > 0 || chunk.length - at < headerBytes) at = this.#fillHeader(chunk, at);
      else at = this.#takeFrame(chunk, at);
    }
  }

  /** The whole header is in the chunk. */
  #takeFrame(chunk: Buffer, at: number): number {
    const length = payloadLength(chunk, at);
    const start = at + headerBytes;
    if (chunk.length - start < length) {
      chunk.copy(this.#header, 0, at, start);
      this.#begin(length);
      return start;
    }
    this.#listener(chunk[at + 4] ?? 0, readUint32(chunk, at + 5), chunk.subarray(start, start + length));
    return start + length;
  }

  #fillHeader(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + headerBytes - this.#headerFilled);
    chunk.copy(this.#header, this.#headerFilled, at, end);
    this.#headerFilled += end - at;
    if (this.#headerFilled === headerBytes) {
      this.#headerFilled = 0;
      this.#begin(payloadLength(this.#header, 0));
    }
    return end;
  }

  /** The header is known, its payload follows. */
  #begin(length: number): void {
    if (length > 0 && this.#inPieces(this.#header[4] ?? 0, readUint32(this.#header, 5))) {
      this.#piecesLeft = length;
      return;
    }
    this.#payload = Buffer.allocUnsafe(length);
    this.#payloadFilled = 0;
    if (length === 0) this.#emitPayload(this.#payload);
  }

  #takePiece(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#piecesLeft);
    this.#piecesLeft -= end - at;
    this.#listener(this.#header[4] ?? 0, readUint32(this.#header, 5), chunk.subarray(at, end));
    return end;
  }

  #fillPayload(chunk: Buffer, at: number, payload: Buffer): number {
    const end = Math.min(chunk.length, at + payload.length - this.#payloadFilled);
    chunk.copy(payload, this.#payloadFilled, at, end);
    this.#payloadFilled += end - at;
    if (this.#payloadFilled === payload.length) this.#emitPayload(payload);
    return end;
  }

  #emitPayload(payload: Buffer): void {
    this.#payload = null;
    this.#listener(this.#header[4] ?? 0, readUint32(this.#header, 5), payload);
  }
}

/** Writes a frame's header into the first `headerBytes` of `frame`. */
export function writeHeader(frame: Buffer, type: number, id: number, length: number): void {
  writeUint32(frame, 0, length);
  frame[4] = type;
  writeUint32(frame, 5, id);
}

/** A frame in one piece; for large payloads write `frameHeader` and the payload one after the other instead. */
export function encodeFrame(type: number, id: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + payload.length);
  writeHeader(frame, type, id, payload.length);
  frame.set(payload, headerBytes);
  return frame;
}

export function frameHeader(type: number, id: number, length: number): Buffer {
  const header = Buffer.allocUnsafe(headerBytes);
  writeHeader(header, type, id, length);
  return header;
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
  );
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** The u64 at `at`; one past 2^53 - 1 cannot be an honest number here. */
export function readUint64(bytes: Uint8Array, at: number): number {
  const high = readUint32(bytes, at + 4);
  if (high > 0x1f_ffff) throw protocolError('a number from the guest is larger than 2^53 - 1');
  return high * 0x1_0000_0000 + readUint32(bytes, at);
}

export function writeUint64(bytes: Uint8Array, at: number, value: number): void {
  writeUint32(bytes, at, value >>> 0);
  writeUint32(bytes, at + 4, Math.floor(value / 0x1_0000_0000));
}

/** What the peer sent breaks the protocol: the connection cannot be trusted any more. */
export function protocolError(message: string, details: Record<string, unknown> = {}): HoldfastError {
  return new HoldfastError('guest-protocol', message, {
    hint: 'The connection was closed; processes inside live on. Connect again, or destroy the sandbox if it repeats.',
    details,
  });
}

function payloadLength(header: Buffer, at: number): number {
  const length = readUint32(header, at);
  if (length > maxPayloadBytes) {
    throw protocolError(`the guest announced a payload of ${length} bytes; the most is ${maxPayloadBytes}`);
  }
  return length;
}
