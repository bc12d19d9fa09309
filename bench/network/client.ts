/**
 * One client for every way to an origin: `node client.ts '{"way":…,"load":…}'`, in a sandbox or outside of any. It needs
 * nothing but Node, and prints what it measured as JSON.
 *
 * 1. Open load: requests begin by a schedule that knows nothing of answers, and a latency counts from when its request
 *    was to begin. A worker waits for each moment, since a timer of the event loop is a millisecond coarse.
 * 2. Closed load: so many connections, each asking again when it is answered.
 * 3. A request that fails, or has no answer `answerWithinMs` after the last one began, counts as failed.
 */
import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

export interface Way {
  /** What is connected to: the origin, or a proxy. */
  host: string;
  port: number;
  /** Asked of the proxy by CONNECT. */
  connect?: string;
  /** Present: TLS, with this name. */
  serverName?: string;
  /** Of the request line, and its Host. */
  target: string;
  authority: string;
  /** Files with those who may have signed the certificate. */
  trust: string[];
}

export interface Load {
  kind: 'open' | 'closed';
  /** Open: how many begin each second. Closed: how many connections. */
  many: number;
  seconds: number;
  /** One connection serves many requests; else each has its own. */
  isKept: boolean;
}

export interface Measured {
  latenciesMs: number[];
  perSecond: number;
  failed: number;
  failure: string | null;
}

const answerWithinMs = 5000;
const warmups = { kept: 400, fresh: 40 };
const mostConnections = 512;
const headEnd = Buffer.from('\r\n\r\n');

async function main(): Promise<void> {
  // This is what `bench/network/ways.ts` writes.
  const { way, load } = JSON.parse(process.argv[2] ?? '') as { way: Way; load: Load };
  const trust = way.trust.map((path) => readFileSync(path, 'utf8'));
  const pool = new Pool(way, way.serverName === undefined ? null : createSecureContext({ ca: trust }), load.isKept);
  for (let left = load.isKept ? warmups.kept : warmups.fresh; left > 0; left--) await pool.ask();
  const measured = await (load.kind === 'open' ? underOpenLoad(pool, load) : underClosedLoad(pool, load));
  process.stdout.write(JSON.stringify(measured), () => process.exit(0));
}

/** Connections that wait to be used again. */
class Pool {
  readonly #way: Way;
  readonly #context: SecureContext | null;
  readonly #isKept: boolean;
  readonly #idle: Connection[] = [];
  #open = 0;

  constructor(way: Way, context: SecureContext | null, isKept: boolean) {
    this.#way = way;
    this.#context = context;
    this.#isKept = isKept;
  }

  /** One request, on a connection that is there or a new one. */
  async ask(): Promise<void> {
    const connection = this.#waiting() ?? (await this.#connect());
    const mayStay = await connection.ask();
    if (mayStay && this.#isKept) this.#idle.push(connection);
    else connection.close();
  }

  #waiting(): Connection | undefined {
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) {
      if (!connection.isGone) return connection;
    }
    return undefined;
  }

  async #connect(): Promise<Connection> {
    if (this.#open >= mostConnections) throw new Error(`more than ${mostConnections} connections at once`);
    this.#open++;
    const socket = await connected(this.#way, this.#context, () => this.#open--);
    return new Connection(socket, this.#way);
  }
}

function connected(way: Way, context: SecureContext | null, closed: () => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: way.host, port: way.port, noDelay: true });
    socket.once('error', reject).once('close', () => {
      closed();
      reject(new Error('the connection was closed'));
    });
    const greet = (): void => {
      if (!context) {
        resolve(socket);
        return;
      }
      const tls = connectTls({ socket, secureContext: context, servername: way.serverName ?? '' });
      tls.once('error', reject).once('secureConnect', () => resolve(tls));
    };
    socket.once('connect', () => {
      if (way.connect === undefined) {
        greet();
        return;
      }
      socket.write(`CONNECT ${way.connect} HTTP/1.1\r\nHost: ${way.connect}\r\n\r\n`);
      socket.once('data', (answer) => {
        if (/^HTTP\/1\.[01] 200 /.test(answer.toString('latin1', 0, 16))) greet();
        else reject(new Error(`CONNECT: ${answer.toString('latin1', 0, 200)}`));
      });
    });
  });
}

class Connection {
  readonly #socket: Socket;
  readonly #request: string;
  #held: Buffer | null = null;
  #answered: PromiseWithResolvers<boolean> | null = null;

  constructor(socket: Socket, { target, authority }: Way) {
    this.#socket = socket;
    this.#request = `GET ${target} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`;
    const lost = (error?: Error): void => this.#answered?.reject(error ?? new Error('the connection was closed'));
    socket
      .on('data', (chunk: Buffer) => this.#receive(chunk))
      .on('error', lost)
      .on('close', () => lost());
  }

  get isGone(): boolean {
    return this.#socket.destroyed || this.#socket.readableEnded;
  }

  /** Resolves with the last byte of the answer: true when the connection may be used again. */
  ask(): Promise<boolean> {
    this.#answered = Promise.withResolvers();
    this.#socket.write(this.#request);
    return this.#answered.promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#held ? Buffer.concat([this.#held, chunk]) : chunk;
    const end = bytes.indexOf(headEnd);
    const head = end < 0 ? '' : bytes.toString('latin1', 0, end);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN);
    if (end < 0 || bytes.length < end + headEnd.length + length) {
      this.#held = bytes;
      return;
    }
    this.#held = null;
    const isWell = head.startsWith('HTTP/1.1 200 ') && bytes.length === end + headEnd.length + length;
    if (isWell) this.#answered?.resolve(!/\r\nconnection: *close/i.test(head));
    else this.#answered?.reject(new Error(`answered: ${head.slice(0, 200)}`));
  }
}

class Tally {
  readonly latenciesMs: number[] = [];
  failed = 0;
  failure: string | null = null;
  underWay = 0;

  async of(pool: Pool, startMs: number): Promise<void> {
    this.underWay++;
    try {
      await pool.ask();
      this.latenciesMs.push(performance.now() - startMs);
    } catch (error) {
      this.failed++;
      this.failure ??= error instanceof Error ? error.message : String(error);
    } finally {
      this.underWay--;
    }
  }

  result(tookMs: number): Measured {
    if (this.underWay > 0) this.failure ??= `no answer within ${answerWithinMs} ms`;
    const { latenciesMs, failed, failure, underWay } = this;
    return { latenciesMs, failed: failed + underWay, failure, perSecond: (1000 * latenciesMs.length) / tookMs };
  }
}

async function underOpenLoad(pool: Pool, { many, seconds }: Load): Promise<Measured> {
  const tally = new Tally();
  const everyMs = 1000 / many;
  const count = Math.round(many * seconds);
  const firstMs = performance.now() + 100;
  const clock = new Worker(new URL(import.meta.url), {
    workerData: { firstMs: performance.timeOrigin + firstMs, everyMs, count },
  });
  let begun = 0;
  await new Promise<void>((resolve) => {
    clock.on('message', () => {
      for (; begun < count && firstMs + begun * everyMs <= performance.now(); begun++) {
        void tally.of(pool, firstMs + begun * everyMs);
      }
      if (begun === count) resolve();
    });
  });
  const lastMs = performance.now();
  while (tally.underWay > 0 && performance.now() < lastMs + answerWithinMs) await pause(5);
  return tally.result(seconds * 1000);
}

async function underClosedLoad(pool: Pool, { many, seconds }: Load): Promise<Measured> {
  const tally = new Tally();
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1000;
  const work = async (): Promise<void> => {
    while (performance.now() < endMs && tally.failed < many) await tally.of(pool, performance.now());
  };
  await Promise.race([Promise.all(Array.from({ length: many }, work)), pause(seconds * 1000 + answerWithinMs)]);
  return tally.result(performance.now() - startedMs);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The worker: says when each request is due. */
function tick({ firstMs, everyMs, count }: { firstMs: number; everyMs: number; count: number }): void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (let index = 0; index < count; index++) {
    const leftMs = firstMs + index * everyMs - (performance.timeOrigin + performance.now());
    if (leftMs > 0) Atomics.wait(never, 0, 0, leftMs);
    parentPort?.postMessage(null);
  }
}

if (isMainThread) await main();
// What `underOpenLoad` gives it.
else tick(workerData as { firstMs: number; everyMs: number; count: number });
