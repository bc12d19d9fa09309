/**
 * Bytes both ways between the inside and the outside, unseen.
 *
 * 1. A side that takes no more stops the other side's reading: nothing is kept but what the streams hold themselves.
 * 2. The end of one direction is passed on and leaves the other one open; an error, or an end without `end`, ends both.
 *    A side that had closed in good order before the last bytes for it came is no error: most programs hang up like that.
 * 3. `done` resolves once, after both streams are destroyed; it never rejects.
 */
import { Buffer } from 'node:buffer';
import type { Duplex, Transform } from 'node:stream';
import { isLent } from '../../base/index.ts';
import type { GuestStream } from '../../guest/index.ts';
import type { Decision } from '../../schema/index.ts';
import { asHoldfastError, HoldfastError } from '../../schema/index.ts';
import { decisionOf } from './refusals.ts';

export interface TunnelEnds {
  inside: Duplex;
  outside: Duplex;
  /** Both null in the usual case: then bytes go straight through. */
  up: Transform | null;
  down: Transform | null;
}

export interface TunnelResult {
  bytesUp: number;
  bytesDown: number;
  /** Why it was cut; null when it ended by itself. */
  refusal: Decision | null;
  error: string | null;
}

export class Tunnel {
  readonly done: Promise<TunnelResult>;
  readonly #ends: TunnelEnds;
  readonly #result: TunnelResult = { bytesUp: 0, bytesDown: 0, refusal: null, error: null };
  #openDirections = 2;
  #isOver = false;
  #settle: (result: TunnelResult) => void = () => undefined;

  /** `holdUp`: nothing goes up before `startUp`. */
  constructor(ends: TunnelEnds, options: { holdUp?: boolean } = {}) {
    this.#ends = ends;
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
    for (const stream of this.#streams()) {
      stream.on('error', (error) => this.#broke(error));
      stream.on('close', () => this.#closed(stream));
    }
    this.#pump(ends.outside, ends.down, ends.inside, (bytes) => {
      this.#result.bytesDown += bytes;
    });
    if (!options.holdUp) this.startUp();
  }

  /** Bytes so far, both ways: what idleness is seen by. */
  get bytes(): number {
    return this.#result.bytesUp + this.#result.bytesDown;
  }

  startUp(): void {
    this.#pump(this.#ends.inside, this.#ends.up, this.#ends.outside, (bytes) => {
      this.#result.bytesUp += bytes;
    });
  }

  cut(why: { refusal: Decision } | { error: string }): void {
    if (this.#isOver) return;
    if ('refusal' in why) this.#result.refusal = why.refusal;
    else this.#result.error = why.error;
    this.#finish();
  }

  #pump(from: Duplex, meter: Transform | null, to: Duplex, count: (bytes: number) => void): void {
    const ended = (): void => {
      if (--this.#openDirections === 0) this.#finish();
    };
    to.once('finish', ended);
    if (to.writableFinished) ended();
    if (meter) {
      connect(from, meter, count);
      connect(meter, to, () => undefined);
    } else connect(from, to, count);
  }

  #streams(): Duplex[] {
    const { inside, outside, up, down } = this.#ends;
    return [inside, outside, ...(up ? [up] : []), ...(down ? [down] : [])];
  }

  #broke(error: Error): void {
    if (this.#isOver) return;
    this.#result.refusal = decisionOf(asHoldfastError(error));
    if (!this.#result.refusal && !hadClosed(error)) this.#result.error = `the connection broke: ${error.message}`;
    this.#finish();
  }

  /** Transforms close by themselves after their end; a connection that closes before it said its end is broken. */
  #closed(stream: Duplex): void {
    if (this.#isOver || stream === this.#ends.up || stream === this.#ends.down) return;
    if (stream.readableEnded && stream.writableFinished) return;
    const side = stream === this.#ends.inside ? 'inside' : 'outside';
    this.#result.error = `the connection was dropped by the ${side}`;
    this.#finish();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const stream of this.#streams()) stream.destroy();
    this.#settle(this.#result);
  }
}

/** TCP says EPIPE to a writer when the other end had sent its FIN before it refused more. */
function hadClosed(error: Error): boolean {
  return error instanceof HoldfastError
    ? error.details?.['errno'] === 'EPIPE'
    : 'code' in error && error.code === 'EPIPE';
}

function passOn(chunk: Buffer, to: Duplex): boolean {
  if (!isLent(chunk)) return to.write(chunk);
  return takesLent(to) ? to.writeLent(chunk) : to.write(Buffer.from(chunk));
}

const takesLent = (stream: Duplex): stream is GuestStream => 'writeLent' in stream;

function connect(from: Duplex, to: Duplex, count: (bytes: number) => void): void {
  from.on('data', (chunk: Buffer) => {
    count(chunk.length);
    if (!passOn(chunk, to)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  if (from.readableEnded) to.end();
  else from.resume();
}
