/** What the journal keeps of an input or output: its digest, its size and a short beginning. */
import { hash } from 'node:crypto';
import { canonicalJson } from '../state/index.ts';

const previewBytes = 4096;
const deepest = 200;

export interface Summary {
  /** sha256 of the canonical JSON, hex. */
  digest: string;
  bytes: number;
  /** The canonical JSON, at most 4 KiB of it. */
  preview: string;
}

export function summarise(value: unknown): Summary {
  const text = textOf(value);
  const bytes = Buffer.byteLength(text);
  return {
    digest: hash('sha256', text, 'hex'),
    bytes,
    preview: bytes <= previewBytes ? text : beginning(Buffer.from(text)),
  };
}

/** `canonicalJson(plain(value))` in one go: it is part of every call, twice. */
function textOf(value: unknown, depth = 0): string {
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed());
  if (value === undefined) return 'null';
  if (typeof value !== 'object' || value === null) return canonicalJson(value);
  if (value instanceof Uint8Array) return `{"bytes":${value.length},"sha256":"${digestOf(value)}"}`;
  const keys = Object.keys(value);
  const isUsual = depth < deepestUsual && keys.every((key) => key.isWellFormed());
  if (!isUsual) return canonicalJson(plain(value, depth), depth);
  if (Array.isArray(value)) return `[${Array.from(value, (item) => textOf(item, depth + 1)).join()}]`;
  let text = '';
  for (const key of keys.sort()) {
    const item: unknown = Reflect.get(value, key);
    if (item !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${textOf(item, depth + 1)}`;
  }
  return `{${text}}`;
}
const deepestUsual = 32;
const nothing = hash('sha256', '', 'hex');
const digestOf = (bytes: Uint8Array): string => (bytes.length === 0 ? nothing : hash('sha256', bytes, 'hex'));

/** Bytes stand as their digest and size, `undefined` as null, text that is not well-formed as its repaired form. */
export function plain(value: unknown, depth = 0): unknown {
  // What is nested this deep has no canonical form: it is refused there.
  if (depth > deepest) return value;
  if (value === undefined) return null;
  if (typeof value === 'string') return value.toWellFormed();
  if (value instanceof Uint8Array) return { sha256: digestOf(value), bytes: value.length };
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(fields.map(([key, item]) => [key.toWellFormed(), plain(item, depth + 1)]));
}

/** Never ends in half a character. */
function beginning(bytes: Buffer): string {
  let end = previewBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
