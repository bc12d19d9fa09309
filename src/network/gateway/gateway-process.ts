/**
 * One gateway process from the daemon's side: started, asked, watched, ended.
 *
 * 1. It is up when it was configured; `ended` resolves once, after the process is gone for certain. Its last words are waited
 *    for, but not long: what it had started may hold on to their pipe.
 * 2. Every call ends: by its answer, by the process's end, or by its deadline.
 * 3. What it says is checked; a message that is none, or a silence longer than `silenceMs`, is its end by SIGKILL.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Clock, Log } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import {
  type AttachedInfo,
  type GatewayCall,
  type GatewayEvent,
  type GatewayMessage,
  gatewayMessageSchema,
} from './protocol.ts';

export interface GatewayProcessOptions {
  clock: Clock;
  log: Log;
  /** The whole environment of the process. */
  environment: Readonly<Record<string, string>>;
  onEvent(event: GatewayEvent): void;
}

interface Call {
  resolve(result: AttachedInfo | null): void;
  reject(error: Error): void;
  cancelTimer(): void;
}

const program = fileURLToPath(new URL('main.ts', import.meta.url));
const nodeFlags = [
  // Tapes' rules hold expressions of tenants.
  '--enable-experimental-regexp-engine',
  '--max-old-space-size=512',
  // Bytes on their way through are short-lived buffers outside the heap. A small young generation gives them back soon,
  // and this floor keeps them from being taken for growth: one full collection per 25 MB carried otherwise.
  '--max-semi-space-size=1',
  '--initial-old-space-size=256',
  '--no-warnings',
];
/** Slow names block one thread each (getaddrinfo), half of these at most: many times what one sandbox may look up at once. */
const threads = { UV_THREADPOOL_SIZE: '128' };
/** Where this process keeps its compiled modules, the gateway does too: half of what its start costs. */
const compileCache = (): Record<string, string> => {
  const directory = getCompileCacheDir();
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: directory };
};
const callTimeoutMs = 30_000;
const pingEveryMs = 5000;
const silenceMs = 20_000;
const keptStderr = 4096;
const closeWithinMs = 5000;
const lastWordsMs = 500;

export class GatewayProcess {
  readonly ended: Promise<string>;
  readonly #options: GatewayProcessOptions;
  readonly #child: ChildProcess;
  readonly #calls = new Map<number, Call>();
  #lastId = 0;
  #stderr = '';
  #why = '';
  #cancelPing: () => void = () => undefined;

  constructor(options: GatewayProcessOptions) {
    this.#options = options;
    this.#child = spawn(process.execPath, [...nodeFlags, program], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      env: { ...options.environment, ...threads, ...compileCache() },
      cwd: '/',
      // Its own session: a terminal's interrupt is for the daemon, whose end ends this.
      detached: true,
    });
    this.ended = this.#watch();
    this.#ping();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  call(call: GatewayCall, timeoutMs: number = callTimeoutMs): Promise<AttachedInfo | null> {
    return new Promise((resolve, reject) => {
      if (!this.#child.connected) return reject(gatewayGone('it has ended'));
      const id = ++this.#lastId;
      const late = (): void => {
        this.#calls.delete(id);
        reject(
          new HoldfastError('deadline-exceeded', `the gateway did not answer ${call.method} within ${timeoutMs} ms`),
        );
      };
      this.#calls.set(id, { resolve, reject, cancelTimer: this.#options.clock.after(timeoutMs, late) });
      this.#child.send({ id, call }, (error) => {
        if (error) this.#kill(`the channel broke: ${error.message}`);
      });
    });
  }

  /** Lets it tell what was open, then end by itself, and makes sure of both. */
  async close(): Promise<void> {
    await this.call({ method: 'close' }, closeWithinMs).catch((error: unknown) => {
      if (!isGatewayGone(error)) this.#options.log.warn({ error }, 'what the gateway had open was not told');
    });
    if (this.#child.connected) this.#child.disconnect();
    const cancel = this.#options.clock.after(2000, () => void this.#child.kill('SIGKILL'));
    await this.ended;
    cancel();
  }

  #watch(): Promise<string> {
    const child = this.#child;
    child.on('message', (message) => this.#receive(message));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-keptStderr);
    });
    return new Promise((resolve) => {
      const over = (how: string): void => {
        this.#cancelPing();
        const reason = [this.#why || how, this.#stderr.trim()].filter(Boolean).join(': ');
        for (const call of this.#calls.values()) {
          call.cancelTimer();
          call.reject(gatewayGone(reason));
        }
        this.#calls.clear();
        resolve(reason);
      };
      child.once('error', (error) => over(`it could not be started: ${error.message}`));
      // Not `close`: it does not come for a child whose channel was closed from here.
      child.once('exit', (status, signal) => {
        const finish = (): void => over(signal ? `it was ended by ${signal}` : `it ended with status ${status}`);
        if (!child.stderr || child.stderr.closed) return finish();
        child.stderr.once('close', finish);
        const cancel = this.#options.clock.after(lastWordsMs, () => child.stderr?.destroy());
        child.stderr.once('close', cancel);
      });
    });
  }

  #receive(raw: unknown): void {
    const parsed = gatewayMessageSchema.safeParse(raw);
    if (!parsed.success) this.#kill(`it sent what is no message: ${parsed.error.issues[0]?.message ?? ''}`);
    else if ('event' in parsed.data) this.#options.onEvent(parsed.data);
    else this.#answered(parsed.data);
  }

  #answered(message: Extract<GatewayMessage, { answer: number }>): void {
    const call = this.#calls.get(message.answer);
    if (!call) return;
    this.#calls.delete(message.answer);
    call.cancelTimer();
    if ('error' in message) call.reject(HoldfastError.fromBody(message.error));
    else call.resolve(message.result);
  }

  #ping(): void {
    this.#cancelPing = this.#options.clock.after(pingEveryMs, () => {
      this.call({ method: 'ping' }, silenceMs).then(
        () => this.#ping(),
        () => this.#kill(`it did not answer for ${silenceMs} ms`),
      );
    });
  }

  #kill(why: string): void {
    this.#why ||= why;
    this.#options.log.warn({ why }, 'ending the gateway');
    this.#child.kill('SIGKILL');
  }
}

/** `details.gateway`: the process ended under the call, which may have been done or not. */
export function gatewayGone(reason: string): HoldfastError {
  return new HoldfastError('busy', `the network gateway is not there: ${reason}`, {
    hint: 'It is being started again.',
    details: { gateway: 'gone' },
  });
}

export const isGatewayGone = (error: unknown): boolean =>
  error instanceof HoldfastError && error.details?.['gateway'] === 'gone';
