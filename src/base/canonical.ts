/**
 * One text for one JSON value: keys sorted by UTF-16 code units, no spaces, numbers and strings as ECMAScript writes them
 * (RFC 8785). What JSON cannot say (NaN, functions, bigint, a lone surrogate) is refused, because two different values
 * must never share a text. A property that is `undefined` counts as absent.
 */
import { hash } from 'node:crypto';
import { HoldfastError } from '../schema/index.ts';

const deepest = 128;

/** @param depth how deep it lies in what it is a part of */
export function canonicalJson(value: unknown, depth = 0): string {
  return write(value, depth);
}

/** The SHA-256 of a value's one text, as 64 hex digits: two values have the same one when they are the same JSON. */
export const canonicalDigest = (value: unknown): string => hash('sha256', canonicalJson(value), 'hex');

function write(value: unknown, depth: number): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return writeString(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value !== 'object')
    throw refusal(`${typeof value === 'number' ? value : `a ${typeof value}`} has no JSON form`);
  if (depth >= deepest) throw refusal(`it is nested deeper than ${deepest} levels`);
  return Array.isArray(value) ? writeArray(value, depth) : writeObject(value, depth);
}

function writeArray(items: readonly unknown[], depth: number): string {
  return `[${Array.from(items, (item) => write(item, depth + 1)).join(',')}]`;
}

function writeObject(object: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    throw refusal(`a ${object.constructor.name} is not plain data`);
  }
  let text = '';
  for (const key of Object.keys(object).sort()) {
    const value: unknown = Reflect.get(object, key);
    if (value === undefined) continue;
    text += `${text === '' ? '' : ','}${writeString(key)}:${write(value, depth + 1)}`;
  }
  return `{${text}}`;
}

function writeString(text: string): string {
  if (!text.isWellFormed()) throw refusal('a string has half of a surrogate pair');
  return JSON.stringify(text);
}

function refusal(reason: string): HoldfastError {
  return new HoldfastError('invalid-argument', `the value cannot be written as canonical JSON: ${reason}`, {
    hint: 'Give plain JSON data: objects, arrays, strings, finite numbers, booleans and null.',
  });
}
