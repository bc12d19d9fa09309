/**
 * One request of a preview on its way to the program inside and back; nothing is buffered whole.
 *
 * 1. Each request has a stream into the sandbox of its own: one answer cannot pass for another's.
 * 2. Bytes flow both ways at the pace of the slower side, also while the other direction has ended.
 * 3. A visitor who leaves, a preview that ends and a program that breaks off each end both sides at once; half an answer
 *    is broken off and never looks whole.
 * 4. The answer is HTTP to the letter, with a head of at most `maxHeadBytes`, or it is refused.
 * 5. Until the answer's head came, neither side makes the other one wait for ever: a request of which nothing more comes is
 *    refused, and so is a program that takes nothing more of it.
 */
import { type ClientRequest, type IncomingMessage, request, type ServerResponse, STATUS_CODES } from 'node:http';
import { type Duplex, pipeline } from 'node:stream';
import type { Clock } from '../../base/index.ts';
import type { PreviewRecord } from '../../state/index.ts';
import type { PreviewPlace } from './address.ts';
import { type Headers, headersIn, headersOut } from './headers.ts';
import { PreviewRefusal, rawText, refusalAnswer, refusalOf } from './refusal.ts';

export const maxHeadBytes: number = 64 * 1024;
/** From the end of the request to the answer's head; what follows may take any time. */
const answerWithinMs = 300_000;
/** Between two pieces of a request. */
const uploadIdleMs = 60_000;

export interface Exchange {
  incoming: IncomingMessage;
  preview: PreviewRecord;
  target: string;
  place: PreviewPlace;
  clock: Clock;
  /** Ends with the visitor, and when the preview is cut. */
  signal: AbortSignal;
  connect(preview: PreviewRecord, signal: AbortSignal): Promise<Duplex>;
}

/** Resolves when nothing of it is open any more. */
export function forward(exchange: Exchange, outgoing: ServerResponse): Promise<void> {
  const { incoming, preview, place } = exchange;
  return through(exchange, outgoing, {
    async work(stream) {
      const inside = ask(exchange, stream, headersIn(incoming, preview, place));
      const answer = await answered(exchange, inside, sendBody(exchange, inside));
      outgoing.writeHead(answer.statusCode ?? 502, headersOut(answer, preview, place));
      // An event stream may have nothing else to say for a long time.
      outgoing.flushHeaders();
      await piped(answer, outgoing);
      drain(exchange);
    },
    refused: (refusal) => refuse(outgoing, refusal),
  });
}

/** A WebSocket: once the program has agreed, bytes pass untouched. */
export function forwardUpgrade(exchange: Exchange, socket: Duplex, head: Buffer): Promise<void> {
  const { incoming, preview, place } = exchange;
  return through(exchange, socket, {
    async work(stream) {
      const headers = { ...headersIn(incoming, preview, place), connection: ['Upgrade'], upgrade: ['websocket'] };
      const inside = ask(exchange, stream, headers);
      const agreed = new Promise<{ answer: IncomingMessage; first: Buffer }>((resolve) => {
        inside.once('upgrade', (answer, _stream, first) => resolve({ answer, first }));
      });
      inside.end();
      const refused = answered(exchange, inside, Promise.resolve());
      const outcome = await Promise.race([agreed, refused.then((answer) => ({ answer, first: null }))]);
      if (outcome.first) await splice(exchange, { socket, stream, head }, outcome);
      else await tell(exchange, socket, outcome.answer);
      socket.destroy();
    },
    refused: (refusal) => refuseRaw(socket, refusal, incoming.headers.accept),
  });
}

interface Passage {
  work(stream: Duplex): Promise<void>;
  refused(refusal: PreviewRefusal): void;
}

/** A stream into the sandbox for as long as the work takes; both sides end with the signal. */
async function through(
  exchange: Exchange,
  visitor: ServerResponse | Duplex,
  { work, refused }: Passage,
): Promise<void> {
  const { signal, preview } = exchange;
  let stream: Duplex | null = null;
  const cut = (): void => {
    visitor.destroy();
    stream?.destroy();
  };
  signal.addEventListener('abort', cut, { once: true });
  try {
    stream = await exchange.connect(preview, signal);
    // Whoever reads or writes it hears of a failure; between two of them somebody must listen.
    stream.on('error', () => undefined);
    signal.throwIfAborted();
    await work(stream);
  } catch (error) {
    if (!signal.aborted) refused(refusalOf(error));
  } finally {
    signal.removeEventListener('abort', cut);
    stream?.destroy();
  }
}

export function refuse(outgoing: ServerResponse, refusal: PreviewRefusal): void {
  if (outgoing.headersSent) return void outgoing.destroy();
  const { status, headers, body } = refusalAnswer(refusal, outgoing.req.headers.accept);
  // What is still to come of a request that nobody reads would be taken for the next one's beginning.
  outgoing.writeHead(status, outgoing.req.complete ? headers : { ...headers, connection: 'close' });
  outgoing.end(outgoing.req.method === 'HEAD' ? undefined : body);
}

export function refuseRaw(socket: Duplex, refusal: PreviewRefusal, accept?: string): void {
  if (!socket.writable) return void socket.destroy();
  socket.end(rawText(refusalAnswer(refusal, accept)), () => socket.destroy());
}

function ask({ incoming, target }: Exchange, stream: Duplex, headers: Headers): ClientRequest {
  return request({
    createConnection: () => stream,
    method: incoming.method ?? 'GET',
    path: target,
    headers,
    maxHeaderSize: maxHeadBytes,
    insecureHTTPParser: false,
  });
}

/** The answer's head. A switch of protocols that nobody asked for is none. */
function answered({ clock }: Exchange, inside: ClientRequest, sent: Promise<void>): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  let stop = (): void => undefined;
  let isAnswered = false;
  sent.then(
    () => {
      if (!isAnswered) stop = clock.after(answerWithinMs, () => reject(new PreviewRefusal('no-answer')));
    },
    (error: unknown) => {
      // One that breaks off is told by the visitor's signal, or by the stream.
      if (error instanceof PreviewRefusal && error.reason !== 'failed') reject(error);
    },
  );
  inside.once('response', resolve);
  if (inside.listenerCount('upgrade') === 0) inside.once('upgrade', () => reject(new PreviewRefusal('bad-answer')));
  else inside.once('upgrade', () => stop());
  inside.on('error', (cause) => reject(new PreviewRefusal('bad-answer', cause)));
  // A WebSocket that was agreed to has no answer, and its end is nobody's failure.
  promise.catch(() => undefined);
  return promise.finally(() => {
    isAnswered = true;
    stop();
  });
}

/** Not a pipeline: an answer may come before the end of the request, and the visitor's connection must outlive that. */
async function sendBody({ incoming, clock }: Exchange, inside: ClientRequest): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let stop = (): void => undefined;
  const watch = (heldUpMs = 0): void => {
    stop();
    stop = clock.after(uploadIdleMs, () => {
      if (!inside.writableNeedDrain) reject(new PreviewRefusal('stalled'));
      // A program has as long for what it reads as for its answer.
      else if (heldUpMs + uploadIdleMs >= answerWithinMs) reject(new PreviewRefusal('no-answer'));
      else watch(heldUpMs + uploadIdleMs);
    });
  };
  const moved = (): void => watch();
  inside.once('finish', resolve).once('close', () => reject(new PreviewRefusal('failed')));
  inside.once('response', () => resolve());
  inside.on('drain', moved);
  incoming.on('data', moved).pipe(inside);
  watch();
  try {
    await promise;
  } finally {
    stop();
    incoming.off('data', moved);
    inside.off('drain', moved);
  }
}

/** What is left of a request that was answered before its end is read for a while, so that the answer arrives. */
function drain({ incoming, clock }: Exchange): void {
  if (incoming.complete) return;
  incoming.resume();
  clock.after(drainMs, () => void (incoming.complete || incoming.destroy()));
}
const drainMs = 5000;

const upgraded = ['connection', 'Upgrade', 'upgrade', 'websocket'];

function rawHead(status: number, headers: readonly string[]): string {
  const lines: string[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`;
}

interface Ends {
  socket: Duplex;
  stream: Duplex;
  head: Buffer;
}

async function splice(
  { preview, place }: Exchange,
  { socket, stream, head }: Ends,
  { answer, first }: { answer: IncomingMessage; first: Buffer },
): Promise<void> {
  if (answer.headers.upgrade?.toLowerCase() !== 'websocket') throw new PreviewRefusal('bad-answer');
  socket.write(rawHead(101, [...headersOut(answer, preview, place), ...upgraded]), 'latin1');
  if (first.length > 0) socket.write(first);
  if (head.length > 0) stream.write(head);
  await Promise.all([piped(socket, stream), piped(stream, socket)]);
}

/** The program would not: its answer, until its end. */
async function tell({ preview, place }: Exchange, socket: Duplex, answer: IncomingMessage): Promise<void> {
  const headers = headersOut(answer, preview, place);
  socket.write(rawHead(answer.statusCode ?? 502, [...headers, 'connection', 'close']), 'latin1');
  await piped(answer, socket);
}

function piped(from: NodeJS.ReadableStream, to: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    pipeline(from, to, (error) => (error ? reject(error) : resolve()));
  });
}
