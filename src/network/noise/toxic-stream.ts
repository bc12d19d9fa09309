/**
 * A connection of a sandbox with something wrong: what comes from the outside comes late, slowly, broken, in part, or not
 * to its end. It stands between the inside's own stream and whoever carries it, so that tunnels, mediation and tapes meet
 * the same.
 *
 * 1. What the inside takes no more of stops the outside; nothing is kept but what waits for its time.
 * 2. Its end, by either side, is the end of both.
 */
import { Buffer } from 'node:buffer';
import { Duplex, type DuplexOptions } from 'node:stream';
import type { Clock } from '../../base/index.ts';
import type { Drawn } from './gateway-noise.ts';

type Done = (error?: Error | null) => void;

interface Toxic {
  /** Before the first answer to whatever was said. */
  delayMs: number;
  bytesPerSecond: number | null;
  /** So many bytes come, and no more. */
  mostBytes: number;
  /** How it ends then. */
  ending: 'reset' | 'close';
  breaksGreeting: boolean;
}

const options: DuplexOptions = { allowHalfOpen: true };

export class ToxicStream extends Duplex {
  readonly #inside: Duplex;
  readonly #clock: Clock;
  readonly #toxic: Toxic;
  #passed = 0;
  #hasBroken = false;
  /** The inside has said something that was not answered yet. */
  #hasAsked = true;
  #cancelWait: () => void = () => undefined;

  constructor(inside: Duplex, drawn: Drawn, clock: Clock) {
    super(options);
    this.#inside = inside;
    this.#clock = clock;
    this.#toxic = toxicOf(drawn);
    inside.on('data', (chunk: Buffer) => {
      this.#hasAsked = true;
      if (!this.push(chunk)) inside.pause();
    });
    inside.on('end', () => this.push(null));
    inside.on('error', (error) => this.destroy(error));
    inside.on('close', () => {
      if (!this.readableEnded || !this.writableFinished) this.destroy();
    });
    inside.pause();
  }

  /** Whoever fails from now on fails of this. */
  get hasBroken(): boolean {
    return this.#hasBroken;
  }

  override _read(): void {
    this.#inside.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    const first = this.#passed === 0;
    const isGreeting = first && this.#toxic.breaksGreeting;
    const bytes = isGreeting ? broken(chunk) : chunk;
    if (isGreeting) this.#hasBroken = true;
    const delayMs = this.#hasAsked ? this.#toxic.delayMs : 0;
    this.#hasAsked = false;
    this.#wait(delayMs, () => this.#pass(bytes, done));
  }

  override _final(done: Done): void {
    this.#inside.end();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#cancelWait();
    this.#inside.destroy();
    done(error);
  }

  #pass(bytes: Buffer, done: Done): void {
    const { mostBytes, bytesPerSecond } = this.#toxic;
    const room = mostBytes - this.#passed;
    if (room < bytes.length) {
      this.#break(bytes.subarray(0, room));
      return;
    }
    const most = bytesPerSecond === null ? bytes.length : Math.max(1, Math.ceil(bytesPerSecond / piecesPerSecond));
    const piece = bytes.subarray(0, most);
    const rest = bytes.subarray(piece.length);
    this.#passed += piece.length;
    const waitMs = bytesPerSecond === null ? 0 : (piece.length / bytesPerSecond) * 1000;
    const go = (): void => this.#wait(waitMs, () => (rest.length === 0 ? done() : this.#pass(rest, done)));
    if (this.#inside.write(piece)) go();
    else this.#inside.once('drain', go);
  }

  /** The last bytes, and the end; whoever carries it hears that it is gone. */
  #break(last: Buffer): void {
    this.#hasBroken = true;
    const gone = (): void => void this.destroy();
    if (this.#toxic.ending === 'close') this.#inside.end(last, gone);
    else if (last.length === 0) gone();
    else this.#inside.write(last, gone);
  }

  #wait(ms: number, then: () => void): void {
    if (ms < 1) then();
    else this.#cancelWait = this.#clock.after(ms, then);
  }
}

const piecesPerSecond = 8;

function toxicOf({ fault, parameters }: Drawn): Toxic {
  const none: Toxic = {
    delayMs: 0,
    bytesPerSecond: null,
    mostBytes: Number.POSITIVE_INFINITY,
    ending: 'close',
    breaksGreeting: false,
  };
  switch (fault.kind) {
    case 'network.latency':
      return { ...none, delayMs: Number(parameters['delayMs']) };
    case 'network.bandwidth':
      return { ...none, bytesPerSecond: fault.bytesPerSecond };
    case 'network.reset':
      return { ...none, mostBytes: fault.afterBytes, ending: 'reset' };
    case 'network.early-close':
      return { ...none, mostBytes: fault.afterBytes };
    case 'network.tls-failure':
      return { ...none, breaksGreeting: true };
    default:
      return none;
  }
}

/** No TLS record begins like that. */
function broken(chunk: Buffer): Buffer {
  const changed = Buffer.from(chunk);
  changed.writeUInt8(changed.readUInt8(0) ^ 0xff, 0);
  return changed;
}
