/**
 * HTTP and WebSocket over a unix socket, in the shape client/ takes. Kept out of base's door, and on `node:net` instead of
 * `node:http`, whose loading alone takes longer than most commands: a command line that only speaks to the daemon loads
 * this, and `ws` first when it attaches.
 *
 * 1. A connection carries one call at a time and is kept for the next only after a whole answer to a whole request.
 * 2. Nothing is sent twice.
 * 3. An answer is read at the pace of its reader.
 */
import { connect, type Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { type Called, type Connection, Connections } from './http-connections.ts';
import type { ResponseHead } from './http-response.ts';

interface UnixRequest {
  method: string;
  headers: Record<string, string>;
  body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  signal?: AbortSignal;
}

interface UnixResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array>;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

export interface UnixTransport {
  /** Names no host: the socket decides. */
  readonly baseUrl: string;
  readonly fetch: (url: string, init: UnixRequest) => Promise<UnixResponse>;
  readonly openSocket: (url: string, protocols: string[]) => Promise<WebSocket>;
  /** Loads what `openSocket` needs, while its caller waits for something else. */
  prepareSocket(): void;
  /** Drops the idle connections. */
  close(): void;
}

export function unixTransport(socketPath: string): UnixTransport {
  const connections = new Connections(socketPath);
  return {
    baseUrl: 'http://holdfast',
    fetch: (url, init) => new Call(connections).run(url, init),
    async openSocket(url, protocols) {
      const { WebSocket } = await import('ws');
      return new WebSocket(url, protocols, { createConnection: () => connect(socketPath), perMessageDeflate: false });
    },
    prepareSocket() {
      // A package that is not there is told by the socket that needs it.
      import('ws').catch(() => undefined);
    },
    close: () => connections.close(),
  };
}

/** Unread bytes of an answer above which the socket is not read. */
const highWaterBytes = 256 * 1024;

class Call implements Called {
  readonly #connections: Connections;
  readonly #answered = Promise.withResolvers<UnixResponse>();
  readonly #pieces: Uint8Array[] = [];
  #unreadBytes = 0;
  #connection: Connection | null = null;
  #keepAlive = true;
  #requestSent = false;
  #answerRead = false;
  #failure: Error | null = null;
  #wakeReader: (() => void) | null = null;
  #leaveSignal: (() => void) | null = null;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  async run(url: string, { method, headers, body, signal }: UnixRequest): Promise<UnixResponse> {
    signal?.throwIfAborted();
    const head = headOf(method, url, headers, body);
    const connection = this.#connections.take() ?? (await this.#connections.open(signal));
    this.#connection = connection;
    connection.begin(this);
    if (signal) this.#follow(signal);
    this.#send(connection.socket, head, body).catch((error: unknown) => this.failed(error));
    return this.#answered.promise;
  }

  head({ status, headers }: ResponseHead): void {
    this.#keepAlive = headers.get('connection')?.toLowerCase() !== 'close';
    this.#answered.resolve({
      status,
      headers: { get: (name) => headers.get(name.toLowerCase()) ?? null },
      body: { [Symbol.asyncIterator]: () => this.#read() },
      text: async () => (await this.#whole()).toString('utf8'),
      arrayBuffer: async () => ownBuffer(await this.#whole()),
    });
  }

  piece(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#unreadBytes += bytes.length;
    if (this.#unreadBytes > highWaterBytes) this.#connection?.socket.pause();
    this.#wakeReader?.();
  }

  end(): void {
    this.#answerRead = true;
    // Streamed bodies may still be on their way; `#send` settles then, or never does with a connection nobody reads.
    if (this.#requestSent) this.#settle();
    else this.#drop();
    this.#wakeReader?.();
  }

  failed(error: unknown): void {
    if (this.#answerRead || this.#failure) return;
    this.#failure = error instanceof Error ? error : new Error(String(error));
    this.#drop();
    this.#answered.reject(this.#failure);
    this.#wakeReader?.();
  }

  #follow(signal: AbortSignal): void {
    const onAbort = (): void => this.failed(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal.addEventListener('abort', onAbort, { once: true });
    this.#leaveSignal = () => signal.removeEventListener('abort', onAbort);
  }

  async #send(socket: Socket, head: string, body: UnixRequest['body']): Promise<void> {
    if (body === undefined || typeof body === 'string') socket.write(head + (body ?? ''));
    else if (body instanceof Uint8Array) {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body);
      socket.uncork();
    } else {
      socket.write(head, 'latin1');
      await this.#sendPieces(socket, body);
    }
    this.#requestSent = true;
    if (this.#answerRead) this.#settle();
  }

  async #sendPieces(socket: Socket, body: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const piece of body) {
      // An answer before the end of the request means that nobody reads the rest.
      if (socket.destroyed || this.#answerRead) return;
      if (piece.length === 0) continue;
      socket.cork();
      socket.write(`${piece.length.toString(16)}\r\n`);
      socket.write(piece);
      const hasRoom = socket.write('\r\n');
      socket.uncork();
      if (!hasRoom) await drained(socket);
    }
    socket.write('0\r\n\r\n');
  }

  /** The connection has carried one whole call: it is free for another. */
  #settle(): void {
    const connection = this.#release();
    if (!connection || connection.socket.destroyed) return;
    if (this.#keepAlive) this.#connections.keep(connection);
    else connection.socket.destroy();
  }

  #drop(): void {
    this.#release()?.socket.destroy();
  }

  #release(): Connection | null {
    const connection = this.#connection;
    this.#connection = null;
    this.#leaveSignal?.();
    connection?.finish();
    return connection;
  }

  async *#read(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const piece = this.#pieces.shift();
        if (piece) {
          this.#unreadBytes -= piece.length;
          if (this.#unreadBytes <= highWaterBytes) this.#connection?.socket.resume();
          yield piece;
        } else if (this.#failure) throw this.#failure;
        else if (this.#answerRead) return;
        else {
          await new Promise<void>((resolve) => {
            this.#wakeReader = resolve;
          });
        }
      }
    } finally {
      if (!this.#answerRead) this.#drop();
    }
  }

  async #whole(): Promise<Buffer> {
    // A short answer is all here with its head.
    if (this.#answerRead) return Buffer.concat(this.#pieces.splice(0));
    const pieces: Uint8Array[] = [];
    for await (const piece of this.#read()) pieces.push(piece);
    return Buffer.concat(pieces);
  }
}

function headOf(method: string, url: string, headers: Record<string, string>, body: UnixRequest['body']): string {
  const path = url.slice(url.indexOf('/', url.indexOf('//') + 2));
  const all: Record<string, string> = { host: 'holdfast', ...headers };
  if (typeof body === 'string' || body instanceof Uint8Array) all['content-length'] = String(Buffer.byteLength(body));
  else if (body !== undefined) all['transfer-encoding'] = 'chunked';
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  // A line break in a value, such as a key read from a file, would be a header of somebody else's choice.
  if (/[^\x21-\x7e]/.test(method + path) || lines.some((line) => !/^[\w-]+: [\x20-\x7e]*\r\n$/.test(line))) {
    throw new TypeError('a header or the path holds what HTTP does not carry');
  }
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      socket.off('drain', go).off('close', go);
      resolve();
    };
    socket.on('drain', go).on('close', go);
  });
}

function ownBuffer(bytes: Buffer): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
}
