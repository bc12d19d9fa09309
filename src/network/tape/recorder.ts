/**
 * Takes exchanges off the request path: everything here is a copy and a message to the writer thread.
 *
 * 1. Nothing waits, and what can be put off until the answer has been taken is put off. What would make memory grow past
 *    the limits is not kept; the exchange then says how many bytes passed and how many of them the tape has, and is
 *    replayed as broken after those.
 * 2. An exchange goes onto the tape when it is over: request and response ended, or failed. Frames of a WebSocket go
 *    while it lasts.
 * 3. Placeholders stand where the sandbox wrote them: nothing of the secret broker's output reaches this file.
 */
import type { Clock } from '../../base/index.ts';
import type { HoldfastError } from '../../schema/index.ts';
import type { TokenSecrets } from '../secrets/redactor.ts';
import type { RawHeaders, RequestHead, ResponseHead, TapedExchange, TapeRecorder } from '../types.ts';
import { BodyCollector } from './collector.ts';
import type { CutReason, TapeLimits } from './format.ts';
import type { FinishedExchange, FrameHead, Side } from './messages.ts';
import { readableCodings } from './redaction.ts';
import type { TapeLink } from './writer-link.ts';

const frameBatchBytes = 64 * 1024;
const frameBatchCount = 256;
const framesWithinMs = 100;
/** Work right after an answer holds up whoever carries it on, on the same processor. */
const handOnWithinMs = 20;
const handOnCount = 64;
/** Names told of once each; past so many, every time. */
const mostNames = 4096;
const unfinished = 'the tape was closed before this ended';

export interface RecorderOptions {
  tape: string;
  link: TapeLink;
  limits: TapeLimits;
  clock: Clock;
  /** Tokens stand in it from now on. */
  onTokens(): Promise<void>;
  onClosed(): Promise<void>;
}

export class Recorder implements TapeRecorder {
  readonly tape: string;
  readonly #options: RecorderOptions;
  readonly #live = new Set<RecordedExchange>();
  /** Over, and not handed on yet. */
  #over: RecordedExchange[] = [];
  #cancelHandOn: (() => void) | null = null;
  readonly #names = new Set<string>();
  #numbers = 0;
  #held = 0;
  #dropped = 0;
  #hasTokens = false;
  #closing: Promise<void> | null = null;

  constructor(options: RecorderOptions) {
    this.tape = options.tape;
    this.#options = options;
  }

  /** Nothing is written any more: why. */
  get failure(): HoldfastError | null {
    return this.#options.link.failure;
  }

  /** Nothing came yet. */
  get isEmpty(): boolean {
    return this.#numbers === 0 && this.#names.size === 0;
  }

  /** What comes from now on has tokens in their place. Before anything came, or again with more of them. */
  async takeOut(secrets: TokenSecrets): Promise<void> {
    if (this.#closing) return;
    this.#options.link.send({ kind: 'secrets', secrets }, 0);
    if (this.#hasTokens) return;
    this.#hasTokens = true;
    await this.#options.onTokens();
  }

  begin(head: RequestHead, at: { startedMs: number; address: string | null }): TapedExchange {
    const exchange = new RecordedExchange({ number: ++this.#numbers, head, at, owner: this.#owner() });
    if (this.#closing) this.#dropped++;
    else this.#live.add(exchange);
    return exchange;
  }

  resolved(host: string, answered: boolean): void {
    const key = `${answered}/${host}`;
    if (this.#closing || this.#names.has(key) || !this.#admits(host.length)) return;
    if (this.#names.size < mostNames) this.#names.add(key);
    this.#options.link.send({ kind: 'name', host: host.toWellFormed(), answered }, host.length);
  }

  /** Resolves when everything that has ended so far is on the disk. */
  durable(): Promise<void> {
    this.#handOn();
    return this.#options.link.flushed();
  }

  /** What is still under way is kept as broken. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const exchange of [...this.#live]) exchange.failed(unfinished);
    this.#handOn();
    try {
      await this.#options.link.close(this.#dropped);
    } finally {
      await this.#options.onClosed();
    }
  }

  #put(exchange: RecordedExchange): void {
    if (this.#over.push(exchange) >= handOnCount) this.#handOn();
    else this.#cancelHandOn ??= this.#options.clock.after(handOnWithinMs, () => this.#handOn());
  }

  #handOn(): void {
    this.#cancelHandOn?.();
    this.#cancelHandOn = null;
    const over = this.#over;
    this.#over = [];
    for (const exchange of over) exchange.handOn();
  }

  #admits(bytes: number): boolean {
    return this.#options.link.outstanding + this.#held + bytes <= this.#options.limits.backlogBytes;
  }

  #owner(): ExchangeOwner {
    const { link, limits, clock } = this.#options;
    return {
      link,
      limits,
      clock,
      admit: (bytes) => {
        if (link.failure || !this.#admits(bytes)) return false;
        this.#held += bytes;
        return true;
      },
      release: (bytes) => {
        this.#held -= bytes;
      },
      over: (exchange) => this.#put(exchange),
      ended: (exchange, json, bodies) => {
        if (!this.#live.delete(exchange)) return;
        const bytes = json.length + (bodies.request?.length ?? 0) + (bodies.response?.length ?? 0);
        // Heads are small and bounded by who read them; a second allowance keeps them when bodies have filled the first.
        if (link.outstanding + bytes > 2 * limits.backlogBytes) this.#dropped++;
        else link.send({ kind: 'end', head: json, ...bodies }, bytes, [bodies.request, bodies.response]);
      },
    };
  }
}

interface ExchangeOwner {
  link: TapeLink;
  limits: TapeLimits;
  clock: Clock;
  admit(bytes: number): boolean;
  release(bytes: number): void;
  /** Nothing more comes: it is to be handed on. */
  over(exchange: RecordedExchange): void;
  ended(exchange: RecordedExchange, json: string, bodies: Record<Side, Uint8Array | null>): void;
}

interface ExchangeStart {
  number: number;
  head: RequestHead;
  at: { startedMs: number; address: string | null };
  owner: ExchangeOwner;
}

class RecordedExchange implements TapedExchange {
  readonly number: number;
  readonly #start: ExchangeStart;
  readonly #request: BodyCollector;
  readonly #responseBody: BodyCollector;
  readonly #interim: ResponseHead[] = [];
  readonly #trailers: Record<Side, RawHeaders> = { request: [], response: [] };
  #response: ResponseHead | null = null;
  #frames: FrameCollector | null = null;
  #sentMs: number | null = null;
  #headMs: number | null = null;
  #isAnswered = false;
  #isOver = false;
  #endMs = 0;
  #error: string | null = null;

  constructor(start: ExchangeStart) {
    this.number = start.number;
    this.#start = start;
    this.#request = this.#collector('request');
    this.#responseBody = this.#collector('response');
  }

  get isLost(): boolean {
    return this.#start.owner.link.failure !== null;
  }

  requestBody(chunk: Uint8Array): void {
    if (!this.#isOver) this.#request.push(chunk);
  }

  requestEnd(trailers: RawHeaders = []): void {
    if (this.#isOver) return;
    this.#trailers.request = trailers;
    this.#sentMs = this.#sinceStart();
    if (this.#isAnswered) this.#finish(null);
  }

  response(head: ResponseHead): void {
    if (this.#isOver) return;
    if (head.status >= 100 && head.status < 200 && head.status !== 101) {
      this.#interim.push(wellFormedHead(head));
      return;
    }
    this.#response = wellFormedHead(head);
    this.#headMs = this.#sinceStart();
    if (head.status === 101) this.#frames = new FrameCollector(this.number, this.#start.owner);
  }

  responseBody(chunk: Uint8Array): void {
    if (!this.#isOver) this.#responseBody.push(chunk);
  }

  /** A server may answer before it has heard all; then the request's end is waited for. */
  responseEnd(trailers: RawHeaders = []): void {
    if (this.#isOver) return;
    this.#trailers.response = trailers;
    this.#isAnswered = true;
    if (this.#sentMs !== null) this.#finish(null);
  }

  frame(direction: 'up' | 'down', opcode: number, payload: Uint8Array): void {
    if (!this.#isOver)
      this.#frames?.push({ direction, opcode, atMs: this.#sinceStart(), bytes: payload.length }, payload);
  }

  failed(message: string): void {
    this.#finish(message);
  }

  #finish(error: string | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error;
    this.#endMs = this.#sinceStart();
    this.#start.owner.over(this);
  }

  /** Once, after it is over. */
  handOn(): void {
    this.#frames?.flush();
    const request = this.#request.rest();
    const response = this.#responseBody.rest();
    this.#start.owner.ended(this, JSON.stringify(this.#finished()), { request, response });
  }

  #finished(): FinishedExchange {
    const { head, at } = this.#start;
    const { question } = head;
    return {
      number: this.number,
      startedMs: at.startedMs,
      address: at.address,
      request: {
        method: question.method,
        scheme: question.scheme,
        host: question.host,
        port: question.port,
        target: question.target.toWellFormed(),
        httpVersion: head.httpVersion,
        headers: wellFormed(head.headers),
        trailers: wellFormed(this.#trailers.request),
        body: this.#request.count,
      },
      interim: this.#interim,
      response: this.#response && {
        ...this.#response,
        trailers: wellFormed(this.#trailers.response),
        body: this.#responseBody.count,
        pieces: this.#responseBody.pieces,
      },
      frames: this.#frames?.count ?? null,
      timing: { sentMs: this.#sentMs, headMs: this.#headMs, endMs: this.#endMs },
      error: this.#error?.toWellFormed() ?? null,
    };
  }

  #collector(side: Side): BodyCollector {
    const { owner, number } = this.#start;
    return new BodyCollector({
      limitBytes: owner.limits.bodyBytes,
      admit: owner.admit,
      release: owner.release,
      part: (data) => {
        const { headers } = (side === 'request' ? this.#start.head : this.#response) ?? { headers: [] };
        const isCoded = readableCodings(headers) !== null;
        owner.link.send({ kind: 'part', exchange: number, side, data, isCoded }, data.length, [data]);
      },
    });
  }

  #sinceStart(): number {
    return Math.max(0, Math.round((this.#start.owner.clock.nowMs() - this.#start.at.startedMs) * 1000) / 1000);
  }
}

/** Frames of one WebSocket, in batches. The first that cannot be kept ends what the tape has of it. */
class FrameCollector {
  readonly #exchange: number;
  readonly #owner: ExchangeOwner;
  #heads: FrameHead[] = [];
  #payloads: Uint8Array[] = [];
  #bytes = 0;
  #seen = 0;
  #kept = 0;
  #cut: CutReason | null = null;
  #cancelFlush: (() => void) | null = null;

  constructor(exchange: number, owner: ExchangeOwner) {
    this.#exchange = exchange;
    this.#owner = owner;
  }

  get count(): { seen: number; kept: number; cut: CutReason | null } {
    return { seen: this.#seen, kept: this.#kept, cut: this.#cut };
  }

  push(head: FrameHead, payload: Uint8Array): void {
    this.#seen++;
    if (this.#cut) return;
    if (payload.length > this.#owner.limits.bodyBytes) this.#cut = 'body-limit';
    else if (!this.#owner.admit(payload.length)) this.#cut = 'backlog';
    if (this.#cut) return;
    this.#kept++;
    this.#bytes += payload.length;
    this.#heads.push(head);
    this.#payloads.push(Uint8Array.from(payload));
    if (this.#bytes >= frameBatchBytes || this.#heads.length >= frameBatchCount) this.flush();
    else this.#cancelFlush ??= this.#owner.clock.after(framesWithinMs, () => this.flush());
  }

  flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = null;
    if (this.#heads.length === 0) return;
    const data = this.#payload();
    const frames = JSON.stringify(this.#heads);
    this.#owner.release(this.#bytes);
    const message = { kind: 'frames', exchange: this.#exchange, frames, data } as const;
    this.#owner.link.send(message, frames.length + data.length, [data]);
    this.#heads = [];
    this.#payloads = [];
    this.#bytes = 0;
  }

  /** In memory of its own, which can be handed over. */
  #payload(): Uint8Array {
    const data = new Uint8Array(this.#bytes);
    let offset = 0;
    for (const payload of this.#payloads) {
      data.set(payload, offset);
      offset += payload.length;
    }
    return data;
  }
}

function wellFormedHead(head: ResponseHead): ResponseHead {
  return { status: head.status, reason: head.reason.toWellFormed(), headers: wellFormed(head.headers) };
}

/** The wire has no half surrogate pairs; a caller's mistake must not make a line that cannot be written. */
const wellFormed = (headers: RawHeaders): RawHeaders => headers.map((text) => text.toWellFormed());
