/**
 * Takes what a recording calls a secret out of what goes onto its tape, in the thread that writes it: on the disk is what a
 * program would have sent and heard that had the tokens for the secrets.
 *
 * 1. Nothing reaches the disk before it was looked into.
 * 2. A coded body is kept in memory until it has ended. Where nothing is in it, it is written as it came, but for what is a
 *    secret in the bytes that it is; else it is coded anew. One that cannot be read, or is too long when it is decoded, is
 *    not kept (`unreadable`): it could hide a secret. One that only ends too early is read as far as it goes, but for zstd.
 */
import { pipeline, Readable, type Transform } from 'node:stream';
import { beginsCoded, codingsIn, decodersOf, encodersOf, isReadable, mostCodings } from '../mediation/codings.ts';
import { withHeader } from '../mediation/headers.ts';
import type { Redactor } from '../secrets/redactor.ts';
import type { RawHeaders, RequestHead } from '../types.ts';
import { headerValue } from './canonical.ts';
import { partBytes } from './collector.ts';
import type { CutReason, Exchange, TapedBody } from './format.ts';
import type { FinishedExchange, Side } from './messages.ts';

export function redactedHead(redactor: Redactor, finished: FinishedExchange): FinishedExchange {
  const { request } = finished;
  // Of the same shape: texts became other texts.
  return redactor.value({ ...finished, request: withBasic(redactor, request) }) as FinishedExchange;
}

/** As it would be on the tape. */
export function redactedRequest(redactor: Redactor, head: RequestHead): RequestHead {
  return redactor.value(withBasic(redactor, head)) as RequestHead; // as above
}

function withBasic<Head extends { headers: RawHeaders }>(redactor: Redactor, head: Head): Head {
  return { ...head, headers: head.headers.map((text) => redactedBasic(redactor, text)) };
}

/** Base64 hides words in the form of keys, which are found by reading only. */
function redactedBasic(redactor: Redactor, value: string): string {
  const [, scheme, encoded] = /^(basic +)([A-Za-z0-9+/]{8,8192}={0,2})$/i.exec(value) ?? [];
  if (scheme === undefined || encoded === undefined) return value;
  const plain = Buffer.from(encoded, 'base64');
  const clean = redactor.bytes(plain);
  return plain.equals(clean) ? value : scheme + Buffer.from(clean).toString('base64');
}

/** A whole body whose length is another one than was announced announces the one it has. */
export function measured({ request, response, ...rest }: Exchange): Exchange {
  return { ...rest, request: withLength(request), response: response && withLength(response) };
}

function withLength<Message extends { headers: RawHeaders; body: TapedBody }>(message: Message): Message {
  const { bytes, cut, content } = message.body;
  const isAnother = cut === null && content.bytes !== bytes;
  if (!isAnother || headerValue(message.headers, 'content-length') !== String(bytes)) return message;
  return { ...message, headers: withHeader(message.headers, 'content-length', String(content.bytes)) };
}

/** What of a side's coding can be undone; null where its body is looked at as it comes. */
export function codingsOf({ request, response }: FinishedExchange, side: Side): string[] | null {
  return readableCodings((side === 'request' ? request : response)?.headers ?? []);
}

export function readableCodings(headers: RawHeaders): string[] | null {
  const codings = codingsIn(headers);
  return codings.length > 0 && codings.length <= mostCodings && codings.every(isReadable) ? codings : null;
}

export function withCut(finished: FinishedExchange, side: Side, cut: CutReason | null): FinishedExchange {
  const message = finished[side];
  if (cut === null || !message) return finished;
  return { ...finished, [side]: { ...message, body: { ...message.body, cut: message.body.cut ?? cut } } };
}

interface CodedBody {
  redactor: Redactor;
  parts: readonly Uint8Array[];
  codings: readonly string[];
  /** Of it when it is decoded. */
  mostBytes: number;
  /** Asked for once, when it is not short. */
  long(): (data: Uint8Array) => void;
}

/** What is to be kept of it; `short` is null where it was long. */
export async function redactedCoded(body: CodedBody): Promise<{ cut: CutReason | null; short: Buffer | null }> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  let long: ((data: Uint8Array) => void) | null = null;
  const cut = await write(body, (data) => {
    if (long) return long(data);
    pieces.push(data);
    bytes += data.length;
    if (bytes <= partBytes) return;
    long = body.long();
    for (const piece of pieces) long(piece);
    pieces = [];
  });
  return { cut, short: long ? null : Buffer.concat(pieces) };
}

async function write(body: CodedBody, put: (data: Uint8Array) => void): Promise<CutReason | null> {
  const { redactor, parts, codings } = body;
  const found = beginsCoded(codings, beginningOf(parts)) ? await lookInto(body) : 'nothing';
  if (found === 'unreadable') return 'unreadable';
  if (found === 'secret') {
    for await (const piece of through(Readable.from(redacted(body)), encodersOf(codings))) put(piece);
    return null;
  }
  // What stands behind what is coded, and what is not coded at all.
  const plain = redactor.stream();
  for (const part of parts) put(plain.push(part));
  put(plain.end());
  return null;
}

async function lookInto(body: CodedBody): Promise<'secret' | 'nothing' | 'unreadable'> {
  const stream = body.redactor.stream();
  let bytes = 0;
  try {
    for await (const piece of decoded(body)) {
      bytes += piece.length;
      if (bytes > body.mostBytes) return 'unreadable';
      stream.push(piece);
    }
  } catch {
    return 'unreadable';
  }
  stream.end();
  return stream.hasFound ? 'secret' : 'nothing';
}

async function* redacted(body: CodedBody): AsyncGenerator<Uint8Array> {
  const stream = body.redactor.stream();
  for await (const piece of decoded(body)) yield stream.push(piece);
  yield stream.end();
}

function decoded({ parts, codings }: CodedBody): AsyncIterable<Buffer> {
  return through(Readable.from(parts), decodersOf(codings, beginningOf(parts)[0] ?? 0, true));
}

/** Enough to tell what it is. */
const beginningOf = (parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts.slice(0, 8), 8);

/** Whoever reads what comes out hears what went wrong in any of them. */
function through(source: Readable, transforms: readonly Transform[]): AsyncIterable<Buffer> {
  // The last one is returned, which can be read.
  return pipeline([source, ...transforms], () => undefined) as unknown as AsyncIterable<Buffer>;
}
