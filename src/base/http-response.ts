/**
 * Reads one HTTP/1.1 answer at a time out of a byte stream, however it is cut. Strict: what it does not know is an error,
 * and nothing grows without bound.
 */

export interface ResponseHead {
  readonly status: number;
  /** By lower-case name; repeated ones are joined with a comma. */
  readonly headers: ReadonlyMap<string, string>;
}

export interface ResponseSink {
  head(head: ResponseHead): void;
  piece(bytes: Uint8Array): void;
  end(): void;
}

const maxHeadBytes = 64 * 1024;
const maxLineBytes = 4096;

type State = 'head' | 'sized' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'until-close' | 'done';

export class ResponseDecoder {
  readonly #sink: ResponseSink;
  #state: State = 'head';
  /** An unfinished head or line. */
  #held: Buffer = Buffer.alloc(0);
  /** Of the body or of the chunk. */
  #leftBytes = 0;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  /** The next answer follows the one that ended, or breaks it off. */
  begin(): void {
    this.#state = 'head';
    this.#held = this.#held.subarray(0, 0);
  }

  /** @throws Error when the bytes are no answer, or go on after its end */
  push(bytes: Buffer): void {
    let rest = this.#held.length > 0 ? Buffer.concat([this.#held, bytes]) : bytes;
    this.#held = rest.subarray(rest.length);
    while (rest.length > 0) {
      const used = this.#step(rest);
      if (used === 0) {
        this.#held = rest;
        return;
      }
      rest = rest.subarray(used);
    }
  }

  /** The connection ended; throws unless the answer was whole. */
  close(): void {
    if (this.#state === 'until-close') this.#finish();
    else if (this.#state !== 'done') throw new Error('the connection broke off in the middle of an answer');
  }

  /** @returns how many bytes were used; 0 asks for more */
  #step(bytes: Buffer): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes);
      case 'sized':
      case 'chunk':
        return this.#readBody(bytes);
      case 'until-close':
        this.#sink.piece(bytes);
        return bytes.length;
      case 'done':
        throw new Error('bytes follow the end of an answer');
      default:
        return this.#readLine(bytes);
    }
  }

  #readHead(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0 && bytes.length <= maxHeadBytes) return 0;
    if (end < 0 || end > maxHeadBytes) throw new Error('the head of an answer is too long');
    const head = parseHead(bytes.toString('latin1', 0, end));
    // An interim answer, such as 100 Continue: the real one follows.
    if (head.status >= 200) this.#begin(head);
    return end + 4;
  }

  #begin(head: ResponseHead): void {
    this.#sink.head(head);
    const length = head.headers.get('content-length');
    const encoding = head.headers.get('transfer-encoding');
    if (head.status === 204 || head.status === 304) this.#finish();
    else if (encoding === 'chunked') this.#state = 'chunk-size';
    else if (encoding !== undefined) throw new Error(`unknown transfer-encoding ${encoding}`);
    else if (length === undefined) this.#state = 'until-close';
    else this.#beginSized(length);
  }

  #beginSized(length: string): void {
    if (!/^\d{1,15}$/.test(length)) throw new Error(`not a content-length: ${length.slice(0, 40)}`);
    this.#leftBytes = Number(length);
    this.#state = 'sized';
    if (this.#leftBytes === 0) this.#finish();
  }

  #readBody(bytes: Buffer): number {
    const piece = bytes.subarray(0, this.#leftBytes);
    this.#leftBytes -= piece.length;
    this.#sink.piece(piece);
    if (this.#leftBytes === 0) {
      if (this.#state === 'sized') this.#finish();
      else this.#state = 'chunk-end';
    }
    return piece.length;
  }

  #readLine(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n');
    if (end < 0 && bytes.length <= maxLineBytes) return 0;
    if (end < 0 || end > maxLineBytes) throw new Error('a line between chunks is too long');
    const line = bytes.toString('latin1', 0, end);
    if (this.#state === 'chunk-size') this.#beginChunk(line);
    else if (this.#state === 'trailer') {
      if (line === '') this.#finish();
    } else if (line === '') this.#state = 'chunk-size';
    else throw new Error('a chunk is longer than it said');
    return end + 2;
  }

  #beginChunk(line: string): void {
    const size = /^[0-9a-f]{1,12}(?=;|$)/i.exec(line)?.[0];
    if (size === undefined) throw new Error(`not a chunk's size: ${line.slice(0, 40)}`);
    this.#leftBytes = Number.parseInt(size, 16);
    this.#state = this.#leftBytes === 0 ? 'trailer' : 'chunk';
  }

  #finish(): void {
    this.#state = 'done';
    this.#sink.end();
  }
}

function parseHead(text: string): ResponseHead {
  const [first = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1];
  if (status === undefined) throw new Error(`not HTTP: ${JSON.stringify(first.slice(0, 40))}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`not a header: ${JSON.stringify(line.slice(0, 40))}`);
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return { status: Number(status), headers };
}
