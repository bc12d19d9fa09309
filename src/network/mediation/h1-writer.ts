/**
 * Writes HTTP/1.1 heads and bodies.
 *
 * 1. A head holds no line break but its own, whoever made its values (a secret may hold one).
 * 2. A body of announced length is exactly as long, or the connection breaks.
 */
import type { Duplex } from 'node:stream';
import type { RawHeaders } from '../types.ts';
import type { Framing } from './h1-reader.ts';
import { headerTokens, headerValues } from './headers.ts';
import type { BodySink } from './message.ts';

const breaks = /[\0\r\n]/;

export function headText(startLine: string, headers: RawHeaders): string {
  let text = `${startLine}\r\n`;
  for (let index = 0; index < headers.length; index += 2) {
    const line = `${headers[index]}: ${headers[index + 1]}`;
    if (breaks.test(line)) throw new Error(`the header ${JSON.stringify(headers[index])} holds a line break`);
    text += `${line}\r\n`;
  }
  return `${text}\r\n`;
}

/** How a body is framed by the header lines it is sent with. */
export function writtenFraming(headers: RawHeaders): Framing {
  const length = headerValues(headers, 'content-length')[0];
  if (length !== undefined) return { kind: 'length', bytes: Number(length) };
  return { kind: headerTokens(headers, 'transfer-encoding').includes('chunked') ? 'chunked' : 'raw' };
}

/** Where so much comes at once, more is coming: a TLS record is at most four times as large. */
const gatheredBytes = 4096;

interface WriterOptions {
  stream: Duplex;
  framing: Framing;
  onEnd: () => void;
  onAbort: (error: Error) => void;
}

export class Http1BodyWriter implements BodySink {
  onDrain: () => void = () => undefined;
  readonly #options: WriterOptions;
  #leftBytes: number;
  #isGathering = false;
  #isOver = false;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#leftBytes = options.framing.kind === 'length' ? options.framing.bytes : 0;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  write(chunk: Uint8Array): boolean {
    const { stream, framing } = this.#options;
    if (this.#isOver || chunk.length === 0) return true;
    if (chunk.length >= gatheredBytes) this.#gather();
    if (framing.kind === 'chunked') return stream.write(framed(chunk));
    if (framing.kind === 'length') {
      this.#leftBytes -= chunk.length;
      if (this.#leftBytes < 0) {
        this.abort(new Error('the body is longer than was announced'));
        return true;
      }
    } else if (framing.kind === 'none') {
      this.abort(new Error('there is a body where none was announced'));
      return true;
    }
    return stream.write(chunk);
  }

  end(trailers: RawHeaders): void {
    if (this.#isOver) return;
    if (this.#leftBytes > 0) {
      this.abort(new Error('the body is shorter than was announced'));
      return;
    }
    this.#isOver = true;
    if (this.#options.framing.kind === 'chunked') this.#options.stream.write(headText('0', trailers), 'latin1');
    this.#options.onEnd();
  }

  abort(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.onAbort(error);
  }

  /** What comes in this turn of the event loop leaves in one write: each costs a TLS record's worth of calls. */
  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    const { stream } = this.#options;
    stream.cork();
    setImmediate(() => {
      this.#isGathering = false;
      stream.uncork();
    });
  }
}

/** One write each: a copy is cheaper than three writes through TLS. */
function framed(chunk: Uint8Array): Buffer {
  const size = `${chunk.length.toString(16)}\r\n`;
  const bytes = Buffer.allocUnsafe(size.length + chunk.length + 2);
  bytes.write(size, 0, 'latin1');
  bytes.set(chunk, size.length);
  bytes.write('\r\n', size.length + chunk.length, 'latin1');
  return bytes;
}
