/**
 * Values as they stand in a recording: canonical JSON, bytes by name.
 *
 * 1. One value has one text: what is equal has an equal digest, and `decodeValue` answers what `encodeValue` was given
 *    (but `undefined` is absent, and text that is not well-formed is repaired).
 * 2. With `split`, large parts of an array become contents of their own, so that a conversation that grows by a message
 *    is kept once and not once per call.
 */
import { canonicalJson } from '../base/index.ts';
import { type Content, contentSchema, HoldfastError, type RecordingEventBody } from '../schema/index.ts';

const deepest = 100;
const bytesMark = '$bytes';
const partMark = '$part';
const escapeMark = '$plain';
const marks = [bytesMark, partMark, escapeMark];
/** Of an array's item; smaller ones cost more as a name than as themselves. */
const splitBytes = 512;

export type PutContent = (data: Uint8Array) => Content;
export type GetContent = (content: Content) => Uint8Array;

/** @param split puts large items of arrays away by themselves */
export function encodeValue(value: unknown, put: PutContent, split = false): unknown {
  return encode(value, put, split, 0);
}

function encode(value: unknown, put: PutContent, split: boolean, depth: number): unknown {
  if (depth > deepest) throw new HoldfastError('invalid-argument', `a value is nested deeper than ${deepest} levels`);
  if (value === undefined) return null;
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'number' && !Number.isFinite(value)) return null;
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return { [bytesMark]: put(value) };
  if (Array.isArray(value)) {
    const items = value.map((item) => encode(item, put, split, depth + 1));
    return split ? items.map((item) => partOf(item, put)) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, item]) => item !== undefined);
  const encoded = Object.fromEntries(
    fields.map(([key, item]) => [key.toWellFormed(), encode(item, put, split, depth + 1)]),
  );
  // What looks like one of our own marks is said to be none.
  return marks.some((mark) => mark in encoded) ? { [escapeMark]: encoded } : encoded;
}

function partOf(item: unknown, put: PutContent): unknown {
  if (typeof item !== 'object' || item === null) return item;
  const text = canonicalJson(item);
  return text.length < splitBytes ? item : { [partMark]: put(Buffer.from(text)) };
}

export function decodeValue(value: unknown, get: GetContent, depth = 0): unknown {
  if (depth > 2 * deepest) throw new HoldfastError('recording-corrupt', 'a recorded value is nested too deeply');
  if (Array.isArray(value)) return value.map((item) => decodeValue(item, get, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only) {
    const [mark, content] = only;
    if (mark === bytesMark) return new Uint8Array(get(named(content)));
    if (mark === partMark) {
      return decodeValue(JSON.parse(Buffer.from(get(named(content))).toString()), get, depth + 1);
    }
    if (mark === escapeMark && typeof content === 'object' && content !== null) {
      return Object.fromEntries(Object.entries(content).map(([key, item]) => [key, decodeValue(item, get, depth + 1)]));
    }
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, decodeValue(item, get, depth + 1)]));
}

/** A name becomes a path: it is looked at first. */
function named(content: unknown): Content {
  const parsed = contentSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new HoldfastError('recording-corrupt', 'a recorded value names bytes that are none');
}

/**
 * Every content that an encoded value names, by the marks that `decodeValue` follows and nothing else: what only looks
 * like a name is somebody's data.
 *
 * @throws HoldfastError `recording-corrupt` where a mark names no content
 */
export function* contentsIn(value: unknown, depth = 0): Generator<NamedContent> {
  if (depth > 2 * deepest) throw new HoldfastError('recording-corrupt', 'a recorded value is nested too deeply');
  if (typeof value !== 'object' || value === null) return;
  const entries = Array.isArray(value) ? [] : Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only) {
    const [mark, content] = only;
    if (mark === bytesMark || mark === partMark) {
      yield { content: named(content), isValue: mark === partMark, depth: depth + 1 };
      return;
    }
    if (mark === escapeMark && typeof content === 'object' && content !== null) {
      for (const item of Object.values(content)) yield* contentsIn(item, depth + 1);
      return;
    }
  }
  for (const item of Array.isArray(value) ? value : Object.values(value)) yield* contentsIn(item, depth + 1);
}

/** Every content of an event, where its schema has one. */
export function* contentsOf(event: RecordingEventBody): Generator<NamedContent> {
  const one = (content: Content | null, isValue: boolean): NamedContent[] =>
    content === null ? [] : [{ content, isValue, depth: 0 }];
  switch (event.type) {
    case 'step-begun':
      yield* one(event.input, true);
      break;
    case 'step-ended':
      yield* one(event.output, true);
      break;
    case 'model-call':
      yield* one(event.request, true);
      yield* one(event.response, true);
      break;
    case 'process-output':
    case 'process-input':
      yield* one(event.content, false);
      break;
    case 'files-changed':
      for (const { after } of event.changes) yield* one(after, false);
      break;
    case 'lifecycle':
      yield* contentsIn(event.facts);
  }
}

export interface NamedContent {
  content: Content;
  /** It is an encoded value, and names further ones. */
  isValue: boolean;
  /** How deep it stands in values. */
  depth: number;
}
