/**
 * File content in and out. What is read is copied once, out of what the socket lends; what is written is sent as the caller
 * gave it. Neither side waits longer than `stallMs` for the other without a sign.
 */
import { Buffer } from 'node:buffer';
import { filePieces, freePassed, type Scope } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { GuestChannel } from './channel.ts';
import { type ChannelRequest, lateError, unexpected } from './channel-request.ts';
import type { Subject } from './errno.ts';
import { Fields, FieldWriter } from './fields.ts';
import { protocolError } from './frames.ts';
import { grown } from './head-tail.ts';
import { Coalescer } from './output.ts';
import { PullQueue } from './pull-queue.ts';
import type { GuestFileContent, ReadRange, WriteFile } from './types.ts';
import { Upload } from './upload.ts';
import { messageTypes, tags } from './wire.ts';

const windowBytes = 2 * 1024 * 1024;
const grantAfterBytes = windowBytes / 4;
const stallMs = 60_000;

const readSubject = (path: string): Subject => ({ kind: 'file', action: 'read', name: path });

interface OpenedFile {
  sizeBytes: number;
  mode: number;
}

/** What a READ does with what it gets. */
interface Sink {
  opened(file: OpenedFile): void;
  /** Is done with the bytes when it returns. */
  data(bytes: Buffer): void;
  ended(): void;
  failed(error: HoldfastError): void;
}

export async function readStream(
  channel: GuestChannel,
  path: string,
  range: ReadRange,
  scope: Scope | undefined,
): Promise<GuestFileContent> {
  const opened = Promise.withResolvers<OpenedFile>();
  const coalescer = new Coalescer();
  let taken = 0;
  const stream = new PullQueue<Uint8Array>({
    onTake: (bytes) => {
      taken += bytes.length;
      if (taken < grantAfterBytes) return;
      request.grant(taken);
      taken = 0;
    },
    onLeave: () => request.cancel(new HoldfastError('cancelled', `reading ${path} was given up`)),
    stall: { clock: channel.clock, timeoutMs: stallMs, error: () => lateError(readSubject(path), stallMs) },
  });
  const request = requestRead(channel, path, range, scope, {
    opened: opened.resolve,
    data: (bytes) => {
      const { newest } = stream;
      const joined = newest ? (filePieces.extend(newest, bytes) ?? coalescer.join(newest, bytes)) : null;
      if (joined) stream.replaceNewest(joined);
      else stream.push(filePieces.copyRoomy(bytes));
    },
    ended: () => stream.finish(),
    failed: (error) => {
      opened.reject(error);
      stream.finish(error);
    },
  });
  const cancelTimer = channel.clock.after(stallMs, () => request.cancel(lateError(readSubject(path), stallMs)));
  const file = await opened.promise.finally(cancelTimer);
  return { ...file, stream };
}

export function readAll(
  channel: GuestChannel,
  path: string,
  maxBytes: number,
  scope: Scope | undefined,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let content: Buffer = Buffer.alloc(0);
    let length = 0;
    let ungranted = 0;
    let cancelTimer = (): void => undefined;
    const rearm = (): void => {
      cancelTimer();
      cancelTimer = channel.clock.after(stallMs, () => request.cancel(lateError(readSubject(path), stallMs)));
    };
    const request = requestRead(channel, path, {}, scope, {
      opened: (file) => {
        if (file.sizeBytes > maxBytes) return request.cancel(tooLarge(path, maxBytes));
        // Only reserved: pages the guest does not fill are never touched.
        content = Buffer.allocUnsafe(file.sizeBytes);
      },
      data: (bytes) => {
        if (length + bytes.length > maxBytes) return request.cancel(tooLarge(path, maxBytes));
        content = grown(content, length, bytes.length, maxBytes);
        content.set(bytes, length);
        length += bytes.length;
        ungranted += bytes.length;
        if (ungranted < grantAfterBytes) return;
        request.grant(ungranted);
        ungranted = 0;
        rearm();
      },
      ended: () => {
        cancelTimer();
        resolve(content.subarray(0, length));
      },
      failed: (error) => {
        cancelTimer();
        reject(error);
      },
    });
    rearm();
  });
}

function requestRead(
  channel: GuestChannel,
  path: string,
  range: ReadRange,
  scope: Scope | undefined,
  sink: Sink,
): ChannelRequest {
  const fields = new FieldWriter()
    .text(tags.path, path)
    .int(tags.offset, range.offset)
    .int(tags.length, range.length)
    .int(tags.credit, windowBytes);
  let isOpen = false;
  let left = range.length ?? Number.POSITIVE_INFINITY;
  const answer = (type: number, payload: Buffer): void => {
    if (!isOpen && type === messageTypes.ok) {
      isOpen = true;
      const file = new Fields(payload);
      sink.opened({ sizeBytes: file.int(tags.size), mode: file.int(tags.mode) & 0o7777 });
    } else if (isOpen && type === messageTypes.data) {
      left -= payload.length;
      if (left < 0) throw protocolError('the guest sent more of a file than was asked for');
      sink.data(payload);
    } else if (isOpen && type === messageTypes.end) sink.ended();
    else throw unexpected(type, readSubject(path));
  };
  return channel.request(
    messageTypes.read,
    fields,
    {
      subject: readSubject(path),
      okEnds: false,
      credit: windowBytes,
      inPieces: true,
      borrows: true,
      answer,
      failed: (error) => sink.failed(error),
    },
    scope,
  );
}

export async function write(
  channel: GuestChannel,
  path: string,
  content: WriteFile & { data: Uint8Array | AsyncIterable<Uint8Array> },
  scope: Scope | undefined,
): Promise<{ sizeBytes: number }> {
  const { data } = content;
  const isWhole = data instanceof Uint8Array;
  const fields = new FieldWriter()
    .text(tags.path, path)
    .int(tags.mode, content.mode)
    .flag(tags.parents, content.parents)
    .int(tags.size, content.expectedBytes ?? (isWhole ? data.length : undefined))
    .flag(tags.flags, content.exclusive);
  const subject: Subject = { kind: 'file', action: 'write', name: path };
  const upload = new Upload(channel, messageTypes.write, fields, { subject, scope, stallMs });
  let sent = 0;
  try {
    if (isWhole) {
      sent = data.length;
      await upload.write(data);
    } else {
      for await (const piece of data) {
        sent += piece.length;
        await upload.write(piece, () => freePassed(piece));
      }
    }
  } catch (error) {
    upload.cancel(new HoldfastError('cancelled', `writing ${path} was given up`, { cause: error }));
    throw error;
  }
  const sizeBytes = new Fields(await upload.end()).int(tags.size);
  if (sizeBytes !== sent) throw protocolError(`the guest wrote ${sizeBytes} of ${sent} bytes to ${path}`);
  return { sizeBytes };
}

const tooLarge = (path: string, maxBytes: number): HoldfastError =>
  new HoldfastError('file-too-large', `${path} is larger than ${maxBytes} bytes`, {
    hint: 'Read a range of it, stream it, or raise the limit.',
    details: { path, maxBytes },
  });
