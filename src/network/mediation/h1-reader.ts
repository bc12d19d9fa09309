/**
 * Reads HTTP/1.1 messages out of bytes, requests and responses alike. Own and small instead of `node:http`, because here
 * what is forwarded must be exactly what was decided: one message at a time with the rest held back, header lines as they
 * stood, and no tolerance: what two parsers could read in two ways is an error (RFC 9112 as its strictest reader).
 *
 * 1. Lines end in CRLF. A bare CR or LF, a folded line, a space before a colon, a NUL is an error.
 * 2. Heads, trailers, chunk headers are bounded; bodies are passed on as they come and never kept.
 * 3. After a message nothing is parsed until `next`: whoever pipelines waits.
 */
import type { RawHeaders } from '../types.ts';

export interface MessageHead {
  startLine: string;
  headers: RawHeaders;
}

export type Framing = { kind: 'none' | 'chunked' | 'close' | 'raw' } | { kind: 'length'; bytes: number };

export interface MessageEvents {
  head(head: MessageHead): Framing;
  body(chunk: Buffer): void;
  end(trailers: RawHeaders): void;
}

/** Not HTTP as this reader takes it. */
export class MalformedMessage extends Error {
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

const maxHeadBytes = 64 * 1024;
const maxTrailerBytes = 16 * 1024;
const maxChunkLineBytes = 4096;
const maxExtensionBytes = 16 * 1024;

const nothing = Buffer.alloc(0);
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;
const chunkLine = /^([0-9A-Fa-f]{1,13})(;[\t\x20-\x7e]*)?$/;

type State = 'head' | 'length' | 'close' | 'raw' | 'chunk-line' | 'chunk' | 'chunk-end' | 'trailers' | 'held';

export class Http1Reader {
  readonly #events: MessageEvents;
  #state: State = 'head';
  #rest: Buffer = nothing;
  /** Where the line starts that is not whole yet. */
  #lineStart = 0;
  #left = 0;
  #extensionBytes = 0;
  #isRunning = false;

  constructor(events: MessageEvents) {
    this.#events = events;
  }

  /** Bytes that came and were not read yet. */
  get pendingBytes(): number {
    return this.#rest.length;
  }

  /** Stands before a message, or has begun to read its head. */
  get isBetween(): boolean {
    return this.#state === 'head';
  }

  /** @throws MalformedMessage; the reader is not to be used any more then */
  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#run();
  }

  /** On to the next message. */
  next(): void {
    if (this.#state !== 'held') return;
    this.#state = 'head';
    this.#lineStart = 0;
    this.#run();
  }

  /** What follows is no HTTP any more. */
  raw(): void {
    this.#state = 'raw';
    this.#run();
  }

  /** No more bytes come. */
  finish(): void {
    if (this.#state === 'close' || this.#state === 'raw') this.#ended([]);
    else if (this.#state !== 'held' && (this.#state !== 'head' || this.#rest.length > 0)) {
      throw new MalformedMessage('the connection ended inside a message');
    }
  }

  #run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#step());
    } finally {
      this.#isRunning = false;
    }
  }

  /** False: waits for more bytes, or for `next`. */
  #step(): boolean {
    switch (this.#state) {
      case 'held':
        return false;
      case 'head':
        return this.#readHead();
      case 'chunk-line':
        return this.#readChunkLine();
      case 'chunk-end':
        return this.#readChunkEnd();
      case 'trailers':
        return this.#readTrailers();
      default:
        return this.#readBody();
    }
  }

  #readHead(): boolean {
    const lines = this.#takeLines(maxHeadBytes);
    if (!lines) return false;
    const [startLine = '', ...fields] = lines;
    this.#enter(this.#events.head({ startLine, headers: parseFields(fields) }));
    return true;
  }

  #enter(framing: Framing): void {
    if (framing.kind === 'length') {
      this.#left = framing.bytes;
      this.#state = 'length';
      if (framing.bytes === 0) this.#ended([]);
    } else if (framing.kind === 'chunked') {
      this.#extensionBytes = 0;
      this.#state = 'chunk-line';
    } else if (framing.kind === 'none') this.#ended([]);
    else this.#state = framing.kind;
  }

  #readBody(): boolean {
    if (this.#rest.length === 0) return false;
    const isBounded = this.#state === 'length' || this.#state === 'chunk';
    const chunk = isBounded ? this.#rest.subarray(0, this.#left) : this.#rest;
    this.#rest = chunk.length === this.#rest.length ? nothing : this.#rest.subarray(chunk.length);
    this.#left -= chunk.length;
    const isWhole = isBounded && this.#left === 0;
    const wasLength = this.#state === 'length';
    if (isWhole && !wasLength) this.#state = 'chunk-end';
    this.#events.body(chunk);
    if (isWhole && wasLength) this.#ended([]);
    return true;
  }

  #readChunkLine(): boolean {
    const at = this.#rest.indexOf(10);
    if (at < 0 ? this.#rest.length > maxChunkLineBytes : at > maxChunkLineBytes) {
      throw new MalformedMessage('the head of a chunk is too long');
    }
    if (at < 0) return false;
    const line = this.#rest.toString('latin1', 0, at);
    const match = line.endsWith('\r') ? chunkLine.exec(line.slice(0, -1)) : null;
    if (!match) throw new MalformedMessage('the head of a chunk is malformed');
    this.#extensionBytes += match[2]?.length ?? 0;
    if (this.#extensionBytes > maxExtensionBytes) throw new MalformedMessage('too many chunk extensions');
    this.#rest = this.#rest.subarray(at + 1);
    this.#left = Number.parseInt(match[1] ?? '', 16);
    this.#lineStart = 0;
    this.#state = this.#left === 0 ? 'trailers' : 'chunk';
    return true;
  }

  #readChunkEnd(): boolean {
    if (this.#rest.length < 2) return false;
    if (this.#rest[0] !== 13 || this.#rest[1] !== 10) throw new MalformedMessage('a chunk is longer than it said');
    this.#rest = this.#rest.subarray(2);
    this.#state = 'chunk-line';
    return true;
  }

  #readTrailers(): boolean {
    const lines = this.#takeLines(maxTrailerBytes);
    if (!lines) return false;
    this.#ended(parseFields(lines));
    return true;
  }

  #ended(trailers: RawHeaders): void {
    this.#state = 'held';
    this.#events.end(trailers);
  }

  /** Lines up to an empty one, without it; null until it came. */
  #takeLines(maxBytes: number): string[] | null {
    for (;;) {
      const at = this.#rest.indexOf(10, this.#lineStart);
      if (Math.max(at, this.#rest.length * Number(at < 0)) > maxBytes) {
        throw new MalformedMessage('the header lines are too long', 431);
      }
      if (at < 0) return null;
      if (at === 0 || this.#rest[at - 1] !== 13) throw new MalformedMessage('a line ends without a carriage return');
      if (at === this.#lineStart + 1) {
        const text = this.#rest.toString('latin1', 0, Math.max(0, this.#lineStart - 2));
        this.#rest = this.#rest.subarray(at + 1);
        return text === '' ? [] : text.split('\r\n');
      }
      this.#lineStart = at + 1;
    }
  }
}

function parseFields(lines: string[]): RawHeaders {
  const headers: RawHeaders = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1);
    // A folded line begins with a space and so has no name that is a token.
    if (colon < 1 || !token.test(name)) throw new MalformedMessage('a header line has no name, or is folded');
    if (!fieldValue.test(value)) throw new MalformedMessage(`the value of ${name} holds a control character`);
    headers.push(name, trimmed(value));
  }
  return headers;
}

/** Only spaces and tabs are around a value; `trim` would take more, such as a no-break space. */
function trimmed(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start++;
  while (end > start && isBlank(value.charCodeAt(end - 1))) end--;
  return value.slice(start, end);
}

const isBlank = (code: number): boolean => code === 32 || code === 9;
