/**
 * Answers requests from a tape; what the ladder (ladder.ts) finds is served as it was recorded.
 *
 * 1. Nothing is ever passed on or recorded: a request without an answer is a miss, counted and explained.
 * 2. An exchange that broke breaks again after the same bytes. One of whose response the tape has not all breaks after
 *    what it has, and says so. One that failed before a response fails as a dial does: `network-unreachable`.
 * 3. Response bodies come in the pieces in which they came; their pace is not kept.
 * 4. Dates are served as recorded unless `refreshDates` asks otherwise.
 */
import { createHash } from 'node:crypto';
import { type Clock, untilOrEnded } from '../../base/index.ts';
import { type Decision, HoldfastError, type TapePlay, type TapeRules } from '../../schema/index.ts';
import { Gathered, type Keep } from '../memory.ts';
import type { RequestHead, ResponseHead, TapedResponse, TapePlayer } from '../types.ts';
import { canonicalBody, hostKey } from './canonical.ts';
import { mostCarried } from './carried.ts';
import { inPieces, keptBytes, readContent, readWhole } from './content.ts';
import { shiftDates } from './dates.ts';
import { canonicalBytes, type Exchange } from './format.ts';
import { type Asked, type Known, Ladder, type Rung, requestKeys } from './ladder.ts';
import { type Candidate, comparedBytes, explainMiss, missDecision, Places } from './miss.ts';
import type { TapeReader, TapeSummary } from './reader.ts';

const keptMisses = 100;
const namedUnused = 1000;

export interface PlayerOptions {
  rules: TapeRules;
  /** A longer request body is a miss: no recording has more. */
  bodyBytes: number;
  refreshDates: boolean;
  clock: Clock;
}

type Lifetime = Parameters<TapePlayer['answer']>[2];
type Answer = Awaited<ReturnType<TapePlayer['answer']>>;

export class Player implements TapePlayer {
  readonly tape: string;
  readonly #reader: TapeReader;
  readonly #options: PlayerOptions;
  readonly #ladder: Ladder;
  readonly #places = new Places();
  readonly #names = new Set<string>();
  readonly #known: Known[] = [];
  readonly #answers: Record<Rung, number> = { exact: 0, canonical: 0, rule: 0 };
  readonly #missed: string[] = [];
  #misses = 0;
  #isIncomplete = false;

  constructor(reader: TapeReader, options: PlayerOptions) {
    this.tape = reader.manifest.id;
    this.#reader = reader;
    this.#options = options;
    this.#ladder = new Ladder(options.rules, (known) => this.#load(known));
  }

  /** Reads the tape's index; once, before anything is asked. */
  async prepare(): Promise<TapeSummary> {
    const summary = await this.#reader.scan({
      exchange: (exchange, place) => {
        const known = { number: exchange.number, place, used: 0 };
        this.#known.push(known);
        this.#ladder.add(known, exchange);
        this.#places.add(known, exchange.request);
      },
      name: (host, answered) => {
        if (answered) this.#names.add(hostKey(host));
      },
    });
    // Lines stand in the order of ends; the ladder goes by beginnings.
    this.#known.sort((a, b) => a.number - b.number);
    this.#ladder.sort();
    this.#isIncomplete = summary.isFull || (this.#reader.manifest.closed?.dropped ?? 0) > 0;
    return summary;
  }

  knows(host: string): boolean {
    return this.#places.ports(host).length > 0 || this.#names.has(hostKey(host));
  }

  ports(host: string): readonly number[] {
    return this.#places.ports(host);
  }

  async answer(head: RequestHead, body: AsyncIterable<Uint8Array>, { scope, memory }: Lifetime): Promise<Answer> {
    const inSequence = this.#ladder.takeFromSequence(head.question);
    const gathered = new Gathered(memory.keeper());
    const asked = await untilOrEnded(this.#ask(head, body, gathered), scope);
    if (!asked) {
      const { method, host } = head.question;
      return this.#miss(missDecision(`the body of ${method} to ${host} is longer than any on the tape ${this.tape}`));
    }
    const found = inSequence === undefined ? await untilOrEnded(this.#ladder.take(asked), scope) : null;
    const answering = inSequence ? ({ known: inSequence, match: 'rule' } as const) : found;
    if (!answering) return this.#miss(await untilOrEnded(this.#explain(asked, inSequence === null), scope));
    gathered.clear();
    return this.#serve(answering, memory.keeper());
  }

  /** Exchanges that have answered, by number, as far as they can travel and one more. */
  served(): number[] {
    const served = this.#known.filter(({ used }) => used > 0).map(({ number }) => number);
    return served.slice(0, mostCarried + 1);
  }

  missed({ message }: Pick<Decision, 'message'>): void {
    this.#misses++;
    this.#missed.push(message);
    if (this.#missed.length > keptMisses) this.#missed.shift();
  }

  coverage(): Omit<TapePlay, 'sandbox'> {
    const unused = this.#known.filter(({ used }) => used === 0);
    return {
      exchanges: this.#known.length,
      used: this.#known.length - unused.length,
      unused: unused.slice(0, namedUnused).map(({ number }) => number),
      answers: { ...this.#answers },
      misses: this.#misses,
      missed: [...this.#missed],
    };
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  /** Null when the body is longer than a recording can be. */
  async #ask(head: RequestHead, body: AsyncIterable<Uint8Array>, gathered: Gathered): Promise<Asked | null> {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > this.#options.bodyBytes) return null;
      hash.update(chunk);
      if (bytes > canonicalBytes) gathered.clear();
      else gathered.add(chunk, canonicalBytes);
    }
    const whole = bytes > canonicalBytes ? null : gathered.bytes;
    return {
      question: head.question,
      headers: head.headers,
      digest: hash.digest('hex'),
      canonical: whole && canonicalBody(head.headers, whole),
      body: whole,
    };
  }

  async #load(known: Known): Promise<Asked | null> {
    const { request } = await this.#reader.exchange(known.place);
    if (request.body.cut !== null) return null;
    const { content } = request.body;
    const body = content.bytes <= canonicalBytes ? await readWhole(this.#reader.directory, content) : null;
    return { ...requestKeys(request), body };
  }

  async #serve({ known, match }: { known: Known; match: Rung }, keep: Keep): Promise<Answer> {
    const exchange = await this.#reader.exchange(known.place);
    this.#answers[match]++;
    if (!exchange.response) throw failedExchange(exchange);
    const { response, frames } = exchange;
    keep(keptBytes(response.body.content, response.pieces));
    const { directory } = this.#reader;
    const byMs = this.#options.refreshDates ? this.#options.clock.nowMs() - exchange.startedMs : 0;
    const today = (head: ResponseHead): ResponseHead => ({
      status: head.status,
      reason: head.reason,
      headers: this.#options.refreshDates ? shiftDates(head.headers, byMs) : head.headers,
    });
    const answer: TapedResponse = {
      interim: exchange.interim.map(today),
      head: today(response),
      body: inPieces(readContent(directory, response.body.content), response.pieces),
      trailers: response.trailers,
      match,
      exchange: exchange.number,
      broken: brokenBecause(exchange),
      frames: frames && this.#frames(exchange),
    };
    return { allowed: true, response: answer };
  }

  async *#frames({
    number,
  }: Exchange): AsyncGenerator<{ direction: 'up' | 'down'; opcode: number; payload: Uint8Array }> {
    for await (const { direction, opcode, content } of this.#reader.frames(number)) {
      yield { direction, opcode, payload: await readWhole(this.#reader.directory, content) };
    }
  }

  async #explain(asked: Asked, isSequence: boolean): Promise<Decision> {
    if (isSequence) {
      const { method, host } = asked.question;
      return missDecision(
        `the tape ${this.tape} has given all its answers to ${method} of ${host}, which it gives in sequence`,
      );
    }
    const candidates: Candidate[] = [];
    for (const known of this.#places.at(asked.question)) {
      const exchange = await this.#reader.exchange(known.place);
      const { content } = exchange.request.body;
      const isComparable = content.bytes <= comparedBytes && (asked.body?.length ?? comparedBytes + 1) <= comparedBytes;
      const body = isComparable ? await readWhole(this.#reader.directory, content) : null;
      candidates.push({ known, exchange, body });
    }
    const decision = explainMiss(this.tape, asked, this.#places, candidates);
    if (!this.#isIncomplete) return decision;
    return { ...decision, message: `${decision.message} The tape was full before the recording ended.` };
  }

  #miss(decision: Decision): Answer {
    this.missed(decision);
    return { allowed: false, decision };
  }
}

function brokenBecause({ error, response, frames }: Exchange): string | null {
  if (response && response.body.cut !== null) {
    const { bytes, content, cut } = response.body;
    return `the tape has ${content.bytes} of ${bytes} bytes of this response (${cut})`;
  }
  if (frames && frames.cut !== null) return `the tape has ${frames.kept} of ${frames.seen} frames (${frames.cut})`;
  return error;
}

function failedExchange({ number, error }: Exchange): HoldfastError {
  return new HoldfastError('network-unreachable', `as recorded: ${error ?? 'no response'}`, {
    details: { exchange: number, replayed: true },
    hint: 'The destination did not answer when the tape was recorded.',
  });
}
