/**
 * Placeholders: what stands inside a sandbox for a secret, and where one is found in what the sandbox sends.
 *
 * Found are: the placeholder itself; any of its characters percent-encoded, up to three times over, or escaped as in
 * JSON (`\u0068`), in any mixture; base64, base64url and hexadecimal (encodings.ts). Who hides one in another way gains
 * nothing: it is worth nothing anywhere.
 */
import type { RandomSource } from '../../base/index.ts';
import { opaqueSpellings } from './encodings.ts';
import { Patterns } from './patterns.ts';

const beginning = 'hfs_';
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
const length = 30;
const shape = /^hfs_[a-z2-7]{26}$/;

export function newPlaceholder(random: RandomSource): string {
  // 256 is a multiple of 32: every character is as likely.
  return beginning + [...random(length - beginning.length)].map((byte) => alphabet[byte % 32]).join('');
}

export function isPlaceholder(bytes: Uint8Array): boolean {
  return bytes.length === length && shape.test(Buffer.from(bytes).toString('latin1'));
}

/** Which escapes of a character are looked through. */
export interface Escapes {
  /** How often percent-encoding may have been applied. */
  percentTimes: 0 | 1 | 3;
  json: boolean;
}
const everyEscape: Escapes = { percentTimes: 3, json: true };

export interface Span {
  owner: number;
  start: number;
  end: number;
}

/** The placeholders of one sandbox. `owner` counts as the list that made it. */
export class PlaceholderFinder {
  readonly #owners: ReadonlyMap<string, number>;
  readonly #patterns: Patterns;

  constructor(placeholders: readonly string[]) {
    this.#owners = new Map(placeholders.map((placeholder, owner) => [placeholder, owner]));
    this.#patterns = new Patterns(
      placeholders.flatMap((placeholder, owner) =>
        [Buffer.from(placeholder), ...opaqueSpellings(Buffer.from(placeholder))].map((bytes) => ({ bytes, owner })),
      ),
    );
  }

  /** The first owner whose placeholder stands anywhere in it; null when none does. */
  search(bytes: Buffer): number | null {
    const found = this.find(bytes, true);
    return 'safe' in found ? null : found.owner;
  }

  /** `safe`: nothing before it is, or can become, part of a placeholder. */
  find(bytes: Buffer, isLast: boolean): { owner: number } | { safe: number } {
    const plain = this.#patterns.find(bytes, 0, isLast);
    if (plain.isMatch) return plain;
    if (!bytes.includes(percent) && !bytes.includes(backslash)) return plain;
    const escaped = this.#escaped(bytes, isLast);
    return 'owner' in escaped ? escaped : { safe: Math.min(plain.safe, escaped.safe) };
  }

  /** Every placeholder that is spelled with no other escapes than these. */
  spans(bytes: Buffer, escapes: Escapes): Span[] {
    const spans: Span[] = [];
    let start = 0;
    while (start < bytes.length) {
      const walked = canBegin(bytes[start]) ? this.#walk(bytes, start, escapes) : null;
      if (walked?.end !== undefined) spans.push({ owner: walked.owner, start, end: walked.end });
      // From character to character: the second half of an escaped backslash begins nothing.
      const unit = unitAt(bytes, start, escapes);
      start = walked?.end ?? (unit === cut ? bytes.length : start + (unit >> 8));
    }
    return spans;
  }

  #escaped(bytes: Buffer, isLast: boolean): { owner: number } | { safe: number } {
    for (let start = 0; start < bytes.length; start++) {
      if (!canBegin(bytes[start])) continue;
      const walked = this.#walk(bytes, start, everyEscape);
      if (walked === null) continue;
      if (walked.end !== undefined) return { owner: walked.owner };
      if (!isLast) return { safe: start };
    }
    return { safe: bytes.length };
  }

  /** Null: none begins there. Without `end`: what there is could be the beginning of one. */
  #walk(bytes: Buffer, start: number, escapes: Escapes): { owner: number; end?: number } | null {
    let text = '';
    let at = start;
    while (text.length < length) {
      const unit = unitAt(bytes, at, escapes);
      if (unit === cut) return { owner: -1 };
      const character = unit & 0xff;
      if (text.length < beginning.length ? beginning.charCodeAt(text.length) !== character : !isOfAlphabet(character)) {
        return null;
      }
      text += String.fromCharCode(character);
      at += unit >> 8;
    }
    const owner = this.#owners.get(text);
    return owner === undefined ? null : { owner, end: at };
  }
}

const percent = 0x25;
const backslash = 0x5c;

function canBegin(byte: number | undefined): boolean {
  return byte === 0x68 || byte === percent || byte === backslash;
}

function isOfAlphabet(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x32 && byte <= 0x37);
}

/**
 * What stands at a place, escaped or not: the byte, and above it by how many bytes it is spelled. A number, because a
 * form has one at every third byte.
 */
type Unit = number;
/** The end of what there is cuts it. */
const cut: Unit = -1;

function unitOf(byte: number, spelledBytes: number): Unit {
  return byte | (spelledBytes << 8);
}

function unitAt(bytes: Buffer, at: number, escapes: Escapes): Unit {
  const byte = bytes[at];
  if (byte === undefined) return cut;
  if (byte === percent && escapes.percentTimes > 0) return percentUnit(bytes, at, escapes.percentTimes);
  if (byte === backslash && escapes.json) return jsonUnit(bytes, at);
  return unitOf(byte, 1);
}

function percentUnit(bytes: Buffer, at: number, times: number): Unit {
  let digits = at + 1;
  // `%25` is an encoded percent sign: the digits follow it.
  for (let time = 1; time < times && bytes[digits] === 0x32 && bytes[digits + 1] === 0x35; time++) digits += 2;
  const value = hexAt(bytes, digits, 2);
  if (value === null) return cut;
  return value < 0 ? unitOf(percent, 1) : unitOf(value, digits + 2 - at);
}

function jsonUnit(bytes: Buffer, at: number): Unit {
  const letter = bytes[at + 1];
  if (letter === undefined) return cut;
  const value = letter === 0x75 ? hexAt(bytes, at + 2, 4) : -1;
  if (value === null) return cut;
  // What the other escapes stand for is in no placeholder.
  return value < 0 || value > 0xff ? unitOf(backslash, 2) : unitOf(value, 6);
}

/** Null when the end cuts the digits, -1 when they are none. */
function hexAt(bytes: Buffer, at: number, digits: number): number | null {
  let value = 0;
  for (let index = at; index < at + digits; index++) {
    const byte = bytes[index];
    if (byte === undefined) return null;
    const digit = byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57;
    if (digit < 0 || digit > 15 || (byte > 0x39 && digit < 10)) return -1;
    value = value * 16 + digit;
  }
  return value;
}
