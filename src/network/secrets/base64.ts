/**
 * Base64 in which a value was replaced by another of another length: what follows it there is written anew, so that all of
 * it decodes to what it had decoded to, but for the value.
 *
 * 1. Characters come and go one by one: what is kept is less than a group of them.
 * 2. It ends with the first character that is none of base64's, after padding (`=` or `%3D`), which becomes what is right.
 *    Where none was needed before, some is written where it is needed now, unless the alphabet is that of URLs.
 */
import { type Base64Form, base64Characters } from './encodings.ts';

export interface Replacement {
  form: Base64Form;
  /** As it was found. */
  spelling: Uint8Array;
  by: Uint8Array;
}

const groupBytes = 3;
const escapedPadding = ['%3D', '%3d'];

export class Base64Run {
  /** Characters that can go. */
  #ready = '';
  /** Of what is written: bits that do not make a character yet. */
  #pending = 0;
  #pendingBits = 0;
  /** Of what is read: bits that do not make a byte yet. */
  #rest = 0;
  #restBits = 0;
  /** So many bits of the next character were the value's. */
  #skipBits = 0;
  #isUrl: boolean | null;
  /** Bytes in the group, as read and as written. */
  #read = 0;
  #written = 0;
  #padding = '';
  #paddings = 0;
  /** The beginning of an escaped padding. */
  #escape = '';

  constructor(first: Replacement) {
    const { shift, hasEdge, isUrl } = first.form;
    this.#isUrl = isUrl;
    this.#pendingBits = 2 * shift;
    this.#read = shift;
    this.#written = shift;
    if (hasEdge) this.#pending = edgeOf(first);
    this.#replace(first);
    // The character that it shares with what stands before is not here, and stays as it is.
    if (shift > 0 && !hasEdge) this.#ready = this.#ready.slice(1);
  }

  /** One more in the same base64; false where it cannot be in this one. */
  join(next: Replacement): boolean {
    const { shift, hasEdge } = next.form;
    const edgeBits = 2 * shift - this.#skipBits;
    const bits = this.#restBits + edgeBits;
    if (this.#paddings > 0 || this.#escape !== '' || hasEdge !== shift > 0) return false;
    if (edgeBits < 0 || (bits !== 0 && bits !== 8) || (this.#read + bits / 8) % groupBytes !== shift) return false;
    this.#take(hasEdge ? edgeOf(next) : 0, edgeBits);
    this.#skipBits = 0;
    this.#replace(next);
    return true;
  }

  /** False: it is over, and this byte is none of it. */
  feed(byte: number): boolean {
    const sextet = sextets[byte] ?? -1;
    if (sextet < 0 || this.#paddings > 0 || this.#escape !== '') return this.#feedPadding(String.fromCharCode(byte));
    if (sextet >= 62) this.#isUrl ??= byte === minus || byte === underscore;
    const bits = 6 - this.#skipBits;
    this.#skipBits = 0;
    this.#take(sextet, bits);
    return true;
  }

  take(): Buffer {
    const ready = Buffer.from(this.#ready, 'latin1');
    this.#ready = '';
    return ready;
  }

  /** When nothing more of it comes. Bits that make no byte were none before either. */
  finish(): Buffer {
    if (this.#pendingBits > 0) this.#write(this.#pending << (6 - this.#pendingBits));
    const mayPad = this.#paddings > 0 || (missing(this.#read) === 0 && this.#isUrl !== true);
    const padding = mayPad ? (this.#padding || '=').repeat(missing(this.#written)) : '';
    this.#ready += padding + this.#escape;
    return this.take();
  }

  #replace({ form: { shift, valueBytes }, by }: Replacement): void {
    for (const byte of by) this.#put(byte);
    this.#read = (shift + valueBytes) % groupBytes;
    this.#skipBits = 2 * this.#read;
  }

  /** The last bits of a character that was read. */
  #take(sextet: number, bits: number): void {
    this.#rest = (this.#rest << bits) | (sextet & ((1 << bits) - 1));
    this.#restBits += bits;
    if (this.#restBits < 8) return;
    this.#restBits -= 8;
    this.#put(this.#rest >> this.#restBits);
    this.#rest &= (1 << this.#restBits) - 1;
    this.#read = (this.#read + 1) % groupBytes;
  }

  #put(byte: number): void {
    this.#pending = (this.#pending << 8) | byte;
    this.#pendingBits += 8;
    this.#written = (this.#written + 1) % groupBytes;
    while (this.#pendingBits >= 6) {
      this.#pendingBits -= 6;
      this.#write(this.#pending >> this.#pendingBits);
      this.#pending &= (1 << this.#pendingBits) - 1;
    }
  }

  #write(sextet: number): void {
    const character = base64Characters[sextet] ?? '';
    this.#ready += this.#isUrl === true ? character.replace('+', '-').replace('/', '_') : character;
  }

  #feedPadding(character: string): boolean {
    if (this.#paddings >= missing(this.#read)) return false;
    const padding = this.#escape + character;
    if (padding !== '=' && !escapedPadding.some((escaped) => escaped.startsWith(padding))) return false;
    const isWhole = padding === '=' || escapedPadding.includes(padding);
    this.#escape = isWhole ? '' : padding;
    if (!isWhole) return true;
    this.#padding = padding;
    this.#paddings++;
    return true;
  }
}

const missing = (bytes: number): number => (groupBytes - bytes) % groupBytes;

/** The bits of the shared character that belong to what stands before. */
function edgeOf({ form: { shift }, spelling }: Replacement): number {
  return (sextets[spelling[0] ?? 0] ?? 0) >> (6 - 2 * shift);
}

const minus = 0x2d;
const underscore = 0x5f;

/** By byte, in both alphabets; -1 for what is in none. */
const sextets = new Int8Array(256).fill(-1);
for (const [sextet, character] of [...base64Characters].entries()) sextets[character.charCodeAt(0)] = sextet;
sextets[minus] = 62;
sextets[underscore] = 63;
