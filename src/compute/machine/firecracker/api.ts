/**
 * Firecracker's API: JSON over HTTP/1.1 on a unix socket.
 *
 * 1. The process runs what a guest gives it, so it may be hostile: an answer has a bound and a deadline, and one that is not
 *    documented ends the call and the connection.
 * 2. Calls go one after the other, as Firecracker works them off; after one without an answer, none goes out any more,
 *    because whether it was carried out is not known.
 * 3. A refusal is passed on in Firecracker's own words (faults.ts).
 */
import { type UnixTransport, unixTransport } from '../../../base/http.ts';
import { connectUnix, type Scope } from '../../../base/index.ts';
import { HoldfastError } from '../../../schema/index.ts';
import { brokenOff, notDocumented, refusal } from './faults.ts';
import { type FirecrackerVersion, parseVersion } from './version.ts';

export interface ApiCall {
  method: 'PUT' | 'PATCH';
  path: string;
  body: Record<string, unknown>;
  /** Copying memory takes longer than the rest. */
  timeoutMs?: number;
}

export type InstanceState = 'Not started' | 'Running' | 'Paused';

/** Its longest honest answer here is a few hundred bytes. */
const longestAnswerBytes = 64 * 1024;
const usualTimeoutMs = 5000;

export class FirecrackerApi {
  readonly #transport: UnixTransport;
  #turn: Promise<unknown> = Promise.resolve();
  #failure: HoldfastError | null = null;

  private constructor(path: string) {
    this.#transport = unixTransport(path);
  }

  static async connect(path: string, scope: Scope): Promise<FirecrackerApi> {
    (await connectUnix(path, scope, 'launch-failed')).on('error', () => undefined).destroy();
    return new FirecrackerApi(path);
  }

  close(): void {
    this.#transport.close();
  }

  /** Resolves when it was carried out. */
  async call({ method, path, body, timeoutMs }: ApiCall, scope: Scope): Promise<void> {
    await this.#inTurn({ method, path, body, timeoutMs: timeoutMs ?? usualTimeoutMs, wanted: 204 }, scope);
  }

  async version(scope: Scope): Promise<FirecrackerVersion> {
    const found = parseVersion(await this.#text('/version', 'firecracker_version', scope));
    if (!found) throw this.#fail(notDocumented('GET /version', 'a version that is none'));
    return found;
  }

  async state(scope: Scope): Promise<InstanceState> {
    const state = await this.#text('/', 'state', scope);
    if (state === 'Not started' || state === 'Running' || state === 'Paused') return state;
    throw this.#fail(notDocumented('GET /', `the state ${JSON.stringify(state.slice(0, 40))}`));
  }

  async #text(path: string, field: string, scope: Scope): Promise<string> {
    const answer = await this.#inTurn(
      { method: 'GET', path, body: null, timeoutMs: usualTimeoutMs, wanted: 200 },
      scope,
    );
    const value = objectOf(answer)?.[field];
    if (typeof value === 'string') return value;
    throw this.#fail(notDocumented(`GET ${path}`, `no ${field}`));
  }

  #inTurn(exchange: Exchange, scope: Scope): Promise<string> {
    const mine = this.#turn.then(() => this.#exchange(exchange, scope));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #exchange({ method, path, body, timeoutMs, wanted }: Exchange, scope: Scope): Promise<string> {
    scope.throwIfEnded();
    if (this.#failure) throw this.#failure;
    const name = `${method} ${path}`;
    await using limit = scope.child({ name: `Firecracker: ${name}`, timeoutMs });
    const { status, text } = await this.#answer(method, path, body, limit).catch((error: unknown) => {
      throw this.#lost(name, error, limit);
    });
    if (status === wanted) return text;
    if (status >= 200 && status < 300) throw this.#fail(notDocumented(name, `status ${status}`));
    const fault = objectOf(text)?.['fault_message'];
    if (typeof fault !== 'string') throw this.#fail(notDocumented(name, `status ${status} without a reason`));
    throw refusal(name, status, fault);
  }

  async #answer(
    method: string,
    path: string,
    body: Record<string, unknown> | null,
    scope: Scope,
  ): Promise<{ status: number; text: string }> {
    const response = await this.#transport.fetch(`http://localhost${path}`, {
      method,
      headers: { accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: scope.signal,
    });
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of response.body) {
      size += piece.length;
      if (size > longestAnswerBytes) throw notDocumented(`${method} ${path}`, `more than ${longestAnswerBytes} bytes`);
      pieces.push(piece);
    }
    return { status: response.status, text: Buffer.concat(pieces).toString('utf8') };
  }

  /** The reason of a call that got no answer: its deadline, the end of the process, or nonsense. */
  #lost(name: string, error: unknown, scope: Scope): unknown {
    const known = error instanceof HoldfastError ? error : brokenOff(name, error);
    this.#fail(brokenOff(name, error));
    return scope.signal.aborted ? scope.signal.reason : known;
  }

  #fail(error: HoldfastError): HoldfastError {
    this.#failure ??= error;
    this.#transport.close();
    return error;
  }
}

interface Exchange {
  method: 'GET' | ApiCall['method'];
  path: string;
  body: Record<string, unknown> | null;
  timeoutMs: number;
  wanted: 200 | 204;
}

function objectOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    // Just seen to be an object; each field is looked at where it is used.
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
