/**
 * Bytes both ways between the inside and the outside, unseen.
 *
 * 1. A side that takes no more stops the other side's reading: nothing is kept but what the streams hold themselves.
 * 2. The end of one direction is passed on and leaves the other one open; an error, or an end without `end`, ends both.
 *    A side that had closed in good order before the last bytes for it came is no error: most programs hang up like that.
 * 3. `done` resolves once, after both streams are destroyed; it never rejects. Unless all was passed on to its end, the outside is
 *    reset: what the kernel has not sent is dropped, and half an upload does not look like a whole one.
 * 4. One that has carried much is handed to the pump, if there is one. First nothing more is read from the outside, and all that
 *    was goes to the inside; then the inside gives its socket away behind the last byte it took. From there on the pump carries
 *    down, while what had come up goes out from here; behind it the pump carries up. Neither direction waits for the other:
 *    who answers as it reads takes nothing more until its answers are taken. If the inside gives nothing all is as it was.
 */
import { Buffer } from 'node:buffer';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import type { Duplex, Transform } from 'node:stream';
import { isLent, systemRandom } from '../../base/index.ts';
import type { GuestStream } from '../../guest/index.ts';
import type { Decision, EndedBy } from '../../schema/index.ts';
import { asHoldfastError, HoldfastError } from '../../schema/index.ts';
import type { CutReason } from './connections.ts';
import type { Pump } from './pump.ts';
import type { Pumped, PumpedEnd, PumpProcess } from './pump-process.ts';
import { decisionOf } from './refusals.ts';

export interface TunnelEnds {
  inside: Duplex;
  outside: Duplex;
  /** Both null in the usual case: then bytes go straight through. */
  up: Transform | null;
  down: Transform | null;
}

export interface TunnelOptions {
  /** Nothing goes up before `startUp`. */
  holdUp?: boolean;
  /** Who moves the bytes of a large one, and the socket of the outside, to be handed to him. */
  pump?: { pump: Pump; inside: GuestStream; outside: Socket } | null;
}

export interface TunnelResult {
  bytesUp: number;
  bytesDown: number;
  /** Why it was cut; null when it ended by itself. */
  refusal: Decision | null;
  error: string | null;
  /** Of an error, where that is known. */
  endedBy?: EndedBy;
}

/** So much has passed when it is handed over, or when that is tried again. */
export const bulkBytes: number = 256 * 1024;
const empty = Buffer.alloc(0);

export class Tunnel {
  readonly done: Promise<TunnelResult>;
  readonly #ends: TunnelEnds;
  readonly #pump: TunnelOptions['pump'];
  readonly #result: TunnelResult = { bytesUp: 0, bytesDown: 0, refusal: null, error: null };
  #openDirections = 2;
  #isOver = false;
  #hasUp = false;
  #detach: Record<'up' | 'down', () => void> = { up: () => undefined, down: () => undefined };
  #isHanding = false;
  #bulkAt = bulkBytes;
  #pumped: Pumped | null = null;
  #settle: (result: TunnelResult) => void = () => undefined;

  constructor(ends: TunnelEnds, { holdUp = false, pump = null }: TunnelOptions = {}) {
    this.#ends = ends;
    this.#pump = ends.up || ends.down ? null : pump;
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
    for (const stream of this.#streams()) {
      stream.on('error', (error) => this.#broke(error, stream));
      stream.on('close', () => this.#closed(stream));
    }
    this.#countEnd(ends.inside);
    this.#countEnd(ends.outside);
    this.#attachDown();
    if (!holdUp) this.startUp();
  }

  /** Bytes so far, both ways: what idleness is seen by. */
  get bytes(): number {
    return this.#result.bytesUp + this.#result.bytesDown + (this.#pumped?.bytes ?? 0);
  }

  startUp(): void {
    const { inside, outside, up } = this.#ends;
    this.#hasUp = true;
    this.#detach.up = pass([inside, up, outside], (bytes) => {
      this.#result.bytesUp += bytes;
      this.#weigh();
    });
  }

  cut(why: CutReason): void {
    if (this.#isOver) return;
    if ('refusal' in why) this.#result.refusal = why.refusal;
    else this.#fail(why.error, why.endedBy);
    this.#finish();
  }

  #attachDown(): void {
    const { inside, outside, down } = this.#ends;
    this.#detach.down = pass([outside, down, inside], (bytes) => {
      this.#result.bytesDown += bytes;
      this.#weigh();
    });
  }

  #countEnd(to: Duplex): void {
    const ended = (): void => {
      if (--this.#openDirections === 0) this.#finish();
    };
    to.once('finish', ended);
    if (to.writableFinished) ended();
  }

  #weigh(): void {
    if (!this.#pump || this.#isHanding || this.#pumped || !this.#hasUp || this.bytes < this.#bulkAt) return;
    this.#isHanding = true;
    void this.#pump.pump
      .use((pump) => this.#handOver(pump))
      .catch((error: unknown) => this.cut({ error: asHoldfastError(error).message }))
      .finally(() => {
        this.#isHanding = false;
        this.#bulkAt = this.bytes + bulkBytes;
      });
  }

  async #handOver(pump: PumpProcess): Promise<void> {
    const sockets = this.#pump;
    if (!sockets || !this.#isWhole()) return;
    const { inside, outside } = sockets;
    const token = Buffer.from(systemRandom(16)).toString('hex');
    this.#detach.down();
    outside.pause();
    await written(inside);
    const isHanded = this.#isWhole() && (await inside.handOver(token).catch(() => false));
    if (this.#isOver) return;
    if (!isHanded) {
      this.#attachDown();
      return;
    }
    this.#pumped = pump.carry(outside, token);
    this.#passRest(inside, this.#pumped).catch(() => undefined);
    await this.#pumped.done.then((end) => this.#pumpedEnded(end, inside));
  }

  /** Ends the use of the outside's socket here. Where the inside ends before, that ends all. */
  async #passRest(inside: GuestStream, pumped: Pumped): Promise<void> {
    const { outside } = this.#ends;
    await inside.drained();
    await written(outside);
    if (this.#isOver || outside.destroyed) return;
    this.#detach.up();
    if (await pumped.startUp()) outside.destroy();
  }

  /** Neither direction has ended, or begun to. */
  #isWhole(): boolean {
    const { inside, outside } = this.#ends;
    const isOpen = (stream: Duplex): boolean => !stream.readableEnded && !stream.writableEnded && !stream.destroyed;
    return !this.#isOver && isOpen(inside) && isOpen(outside);
  }

  #pumpedEnded({ bytesUp, bytesDown, isClean, failure, endedBy }: PumpedEnd, inside: GuestStream): void {
    this.#pumped = null;
    this.#result.bytesUp += bytesUp;
    this.#result.bytesDown += bytesDown;
    if (!this.#isOver && failure !== null) this.#fail(failure, endedBy);
    this.#isOver = true;
    if (isClean) inside.finishHanded();
    this.#finished(isClean);
  }

  #streams(): Duplex[] {
    const { inside, outside, up, down } = this.#ends;
    return [inside, outside, ...(up ? [up] : []), ...(down ? [down] : [])];
  }

  #broke(error: Error & { errno?: unknown }, stream: Duplex): void {
    if (this.#isOver) return;
    this.#result.refusal = decisionOf(asHoldfastError(error));
    if (!this.#result.refusal && !hadClosed(error)) {
      this.#fail(`the connection broke: ${error.message}`, this.#sideOf(stream));
    }
    // What had come from there before is the pump's to pass.
    if (this.#pumped && stream === this.#ends.outside) this.#lost(this.#pumped, error.errno);
    else this.#finish();
  }

  /** The first word counts. */
  #fail(error: string, endedBy: EndedBy | undefined): void {
    if (this.#result.error !== null) return;
    this.#result.error = error;
    if (endedBy) this.#result.endedBy = endedBy;
  }

  #sideOf(stream: Duplex): EndedBy {
    if (stream === this.#ends.inside) return 'inside';
    return stream === this.#ends.outside ? 'outside' : 'gateway';
  }

  #lost(pumped: Pumped, errno: unknown): void {
    this.#detach.up();
    pumped.lose(typeof errno === 'number' ? -errno : constants.errno.ECONNRESET);
  }

  /** Transforms close by themselves after their end; a connection that closes before it said its end is broken. */
  #closed(stream: Duplex): void {
    if (this.#isOver || stream === this.#ends.up || stream === this.#ends.down) return;
    if (this.#pumped && stream === this.#ends.outside) return;
    if (stream.readableEnded && stream.writableFinished) return;
    const side = this.#sideOf(stream);
    this.#fail(`the connection was dropped by the ${side}`, side);
    this.#finish();
  }

  /** What is pumped ends with the pump's word, which counts its bytes; nothing more leaves from here. */
  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#pumped) {
      this.#pumped.cut();
      reset(this.#ends.outside);
    } else {
      const { refusal, error } = this.#result;
      this.#finished(refusal === null && error === null && this.#ends.outside.writableFinished);
    }
  }

  #finished(inOrder: boolean): void {
    const { outside } = this.#ends;
    for (const stream of this.#streams()) if (inOrder || stream !== outside) stream.destroy();
    if (!inOrder) reset(outside);
    // What the kernel still had of it might leave until then.
    if (outside.destroyed) this.#settle(this.#result);
    else outside.once('close', () => this.#settle(this.#result));
  }
}

/** TCP says EPIPE to a writer when the other end had sent its FIN before it refused more. */
function hadClosed(error: Error): boolean {
  return error instanceof HoldfastError
    ? error.details?.['errno'] === 'EPIPE'
    : 'code' in error && error.code === 'EPIPE';
}

/** Resolves when all that was written before has left the stream, or never will. */
const written = (stream: Duplex): Promise<void> => new Promise((resolve) => void stream.write(empty, () => resolve()));

function passOn(chunk: Buffer, to: Duplex): boolean {
  if (!isLent(chunk)) return to.write(chunk);
  return takesLent(to) ? to.writeLent(chunk) : to.write(Buffer.from(chunk));
}

/** Not while it is shut down, which is over in the next turn: then it would not be closed at all. */
function reset(outside: Duplex): void {
  if (!(outside instanceof Socket)) outside.destroy();
  else if (outside.writableEnded && outside.writableLength === 0 && !outside.writableFinished) {
    outside.once('finish', () => outside.resetAndDestroy());
  } else outside.resetAndDestroy();
}

const takesLent = (stream: Duplex): stream is GuestStream => 'writeLent' in stream;

/** From the first to the last, through what stands between; returns the way to stop, which pauses nothing. */
function pass([from, meter, to]: [Duplex, Transform | null, Duplex], count: (bytes: number) => void): () => void {
  if (!meter) return connect(from, to, count);
  const stops = [connect(from, meter, count), connect(meter, to, () => undefined)];
  return () => {
    for (const stop of stops) stop();
  };
}

function connect(from: Duplex, to: Duplex, count: (bytes: number) => void): () => void {
  const onData = (chunk: Buffer): void => {
    count(chunk.length);
    if (!passOn(chunk, to)) from.pause();
  };
  const onDrain = (): void => void from.resume();
  const onEnd = (): void => void to.end();
  from.on('data', onData).on('end', onEnd);
  to.on('drain', onDrain);
  if (from.readableEnded) to.end();
  else from.resume();
  return () => {
    from.removeListener('data', onData).removeListener('end', onEnd);
    to.removeListener('drain', onDrain);
  };
}
