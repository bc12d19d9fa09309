/** What node:http makes of bytes that should be requests. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';

const longMs = 300_000;

export interface ReadRequest {
  method: string;
  target: string;
  body: string;
}

export class NodeReader {
  /** In their order, over all connections. */
  readonly requests: ReadRequest[] = [];
  /** Some of it was none. */
  isRefused = false;
  readonly #server: Server;
  readonly #streams = new Set<Duplex>();

  constructor() {
    const options = { connectionsCheckingInterval: longMs, requireHostHeader: false };
    this.#server = createServer(options, (message: IncomingMessage, response) => {
      const request: ReadRequest = { method: message.method ?? '', target: message.url ?? '', body: '' };
      this.requests.push(request);
      message.setEncoding('latin1').on('data', (chunk: string) => {
        request.body += chunk;
      });
      message.on('end', () => response.end('ok')).on('error', () => undefined);
    });
    this.#server.on('checkExpectation', () => {
      this.isRefused = true;
    });
    this.#server.on('clientError', (_error, socket) => {
      this.isRefused = true;
      socket.destroy();
    });
  }

  get isIdle(): boolean {
    return this.#streams.size === 0;
  }

  /** The client's end of a connection to it. */
  connect(): Duplex {
    const [client, stream] = duplexPair();
    this.#streams.add(stream);
    stream.on('error', () => undefined).once('close', () => this.#streams.delete(stream));
    this.#server.emit('connection', stream);
    return client;
  }

  close(): void {
    for (const stream of this.#streams) stream.destroy();
    this.#server.close();
  }
}
