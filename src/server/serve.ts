/**
 * The API on a socket.
 *
 * 1. A unix socket is mode 0600 in a directory of mode 0700: who opens it is the owner, tenant `default`, without a key.
 * 2. TCP needs at least one key, and every request one, except `/v1/health` and signed URLs.
 * 3. A presented key decides the tenant on both, and whose it is who asks; a wrong one is refused on both.
 * 4. Closing ends streams and attachments, lets other requests finish for a while, and ends no process in a sandbox.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  type Clock,
  chmod,
  type Log,
  lstat,
  makeDirectories,
  type RandomSource,
  systemClock,
  unlink,
} from '../base/index.ts';
import type { ChannelPort } from '../channels/index.ts';
import {
  apiPrefix,
  attachProtocol,
  connectProtocol,
  errorCodes,
  HoldfastError,
  type HoldfastService,
} from '../schema/index.ts';
import { errorAnswer, failureOf } from './answer.ts';
import { type Credentials, createApp } from './app.ts';
import { maxMessageBytes, serveAttachment } from './attach.ts';
import { serveConnection } from './connect.ts';
import { createGuard } from './guard.ts';
import { findKey, type Key, ownerTenant } from './keys.ts';
import { refuseRole } from './roles.ts';
import { type Principal, parse, queryOf } from './route.ts';
import { attachQuery } from './routes/processes.ts';

export interface ServeOptions {
  listen: { socketPath: string } | { host: string; port: number };
  /** The service bound to a tenant and to who asks; without a person the owner is meant, null is nobody. */
  serviceOf(tenant: string, person?: string | null): HoldfastService;
  /** See keys.ts. On a unix socket they are optional. */
  keys?: readonly Key[];
  /** At least 32 random bytes, the same after a restart if signed URLs are to survive it. */
  signingKey: Uint8Array;
  log: Log;
  clock?: Clock;
  random?: RandomSource;
  /** See channels/. */
  channels?: ChannelPort | null;
  /** TCP only: further names it is reached by, and origins of pages that may use it. */
  hosts?: readonly string[];
  origins?: readonly string[];
}

export interface RunningServer {
  /** A socket's path, or `http://host:port`. */
  readonly address: string;
  close(options?: { graceMs?: number }): Promise<void>;
}

/** A client that has not sent its whole head by then is dropped. */
const headersTimeoutMs = 10_000;
/** Longer than clients pause between two calls; they learn it and drop idle connections before. */
const keepAliveTimeoutMs = 120_000;
/** Room for a percent-encoded path of 4096 bytes, several times. */
const maxHeaderBytes = 64 * 1024;
const maxSocketPathBytes = 107;

export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { listen, keys = [], log, clock = systemClock } = options;
  if (options.signingKey.length < 32) throw new HoldfastError('invalid-argument', 'the signing key is under 32 bytes');
  if ('port' in listen && keys.length === 0) throw noKeys(listen.host, listen.port);
  const closing = new AbortController();
  const guard = 'port' in listen ? createGuard(guardOptions(listen.host, options)) : () => ({});
  const authenticate = (request: Credentials): Principal => principalOf(options, request);
  const app = createApp({ ...options, authenticate, guard, closing: closing.signal });
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      // Refused with our own words below.
      requireHostHeader: false,
      headersTimeout: headersTimeoutMs,
      // A long upload is fine; body.ts drops a silent one.
      requestTimeout: 0,
      connectionsCheckingInterval: 5000,
      keepAliveTimeout: keepAliveTimeoutMs,
      noDelay: true,
    },
    // The server speaks HTTP/1 only, and so do its bindings.
    getRequestListener((request, env) => app.fetch(request, env as HttpBindings), {
      overrideGlobalObjects: false,
      errorHandler: (error) => errorAnswer(badRequest(error)).toResponse({}),
    }),
  );
  server.on('clientError', (error, socket) => refuseRaw(socket, badRequest(error)));
  const sockets = acceptAttachments(server, { guard, authenticate, log, clock });
  const address = await listenOn(server, listen);
  log.info({ address }, 'serving');
  return { address, close: ({ graceMs = 2000 } = {}) => close({ server, sockets, closing, clock, graceMs }) };
}

function principalOf({ listen, keys = [], serviceOf }: ServeOptions, request: Credentials): Principal {
  const key = findKey(keys, request);
  if (!key && 'port' in listen) {
    throw new HoldfastError('unauthenticated', 'this server needs a key', {
      hint: 'Send it as `Authorization: Bearer <key>`.',
    });
  }
  if (!key) return { tenant: ownerTenant, role: 'operator', service: serviceOf(ownerTenant) };
  const { tenant, person, role } = key;
  return { tenant, role, service: serviceOf(tenant, person), ...(person === null ? {} : { person }) };
}

interface Door {
  guard(request: Credentials): unknown;
  authenticate(request: Credentials): Principal;
  log: Log;
  clock: Clock;
}

function acceptAttachments(server: Server, door: Door): WebSocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => spoken.find((protocol) => offered.has(protocol)) ?? false,
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    try {
      const start = webSocketOf(door, incoming);
      sockets.handleUpgrade(incoming, socket, head, start);
    } catch (error) {
      refuseRaw(socket, failureOf(error, door.log, { method: 'GET', path: incoming.url }));
    }
  });
  return sockets;
}

const spoken = [attachProtocol, connectProtocol];
const attachPath = new RegExp(`^${apiPrefix}/sandboxes/([^/?]{1,256})/processes/([^/?]{1,256})/attach$`);
const connectPath = new RegExp(`^${apiPrefix}/sandboxes/([^/?]{1,256})/ports/(\\d{1,5})/connect$`);

/** All that can be refused is refused here, while the answer can still be an ordinary one. */
function webSocketOf({ guard, authenticate, log, clock }: Door, incoming: IncomingMessage): (ws: WebSocket) => void {
  const request: Credentials = { headers: { get: (name) => headerOf(incoming, name) } };
  guard(request);
  const { service, role } = authenticate(request);
  refuseRole(role, null);
  const url = incoming.url ?? '';
  const path = url.split('?')[0] ?? '';
  const [, box, port] = connectPath.exec(path) ?? [];
  if (box !== undefined && port !== undefined) {
    const place = decoded(box);
    const open = (signal: AbortSignal) => service.connectPort(place, Number(port), { signal });
    return (ws) => void serveConnection(ws, { clock, log, open });
  }
  const [, ref, processId] = attachPath.exec(path) ?? [];
  if (ref === undefined || processId === undefined) {
    throw new HoldfastError('not-found', 'there is no WebSocket here', {
      hint: 'GET /v1/openapi.json lists every route; two of them are WebSockets.',
    });
  }
  const { window, ...offsets } = parse(attachQuery, queryOf(url), 'query');
  const [sandbox, process] = [decoded(ref), decoded(processId)];
  const open = () => service.attachProcess(sandbox, process, offsets);
  return (ws) => void serveAttachment(ws, { window, clock, log, open });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new HoldfastError('invalid-argument', 'the path is not percent-encoded UTF-8', { cause });
  }
}

function headerOf(incoming: IncomingMessage, name: string): string | null {
  const value = incoming.headers[name];
  return typeof value === 'string' ? value : null;
}

async function listenOn(server: Server, listen: ServeOptions['listen']): Promise<string> {
  if ('socketPath' in listen) await prepareSocket(listen.socketPath);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(cannotListen(listen, cause)));
    server.listen('socketPath' in listen ? { path: listen.socketPath } : listen, resolve);
  });
  if ('socketPath' in listen) {
    await chmod(listen.socketPath, 0o600);
    return listen.socketPath;
  }
  const bound = server.address();
  const port = typeof bound === 'object' && bound ? bound.port : listen.port;
  return `http://${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${port}`;
}

/** The directory is the lock on the door, so one that others may enter is refused rather than changed. */
async function prepareSocket(path: string): Promise<void> {
  if (Buffer.byteLength(path) > maxSocketPathBytes) {
    throw new HoldfastError('invalid-argument', `${path} is longer than ${maxSocketPathBytes} bytes`, {
      hint: 'Linux allows no longer socket path; set HOLDFAST_SOCKET to a shorter one.',
    });
  }
  const directory = dirname(path);
  await makeDirectories(directory);
  const stat = await lstat(directory);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o077) !== 0) {
    throw new HoldfastError('permission-denied', `${directory} is not a directory that only this user can enter`, {
      fault: 'caller',
      hint: `chmod 700 ${directory}, or choose another HOLDFAST_SOCKET.`,
    });
  }
  const old = await lstat(path).catch(() => null);
  if (!old) return;
  if (!old.isSocket() || (await isAnswered(path))) {
    throw new HoldfastError('in-use', `${path} is ${old.isSocket() ? 'served by another process' : 'not a socket'}`);
  }
  await unlink(path);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

interface Closing {
  server: Server;
  sockets: WebSocketServer;
  closing: AbortController;
  clock: Clock;
  graceMs: number;
}

async function close({ server, sockets, closing, clock, graceMs }: Closing): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  closing.abort(new HoldfastError('cancelled', 'the server is closing'));
  for (const socket of sockets.clients) socket.close(1001);
  const cancel = clock.after(graceMs, () => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
  });
  await closed;
  cancel();
}

/** Where no HTTP answer can be made any more by the ordinary way. */
function refuseRaw(socket: Duplex, error: HoldfastError): void {
  if (!socket.writable) return void socket.destroy();
  const body = JSON.stringify({ error: error.toBody() });
  const head = [
    `HTTP/1.1 ${errorCodes[error.code].httpStatus} ${error.code}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function badRequest(cause: unknown): HoldfastError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const isSlow = cause instanceof Error && 'code' in cause && cause.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  return isSlow
    ? new HoldfastError('deadline-exceeded', `the request's head did not arrive within ${headersTimeoutMs} ms`)
    : new HoldfastError('invalid-argument', `not a request that HTTP knows: ${why}`, { cause });
}

/** A chat page's origin may knock too; it has no key, and its channel asks for its token. */
function guardOptions(
  host: string,
  { hosts = [], origins = [], channels }: ServeOptions,
): Parameters<typeof createGuard>[0] {
  return {
    hosts: [host.includes(':') ? `[${host}]` : host, ...hosts],
    origins: [...origins, ...(channels?.origins ?? [])],
  };
}

function noKeys(host: string, port: number): HoldfastError {
  return new HoldfastError('invalid-argument', `serving on ${host}:${port} needs at least one key`, {
    hint: 'Give a keys file with lines `key-sha256 tenant name`, or serve on a unix socket.',
  });
}

function cannotListen(listen: ServeOptions['listen'], cause: Error): HoldfastError {
  const place = 'socketPath' in listen ? listen.socketPath : `${listen.host}:${listen.port}`;
  const isTaken = 'code' in cause && cause.code === 'EADDRINUSE';
  return new HoldfastError(isTaken ? 'in-use' : 'invalid-argument', `cannot serve on ${place}: ${cause.message}`, {
    cause,
  });
}
