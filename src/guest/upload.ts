/** The host's side of WRITE and STDIN: OK with credit, then our bytes, our END, and the guest's END as the receipt. */
import type { Buffer } from 'node:buffer';
import type { Scope } from '../base/index.ts';
import type { HoldfastError } from '../schema/index.ts';
import type { GuestChannel } from './channel.ts';
import { type ChannelRequest, lateError, unexpected } from './channel-request.ts';
import type { Subject } from './errno.ts';
import { Fields, type FieldWriter } from './fields.ts';
import { messageTypes, tags } from './wire.ts';

export interface UploadOptions {
  subject: Subject;
  scope?: Scope | undefined;
  /** Longest wait for the guest to take bytes or to answer; absent where its reader may take its time. */
  stallMs?: number;
}

export class Upload {
  /** The guest is ready to take bytes. */
  readonly opened: Promise<void>;
  /** Resolves to the payload of the guest's END. */
  readonly done: Promise<Buffer>;
  readonly #channel: GuestChannel;
  readonly #request: ChannelRequest;
  readonly #options: UploadOptions;
  #ended = false;
  #tail: Promise<void>;

  constructor(channel: GuestChannel, type: number, fields: FieldWriter, options: UploadOptions) {
    const opened = Promise.withResolvers<void>();
    const done = Promise.withResolvers<Buffer>();
    this.#channel = channel;
    this.#options = options;
    let isOpen = false;
    const answer = (answerType: number, payload: Buffer): void => {
      if (answerType === messageTypes.ok && !isOpen) {
        isOpen = true;
        this.#request.allow(new Fields(payload).int(tags.credit));
        opened.resolve();
      } else if (answerType === messageTypes.end && this.#ended) done.resolve(payload);
      else throw unexpected(answerType, options.subject);
    };
    const failed = (error: HoldfastError): void => {
      opened.reject(error);
      done.reject(error);
    };
    this.#request = channel.request(
      type,
      fields,
      { subject: options.subject, okEnds: false, uploads: true, answer, failed },
      options.scope,
    );
    this.opened = opened.promise;
    this.done = done.promise;
    // Whoever waits for neither still must not bring the process down.
    this.opened.catch(() => undefined);
    this.done.catch(() => undefined);
    this.#tail = this.#guarded(this.opened);
    this.#tail.catch(() => undefined);
  }

  /** In the order of the calls. `flushed` is as that of `ChannelRequest.upload`. */
  write(bytes: Uint8Array, flushed?: () => void): Promise<void> {
    const written = this.#tail.then(() => this.#guarded(this.#request.upload(bytes, flushed)));
    this.#tail = written;
    written.catch(() => undefined);
    return written;
  }

  async end(): Promise<Buffer> {
    await this.#tail;
    if (!this.#ended) {
      this.#ended = true;
      this.#request.endUpload();
    }
    return this.#guarded(this.done);
  }

  cancel(reason: HoldfastError): void {
    this.#request.cancel(reason);
  }

  #guarded<T>(work: Promise<T>): Promise<T> {
    const { stallMs, subject } = this.#options;
    if (stallMs === undefined) return work;
    const cancelTimer = this.#channel.clock.after(stallMs, () => this.#request.cancel(lateError(subject, stallMs)));
    return work.finally(cancelTimer);
  }
}
