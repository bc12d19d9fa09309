/**
 * Previews over HTTP, on a listener of their own: no route of the API is there, and no preview is on the API's.
 *
 * 1. It listens when the first preview is made, or at once when there are some from before.
 * 2. What is open of a preview is cut when it is revoked, and when its time is over.
 * 3. A sandbox serves at most `mostOpenPerSandbox` requests at once: its channel has other users.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock, Log } from '../../base/index.ts';
import type { PreviewRecord } from '../../state/index.ts';
import { type PreviewDomain, type PreviewPlace, placeOf } from './address.ts';
import { type Admission, admit, tokenParameter } from './admit.ts';
import { type Exchange, forward, forwardUpgrade, maxHeadBytes, refuse, refuseRaw } from './forward.ts';
import { listenLoopback } from './listen.ts';
import { OpenExchanges } from './open-exchanges.ts';
import { PreviewRefusal, refusalOf } from './refusal.ts';
import { makePass } from './token.ts';

/** The runtime's `Previews` is one. */
export interface PreviewSource {
  serveBy(door: { urlOf(preview: PreviewRecord): Promise<string>; cut(preview: string): void }): void;
  anyWorking(): boolean;
  byLabel(label: string): PreviewRecord | null;
  connect(preview: PreviewRecord, signal: AbortSignal): Promise<Duplex>;
}

export interface PreviewServerOptions {
  source: PreviewSource;
  listen: { host: string; port: number };
  domain: PreviewDomain;
  /** That of signed file URLs. */
  signingKey: Uint8Array;
  clock: Clock;
  log: Log;
  /** Told which port was taken. */
  onListening?: (port: number) => Promise<void>;
}

export interface PreviewServer {
  close(): Promise<void>;
}

const headersTimeoutMs = 10_000;
const keepAliveTimeoutMs = 60_000;

export async function servePreviews(options: PreviewServerOptions): Promise<PreviewServer> {
  const server = new Previewing(options);
  options.source.serveBy(server);
  if (options.source.anyWorking()) await server.place().catch((error: unknown) => server.cannotListen(error));
  return server;
}

class Previewing implements PreviewServer {
  readonly #options: PreviewServerOptions;
  readonly #open: OpenExchanges;
  #place: Promise<PreviewPlace> | null = null;
  #servers: Server[] = [];

  constructor(options: PreviewServerOptions) {
    this.#options = options;
    this.#open = new OpenExchanges(options.clock);
  }

  async urlOf(preview: PreviewRecord): Promise<string> {
    const { originOf } = await this.place();
    const address = `${originOf(preview.label)}/`;
    if (preview.visibility === 'public') return address;
    return `${address}?${tokenParameter}=${makePass(this.#options.signingKey, 'token', preview)}`;
  }

  cut(preview: string): void {
    this.#open.cut(preview);
  }

  /** Where it listens, and from now on does; a failure is tried again by the next who asks. */
  place(): Promise<PreviewPlace> {
    this.#place ??= this.#listen().catch((error: unknown) => {
      this.#place = null;
      throw error;
    });
    return this.#place;
  }

  cannotListen(error: unknown): void {
    this.#options.log.error({ err: error }, 'the previews there are cannot be served');
  }

  async close(): Promise<void> {
    await this.#place?.catch(() => undefined);
    this.#open.cutAll();
    const closed = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(closed);
  }

  async #listen(): Promise<PreviewPlace> {
    const { listen, domain, log, onListening } = this.#options;
    let place: PreviewPlace | null = null;
    const { servers, port } = await listenLoopback(listen, () => this.#server(() => place));
    this.#servers = servers;
    place = placeOf(domain, port);
    await onListening?.(port);
    log.info({ host: listen.host, port, domain: domain.name }, 'serving previews');
    return place;
  }

  #server(place: () => PreviewPlace | null): Server {
    const server = createServer(
      {
        maxHeaderSize: maxHeadBytes,
        insecureHTTPParser: false,
        // Refused with our own words.
        requireHostHeader: false,
        headersTimeout: headersTimeoutMs,
        // An upload takes what it takes.
        requestTimeout: 0,
        connectionsCheckingInterval: 5000,
        keepAliveTimeout: keepAliveTimeoutMs,
        keepAlive: true,
        noDelay: true,
        // Any other switch of protocols is not taken up, and the request is an ordinary one.
        shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
      },
      (incoming, outgoing) => void this.#answer(place(), incoming, outgoing),
    );
    server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => undefined);
      void this.#upgrade(place(), incoming, { socket, head });
    });
    server.on('clientError', (_error, socket) => refuseRaw(socket, new PreviewRefusal('bad-request')));
    return server;
  }

  async #answer(place: PreviewPlace | null, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    try {
      const admission = this.#admit(place, incoming, false);
      if (admission.kind === 'enter') return enter(outgoing, admission);
      await this.#during(admission, incoming, outgoing, (exchange) => forward(exchange, outgoing));
    } catch (error) {
      refuse(outgoing, refusalOf(error));
    }
  }

  async #upgrade(
    place: PreviewPlace | null,
    incoming: IncomingMessage,
    { socket, head }: { socket: Duplex; head: Buffer },
  ): Promise<void> {
    try {
      const admission = this.#admit(place, incoming, true);
      if (admission.kind === 'enter') throw new PreviewRefusal('no-token');
      await this.#during(admission, incoming, socket, (exchange) => forwardUpgrade(exchange, socket, head));
    } catch (error) {
      refuseRaw(socket, refusalOf(error), incoming.headers.accept);
    }
  }

  #admit(place: PreviewPlace | null, incoming: IncomingMessage, isUpgrade: boolean): PlacedAdmission {
    if (!place) throw new PreviewRefusal('unknown-host');
    const { signingKey, clock, source } = this.#options;
    const byLabel = (label: string): PreviewRecord | null => source.byLabel(label);
    return { ...admit({ place, signingKey, nowMs: clock.nowMs(), byLabel }, incoming, isUpgrade), place };
  }

  async #during(
    { preview, target, place }: Extract<PlacedAdmission, { kind: 'pass' }>,
    incoming: IncomingMessage,
    visitor: ServerResponse | Duplex,
    work: (exchange: Exchange) => Promise<void>,
  ): Promise<void> {
    const { clock, source } = this.#options;
    const open = this.#open.begin(preview);
    // Before the end of the answer, it is the visitor who left.
    visitor.once('close', open.end);
    try {
      const connect: Exchange['connect'] = (wanted, signal) => source.connect(wanted, signal);
      await work({ incoming, preview, target, place, clock, signal: open.signal, connect });
    } finally {
      visitor.off('close', open.end);
      open.end();
    }
  }
}

type PlacedAdmission = Admission & { place: PreviewPlace };

function enter(outgoing: ServerResponse, { location, cookie }: Extract<Admission, { kind: 'enter' }>): void {
  outgoing.writeHead(302, {
    location,
    'set-cookie': cookie,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-length': '0',
  });
  outgoing.end();
}
