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
      start = walked?.end ?? unitAt(bytes, start, escapes)?.end ?? bytes.length;
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
      if (unit === null) return { owner: -1 };
      const character = String.fromCharCode(unit.byte);
      if (text.length < beginning.length ? beginning[text.length] !== character : !alphabet.includes(character))
        return null;
      text += character;
      at = unit.end;
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

/** The byte that stands at `at`, escaped or not; null when the end cuts it. */
function unitAt(bytes: Buffer, at: number, escapes: Escapes): { byte: number; end: number } | null {
  const byte = bytes[at];
  if (byte === undefined) return null;
  if (byte === percent && escapes.percentTimes > 0) return percentUnit(bytes, at, escapes.percentTimes);
  if (byte === backslash && escapes.json) return jsonUnit(bytes, at);
  return { byte, end: at + 1 };
}

function percentUnit(bytes: Buffer, at: number, times: number): { byte: number; end: number } | null {
  let digits = at + 1;
  // `%25` is an encoded percent sign: the digits follow it.
  for (let time = 1; time < times && bytes[digits] === 0x32 && bytes[digits + 1] === 0x35; time++) digits += 2;
  return hexUnit(bytes, digits, 2, { byte: percent, end: at + 1 });
}

function jsonUnit(bytes: Buffer, at: number): { byte: number; end: number } | null {
  const letter = bytes[at + 1];
  if (letter === undefined) return null;
  // What the other escapes stand for is in no placeholder.
  const other = { byte: backslash, end: at + 2 };
  return letter === 0x75 ? hexUnit(bytes, at + 2, 4, other) : other;
}

/** @param otherwise what it is when these are no digits */
function hexUnit(
  bytes: Buffer,
  at: number,
  digits: number,
  otherwise: { byte: number; end: number },
): { byte: number; end: number } | null {
  const text = bytes.toString('latin1', at, at + digits);
  if (!/^[0-9A-Fa-f]*$/.test(text)) return otherwise;
  return text.length < digits ? null : { byte: Number.parseInt(text, 16), end: at + digits };
}
