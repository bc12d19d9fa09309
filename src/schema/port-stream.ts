/**
 * A `PortConnection` over a WebSocket of subprotocol `holdfast.connect.v1`, the same at both ends: binary messages are
 * bytes, text messages are a `PortControl`. Imports no zod, so that browsers and quick starts can have it.
 *
 * 1. At most `windowBytes` are on their way that the other side's reader has not taken: `read` gives room back.
 * 2. `end` ends one direction; the other goes on.
 * 3. A connection that closes before both ends were said has failed, and reader and writer hear of it.
 */
import { type ErrorBody, HoldfastError } from './error-class.ts';
import type { PortConnection } from './ports.ts';

export const connectProtocol = 'holdfast.connect.v1';

export type PortControl =
  | { type: 'connected' }
  | { type: 'read'; bytes: number }
  | { type: 'end' }
  | { type: 'error'; error: ErrorBody };

/** The part of a WebSocket that this uses; a browser's and that of `ws` have it. */
export interface PortSocket {
  binaryType: 'arraybuffer' | 'blob' | string;
  send(data: Uint8Array<ArrayBuffer> | string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
}

const windowBytes = 1024 * 1024;
/** How much is taken before the other side hears of it. */
const grantBytes = 256 * 1024;
/** Input travels in messages of at most this size. */
export const longestPieceBytes: number = 64 * 1024;
const normalClosure = 1000;

export class PortStream implements PortConnection {
  /** The other side has said that the port is open. */
  readonly connected: Promise<void>;
  readonly closed: Promise<void>;
  readonly output: AsyncIterable<Uint8Array>;
  neverOpened = true;
  readonly #socket: PortSocket;
  readonly #connected = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #pieces: Uint8Array[] = [];
  #heldBytes = 0;
  #takenBytes = 0;
  #roomBytes = windowBytes;
  #wakeReader: (() => void) | null = null;
  #wakeWriter: (() => void) | null = null;
  #tail: Promise<void> = Promise.resolve();
  #theirEnd = false;
  #ourEnd = false;
  /** Closed by our own side: its reader sees an ordinary end. */
  #left = false;
  #failure: HoldfastError | null = null;

  constructor(socket: PortSocket) {
    this.#socket = socket;
    this.connected = this.#connected.promise;
    this.connected.catch(() => undefined);
    this.closed = this.#closed.promise;
    this.output = { [Symbol.asyncIterator]: () => this.#read() };
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      this.neverOpened = false;
    });
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('message', ({ data }) => this.#receive(data));
    socket.addEventListener('close', () => this.#over(broken()));
  }

  /** In the order of the calls. */
  write(data: Uint8Array): Promise<void> {
    const written = this.#tail.then(() => this.#send(data));
    this.#tail = written.catch(() => undefined);
    return written;
  }

  async endInput(): Promise<void> {
    await this.#tail;
    this.#throwIfOver();
    if (this.#ourEnd) return;
    this.#ourEnd = true;
    this.tell({ type: 'end' });
    this.#closeIfDone();
  }

  async close(): Promise<void> {
    this.#left = true;
    this.abandon(new HoldfastError('cancelled', 'the connection was closed'));
    await this.closed;
  }

  tell(message: PortControl): void {
    if (this.#failure === null) this.#socket.send(JSON.stringify(message));
  }

  /** Ends it for both sides; the other one hears why when told. */
  abandon(reason: HoldfastError, told = false): void {
    if (told) this.tell({ type: 'error', error: reason.toBody() });
    this.#over(reason);
    this.#socket.close(normalClosure);
  }

  async #send(data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length; ) {
      while (this.#roomBytes <= 0 && this.#failure === null) {
        await new Promise<void>((resolve) => {
          this.#wakeWriter = resolve;
        });
      }
      this.#throwIfOver();
      const piece = data.slice(at, at + Math.min(longestPieceBytes, this.#roomBytes));
      this.#socket.send(piece);
      this.#roomBytes -= piece.length;
      at += piece.length;
    }
  }

  async *#read(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const piece = this.#pieces.shift();
        if (piece) {
          this.#grant(piece.length);
          yield piece;
        } else if (this.#theirEnd) return;
        else if (this.#left) return;
        else if (this.#failure) throw this.#failure;
        else {
          await new Promise<void>((resolve) => {
            this.#wakeReader = resolve;
          });
        }
      }
    } finally {
      if (!this.#theirEnd) this.abandon(new HoldfastError('cancelled', 'the connection was left by its reader'));
    }
  }

  #grant(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#takenBytes += bytes;
    if (this.#takenBytes < grantBytes || this.#theirEnd) return;
    this.tell({ type: 'read', bytes: this.#takenBytes });
    this.#takenBytes = 0;
  }

  #receive(data: unknown): void {
    if (this.#failure) return;
    if (typeof data === 'string') this.#obey(data);
    else if (data instanceof ArrayBuffer) this.#take(new Uint8Array(data));
    else this.#refuse('a message is neither bytes nor text');
  }

  #take(piece: Uint8Array): void {
    this.#heldBytes += piece.length;
    if (this.#theirEnd) this.#refuse('bytes follow the end');
    else if (this.#heldBytes + this.#takenBytes > windowBytes) this.#refuse('more was sent than there is room for');
    else {
      this.#pieces.push(piece);
      this.#wakeReader?.();
    }
  }

  #obey(text: string): void {
    const message = controlOf(text);
    if (message === null) this.#refuse('a text message is no control message');
    else if (message.type === 'connected') this.#connected.resolve();
    else if (message.type === 'error') this.#over(HoldfastError.fromBody(message.error));
    else if (message.type === 'read') {
      this.#roomBytes = Math.min(windowBytes, this.#roomBytes + message.bytes);
      this.#wakeWriter?.();
    } else {
      this.#theirEnd = true;
      this.#wakeReader?.();
      this.#closeIfDone();
    }
  }

  #closeIfDone(): void {
    if (this.#ourEnd && this.#theirEnd) this.#socket.close(normalClosure);
  }

  #refuse(why: string): void {
    this.abandon(
      new HoldfastError('invalid-argument', `the other side of a connection broke its protocol: ${why}`),
      true,
    );
  }

  #over(reason: HoldfastError): void {
    this.#failure ??= reason;
    this.#connected.reject(this.#failure);
    this.#wakeReader?.();
    this.#wakeWriter?.();
    this.#closed.resolve();
  }

  #throwIfOver(): void {
    if (this.#failure) throw this.#failure;
  }
}

/** Passes bytes both ways until both directions ended; a failure of one drops both. */
export async function joinPorts(one: PortConnection, other: PortConnection): Promise<void> {
  try {
    await Promise.all([pass(one, other), pass(other, one)]);
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
}

async function pass(from: PortConnection, to: PortConnection): Promise<void> {
  // Who ended its own direction and then went is noticed by nobody who reads.
  const gone = to.closed.then(() => Promise.reject(broken()));
  try {
    await Promise.race([copy(from, to), gone]);
  } catch (error) {
    // The opposite direction may wait for bytes that will never come.
    await Promise.all([from.close(), to.close()]);
    throw error;
  }
}

async function copy(from: PortConnection, to: PortConnection): Promise<void> {
  for await (const piece of from.output) await to.write(piece);
  await to.endInput();
}

function controlOf(text: string): PortControl | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !('type' in value)) return null;
  const { type } = value;
  if (type === 'connected' || type === 'end') return { type };
  if (type === 'read' && 'bytes' in value && Number.isSafeInteger(value.bytes) && Number(value.bytes) > 0)
    return { type, bytes: Number(value.bytes) };
  // Only a server says it, and it writes nothing but an `ErrorBody` there.
  if (type === 'error' && 'error' in value) return { type, error: value.error as ErrorBody };
  return null;
}

function broken(): HoldfastError {
  return new HoldfastError('daemon-unreachable', 'the connection broke off', { hint: 'Connect again.' });
}
