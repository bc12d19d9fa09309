/**
 * The connection to the launcher process (guest/LAUNCHER.md): requests by id, answers streamed, events apart.
 *
 * 1. Started once, early; nothing else here ever spawns a process, so no fork of a large heap stalls the event loop.
 * 2. When the launcher dies, every open request fails with `launch-failed`; sandboxes live on, and the next request
 *    starts a new launcher.
 * 3. An answer for an id that nobody waits for (its scope ended) is dropped: the operation itself ran to its end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { type Log, type Scope, Semaphore, untilOrEnded } from '../../base/index.ts';
import {
  encodeFrame,
  Fields,
  FieldWriter,
  FrameDecoder,
  type LauncherType,
  launcherTags,
  launcherTypes,
  messageTypes,
  tags,
} from '../../guest/index.ts';
import { HoldfastError } from '../../schema/index.ts';

export interface LauncherRequest {
  type: LauncherType;
  fill: (fields: FieldWriter) => void;
}

export interface RawRequest {
  type: number;
  payload: Uint8Array;
  /** Called for each piece of a streamed answer, in order. */
  onData?: (payload: Buffer) => void;
  /** Makes the error of a refusal; absent: this file's own. */
  onError?: (payload: Buffer) => unknown;
}

interface Waiting {
  request: RawRequest;
  resolve: (payload: Buffer) => void;
  reject: (error: unknown) => void;
}

export interface LauncherOptions {
  binary: string;
  home: string;
  mode: 'root' | 'user';
  kind: 'fork' | 'bwrap';
  /** The directory of home whose entries have nothing to do with each other; the file system is told to keep them apart. */
  keepApart: string;
  log: Log;
}

/** The launcher refuses more than 128. */
const requestsAtOnce = 64;

export interface Capability {
  name: string;
  available: boolean;
  reason: string | null;
}

export class Launcher {
  readonly #options: LauncherOptions;
  readonly #waiting = new Map<number, Waiting>();
  readonly #places = new Semaphore(requestsAtOnce);
  #nextId = 1;
  #child: ChildProcess | null = null;
  #channel: Socket | null = null;
  #ready: Promise<Capability[]> | null = null;

  constructor(options: LauncherOptions) {
    this.#options = options;
  }

  /** Starts it if it does not run; answers what it found it can do. */
  ready(scope: Scope): Promise<Capability[]> {
    this.#ready ??= this.#start(scope);
    return untilOrEnded(this.#ready, scope);
  }

  async request(request: LauncherRequest, scope: Scope): Promise<Fields> {
    await this.ready(scope);
    return this.#places.run(() => this.#send(request, scope));
  }

  /** A request whose payload and answer somebody else encodes and reads: the file store's tree work. */
  async exchange(request: RawRequest, scope: Scope): Promise<Buffer> {
    await this.ready(scope);
    return this.#places.run(() => this.#write(request, scope));
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#ready = null;
    if (!child) return;
    // Not its `close`: that waits for whoever else holds its standard error, and keeps no program alive meanwhile.
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.ref();
    this.#channel?.destroy();
    if (child.exitCode === null && child.signalCode === null) await ended;
  }

  async #start(scope: Scope): Promise<Capability[]> {
    const { binary, home, mode, kind, keepApart } = this.#options;
    // Node reads and writes only descriptors past 2; the launcher wants its control socket as 0.
    const child = spawn('/bin/sh', ['-c', 'exec "$0" launcher 0<&3 3<&-', binary], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      env: {},
    });
    this.#child = child;
    child.on('error', (error) => this.#fail(child, `the launcher ${binary} could not be started: ${error.message}`));
    child.on('close', (code, signal) => this.#fail(child, `the launcher ended (${signal ?? `status ${code}`})`));
    child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => this.#options.log.warn({ launcher: text.trim() }, 'launcher'));
    // Node types it as a stream; what it makes of a pipe past 2 is a socket.
    const channel = child.stdio[3] as Socket;
    this.#channel = channel;
    channel.on('error', () => undefined);
    const decoder = new FrameDecoder((type, id, payload) => this.#onFrame(type, id, payload));
    channel.on('data', (chunk: Buffer) => this.#decode(decoder, chunk, child));
    child.unref();
    channel.unref();
    if (child.stderr) (child.stderr as Socket).unref();
    const configure: LauncherRequest = {
      type: 'configure',
      fill: (fields) =>
        fields
          .text(launcherTags.home, home)
          .text(launcherTags.launchMode, mode)
          .text(launcherTags.launcher, kind)
          .text(tags.path, keepApart),
    };
    const answer = await this.#send(configure, scope);
    return answer.nested(launcherTags.capability).map(capabilityOf);
  }

  async #send({ type, fill }: LauncherRequest, scope: Scope): Promise<Fields> {
    const writer = new FieldWriter();
    fill(writer);
    const onError = (payload: Buffer): HoldfastError => failureOf(type, new Fields(payload));
    return new Fields(await this.#write({ type: launcherTypes[type], payload: writer.payload(), onError }, scope));
  }

  #write(request: RawRequest, scope: Scope): Promise<Buffer> {
    const id = this.#nextId++;
    const answer = new Promise<Buffer>((resolve, reject) => this.#waiting.set(id, { request, resolve, reject }));
    // An idle launcher does not keep its program alive; one that owes an answer does.
    this.#channel?.ref();
    this.#channel?.write(encodeFrame(request.type, id, request.payload));
    return untilOrEnded(answer, scope);
  }

  #decode(decoder: FrameDecoder, chunk: Buffer, child: ChildProcess): void {
    try {
      decoder.push(chunk);
    } catch (error) {
      this.#options.log.error({ error }, 'the launcher broke its protocol');
      child.kill('SIGKILL');
    }
  }

  #onFrame(type: number, id: number, payload: Buffer): void {
    // EXITED has id 0: a sandbox's end is seen at its own channel, which also works for those of an earlier launcher.
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    if (type === messageTypes.data) {
      waiting.request.onData?.(payload);
      return;
    }
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#channel?.unref();
    if (type !== messageTypes.error) waiting.resolve(payload);
    else
      waiting.reject(waiting.request.onError?.(payload) ?? new HoldfastError('launch-failed', 'the launcher refused'));
  }

  #fail(child: ChildProcess, message: string): void {
    if (this.#child !== child) return;
    this.#child = null;
    this.#channel = null;
    this.#ready = null;
    const error = new HoldfastError('launch-failed', message, {
      hint: 'Try again; `holdfast doctor` says what is missing here.',
    });
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function capabilityOf(entry: Fields): Capability {
  const available = entry.optionalInt(tags.flags) === 1;
  return { name: entry.text(tags.text), available, reason: entry.optionalText(tags.message) ?? null };
}

const errnoNames = new Map<number, 'limit-unsupported' | 'host-disk-full' | 'deadline-exceeded' | 'not-found'>([
  [95, 'limit-unsupported'],
  [28, 'host-disk-full'],
  [122, 'host-disk-full'],
  [110, 'deadline-exceeded'],
]);

function failureOf(type: LauncherType, fields: Fields): HoldfastError {
  const errno = fields.int(tags.errno);
  const message = fields.optionalText(tags.message) ?? `errno ${errno}`;
  const code = errnoNames.get(errno) ?? 'launch-failed';
  return new HoldfastError(code, `${type}: ${message}`, {
    details: { errno },
    hint:
      code === 'limit-unsupported'
        ? 'Ask for less, or run where the limit can be held; `holdfast doctor` lists them.'
        : '`holdfast doctor` says what works on this machine.',
  });
}
