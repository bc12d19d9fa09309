/**
 * Process attachments on the server's side; the messages are schema/wire.ts's.
 *
 * 1. Leaving ends the attachment and nothing inside: the process goes on and keeps what it prints.
 * 2. Output waits while the client's window or the connection is full; what the process prints meanwhile is kept or
 *    counted as a gap by the process's side, never buffered here.
 * 3. Input is answered in order. A client that sends past `maxBacklogBytes` without waiting for answers is refused:
 *    pausing the connection instead could hold back the very message that lets the process go on.
 */
import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { Clock, Log } from '../base/index.ts';
import {
  asHoldfastError,
  channels,
  HoldfastError,
  type OutputChunk,
  type ProcessAttachment,
  packControl,
  packOutput,
  parseJson,
  type ServerControl,
} from '../schema/index.ts';
import { parse } from './route.ts';

export const maxMessageBytes: number = 1024 * 1024;
const maxBacklogBytes = 4 * 1024 * 1024;
/** Unsent bytes on the connection above which output waits. */
const highWaterBytes = 1024 * 1024;
const pingMs = 30_000;
const closeCodes = { normal: 1000, refused: 1008, failed: 1011 } as const;

const controlSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('resize'),
    rows: z.int().min(1).max(4096),
    columns: z.int().min(1).max(4096),
  }),
  z.strictObject({ type: z.literal('end-input') }),
  z.strictObject({ type: z.literal('read'), bytes: z.int().min(0) }),
]);

export interface AttachSession {
  /** Output bytes the client takes ahead of its `read` messages; undefined: any number. */
  readonly window: number | undefined;
  readonly clock: Clock;
  readonly log: Log;
  open(): Promise<ProcessAttachment>;
}

export async function serveAttachment(socket: WebSocket, session: AttachSession): Promise<void> {
  const connection = new Connection(socket, session);
  try {
    const attachment = await session.open();
    try {
      await connection.serve(attachment);
    } finally {
      await attachment.detach();
    }
    connection.close(closeCodes.normal);
  } catch (error) {
    const failure = asHoldfastError(error);
    session.log.debug({ code: failure.code, message: failure.message }, 'attachment ended');
    connection.tell({ type: 'error', error: failure.toBody() });
    connection.close(failure.fault === 'bug' ? closeCodes.failed : closeCodes.refused);
  }
}

class Connection {
  readonly #socket: WebSocket;
  readonly #gone = Promise.withResolvers<void>();
  #left = false;
  #attachment: ProcessAttachment | null = null;
  #inputs: Promise<void> = Promise.resolve();
  #backlogBytes = 0;
  #credit: number;
  #granted: (() => void) | null = null;
  readonly #refused = Promise.withResolvers<never>();

  constructor(socket: WebSocket, { window, clock }: AttachSession) {
    this.#socket = socket;
    this.#credit = window ?? Number.POSITIVE_INFINITY;
    // Nobody may be waiting for it when it happens.
    this.#refused.promise.catch(() => undefined);
    socket.binaryType = 'nodebuffer';
    // Read again once there is a process to give it to.
    socket.pause();
    socket.on('message', (data: Buffer, isBinary) => this.#receive(data, isBinary));
    socket.on('error', () => undefined);
    const stopPings = pinging(socket, clock);
    socket.on('close', () => {
      stopPings();
      this.#left = true;
      this.#granted?.();
      this.#gone.resolve();
    });
  }

  /** Until output and exit were told, or the client left. */
  async serve(attachment: ProcessAttachment): Promise<void> {
    this.#attachment = attachment;
    this.tell({ type: 'attached', processId: attachment.processId });
    this.#socket.resume();
    const told = Promise.all([this.#pump(attachment.output), this.#tellExit(attachment)]);
    // Whoever left first, the other's failure is nobody's any more.
    told.catch(() => undefined);
    await Promise.race([told, this.#gone.promise, this.#refused.promise]);
  }

  tell(message: ServerControl): void {
    if (!this.#left) this.#socket.send(packControl(message));
  }

  close(code: number): void {
    this.#socket.resume();
    this.#socket.close(code);
  }

  async #tellExit(attachment: ProcessAttachment): Promise<void> {
    this.tell({ type: 'exit', exit: await attachment.exit });
  }

  async #pump(output: AsyncIterable<OutputChunk>): Promise<void> {
    for await (const chunk of output) {
      while (this.#credit <= 0 && !this.#left) await this.#nextGrant();
      if (this.#left) return;
      this.#credit -= chunk.data.length;
      await this.#send(packOutput(chunk));
    }
  }

  #send(message: Uint8Array): Promise<void> | void {
    if (this.#socket.bufferedAmount <= highWaterBytes) return this.#socket.send(message);
    // A failed send is a closed connection, which ends the session by itself.
    return new Promise((resolve) => this.#socket.send(message, () => resolve()));
  }

  #nextGrant(): Promise<void> {
    return new Promise((resolve) => {
      this.#granted = resolve;
    });
  }

  #receive(data: Buffer, isBinary: boolean): void {
    try {
      if (!isBinary) throw refusal('a message is text, not binary');
      const channel = data[0];
      const rest = data.subarray(1);
      if (channel === channels.stdin) this.#queue(rest.length, (process) => process.write(rest));
      else if (channel === channels.control) this.#obey(rest);
      else throw refusal(`channel ${channel} is not one to send on`);
    } catch (error) {
      this.#refused.reject(error);
    }
  }

  #obey(bytes: Buffer): void {
    const message = parse(controlSchema, parseJson(bytes), 'message');
    if (message.type === 'resize') this.#queue(64, (process) => process.resize(message.rows, message.columns));
    else if (message.type === 'end-input') this.#queue(64, (process) => process.endInput());
    else {
      this.#credit += message.bytes;
      this.#granted?.();
    }
  }

  #queue(bytes: number, act: (process: ProcessAttachment) => Promise<void>): void {
    this.#backlogBytes += bytes;
    if (this.#backlogBytes > maxBacklogBytes) throw refusal('input was sent without waiting for its answers');
    this.#inputs = this.#inputs.then(async () => {
      await this.#answer(act);
      this.#backlogBytes -= bytes;
    });
  }

  async #answer(act: (process: ProcessAttachment) => Promise<void>): Promise<void> {
    if (this.#left || !this.#attachment) return;
    try {
      await act(this.#attachment);
      this.tell({ type: 'taken' });
    } catch (error) {
      this.tell({ type: 'refused', error: asHoldfastError(error).toBody() });
    }
  }
}

function refusal(message: string): HoldfastError {
  return new HoldfastError('invalid-argument', `attachment: ${message}`);
}

/** A peer that vanished without a word is noticed by its silence. */
export function pinging(socket: WebSocket, clock: Clock): () => void {
  let alive = true;
  let cancel = (): void => undefined;
  socket.on('pong', () => {
    alive = true;
  });
  const arm = (): void => {
    cancel = clock.after(pingMs, () => {
      if (!alive) return socket.terminate();
      alive = false;
      socket.ping();
      arm();
    });
  };
  arm();
  return () => cancel();
}
