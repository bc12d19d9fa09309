/**
 * Tagged fields: the inside of most payloads. Writing goes straight into a buffer with room for the frame's header, so
 * that a request is one buffer; reading scans the payload in place and copies only what is asked for.
 */
import { Buffer } from 'node:buffer';
import { HoldfastError } from '../schema/index.ts';
import { protocolError, readUint32, readUint64, writeHeader, writeUint32, writeUint64 } from './frames.ts';
import { headerBytes, maxPayloadBytes } from './wire.ts';

const fieldHeadBytes = 5;
const firstCapacity = 256;

export class FieldWriter {
  #bytes: Buffer = Buffer.allocUnsafe(firstCapacity);
  #end = headerBytes;

  /** Skipped when `value` is undefined. */
  int(tag: number, value: number | undefined): this {
    if (value === undefined) return this;
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new HoldfastError('invalid-argument', `${value} is not a whole number from 0 to 2^53 - 1`, {
        hint: 'Give a whole number that is not negative.',
      });
    }
    const at = this.#open(tag, 8);
    writeUint64(this.#bytes, at, value);
    this.#close(at, 8);
    return this;
  }

  /** Skipped when false or undefined. */
  flag(tag: number, value: boolean | undefined): this {
    return value ? this.int(tag, 1) : this;
  }

  /** Skipped when `value` is undefined. */
  text(tag: number, value: string | undefined): this {
    if (value === undefined) return this;
    if (value.includes('\0') || !value.isWellFormed()) {
      throw new HoldfastError('invalid-argument', `${JSON.stringify(value)} holds a NUL or half a character`, {
        hint: 'Give text that UTF-8 can hold, without NUL.',
      });
    }
    const at = this.#open(tag, value.length * 3);
    this.#close(at, this.#bytes.write(value, at, 'utf8'));
    return this;
  }

  texts(tag: number, values: Iterable<string>): this {
    for (const value of values) this.text(tag, value);
    return this;
  }

  bytes(tag: number, value: Uint8Array): this {
    const at = this.#open(tag, value.length);
    this.#bytes.set(value, at);
    this.#close(at, value.length);
    return this;
  }

  nested(tag: number, fill: (entry: FieldWriter) => void): this {
    const entry = new FieldWriter();
    fill(entry);
    return this.bytes(tag, entry.payload());
  }

  payload(): Buffer {
    return this.#bytes.subarray(headerBytes, this.#end);
  }

  /** The finished frame; the writer must not be used afterwards. */
  frame(type: number, id: number): Buffer {
    writeHeader(this.#bytes, type, id, this.#end - headerBytes);
    return this.#bytes.subarray(0, this.#end);
  }

  /** Writes a field's head, makes room for `most` bytes and says where they go. */
  #open(tag: number, most: number): number {
    const at = this.#end + fieldHeadBytes;
    if (at + most > this.#bytes.length) this.#grow(at + most);
    this.#bytes[this.#end] = tag;
    return at;
  }

  #close(at: number, length: number): void {
    this.#end = at + length;
    if (this.#end - headerBytes > maxPayloadBytes) {
      throw new HoldfastError('invalid-argument', `the request is larger than ${maxPayloadBytes} bytes`, {
        hint: 'Arguments and environment of one process share this; pass large input on stdin or in a file.',
      });
    }
    writeUint32(this.#bytes, at - 4, length);
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}

/** Fields of the peer, checked to be well formed. A missing or doubled field that is asked for is `guest-protocol`. */
export class Fields {
  readonly #payload: Buffer;

  constructor(payload: Buffer) {
    this.#payload = payload;
    let at = 0;
    while (at < payload.length) {
      if (payload.length - at < fieldHeadBytes) throw protocolError('a field from the guest ends in its head');
      at += fieldHeadBytes + readUint32(payload, at + 1);
    }
    if (at !== payload.length) throw protocolError('a field from the guest is longer than its payload');
  }

  int(tag: number): number {
    return this.optionalInt(tag) ?? missing(tag);
  }

  optionalInt(tag: number): number | undefined {
    const at = this.#find(tag);
    if (at < 0) return undefined;
    return readUint64(this.#payload, this.#integer(tag, at));
  }

  /** For nanoseconds since 1970, which outgrow 2^53 and may lie before 1970. */
  signed(tag: number): bigint {
    const at = this.#find(tag);
    if (at < 0) return missing(tag);
    return this.#payload.readBigInt64LE(this.#integer(tag, at));
  }

  text(tag: number): string {
    return this.optionalText(tag) ?? missing(tag);
  }

  optionalText(tag: number): string | undefined {
    const at = this.#find(tag);
    return at < 0 ? undefined : this.#textAt(at);
  }

  texts(tag: number): string[] {
    return this.#all(tag).map((at) => this.#textAt(at));
  }

  /** A view, not a copy. */
  bytes(tag: number): Buffer {
    return this.optionalBytes(tag) ?? missing(tag);
  }

  optionalBytes(tag: number): Buffer | undefined {
    const at = this.#find(tag);
    return at < 0 ? undefined : this.#view(at);
  }

  nested(tag: number): Fields[] {
    return this.#all(tag).map((at) => new Fields(this.#view(at)));
  }

  /** Where the value of the only field with this tag starts, or -1. */
  #find(tag: number): number {
    let found = -1;
    for (let at = 0; at < this.#payload.length; at = this.#next(at)) {
      if (this.#payload[at] !== tag) continue;
      if (found >= 0) throw protocolError(`the guest sent field ${tag} twice`);
      found = at + fieldHeadBytes;
    }
    return found;
  }

  #all(tag: number): number[] {
    const found: number[] = [];
    for (let at = 0; at < this.#payload.length; at = this.#next(at)) {
      if (this.#payload[at] === tag) found.push(at + fieldHeadBytes);
    }
    return found;
  }

  #next(at: number): number {
    return at + fieldHeadBytes + readUint32(this.#payload, at + 1);
  }

  #view(at: number): Buffer {
    return this.#payload.subarray(at, at + readUint32(this.#payload, at - 4));
  }

  #textAt(at: number): string {
    return this.#payload.toString('utf8', at, at + readUint32(this.#payload, at - 4));
  }

  #integer(tag: number, at: number): number {
    if (readUint32(this.#payload, at - 4) !== 8) throw protocolError(`field ${tag} from the guest is no integer`);
    return at;
  }
}

function missing(tag: number): never {
  throw protocolError(`the guest left out field ${tag}`);
}
