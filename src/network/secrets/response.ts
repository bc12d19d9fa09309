/**
 * A response on its way in: secrets become placeholders in its head and its body.
 *
 * 1. A body is read in the clear: gzip, deflate, br and zstd are undone, and the sandbox gets the plain bytes. What cannot
 *    be read, or is a part of a whole so that a secret could stand across its edge, is refused, never passed on.
 * 2. Requests are changed so that this does not happen: they ask for codings that can be read, for the whole, and for
 *    WebSockets without compression.
 */
import { type Readable, Transform, type TransformCallback } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import { HoldfastError } from '../../schema/index.ts';
import { headerTokens, headerValues, withHeader, withoutHeaders } from '../mediation/headers.ts';
import type { MemoryShare } from '../memory.ts';
import type { RawHeaders, ResponseHead } from '../types.ts';
import { Scrubber, type ScrubTable } from './scrub.ts';

/** The request's headers without what would make its response unreadable. */
export function askReadably(headers: RawHeaders): RawHeaders {
  const whole = withoutHeaders(headers, 'range', 'if-range', 'sec-websocket-extensions');
  const asked = headerValues(whole, 'accept-encoding');
  if (asked.length === 0) return whole;
  const members = asked.flatMap((value) => value.split(',')).map((member) => member.trim());
  const readable = members.filter((member) => isReadable(member.split(';')[0]?.trim().toLowerCase() ?? ''));
  if (readable.length === members.length) return whole;
  return withHeader(whole, 'accept-encoding', readable.join(', ') || 'identity');
}

/**
 * `content-length` goes with a coding only: whoever sends a body that was scrubbed does not announce its length, but the
 * answer to HEAD keeps it. Validators stay as they are: for the outside they name the same state as before.
 * @throws HoldfastError `network-unreachable` when its body could hide a secret
 */
export function scrubHead(table: ScrubTable, head: ResponseHead): ResponseHead {
  const isCoded = hasBody(head) && codingsOf(head).length > 0;
  const adapted = isCoded ? withoutHeaders(head.headers, ...truthsOfCoded) : head.headers;
  const whole = withoutHeaders(adapted, 'accept-ranges');
  return { status: head.status, reason: table.line(head.reason), headers: scrubHeaders(table, whole) };
}

export function scrubHeaders(table: ScrubTable, headers: RawHeaders): RawHeaders {
  return headers.map((text) => table.line(text));
}

/** Null for a response that has no body. @throws as `scrubHead` */
export function scrubBody(table: ScrubTable, head: ResponseHead, memory: MemoryShare): Transform | null {
  if (!hasBody(head)) return null;
  const codings = codingsOf(head);
  return codings.length === 0 ? new ScrubStream(table) : new DecodingStream(table, codings, memory);
}

/** True of the coded bytes only. */
const truthsOfCoded = ['content-encoding', 'content-length', 'content-md5', 'digest', 'content-digest', 'repr-digest'];

/** 8 MiB, the most that a `zstd` coding may ask for (RFC 9659): else a few kilobytes take 128 MiB of memory. */
const zstdWindowLog = 23;
const decoders: Record<string, () => Transform> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  br: createBrotliDecompress,
  zstd: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLog } }),
};
/** How far a decoder may have to look back, and so what it keeps of what it has put out. */
const windowBytes: Record<string, number> = { br: 16 * 1024 * 1024, zstd: 2 ** zstdWindowLog };
const otherWindowBytes = 64 * 1024;
/** Whose decoder the first byte decides: the standard says zlib, and some servers send the bare stream. */
const deflate = 'deflate';
/** More than one is rare, more than this an attack on whoever undoes them. */
const mostCodings = 3;

function isReadable(coding: string): boolean {
  return coding === 'identity' || coding === deflate || Object.hasOwn(decoders, coding);
}

function hasBody({ status }: ResponseHead): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}

/** As they were applied, first to last. */
function codingsOf(head: ResponseHead): string[] {
  const transfer = headerTokens(head.headers, 'transfer-encoding').filter((coding) => coding !== 'chunked');
  const codings = [...headerTokens(head.headers, 'content-encoding'), ...transfer].filter(
    (coding) => coding !== 'identity' && coding !== '',
  );
  const [unreadable] = [...transfer, ...codings].filter((coding) => !isReadable(coding));
  if (unreadable !== undefined) throw unsafe(`its coding ${JSON.stringify(unreadable.slice(0, 40))} cannot be read`);
  if (transfer.some((coding) => coding !== 'identity')) throw unsafe('its transfer coding hides its body');
  if (codings.length > mostCodings) throw unsafe(`it is coded ${codings.length} times over`);
  const [type = ''] = headerValues(head.headers, 'content-type');
  if (head.status === 206 || /^multipart\/byteranges/i.test(type)) throw unsafe('it is a part that nobody asked for');
  return codings;
}

function unsafe(reason: string): HoldfastError {
  return new HoldfastError('network-unreachable', `the response was refused: ${reason}, and it could hold a secret`, {
    hint: 'Ask for it without that, or use a rule and a sandbox without secrets.',
  });
}

class ScrubStream extends Transform {
  readonly #scrubber: Scrubber;

  constructor(table: ScrubTable) {
    super();
    this.#scrubber = new Scrubber(table);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const clean = this.#scrubber.push(chunk);
    if (clean.length > 0) this.push(clean);
    done();
  }

  override _flush(done: TransformCallback): void {
    const clean = this.#scrubber.end();
    if (clean.length > 0) this.push(clean);
    done();
  }
}

/** Undoes codings and scrubs, at the pace of its reader: a few bytes that become gigabytes cost no memory. */
class DecodingStream extends Transform {
  readonly #scrubber: Scrubber;
  readonly #codings: readonly string[];
  readonly #memory: MemoryShare;
  #chain: { first: Transform; last: Readable; all: Transform[] } | null = null;

  constructor(table: ScrubTable, codings: readonly string[], memory: MemoryShare) {
    super();
    this.#scrubber = new Scrubber(table);
    this.#codings = codings;
    this.#memory = memory;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (chunk.length > 0) this.#chain ??= this.#build(chunk[0] ?? 0);
    if (this.#chain?.first.write(chunk) ?? true) done();
    else this.#chain?.first.once('drain', () => done());
  }

  override _flush(done: TransformCallback): void {
    // An empty body is empty in any coding.
    if (!this.#chain) done();
    this.#chain?.last.once('end', () => {
      const clean = this.#scrubber.end();
      if (clean.length > 0) this.push(clean);
      done();
    });
    this.#chain?.first.end();
  }

  override _read(size: number): void {
    this.#chain?.last.resume();
    super._read(size);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    for (const decoder of this.#chain?.all ?? []) decoder.destroy();
    done(error);
  }

  #build(firstByte: number): { first: Transform; last: Transform; all: Transform[] } {
    const all = [...this.#codings].reverse().map((coding, index) => {
      const decoder = makeDecoder(coding, index === 0 ? firstByte : null);
      decoder.on('error', (cause) => this.destroy(broken(cause)));
      return this.#counted(decoder, windowBytes[coding] ?? otherWindowBytes);
    });
    const [first, last] = [all.at(0), all.at(-1)];
    if (!first || !last) throw new HoldfastError('internal', 'there is no coding to undo');
    all.reduce((from, to) => from.pipe(to));
    last.on('data', (plain: Buffer) => {
      const clean = this.#scrubber.push(plain);
      if (clean.length > 0 && !this.push(clean)) last.pause();
    });
    return { first, last, all };
  }

  /** A decoder keeps its window, as far as it was filled. */
  #counted(decoder: Transform, mostBytes: number): Transform {
    const keep = this.#memory.keeper();
    let bytes = 0;
    return decoder.on('data', (plain: Buffer) => {
      if (bytes === mostBytes) return;
      bytes = Math.min(mostBytes, bytes + plain.length);
      try {
        keep(bytes);
      } catch (error) {
        this.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }
}

/** @param firstByte null when it is not known yet: then it must be the standard's form */
function makeDecoder(coding: string, firstByte: number | null): Transform {
  if (coding !== deflate) return (decoders[coding] ?? createGunzip)();
  return firstByte === null || (firstByte & 0x0f) === 8 ? createInflate() : createInflateRaw();
}

function broken(cause: Error): HoldfastError {
  return new HoldfastError('network-unreachable', `the response's coding is damaged: ${cause.message}`, { cause });
}
