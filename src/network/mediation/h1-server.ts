/**
 * The sandbox's side of an HTTP/1.1 connection.
 *
 * 1. One request at a time: the next is read when the last one's answer is out and its body is in.
 * 2. Whoever pipelines may send `maxAheadBytes` ahead, then the connection is not read any more.
 * 3. An answer that cannot be finished breaks the connection; it never ends as if it were whole.
 * 4. An upload whose answer came early may go on for a bounded while, then the connection closes.
 */
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/index.ts';
import type { RawHeaders, ResponseHead } from '../types.ts';
import { requestFraming } from './h1-framing.ts';
import { type Http1Channel, Http1Incoming, lingerBytes } from './h1-incoming.ts';
import { type Framing, Http1Reader, MalformedMessage, type MessageHead } from './h1-reader.ts';
import { Http1BodyWriter, headText } from './h1-writer.ts';
import { forbiddenTrailer, headerTokens } from './headers.ts';
import type { Incoming } from './message.ts';

const maxAheadBytes = 64 * 1024;
const headTimeoutMs = 60_000;
/** An unwanted upload is read for so long (and for `lingerBytes`), so that its sender reads the answer. */
const lingerMs = 5_000;

const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([\x21-\x7e]+) HTTP\/(\d\.\d)$/;

export interface Http1ServerEvents {
  request(incoming: Incoming): void;
  /** Not HTTP, and not answered yet; the connection ends after what `respond` is given. */
  malformed(error: MalformedMessage, respond: (head: ResponseHead, body: Buffer) => void): void;
  /** No request is under way and none will come. */
  closed(): void;
}

export class Http1Server implements Http1Channel {
  readonly #stream: Duplex;
  readonly #clock: Clock;
  readonly #events: Http1ServerEvents;
  readonly #reader: Http1Reader;
  #current: Http1Incoming | null = null;
  #cancelHeadTimer: (() => void) | null = null;
  #cancelLinger: (() => void) | null = null;
  #isClosing = false;
  #isBroken = false;

  constructor(stream: Duplex, clock: Clock, events: Http1ServerEvents) {
    this.#stream = stream;
    this.#clock = clock;
    this.#events = events;
    this.#reader = new Http1Reader({
      head: (head) => this.#head(head),
      body: (chunk) => this.#current?.received(chunk),
      end: (trailers) => this.#requestEnded(trailers),
    });
    stream
      .on('data', (chunk: Buffer) => this.#data(chunk))
      .on('drain', () => this.#current?.drained())
      .on('end', () => this.#ended())
      .on('error', () => undefined)
      .on('close', () => this.#closed());
  }

  get isIdle(): boolean {
    return this.#current === null;
  }

  /** Ends the connection after the request under way. */
  close(): void {
    this.#isClosing = true;
    if (!this.#current) this.#stream.destroy();
  }

  #data(chunk: Buffer): void {
    if (this.#isBroken) return;
    this.#guarded(() => this.#reader.push(chunk));
    if (this.#reader.pendingBytes > maxAheadBytes && this.#current) this.#stream.pause();
    this.#watchHead();
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#malformed(error instanceof MalformedMessage ? error : new MalformedMessage(String(error)));
    }
  }

  /** Only a head that comes in pieces costs a timer. */
  #watchHead(): void {
    const isInHead = !this.#current && this.#reader.isBetween && this.#reader.pendingBytes > 0;
    if (isInHead === (this.#cancelHeadTimer !== null)) return;
    this.#cancelHeadTimer?.();
    this.#cancelHeadTimer = isInHead
      ? this.#clock.after(headTimeoutMs, () =>
          this.#malformed(new MalformedMessage('the request came too slowly', 408)),
        )
      : null;
  }

  #malformed(error: MalformedMessage): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    const current = this.#current;
    if (current?.hasResponded) {
      this.#stream.destroy();
      return;
    }
    this.#current = null;
    current?.gone(error);
    this.#events.malformed(error, (head, body) => this.#lastWords(head, body));
    this.#linger();
  }

  #lastWords(head: ResponseHead, body: Buffer): void {
    this.#stream.write(headText(statusLine(head), [...head.headers, 'connection', 'close']), 'latin1');
    this.#stream.write(body);
  }

  #head({ startLine, headers }: MessageHead): Framing {
    const match = requestLine.exec(startLine);
    if (!match) throw new MalformedMessage('the request line is malformed');
    const [, method = '', target = '', version] = match;
    if (version !== '1.1') throw new MalformedMessage(`HTTP/${version} is not spoken here, only 1.1 and 2`, 505);
    const framing = requestFraming(headers);
    const current = new Http1Incoming(this, { method, target, headers, framing });
    this.#current = current;
    if (headerTokens(headers, 'connection').includes('close')) this.#isClosing = true;
    this.#watchHead();
    this.#events.request(current);
    return framing;
  }

  #requestEnded(trailers: RawHeaders): void {
    const forbidden = forbiddenTrailer(trailers);
    if (forbidden) throw new MalformedMessage(`${forbidden} may not come after the body`);
    this.#current?.requestEnded(trailers);
    this.#advance();
  }

  startWriter(head: ResponseHead, framing: Framing): Http1BodyWriter {
    const headers = this.#isClosing && framing.kind !== 'raw' ? withClose(head.headers) : head.headers;
    if (headerTokens(headers, 'connection').includes('close')) this.#isClosing = true;
    this.#cork();
    this.#stream.write(headText(statusLine(head), headers), 'latin1');
    if (head.status === 101) this.#reader.raw();
    return new Http1BodyWriter({
      stream: this.#stream,
      framing,
      onEnd: () => {
        if (framing.kind === 'raw') this.#stream.end();
        this.#advance();
      },
      onAbort: () => this.#break(),
    });
  }

  writeInterim(head: ResponseHead): void {
    this.#stream.write(headText(statusLine(head), head.headers), 'latin1');
  }

  mustClose(): void {
    this.#isClosing = true;
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  destroy(): void {
    this.#stream.destroy();
  }

  /** Head and first piece of an answer leave together. */
  #cork(): void {
    this.#stream.cork();
    process.nextTick(() => this.#stream.uncork());
  }

  #advance(): void {
    const current = this.#current;
    if (!current?.isAnswered) return;
    if (!current.isReceived) {
      current.swallow(lingerBytes, () => this.#stream.destroy());
      this.#stream.resume();
      if (this.#isClosing) this.#linger();
      else this.#cancelLinger ??= this.#clock.after(lingerMs, () => this.#stream.destroy());
      return;
    }
    this.#cancelLinger?.();
    this.#cancelLinger = null;
    this.#current = null;
    if (this.#isClosing) {
      this.#linger();
      return;
    }
    // Out of the stack of whoever ended the answer, and after it when it was answered within the reading of its head.
    process.nextTick(() => {
      if (this.#current || this.#isBroken) return;
      this.#guarded(() => this.#reader.next());
      this.#watchHead();
      if (!this.#current || this.#reader.pendingBytes <= maxAheadBytes) this.#stream.resume();
    });
  }

  /** What was passed on arrives; its framing says that it is not all, since no answer here is framed by the end. */
  #break(): void {
    this.#isBroken = true;
    this.#stream.end(() => this.#stream.destroy());
    this.#cancelLinger?.();
    this.#cancelLinger = this.#clock.after(lingerMs, () => this.#stream.destroy());
  }

  /** Says the end, and reads on for a moment: closing with unread bytes would take the answer from its reader. */
  #linger(): void {
    this.#isBroken = true;
    this.#stream.end();
    this.#stream.resume();
    this.#cancelLinger?.();
    this.#cancelLinger = this.#clock.after(lingerMs, () => this.#stream.destroy());
  }

  #ended(): void {
    if (!this.#isBroken) {
      try {
        this.#reader.finish();
      } catch {
        this.#current?.gone(new Error('the client ended the connection inside its request'));
      }
    }
    const current = this.#current;
    // A WebSocket ends each direction by itself. All else that has gone quiet before its answer has gone away.
    if (current?.isRaw) return;
    if (current && !current.isAnswered) this.#stream.destroy();
    else this.#stream.end();
  }

  #closed(): void {
    this.#cancelHeadTimer?.();
    this.#cancelLinger?.();
    const current = this.#current;
    this.#current = null;
    this.#isBroken = true;
    current?.gone(new Error('the client went away'));
    this.#events.closed();
  }
}

function statusLine({ status, reason }: ResponseHead): string {
  return `HTTP/1.1 ${status} ${reason}`;
}

function withClose(headers: RawHeaders): RawHeaders {
  const kept = headers.filter((_, index) => (headers[index - (index % 2)] ?? '').toLowerCase() !== 'connection');
  return [...kept, 'Connection', 'close'];
}
