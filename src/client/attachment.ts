/**
 * A process attachment over a WebSocket; the messages are schema/wire.ts's.
 *
 * 1. Output is pulled: the server sends at most `windowBytes` that the reader has not taken yet.
 * 2. Every write, resize and end of input is answered by the server, in order; its promise settles with that answer.
 * 3. `output` ends only when the process's output did or the caller detached; a broken connection throws.
 */
import { HoldfastError } from '../schema/error-class.ts';
import type { AttachOptions, OutputChunk, ProcessAttachment, ProcessExit } from '../schema/index.ts';
import {
  type ClientControl,
  channels,
  packControl,
  packStdin,
  parseJson,
  type ServerControl,
  unpackOutput,
} from '../schema/wire.ts';
import { type Caller, failureOf, signalOf } from './call.ts';
import type { OpenSocket, Socket } from './transport.ts';

const windowBytes = 4 * 1024 * 1024;
/** How much is taken before the server hears of it. */
const grantBytes = 256 * 1024;
const normalClosure = 1000;
/** Input travels in pieces of this size, and waits while this much is unanswered. */
const pieceBytes = 64 * 1024;
const maxUnansweredBytes = 1024 * 1024;

export async function openAttachment(
  caller: Caller,
  openSocket: OpenSocket,
  path: string,
  { stdoutOffset, stderrOffset, ...options }: AttachOptions,
): Promise<ProcessAttachment> {
  const { url, protocols } = caller.socketAddress(path, { stdoutOffset, stderrOffset, window: windowBytes });
  const signal = signalOf(options);
  const attachment = new Attachment(await openSocket(url, protocols));
  const stop = (): void => attachment.abandon(failureOf(caller.server, signal?.reason, signal));
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await attachment.attached;
    return attachment;
  } catch (error) {
    // A browser hides why a WebSocket was refused, an ordinary call does not.
    if (attachment.neverOpened) await caller.json('GET', '/version', { options: { timeoutMs: 5000 } });
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

interface Pending {
  message: Uint8Array<ArrayBuffer>;
  resolve: () => void;
  reject: (error: unknown) => void;
}

class Attachment implements ProcessAttachment {
  readonly attached: Promise<void>;
  readonly exit: Promise<ProcessExit>;
  readonly output: AsyncIterable<OutputChunk>;
  processId = '';
  neverOpened = true;
  readonly #socket: Socket;
  readonly #attached = Promise.withResolvers<void>();
  readonly #exit = Promise.withResolvers<ProcessExit>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #unsent: Pending[] = [];
  readonly #unanswered: Pending[] = [];
  #unansweredBytes = 0;
  readonly #chunks: OutputChunk[] = [];
  #wake: (() => void) | null = null;
  #taken = 0;
  #over = false;
  #exited = false;
  /** Whether the output's end is a true one. */
  #whole = false;
  /** Why the attachment ended early; null while it has not. */
  #failure: unknown = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    this.attached = this.#attached.promise;
    this.exit = this.#exit.promise;
    this.output = { [Symbol.asyncIterator]: () => this.#read() };
    // Whoever never asks for the exit must not be told of a failure as an unhandled rejection.
    this.exit.catch(() => undefined);
    socket.addEventListener('message', ({ data }) => this.#receive(data));
    socket.addEventListener('open', () => {
      this.neverOpened = false;
    });
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('close', ({ code }) => this.#end(code));
  }

  async write(data: Uint8Array): Promise<void> {
    const asked: Promise<void>[] = [];
    for (let at = 0; at < data.length; at += pieceBytes) {
      asked.push(this.#ask(packStdin(data.subarray(at, at + pieceBytes))));
    }
    await Promise.all(asked);
  }
  endInput(): Promise<void> {
    return this.#ask(packControl({ type: 'end-input' }));
  }
  resize(rows: number, columns: number): Promise<void> {
    return this.#ask(packControl({ type: 'resize', rows, columns }));
  }
  async detach(): Promise<void> {
    this.abandon(new HoldfastError('cancelled', 'the attachment was left before the process ended'), true);
    await this.#closed.promise;
  }

  /** Leaves at once; with `quiet` a reader of the output sees an ordinary end. */
  abandon(reason: unknown, quiet = false): void {
    if (this.#over) return;
    this.#failure = reason;
    this.#whole = quiet;
    this.#exit.reject(reason);
    this.#attached.reject(reason);
    this.#socket.close(normalClosure);
  }

  #ask(message: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#over) return Promise.reject(this.#failure ?? ended());
    return new Promise((resolve, reject) => {
      this.#unsent.push({ message, resolve, reject });
      this.#sendMore();
    });
  }

  #sendMore(): void {
    while (this.#unansweredBytes < maxUnansweredBytes) {
      const next = this.#unsent.shift();
      if (!next) return;
      this.#unanswered.push(next);
      this.#unansweredBytes += next.message.length;
      this.#socket.send(next.message);
    }
  }

  #answered(): Pending | undefined {
    const first = this.#unanswered.shift();
    this.#unansweredBytes -= first?.message.length ?? 0;
    this.#sendMore();
    return first;
  }

  #tell(message: ClientControl): void {
    if (!this.#over) this.#socket.send(packControl(message));
  }

  async *#read(): AsyncGenerator<OutputChunk, void, undefined> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk) {
        this.#grant(chunk.data.length);
        yield chunk;
      } else if (this.#over) {
        if (this.#whole) return;
        throw this.#failure ?? broken();
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #grant(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken < grantBytes) return;
    this.#tell({ type: 'read', bytes: this.#taken });
    this.#taken = 0;
  }

  #receive(data: unknown): void {
    const message = data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array();
    if (message[0] === channels.stdout || message[0] === channels.stderr) {
      this.#chunks.push(unpackOutput(message));
      this.#wake?.();
    } else if (message[0] === channels.control) {
      // Channel 3 from the server carries `ServerControl` only.
      this.#obey(parseJson(message.subarray(1)) as ServerControl);
    } else {
      this.#failure = new HoldfastError('daemon-unreachable', 'what answers is not an attachment of Holdfast');
      this.#socket.close(normalClosure);
    }
  }

  #obey(message: ServerControl): void {
    switch (message.type) {
      case 'attached':
        this.processId = message.processId;
        this.#attached.resolve();
        break;
      case 'taken':
        this.#answered()?.resolve();
        break;
      case 'refused':
        this.#answered()?.reject(HoldfastError.fromBody(message.error));
        break;
      case 'exit':
        this.#exited = true;
        this.#exit.resolve(message.exit);
        break;
      case 'error':
        this.#failure = HoldfastError.fromBody(message.error);
    }
  }

  #end(code: number): void {
    this.#over = true;
    this.#whole ||= this.#exited && code === normalClosure && this.#failure === null;
    const reason = this.#failure ?? broken();
    this.#attached.reject(reason);
    this.#exit.reject(reason);
    for (const { reject } of [...this.#unanswered.splice(0), ...this.#unsent.splice(0)]) {
      reject(this.#failure ?? ended());
    }
    this.#wake?.();
    this.#closed.resolve();
  }
}

function broken(): HoldfastError {
  return new HoldfastError('daemon-unreachable', 'the attachment broke off', {
    hint: 'The process goes on; attach again from the last offset.',
  });
}

function ended(): HoldfastError {
  return new HoldfastError('wrong-state', 'the process takes no input any more');
}
