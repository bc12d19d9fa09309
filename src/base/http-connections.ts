/**
 * Connections of base/http.ts: who is called may change with each call, the socket and its listeners stay.
 *
 * 1. A connection carries one call at a time, and waits for another at most a minute; waiting keeps no process alive.
 * 2. Bytes that nobody asked for end it.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { systemClock } from './clock.ts';
import { ResponseDecoder, type ResponseSink } from './http-response.ts';

/** Shorter than the server keeps an idle connection, so that it never closes one that is just being used. */
const usualIdleMs = 60_000;
const mostKnocks = 200;
const knockPauseMs = 5;

/** A call, from its connection's side. */
export interface Called extends ResponseSink {
  failed(error: unknown): void;
}

export class Connection {
  readonly socket: Socket;
  readonly #decoder: ResponseDecoder;
  #called: Called | null = null;
  idleSinceMs = 0;

  /** @param closed it is of no use any more */
  constructor(socket: Socket, closed: (connection: Connection) => void) {
    this.socket = socket;
    this.#decoder = new ResponseDecoder({
      head: (head) => this.#called?.head(head),
      piece: (bytes) => this.#called?.piece(bytes),
      end: () => this.#called?.end(),
    });
    const ended = (): void => this.#guarded(() => this.#decoder.close());
    socket
      .on('data', (bytes) => {
        if (this.#called) this.#guarded(() => this.#decoder.push(bytes));
        else socket.destroy();
      })
      .on('end', ended)
      .on('error', (error) => this.#called?.failed(error))
      .on('close', () => {
        ended();
        closed(this);
      });
  }

  begin(called: Called): void {
    this.#called = called;
    this.#decoder.begin();
    this.socket.ref().resume();
  }

  /** The call is over, however it went. */
  finish(): void {
    this.#called = null;
  }

  #guarded(work: () => void): void {
    const called = this.#called;
    if (!called) return;
    try {
      work();
    } catch (error) {
      called.failed(error);
      this.socket.destroy();
    }
  }
}

export class Connections {
  readonly #socketPath: string;
  readonly #idleMs: number;
  /** Those that wait, the one that waits longest first. */
  readonly #idle: Connection[] = [];
  #cancelSweep: (() => void) | null = null;

  constructor(socketPath: string, idleMs: number = usualIdleMs) {
    this.#socketPath = socketPath;
    this.#idleMs = idleMs;
  }

  /** One that waits for a call, or null. */
  take(): Connection | null {
    return this.#idle.pop() ?? null;
  }

  keep(connection: Connection): void {
    connection.socket.unref();
    connection.idleSinceMs = systemClock.monotonicMs();
    this.#idle.push(connection);
    this.#cancelSweep ??= systemClock.after(this.#idleMs, () => this.#sweep());
  }

  /** A full queue at the server's door is no failure: nothing was sent yet, so knocking again repeats nothing. */
  async open(signal: AbortSignal | undefined): Promise<Connection> {
    for (let knock = 1; ; knock++) {
      signal?.throwIfAborted();
      const socket = connect(this.#socketPath);
      try {
        await once(socket, 'connect', signal ? { signal } : {});
        return new Connection(socket, (connection) => this.#forget(connection));
      } catch (error) {
        socket.on('error', () => undefined).destroy();
        const isFull = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
        if (!isFull || knock === mostKnocks) throw error;
        await systemClock.sleep(knockPauseMs * Math.min(knock, 10), signal);
      }
    }
  }

  /** Drops those that wait. */
  close(): void {
    this.#cancelSweep?.();
    this.#cancelSweep = null;
    for (const { socket } of this.#idle.splice(0)) socket.destroy();
  }

  #sweep(): void {
    this.#cancelSweep = null;
    const nowMs = systemClock.monotonicMs();
    const isOver = ({ idleSinceMs }: Connection): boolean => idleSinceMs + this.#idleMs <= nowMs;
    for (const { socket } of this.#idle.filter(isOver)) socket.destroy();
    const [next] = this.#idle.filter((connection) => !isOver(connection));
    if (next) this.#cancelSweep = systemClock.after(next.idleSinceMs + this.#idleMs - nowMs, () => this.#sweep());
  }

  #forget(connection: Connection): void {
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}
