/**
 * QEMU's control channel: one JSON text per line in both directions.
 *
 * 1. QEMU runs what a guest gives it, so it may be hostile: a line has a bound, an answer nobody waits for is dropped, an
 *    event is kept only while somebody waits for it, and what cannot be parsed ends the connection.
 * 2. Every wait ends with its scope.
 * 3. Commands may be sent without waiting for the one before; QEMU works them off in order.
 */
import type { Socket } from 'node:net';
import { connectUnix, type Scope, untilOrEnded } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';

/** QEMU's longest honest answer here is a few hundred bytes. */
const longestLine = 256 * 1024;

type Json = Record<string, unknown>;

interface Waiter {
  resolve: (value: Json) => void;
  reject: (error: unknown) => void;
}

export class QmpClient {
  readonly #socket: Socket;
  readonly #answers = new Map<number, Waiter>();
  readonly #events = new Set<Waiter & { matches: (event: string, data: Json) => boolean }>();
  #pieces: Buffer[] = [];
  #held = 0;
  #nextId = 1;
  #waiting = 0;
  #failure: HoldfastError | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#fail(`QEMU's control channel failed: ${error.message}`));
    socket.on('close', () => this.#fail("QEMU's control channel ended"));
    socket.unref();
    // The greeting is taken as any line; that commands may be sent is asked for without waiting for it.
    this.#send('qmp_capabilities').catch(() => undefined);
  }

  static async connect(path: string, scope: Scope): Promise<QmpClient> {
    return new QmpClient(await connectUnix(path, scope, 'launch-failed'));
  }

  async execute(command: string, args: Json | undefined, scope: Scope): Promise<Json> {
    return await this.#waitFor(this.#send(command, args), scope);
  }

  /** The data of the first event from now on that matches. */
  event(matches: (event: string, data: Json) => boolean, scope: Scope): Promise<Json> {
    if (this.#failure) return Promise.reject(this.#failure);
    let waiter: (Waiter & { matches: typeof matches }) | null = null;
    const found = new Promise<Json>((resolve, reject) => {
      waiter = { matches, resolve, reject };
      this.#events.add(waiter);
    });
    return this.#waitFor(found, scope).finally(() => waiter && this.#events.delete(waiter));
  }

  close(): void {
    this.#fail("QEMU's control channel was closed");
  }

  /** Only while something is waited for does the connection keep its program alive. */
  async #waitFor<T>(awaited: Promise<T>, scope: Scope): Promise<T> {
    this.#waiting++;
    this.#socket.ref();
    try {
      return await untilOrEnded(awaited, scope);
    } finally {
      this.#waiting--;
      if (this.#waiting === 0) this.#socket.unref();
    }
  }

  #send(command: string, args?: Json): Promise<Json> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    const answer = new Promise<Json>((resolve, reject) => this.#answers.set(id, { resolve, reject }));
    this.#socket.write(`${JSON.stringify({ execute: command, id, ...(args ? { arguments: args } : {}) })}\n`);
    return answer;
  }

  #take(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0 && !this.#failure; end = chunk.indexOf(10, from)) {
      this.#keep(chunk.subarray(from, end));
      const line = Buffer.concat(this.#pieces).toString('utf8');
      this.#pieces = [];
      this.#held = 0;
      from = end + 1;
      this.#onLine(line);
    }
    this.#keep(chunk.subarray(from));
  }

  #keep(piece: Buffer): void {
    if (this.#failure) return;
    this.#held += piece.length;
    if (this.#held > longestLine) this.#fail(`QEMU sent a line of more than ${longestLine} bytes`);
    else if (piece.length > 0) this.#pieces.push(piece);
  }

  #onLine(line: string): void {
    if (line.trim() === '') return;
    const message = parse(line);
    if (!message) {
      this.#fail('QEMU sent a line that is no JSON object');
      return;
    }
    if (typeof message['event'] === 'string') this.#onEvent(message['event'], objectOf(message['data']));
    else if (typeof message['id'] === 'number') this.#onAnswer(message['id'], message);
  }

  #onEvent(event: string, data: Json): void {
    for (const waiter of [...this.#events]) {
      if (!waiter.matches(event, data)) continue;
      this.#events.delete(waiter);
      waiter.resolve(data);
    }
  }

  #onAnswer(id: number, message: Json): void {
    const waiter = this.#answers.get(id);
    if (!waiter) return;
    this.#answers.delete(id);
    const error = message['error'];
    if (error === undefined) waiter.resolve(objectOf(message['return']));
    else waiter.reject(refusal(objectOf(error)));
  }

  #fail(message: string): void {
    if (this.#failure) return;
    this.#failure = new HoldfastError('launch-failed', message, {
      hint: 'The virtual machine ended or broke its protocol; destroy the sandbox and create another.',
    });
    for (const waiter of [...this.#answers.values(), ...this.#events]) waiter.reject(this.#failure);
    this.#answers.clear();
    this.#events.clear();
    this.#pieces = [];
    this.#socket.destroy();
  }
}

function parse(line: string): Json | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
  } catch {
    return null;
  }
}

/** Some commands answer a list or nothing; nothing here reads those. */
function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function refusal(error: Json): HoldfastError {
  const text = typeof error['desc'] === 'string' ? error['desc'].slice(0, 500) : 'no reason given';
  return new HoldfastError('launch-failed', `QEMU refused: ${text}`, {
    hint: '`holdfast doctor` says what works on this machine.',
  });
}
