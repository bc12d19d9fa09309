/**
 * Reading what a client sends, bounded in size and in silence.
 *
 * 1. A body longer than its bound is refused as soon as that is known, before it is read when its length is announced.
 * 2. A body that breaks off throws; it never looks complete.
 * 3. A client that sends nothing for `silenceMs` is given up.
 */
import type { IncomingMessage } from 'node:http';
import { type Clock, markPassing } from '../base/index.ts';
import { HoldfastError, mediaTypes, parseJson } from '../schema/index.ts';

export const maxJsonBytes: number = 8 * 1024 * 1024;
const silenceMs = 60_000;

/** The part of a request's context that has to do with its body. */
export interface BodySource {
  readonly request: Request;
  readonly incoming: IncomingMessage | undefined;
  readonly clock: Clock;
}

/** An empty body is `{}`: every field a route needs is then named by its schema. */
export async function readJson(source: BodySource): Promise<unknown> {
  const bytes = await readWhole(source, maxJsonBytes);
  if (bytes.length === 0) return {};
  const type = mediaTypeOf(source.request);
  if (type === mediaTypes.json) return parseJson(bytes);
  throw new HoldfastError('invalid-argument', `the body is ${type || 'of no type'}, not ${mediaTypes.json}`, {
    hint: `Send it with content-type: ${mediaTypes.json}.`,
  });
}

export async function readWhole(source: BodySource, maxBytes: number): Promise<Uint8Array> {
  const announced = Number(source.request.headers.get('content-length') ?? 0);
  if (announced > maxBytes) throw tooLarge(maxBytes);
  if (announced === 0 && !source.request.headers.has('transfer-encoding') && source.incoming) return new Uint8Array();
  const all = atHand(source.incoming, announced);
  if (all) return all;
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of bodyPieces(source)) {
    length += piece.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    pieces.push(piece);
  }
  return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
}

/** A short body mostly comes with its head, and is here whole before anybody asks for it. */
function atHand(incoming: IncomingMessage | undefined, announced: number): Uint8Array | null {
  if (!incoming || !(announced > 0) || incoming.readableLength < announced) return null;
  const bytes: unknown = incoming.read(announced);
  // Its end is to be taken too, or the connection counts as one whose request nobody read.
  incoming.resume();
  return bytes instanceof Uint8Array ? bytes : null;
}

/** The body as it arrives; what is not read holds the sender back. What came over a socket is nobody else's: who is done with a piece may free it. */
export async function* bodyPieces(source: BodySource): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = rawPieces(source)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await orSilence(iterator.next(), source.clock);
      if (done) return;
      if (source.incoming) markPassing(value);
      yield value;
    }
  } catch (error) {
    if (error instanceof HoldfastError) throw error;
    throw new HoldfastError('cancelled', 'the client left in the middle of its body', { cause: error });
  } finally {
    // Not awaited: a read that nobody answers would keep it from returning.
    iterator.return?.()?.catch(() => undefined);
  }
}

export function mediaTypeOf(request: Request): string {
  return (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** The socket's own stream where there is one: twice as fast as the web stream around it. */
function rawPieces({ request, incoming }: BodySource): AsyncIterable<Uint8Array> {
  if (incoming) return incoming.iterator({ destroyOnReturn: false });
  return request.body ?? nothing();
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {
  // An absent body has no pieces.
}

function orSilence<T>(next: Promise<T>, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(silenceMs, () => reject(silent()));
    next.then(resolve, reject).finally(cancel);
  });
}

function silent(): HoldfastError {
  return new HoldfastError('deadline-exceeded', `the client sent nothing of its body for ${silenceMs} ms`);
}

function tooLarge(maxBytes: number): HoldfastError {
  return new HoldfastError('file-too-large', `the body is larger than ${maxBytes} bytes`, {
    hint: 'Files of any size go through PUT .../files, which streams.',
    details: { maxBytes },
  });
}
