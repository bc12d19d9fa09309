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
  const text = canonicalJson(plain(value));
  const bytes = Buffer.from(text);
  return {
    digest: hash('sha256', bytes, 'hex'),
    bytes: bytes.length,
    preview: bytes.length <= previewBytes ? text : beginning(bytes),
  };
}

/** Bytes stand as their digest and size, `undefined` as null, text that is not well-formed as its repaired form. */
export function plain(value: unknown, depth = 0): unknown {
  // What is nested this deep has no canonical form: it is refused there.
  if (depth > deepest) return value;
  if (value === undefined) return null;
  if (typeof value === 'string') return value.toWellFormed();
  if (value instanceof Uint8Array) return { sha256: hash('sha256', value, 'hex'), bytes: value.length };
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
