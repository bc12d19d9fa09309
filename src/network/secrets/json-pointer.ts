/**
 * Where a string stands in a JSON text, by JSON Pointer (RFC 6901): its bytes are replaced, all others stay as they are.
 * The text must be valid already; this only walks it.
 */

/** Between the quotes. */
export interface StringSpan {
  start: number;
  end: number;
}

/** Two readers could disagree which of the two members is meant. */
export class DuplicateKey extends Error {}

/** Null when there is nothing at the pointer, or no string. @throws DuplicateKey when its path is ambiguous */
export function locateString(json: Buffer, pointer: string): StringSpan | null {
  let at: number | null = skipSpace(json, 0);
  for (const raw of pointer.split('/').slice(1)) {
    const segment = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    at =
      json[at] === code('{') ? member(json, at, segment) : json[at] === code('[') ? element(json, at, segment) : null;
    if (at === null) return null;
  }
  return json[at] === code('"') ? { start: at + 1, end: stringEnd(json, at) - 1 } : null;
}

function member(json: Buffer, object: number, key: string): number | null {
  let found: number | null = null;
  let at = skipSpace(json, object + 1);
  while (json[at] === code('"')) {
    const keyEnd = stringEnd(json, at);
    const name: unknown = JSON.parse(json.toString('utf8', at, keyEnd));
    const value = skipSpace(json, skipSpace(json, keyEnd) + 1);
    if (name === key && found !== null) throw new DuplicateKey(`the key ${JSON.stringify(key)} stands there twice`);
    if (name === key) found = value;
    at = skipSpace(json, valueEnd(json, value));
    if (json[at] === code(',')) at = skipSpace(json, at + 1);
  }
  return found;
}

function element(json: Buffer, array: number, index: string): number | null {
  if (!/^(0|[1-9][0-9]{0,6})$/.test(index)) return null;
  let at = skipSpace(json, array + 1);
  if (json[at] === code(']')) return null;
  for (let left = Number(index); left > 0; left--) {
    at = skipSpace(json, valueEnd(json, at));
    if (json[at] !== code(',')) return null;
    at = skipSpace(json, at + 1);
  }
  return at;
}

function valueEnd(json: Buffer, from: number): number {
  let at = from;
  let depth = 0;
  do {
    const byte = json[at];
    if (byte === code('"')) at = stringEnd(json, at);
    else if (byte === code('{') || byte === code('[')) [at, depth] = [at + 1, depth + 1];
    else if (byte === code('}') || byte === code(']')) [at, depth] = [at + 1, depth - 1];
    else at = depth > 0 ? at + 1 : scalarEnd(json, at);
  } while (depth > 0 && at < json.length);
  return at;
}

function scalarEnd(json: Buffer, from: number): number {
  let at = from;
  while (at < json.length && /[-+.0-9A-Za-z]/.test(String.fromCharCode(json[at] ?? 0))) at++;
  return at;
}

/** Behind the closing quote. */
function stringEnd(json: Buffer, from: number): number {
  let at = from + 1;
  while (at < json.length && json[at] !== code('"')) at += json[at] === code('\\') ? 2 : 1;
  return at + 1;
}

function skipSpace(json: Buffer, from: number): number {
  let at = from;
  while (json[at] === 0x20 || json[at] === 0x0a || json[at] === 0x0d || json[at] === 0x09) at++;
  return at;
}

function code(character: string): number {
  return character.charCodeAt(0);
}
