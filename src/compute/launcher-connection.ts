/**
 * Requests to whoever speaks the launcher protocol (guest/LAUNCHER.md) over one socket: the launcher of this machine, or
 * the first process of a machine of its own.
 *
 * 1. A request whose scope has ended is not begun. One that was begun is answered as it ended, however late: what comes next
 *    depends on it, and must not be done beside it. Work on trees is stopped first (CANCEL).
 * 2. A peer may be hostile: a frame past its bound, or fields that are none, end the connection and every open request. It may
 *    also be silent, so there a request ends with its scope, and an answer for an id that nobody waits for is dropped.
 * 3. Whoever takes a streamed answer slowly makes the peer wait, and with it every other request of this connection.
 */
import type { Socket } from 'node:net';
import { type Scope, Semaphore, untilOrEnded } from '../base/index.ts';
import {
  encodeFrame,
  Fields,
  FieldWriter,
  FrameDecoder,
  type LauncherType,
  launcherTypes,
  messageTypes,
  tags,
} from '../guest/index.ts';
import { HoldfastError } from '../schema/index.ts';

export interface LauncherRequest {
  type: LauncherType;
  fill: (fields: FieldWriter) => void;
}

export interface RawRequest {
  type: number;
  payload: Uint8Array;
  /** Called for each piece of a streamed answer, in order. The peer waits for a promise. */
  onData?: (payload: Buffer) => void | Promise<void>;
  /** Makes the error of a refusal; absent: this file's own. */
  onError?: (payload: Buffer) => unknown;
  /** Sent behind the request: DATA, then END, as the peer gives credit. */
  upload?: AsyncIterable<LayerFrame>;
}

/** What a layer travels in. */
export interface LayerFrame {
  type: 'data' | 'end';
  payload: Uint8Array;
}

/** A peer gives this much ahead (guest/common/launcher.h). */
const firstCredit = 1024 * 1024;

interface Waiting {
  request: RawRequest;
  /** Bytes of an upload that may still be sent, and who waits for more. */
  credit: number;
  onCredit: (() => void) | null;
  resolve: (payload: Buffer) => void;
  reject: (error: unknown) => void;
}

/** The launcher refuses more than 128. */
const requestsAtOnce = 64;
const nothing = new Uint8Array(0);

export class LauncherConnection {
  readonly #socket: Socket;
  readonly #peer: 'own' | 'hostile';
  readonly #waiting = new Map<number, Waiting>();
  readonly #places = new Semaphore(requestsAtOnce);
  #nextId = 1;
  #failure: HoldfastError | null = null;

  /** @param onBroken called once, when the peer breaks the protocol */
  constructor(socket: Socket, onBroken: (error: unknown) => void, peer: 'own' | 'hostile' = 'own') {
    this.#socket = socket;
    this.#peer = peer;
    const decoder = new FrameDecoder((type, id, payload) => this.#onFrame(type, id, payload));
    socket.on('data', (chunk: Buffer) => {
      try {
        decoder.push(chunk);
      } catch (error) {
        this.fail('it broke the protocol');
        onBroken(error);
      }
    });
    socket.unref();
  }

  async request({ type, fill }: LauncherRequest, scope: Scope): Promise<Fields> {
    const writer = new FieldWriter();
    fill(writer);
    const onError = (payload: Buffer): HoldfastError => failureOf(type, new Fields(payload));
    return new Fields(await this.exchange({ type: launcherTypes[type], payload: writer.payload(), onError }, scope));
  }

  /** A request whose payload and answer somebody else encodes and reads. */
  exchange(request: RawRequest, scope: Scope): Promise<Buffer> {
    return this.#places.run(() => this.#ask(request, scope), scope);
  }

  /** Every open request fails with this, and every later one. */
  fail(message: string): void {
    this.#failure ??= new HoldfastError('launch-failed', message, {
      hint: 'Try again; `holdfast doctor` says what is missing here.',
    });
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject, onCredit } of waiting) {
      reject(this.#failure);
      onCredit?.();
    }
    this.#socket.destroy();
  }

  async #ask(request: RawRequest, scope: Scope): Promise<Buffer> {
    scope.throwIfEnded();
    if (this.#failure) throw this.#failure;
    const id = this.#nextId++;
    const leave = scope.onEnd(() => this.#stop(id, request.type));
    try {
      const answer = this.#write(id, request);
      return await (this.#peer === 'own' ? answer : untilOrEnded(answer, scope));
    } catch (error) {
      scope.throwIfEnded();
      throw error;
    } finally {
      leave();
    }
  }

  #stop(id: number, type: number): void {
    if (type < launcherTypes.layerScan || !this.#waiting.has(id)) return;
    this.#socket.write(encodeFrame(messageTypes.cancel, id, nothing));
  }

  #write(id: number, request: RawRequest): Promise<Buffer> {
    const answer = new Promise<Buffer>((resolve, reject) =>
      this.#waiting.set(id, { request, credit: firstCredit, onCredit: null, resolve, reject }),
    );
    // An idle peer does not keep this program alive; one that owes an answer does.
    this.#socket.ref();
    this.#socket.write(encodeFrame(request.type, id, request.payload));
    if (request.upload) this.#upload(id, request.upload);
    return answer;
  }

  /** What cannot be read any more fails the request; the peer learns it by the connection's end, having half of it. */
  #upload(id: number, source: AsyncIterable<LayerFrame>): void {
    this.#sendAll(id, source).catch((error: unknown) => {
      this.#waiting.get(id)?.reject(error);
      this.#waiting.delete(id);
      this.fail('what was being sent could not be read to its end');
    });
  }

  async #sendAll(id: number, source: AsyncIterable<LayerFrame>): Promise<void> {
    for await (const { type, payload } of source) {
      await this.#credited(id, payload.length);
      // Refused already: the rest would be read for nothing.
      if (!this.#waiting.has(id)) return;
      this.#socket.write(encodeFrame(messageTypes[type], id, payload));
    }
  }

  /** Resolves when that much may be sent, or nobody waits for the answer any more. */
  async #credited(id: number, bytes: number): Promise<void> {
    for (let waiting = this.#waiting.get(id); waiting && waiting.credit < bytes; waiting = this.#waiting.get(id)) {
      const held = waiting;
      await new Promise<void>((resolve) => {
        held.onCredit = resolve;
      });
    }
    const waiting = this.#waiting.get(id);
    if (waiting) waiting.credit -= bytes;
  }

  #giveCredit(waiting: Waiting, payload: Buffer): void {
    if (payload.length === 4) waiting.credit = Math.min(waiting.credit + payload.readUInt32LE(), firstCredit);
    waiting.onCredit?.();
  }

  #onFrame(type: number, id: number, payload: Buffer): void {
    // EXITED has id 0: a sandbox's end is seen at its own channel, which also works for those of an earlier launcher.
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    if (type === messageTypes.data) {
      this.#pass(id, waiting, payload);
      return;
    }
    if (type === messageTypes.credit) {
      this.#giveCredit(waiting, payload);
      return;
    }
    this.#waiting.delete(id);
    waiting.onCredit?.();
    if (this.#waiting.size === 0) this.#socket.unref();
    if (type !== messageTypes.error) waiting.resolve(payload);
    else waiting.reject(refusalOf(waiting.request, payload));
  }

  #pass(id: number, { request, reject }: Waiting, payload: Buffer): void {
    const taken = request.onData?.(payload);
    if (!(taken instanceof Promise)) return;
    this.#socket.pause();
    taken.then(
      () => this.#socket.resume(),
      (error: unknown) => {
        this.#waiting.delete(id);
        reject(error);
        this.#socket.resume();
      },
    );
  }
}

/** A refusal that cannot be read is one too: nobody else would answer whoever waits. */
function refusalOf({ onError }: RawRequest, payload: Buffer): unknown {
  try {
    return onError?.(payload) ?? new HoldfastError('launch-failed', 'the launcher refused');
  } catch (error) {
    return error;
  }
}

const errnoNames = new Map<number, 'limit-unsupported' | 'capability-missing' | 'host-disk-full' | 'deadline-exceeded'>(
  [
    [95, 'limit-unsupported'],
    // EUSERS: a namespace was not to be had.
    [87, 'capability-missing'],
    [28, 'host-disk-full'],
    [122, 'host-disk-full'],
    [110, 'deadline-exceeded'],
  ],
);

export function failureOf(type: LauncherType, fields: Fields): HoldfastError {
  const errno = fields.int(tags.errno);
  const message = fields.optionalText(tags.message) ?? `errno ${errno}`;
  const code = errnoNames.get(errno) ?? 'launch-failed';
  return new HoldfastError(code, `${type}: ${message}`, {
    details: { errno },
    hint: hints[code] ?? '`holdfast doctor` says what works on this machine.',
  });
}

const hints: Partial<Record<HoldfastError['code'], string>> = {
  'limit-unsupported': 'Ask for less, or run where the limit can be held; `holdfast doctor` lists them.',
  'capability-missing':
    'Allow user namespaces: sysctl user.max_user_namespaces, on Ubuntu also kernel.apparmor_restrict_unprivileged_userns=0; in a container, a seccomp profile that lets them be made. Or run the daemon as root.',
};
