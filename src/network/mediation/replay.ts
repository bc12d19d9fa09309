/**
 * Answers a request from a tape. Nothing is dialled; what the tape does not hold is a miss; what broke then breaks again.
 * A WebSocket's frames come in their order: what the server said comes once the sandbox said what came before it.
 */
import { type Clock, rootScope } from '../../base/index.ts';
import type { Decision } from '../../schema/index.ts';
import type { MemoryShare } from '../memory.ts';
import type { RequestHead, RequestQuestion, ResponseHead, TapedResponse, TapePlayer } from '../types.ts';
import { Reading, Tap } from './body.ts';
import { endToEnd, headerValues, withHeader, withoutHeaders } from './headers.ts';
import type { BodySink, Incoming } from './message.ts';
import { acceptKey, type FrameEvents, FrameStage, serverFrame } from './websocket.ts';

interface ReplayOptions {
  player: TapePlayer;
  question: RequestQuestion;
  incoming: Incoming;
  clock: Clock;
  memory: MemoryShare;
  /** Aborts when the sandbox does not wait any more. */
  signal: AbortSignal;
  onBytes(direction: 'up' | 'down', bytes: number): void;
  respond(head: ResponseHead, hasBody: boolean, exchange: number): BodySink;
  /** What the sandbox says on a WebSocket cannot be taken any more. */
  failed(error: Error): void;
}

type Replayed = { missed: Decision } | { broken: string | null };

export async function replay(options: ReplayOptions): Promise<Replayed> {
  const { player, question, incoming, clock, memory, signal } = options;
  const passed = endToEnd(incoming.headers, incoming.isWebSocket);
  const head: RequestHead = {
    question,
    httpVersion: incoming.version,
    headers: incoming.isWebSocket ? withoutHeaders(passed, 'sec-websocket-extensions') : passed,
  };
  const body = new Reading();
  if (incoming.isWebSocket) body.end();
  else incoming.read(counting(body, options, 'up'));
  await using scope = rootScope({ name: 'replay', signal, clock });
  const answer = await player.answer(head, body, { scope, memory });
  if (!answer.allowed) return { missed: answer.decision };
  const { response } = answer;
  const isUpgraded = response.head.status === 101 && response.frames !== null && incoming.isWebSocket;
  if (response.head.status === 101 && !isUpgraded)
    throw new Error('the tape holds a WebSocket where none was asked for');
  for (const interim of response.interim) incoming.interim(interim);
  const sink = respond(response, options);
  const paced = new Paced(counting(sink, options, 'down'), signal);
  if (isUpgraded) await frames(response, options, paced);
  else for await (const chunk of response.body) await paced.write(chunk);
  if (response.broken === null) paced.sink.end(response.trailers);
  else paced.sink.abort(new Error(response.broken));
  return { broken: response.broken };
}

function respond({ head, exchange }: TapedResponse, { incoming, respond: begin }: ReplayOptions): BodySink {
  const key = headerValues(incoming.headers, 'sec-websocket-key')[0] ?? '';
  const shown =
    head.status === 101 ? { ...head, headers: withHeader(head.headers, 'sec-websocket-accept', acceptKey(key)) } : head;
  const isEmpty = head.status === 204 || head.status === 304 || incoming.method === 'HEAD';
  return begin(shown, !isEmpty, exchange);
}

async function frames(response: TapedResponse, options: ReplayOptions, paced: Paced): Promise<void> {
  const heard = new Heard(options.signal);
  const { memory } = options;
  const events: FrameEvents = {
    frame: ({ opcode }) => heard.count(opcode),
    rewrite: null,
    failed: options.failed,
  };
  const listening = new FrameStage(heard, { isMasked: true, events, memory });
  const keep = memory.keeper();
  options.incoming.read(counting(listening, options, 'up'));
  let said = 0;
  for await (const { direction, opcode, payload } of response.frames ?? []) {
    keep(payload.length);
    if (direction === 'down') await paced.write(serverFrame(opcode, payload));
    else if (isSaid(opcode)) await heard.until(++said);
  }
}

/** Pings come when they come; messages and the farewell are what an order is made of. */
const isSaid = (opcode: number): boolean => opcode === 1 || opcode === 2 || opcode === 8;

/** How much the sandbox has said on a WebSocket. */
class Heard implements BodySink {
  onDrain: () => void = () => undefined;
  readonly #signal: AbortSignal;
  #said = 0;
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.abort(), { once: true });
  }

  count(opcode: number): void {
    if (isSaid(opcode)) this.#said++;
    this.#wake();
  }

  async until(said: number): Promise<void> {
    while (this.#said < said && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#signal.throwIfAborted();
    if (this.#said < said) throw new Error('the sandbox said less on the WebSocket than the tape holds');
  }

  write(): boolean {
    return true;
  }

  end(): void {
    this.abort();
  }

  abort(): void {
    this.#isOver = true;
    this.#wake();
  }
}

/** Waits for whoever reads slower than a tape plays. */
class Paced {
  readonly sink: BodySink;
  readonly #signal: AbortSignal;

  constructor(sink: BodySink, signal: AbortSignal) {
    this.sink = sink;
    this.#signal = signal;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#signal.throwIfAborted();
    if (this.sink.write(chunk)) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        this.#signal.removeEventListener('abort', go);
        resolve();
      };
      this.sink.onDrain = go;
      this.#signal.addEventListener('abort', go, { once: true });
    });
    this.#signal.throwIfAborted();
  }
}

function counting(next: BodySink, { onBytes }: ReplayOptions, direction: 'up' | 'down'): BodySink {
  return new Tap(next, {
    chunk: (chunk) => onBytes(direction, chunk.length),
    end: () => undefined,
    abort: () => undefined,
  });
}
