/**
 * The spellings under which a value is searched for, beside itself. They are what software makes of a string when it
 * passes one on: a server that wants to give a secret away can always invent another.
 *
 *  - percent-encoded as browsers do it, as strictly as RFC 3986, as a form; with upper and lower case digits
 *  - base64 and base64url, wherever in the encoded bytes it begins: the characters that it alone decides. The first and
 *    the last character of the two odd alignments depend on neighbours and are not part of it (at most 8 bits of it)
 *  - hexadecimal, upper or lower case
 *  - as a JSON string: plainly, with escaped slashes, with <, >, & escaped, in ASCII only; and as JSON within a JSON string
 *  - as HTML or XML text: with the quotes escaped by name, by number, or not at all
 *  - in lower case, as names of hosts are
 *
 * Not searched for: base64 broken into lines, quoted-printable's soft breaks, mixed-case hexadecimal, other character
 * sets, and what is inside archives.
 */
import { isUtf8 } from 'node:buffer';

/** Each spelling once, the value itself first. */
export function spellings(value: Buffer): Buffer[] {
  return distinct([...textSpellings(value), ...opaqueSpellings(value)]);
}

/** Those without any character of the value itself. */
export function opaqueSpellings(value: Buffer): Buffer[] {
  const base64 = shifts.flatMap((shift) => inBothAlphabets(base64At(value, shift)));
  return distinct([...base64.map(toBytes), ...hexadecimals(value)]);
}

/** A spelling, and what makes the same of another value: for what is to stand there as if it always had. */
export interface Spelling {
  bytes: Buffer;
  /** Another value in this spelling; `Base64Form` is for base64.ts, since what follows has to be written anew. */
  form: 'plain' | 'hexadecimal' | 'upper-hexadecimal' | Base64Form;
}

export interface Base64Form {
  /** Of what is spelled. */
  valueBytes: number;
  /** So many bytes (modulo 3) stand before the value. */
  shift: Shift;
  /** The first character is one that the value shares with what stands before it. */
  hasEdge: boolean;
  /** Null where both alphabets write it alike. */
  isUrl: boolean | null;
}
export type Shift = 0 | 1 | 2;
const shifts: readonly Shift[] = [0, 1, 2];

/** As `spellings`, with the form of each, and base64 with every character that its beginning can have in common with another's end. */
export function formedSpellings(value: Buffer): Spelling[] {
  const [lower, upper] = hexadecimals(value);
  const found: Spelling[] = [
    ...textSpellings(value).map((bytes): Spelling => ({ bytes, form: 'plain' })),
    { bytes: lower, form: 'hexadecimal' },
    { bytes: upper, form: 'upper-hexadecimal' },
    ...shifts.flatMap((shift) => base64Spellings(value, shift)),
    // What is encoded is often JSON.
    ...(isUtf8(value) ? shifts.flatMap((shift) => base64Spellings(toBytes(jsonEscape(value.toString())), shift)) : []),
  ];
  const keys = new Set<string>();
  return found.filter(({ bytes }) => keys.size < keys.add(bytes.toString('latin1')).size);
}

function base64Spellings(value: Buffer, shift: Shift): Spelling[] {
  const decided = base64At(value, shift);
  const spelled = (text: string, hasEdge: boolean): Spelling[] =>
    inBothAlphabets(text).map((bytes) => ({
      bytes: toBytes(bytes),
      form: {
        valueBytes: value.length,
        shift,
        hasEdge,
        isUrl: /[+/]/.test(bytes) ? false : /[-_]/.test(bytes) ? true : null,
      },
    }));
  return [...spelled(decided, false), ...edgesAt(value, shift).flatMap((edge) => spelled(edge + decided, true))];
}

/** Every character that can hold the value's first bits behind the last of what stands before. */
function edgesAt(value: Buffer, shift: Shift): string[] {
  if (shift === 0) return [];
  return Array.from({ length: 4 ** shift }, (_, before) => {
    const shared = (before << (6 - 2 * shift)) | ((value[0] ?? 0) >> (2 + 2 * shift));
    return base64Characters[shared] ?? '';
  });
}

/** As one component of a query: safe in every parser. */
export function percentEncode(value: Buffer): string {
  return encodeBytes(value, unreserved);
}

/** Between the quotes of a JSON string. */
export function jsonEscape(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

export const base64Characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The characters that are the same whatever stands before and after, when `shift` bytes (modulo 3) stand before. */
function base64At(value: Buffer, shift: Shift): string {
  const text = Buffer.concat([Buffer.alloc(shift), value]).toString('base64');
  return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + value.length) * 8) / 6));
}

function inBothAlphabets(base64: string): string[] {
  return [...new Set([base64, base64.replaceAll('+', '-').replaceAll('/', '_')])];
}

function hexadecimals(value: Buffer): [lower: Buffer, upper: Buffer] {
  const text = value.toString('hex');
  return [toBytes(text), toBytes(text.toUpperCase())];
}

function textSpellings(value: Buffer): Buffer[] {
  const found = [value, lowerCase(value), ...percentSpellings(value)];
  // Escapes of text need text.
  if (isUtf8(value))
    found.push(...[...jsonSpellings(value.toString()), ...htmlSpellings(value.toString())].map(toBytes));
  return distinct(found);
}

function lowerCase(value: Buffer): Buffer {
  return Buffer.from(value.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte)));
}

const unreserved = /[A-Za-z0-9\-._~]/;
const keptByBrowsers = /[A-Za-z0-9\-._~!'()*]/;
const keptByForms = /[A-Za-z0-9\-._*]/;

function percentSpellings(value: Buffer): Buffer[] {
  const found = [unreserved, keptByBrowsers, keptByForms].map((kept) => encodeBytes(value, kept));
  found.push(encodeBytes(value, keptByForms).replaceAll('%20', '+'));
  return found.flatMap((text) => [text, lowerDigits(text)]).map(toBytes);
}

function encodeBytes(value: Buffer, kept: RegExp): string {
  return [...value]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return kept.test(character) ? character : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`;
    })
    .join('');
}

function lowerDigits(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (encoded) => encoded.toLowerCase());
}

/** Once, and once more: what echoes a JSON body does so in a JSON string. */
function jsonSpellings(text: string): string[] {
  const once = jsonStrings(text);
  return [...once, ...new Set(once.flatMap(jsonStrings))];
}

function jsonStrings(text: string): string[] {
  const plain = jsonEscape(text);
  const slashes = plain.replaceAll('/', '\\/');
  return [
    plain,
    slashes,
    escapeUnits(plain, /[<>&\u2028\u2029]/g),
    ...[plain, slashes].map((each) => escapeUnits(each, notAscii)),
  ];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are ASCII, and that is what is meant
const notAscii = /[^\x00-\x7f]/g;

function escapeUnits(text: string, odd: RegExp): string {
  return text.replace(odd, (each) =>
    [...Array(each.length).keys()].map((at) => `\\u${each.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}

function htmlSpellings(text: string): string[] {
  const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const quoted = (double: string, single: string): string => plain.replaceAll('"', double).replaceAll("'", single);
  return [
    plain,
    quoted('&quot;', "'"),
    quoted('&quot;', '&#39;'),
    quoted('&quot;', '&#x27;'),
    quoted('&quot;', '&apos;'),
    quoted('&#34;', '&#39;'),
  ];
}

function toBytes(text: string): Buffer {
  return Buffer.from(text);
}

function distinct(values: Buffer[]): Buffer[] {
  const seen = new Map(values.map((value) => [value.toString('latin1'), value]));
  return [...seen.values()];
}
