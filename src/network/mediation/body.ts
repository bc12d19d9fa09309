/** What may stand between the two ends of a body. Most bodies pass a counter and nothing else. */
import type { Transform } from 'node:stream';
import { Gathered, type Keep } from '../memory.ts';
import type { RawHeaders } from '../types.ts';
import type { BodySink } from './message.ts';

export interface TapEvents {
  chunk(chunk: Uint8Array): void;
  end(trailers: RawHeaders): void;
  abort(error: Error): void;
}

/** Looks at what passes, after nothing and before everything else: its events come before the next sink's. */
export class Tap implements BodySink {
  readonly #next: BodySink;
  readonly #events: TapEvents;

  constructor(next: BodySink, events: TapEvents) {
    this.#next = next;
    this.#events = events;
  }

  get onDrain(): () => void {
    return this.#next.onDrain;
  }

  set onDrain(callback: () => void) {
    this.#next.onDrain = callback;
  }

  write(chunk: Uint8Array): boolean {
    this.#events.chunk(chunk);
    return this.#next.write(chunk);
  }

  end(trailers: RawHeaders): void {
    this.#events.end(trailers);
    this.#next.end(trailers);
  }

  abort(error: Error): void {
    this.#events.abort(error);
    this.#next.abort(error);
  }
}

/** Looks at what comes after a body. Null from `check`: it told somebody, who ends all of it. */
export class TrailerGate implements BodySink {
  readonly #next: BodySink;
  readonly #check: (trailers: RawHeaders) => RawHeaders | null;

  constructor(next: BodySink, check: (trailers: RawHeaders) => RawHeaders | null) {
    this.#next = next;
    this.#check = check;
  }

  get onDrain(): () => void {
    return this.#next.onDrain;
  }

  set onDrain(callback: () => void) {
    this.#next.onDrain = callback;
  }

  write(chunk: Uint8Array): boolean {
    return this.#next.write(chunk);
  }

  end(trailers: RawHeaders): void {
    const passed = trailers.length === 0 ? trailers : this.#check(trailers);
    if (passed) this.#next.end(passed);
  }

  abort(error: Error): void {
    this.#next.abort(error);
  }
}

/** Sends a body through a transform. Its failure aborts what follows and is told to `onError`. */
export class Through implements BodySink {
  onDrain: () => void = () => undefined;
  readonly #transform: Transform;
  readonly #next: BodySink;
  #trailers: RawHeaders = [];
  #isOver = false;

  constructor(transform: Transform, next: BodySink, onError: (error: Error) => void) {
    this.#transform = transform;
    this.#next = next;
    transform
      .on('data', (chunk: Uint8Array) => {
        if (next.write(chunk)) return;
        transform.pause();
        next.onDrain = () => transform.resume();
      })
      .on('drain', () => this.onDrain())
      .on('end', () => this.#finish())
      .on('error', (error: Error) => {
        if (this.#isOver) return;
        this.#isOver = true;
        onError(error);
        next.abort(error);
      });
  }

  write(chunk: Uint8Array): boolean {
    return this.#isOver || this.#transform.write(chunk);
  }

  end(trailers: RawHeaders): void {
    this.#trailers = trailers;
    if (!this.#isOver) this.#transform.end();
  }

  abort(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#transform.on('error', () => undefined).destroy();
    this.#next.abort(error);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#next.end(this.#trailers);
  }
}

interface CollectOptions {
  maxBytes: number;
  keep: Keep;
  onWhole(body: Buffer, trailers: RawHeaders): void;
  onFail(error: Error): void;
}

/** Keeps a body until it is whole, at most so many bytes: for what must announce its length and cannot know it before. */
export class Collect implements BodySink {
  onDrain: () => void = () => undefined;
  readonly #options: CollectOptions;
  readonly #gathered: Gathered;
  #hasFailed = false;

  constructor(options: CollectOptions) {
    this.#options = options;
    this.#gathered = new Gathered(options.keep);
  }

  write(chunk: Uint8Array): boolean {
    if (this.#hasFailed) return true;
    try {
      const { maxBytes } = this.#options;
      if (this.#gathered.length + chunk.length > maxBytes) throw new Error(`the body is longer than ${maxBytes} bytes`);
      this.#gathered.add(chunk, maxBytes);
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error(String(error)));
    }
    return true;
  }

  end(trailers: RawHeaders): void {
    if (!this.#hasFailed) this.#options.onWhole(this.#gathered.bytes, trailers);
  }

  abort(error: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#gathered.clear();
    this.#options.onFail(error);
  }
}

/** For a sink whose reader lives on promises: a player reads the request's body so. */
export class Reading implements BodySink, AsyncIterable<Uint8Array> {
  onDrain: () => void = () => undefined;
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  #isEnded = false;
  #error: Error | null = null;
  #wake: () => void = () => undefined;

  write(chunk: Uint8Array): boolean {
    this.#pieces.push(chunk);
    this.#bytes += chunk.length;
    this.#wake();
    return this.#bytes < highWaterBytes;
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  abort(error: Error): void {
    this.#error = error;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece) {
        this.#bytes -= piece.length;
        if (this.#bytes < highWaterBytes) this.onDrain();
        yield piece;
      } else if (this.#error) throw this.#error;
      else if (this.#isEnded) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

const highWaterBytes = 256 * 1024;
