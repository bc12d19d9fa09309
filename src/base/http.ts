/**
 * HTTP and WebSocket over a unix socket, in the shape client/ takes. Kept out of base's door: a command line that only
 * speaks to the daemon loads this file and `node:http`, and `ws` first when it attaches.
 */
import { Agent, type ClientRequest, type IncomingMessage, request as startRequest } from 'node:http';
import { connect } from 'node:net';
import type { WebSocket } from 'ws';

/** Longer than the longest percent-encoded path in a header. */
const maxHeaderBytes = 64 * 1024;

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
  /** Drops the idle connections. */
  close(): void;
}

export function unixTransport(socketPath: string): UnixTransport {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  return {
    baseUrl: 'http://holdfast',
    fetch: unixFetch(socketPath, agent),
    openSocket: unixWebSocket(socketPath),
    close: () => agent.destroy(),
  };
}

function unixFetch(socketPath: string, agent: Agent): UnixTransport['fetch'] {
  return (url, { method, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const path = url.slice(url.indexOf('/', url.indexOf('//') + 2));
      const request = startRequest({
        socketPath,
        agent,
        method,
        path,
        headers: { host: 'holdfast', ...headers },
        maxHeaderSize: maxHeaderBytes,
        ...(signal ? { signal } : {}),
      });
      let answered = false;
      request.once('error', reject);
      request.once('response', (response) => {
        answered = true;
        resolve(answerOf(response));
      });
      send(request, body, () => answered).catch((error: unknown) =>
        request.destroy(error instanceof Error ? error : undefined),
      );
    });
}

/** `ws` is loaded when the first attachment opens. */
function unixWebSocket(socketPath: string): UnixTransport['openSocket'] {
  return async (url, protocols) => {
    const { WebSocket } = await import('ws');
    return new WebSocket(url, protocols, { createConnection: () => connect(socketPath), perMessageDeflate: false });
  };
}

async function send(request: ClientRequest, body: UnixRequest['body'], isAnswered: () => boolean): Promise<void> {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    request.end(body);
    return;
  }
  for await (const piece of body) {
    // An answer before the end of the body means that nobody reads the rest.
    if (request.destroyed || isAnswered()) return;
    if (!request.write(piece)) await drained(request);
  }
  request.end();
}

function drained(request: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const events = ['drain', 'response', 'close'];
    const go = (): void => {
      for (const event of events) request.off(event, go);
      resolve();
    };
    for (const event of events) request.on(event, go);
  });
}

function answerOf(response: IncomingMessage): UnixResponse {
  const { headers } = response;
  return {
    status: response.statusCode ?? 0,
    headers: {
      get(name) {
        const value = headers[name];
        return typeof value === 'string' ? value : null;
      },
    },
    body: response,
    text: async () => (await whole(response)).toString('utf8'),
    async arrayBuffer() {
      const bytes = await whole(response);
      return bytes.buffer.byteLength === bytes.byteLength
        ? bytes.buffer
        : bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    },
  };
}

function whole(response: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    response.on('data', (piece: Buffer) => pieces.push(piece));
    response.once('end', () => resolve(Buffer.concat(pieces)));
    response.once('error', reject);
    response.once('close', () => {
      if (!response.complete) reject(new Error('the connection broke off in the middle of the answer'));
    });
  });
}
