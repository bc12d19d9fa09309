/** SEARCH and WATCH: streams of small records instead of bytes. */
import type { Buffer } from 'node:buffer';
import type { Scope } from '../base/index.ts';
import { type FileEvent, HoldfastError, type SearchMatch, type SearchResult } from '../schema/index.ts';
import type { GuestChannel } from './channel.ts';
import { type ChannelRequest, unexpected } from './channel-request.ts';
import type { Subject } from './errno.ts';
import { Fields, FieldWriter } from './fields.ts';
import { protocolError } from './frames.ts';
import { PullQueue } from './pull-queue.ts';
import type { FileWatch, SearchRequest } from './types.ts';
import { messageTypes, tags } from './wire.ts';

const searchWindowBytes = 1024 * 1024;
/** Of all matches together, however many were asked for. */
const longestResultBytes = 64 * 1024 * 1024;
/** Small: records are objects on our side, many times their bytes. */
const watchWindowBytes = 64 * 1024;
const longestTextBytes = 1024;
const longestPathBytes = 4096;
const regexFlag = 1;
const ignoreCaseFlag = 2;
const eventKinds: readonly FileEvent['kind'][] = ['created', 'modified', 'deleted', 'moved', 'overflow'];

export function search(channel: GuestChannel, request: SearchRequest, scope: Scope | undefined): Promise<SearchResult> {
  const subject: Subject = { kind: 'file', action: 'search', name: request.path };
  const fields = new FieldWriter()
    .text(tags.path, request.path)
    .text(tags.pattern, request.pattern)
    .text(tags.glob, request.glob)
    .int(tags.count, request.maxMatches)
    .int(tags.flags, (request.regex ? regexFlag : 0) + (request.ignoreCase ? ignoreCaseFlag : 0))
    .int(tags.credit, searchWindowBytes);
  return new Promise((resolve, reject) => {
    const matches: SearchMatch[] = [];
    let received = 0;
    let ungranted = 0;
    const answer = (type: number, payload: Buffer): void => {
      if (type === messageTypes.end) {
        const end = new Fields(payload);
        const truncated = end.optionalInt(tags.more) === 1;
        resolve({ matches, truncated, filesSearched: end.int(tags.count) });
        return;
      }
      if (type !== messageTypes.data) throw unexpected(type, subject);
      if (matches.length === request.maxMatches) throw protocolError('the guest found more than was asked for');
      matches.push(readMatch(new Fields(payload)));
      received += payload.length;
      if (received > longestResultBytes) {
        started.cancel(tooMuch(request));
        return;
      }
      ungranted += payload.length;
      if (ungranted < searchWindowBytes / 4) return;
      started.grant(ungranted);
      ungranted = 0;
    };
    const started = channel.request(
      messageTypes.search,
      fields,
      { subject, okEnds: false, credit: searchWindowBytes, answer, failed: reject },
      scope,
    );
  });
}

export function watch(channel: GuestChannel, path: string, recursive: boolean, scope: Scope | undefined): FileWatch {
  const subject: Subject = { kind: 'file', action: 'watch', name: path };
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => undefined);
  const sizes = new WeakMap<FileEvent, number>();
  let taken = 0;
  let isReady = false;
  let isOwnClose = false;
  const events = new PullQueue<FileEvent>({
    onTake: (event) => {
      taken += sizes.get(event) ?? 0;
      if (taken < watchWindowBytes / 4) return;
      request.grant(taken);
      taken = 0;
    },
    onLeave: () => close(),
  });
  const fields = new FieldWriter().text(tags.path, path).flag(tags.flags, recursive).int(tags.credit, watchWindowBytes);
  const request: ChannelRequest = channel.request(
    messageTypes.watch,
    fields,
    {
      subject,
      okEnds: false,
      credit: watchWindowBytes,
      answer: (type, payload) => {
        if (type !== (isReady ? messageTypes.data : messageTypes.ok)) throw unexpected(type, subject);
        if (!isReady) {
          isReady = true;
          return ready.resolve();
        }
        const event = readEvent(new Fields(payload));
        sizes.set(event, payload.length);
        events.push(event);
      },
      failed: (error) => {
        ready.reject(error);
        events.finish(isOwnClose ? null : error);
      },
    },
    scope,
  );
  const close = (): void => {
    isOwnClose = true;
    request.cancel(new HoldfastError('cancelled', `watching ${path} was ended`));
  };
  return { ready: ready.promise, close, [Symbol.asyncIterator]: () => events };
}

function readMatch(fields: Fields): SearchMatch {
  const text = fields.bytes(tags.text);
  if (text.length > longestTextBytes) throw protocolError('the guest sent a match longer than a match may be');
  return { path: readPath(fields), line: fields.int(tags.line), text: text.toString('utf8') };
}

function readEvent(fields: Fields): FileEvent {
  const kind = eventKinds[fields.int(tags.flags) - 1];
  if (!kind) throw protocolError('the guest reported a kind of change that does not exist');
  return { kind, path: readPath(fields) };
}

function readPath(fields: Fields): string {
  const path = fields.bytes(tags.path);
  if (path.length > longestPathBytes) throw protocolError('the guest sent a path longer than a path may be');
  return path.toString('utf8');
}

const tooMuch = (request: SearchRequest): HoldfastError =>
  new HoldfastError('file-too-large', `searching ${request.path} found more than ${longestResultBytes} bytes`, {
    hint: 'Search a smaller directory, with a longer pattern or a glob, or for fewer matches.',
  });
