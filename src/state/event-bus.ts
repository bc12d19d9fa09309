/**
 * Publishing and following events.
 *
 * 1. A reader's queue is the event log itself: a reader is a position in it, woken when there is more. However slow it
 *    is, it holds no memory, and it misses nothing that is still kept.
 * 2. A reader that fell behind what is kept gets `events-lost`, naming the last event it saw; nothing is ever skipped
 *    in silence. The same for a resume after an event that is not kept any more.
 * 3. A reader sees each event once, in order, from the moment of `subscribe` on, not from its first `next`.
 * 4. An event published within a transaction that is undone is undone with it; its position stays empty, and no reader waits for it.
 *    What has to be told of the undoing itself is published outside of it.
 */
import { type Clock, type IdMaker, isoTime } from '../base/index.ts';
import { type EventType, HoldfastError, type HoldfastEvent } from '../schema/index.ts';
import type { EventFilter, EventLog } from './types.ts';

const pageSize = 256;

export interface NewEvent {
  type: EventType;
  tenant: string;
  sandbox?: string | null;
  data?: Record<string, unknown>;
}

export class EventBus {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #newId: IdMaker;
  readonly #readers = new Set<Reader>();

  constructor(log: EventLog, clock: Clock, newId: IdMaker) {
    this.#log = log;
    this.#clock = clock;
    this.#newId = newId;
  }

  publish(news: NewEvent): HoldfastEvent {
    const event: HoldfastEvent = {
      id: this.#newId('event'),
      type: news.type,
      at: isoTime(this.#clock.nowMs()),
      tenant: news.tenant,
      sandbox: news.sandbox ?? null,
      data: news.data ?? {},
    };
    const position = this.#log.append(event);
    for (const reader of this.#readers) reader.wake(position, event);
    return event;
  }

  /** Ends, without an error, with the signal or when the reader stops reading. */
  subscribe(filter: EventFilter, signal?: AbortSignal): AsyncIterableIterator<HoldfastEvent> {
    const reader = new Reader(this.#log, filter, this.#startOf(filter), signal, () => this.#readers.delete(reader));
    if (!signal?.aborted) this.#readers.add(reader);
    return reader;
  }

  /** Ends every reader. */
  close(): void {
    for (const reader of [...this.#readers]) reader.end();
  }

  #startOf(filter: EventFilter): number {
    if (filter.since === undefined) return this.#log.bounds().newest;
    const position = this.#log.position(filter.since);
    if (position === null) throw eventsLost(`the event ${filter.since} is not kept any more`, filter.since);
    return position;
  }
}

class Reader implements AsyncIterableIterator<HoldfastEvent> {
  readonly #log: EventLog;
  readonly #filter: EventFilter;
  readonly #types: ReadonlySet<EventType> | null;
  readonly #onEnd: () => void;
  readonly #signal: AbortSignal | undefined;
  /** Position of the last event handed out or passed over. */
  #position: number;
  #lastId: string | null;
  #page: { position: number; event: HoldfastEvent }[] = [];
  #waiting: ((event: HoldfastEvent | null) => void) | null = null;
  #ended = false;

  constructor(
    log: EventLog,
    filter: EventFilter,
    position: number,
    signal: AbortSignal | undefined,
    onEnd: () => void,
  ) {
    this.#log = log;
    this.#filter = filter;
    this.#types = filter.types ? new Set(filter.types) : null;
    this.#position = position;
    this.#lastId = filter.since ?? null;
    this.#onEnd = onEnd;
    this.#signal = signal;
    if (signal?.aborted) this.#ended = true;
    else signal?.addEventListener('abort', this.end, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<HoldfastEvent>> {
    if (this.#waiting) throw new TypeError('one event is asked for already; wait for it before asking for the next');
    const event = this.#ended ? null : (this.#read() ?? (await this.#wait()));
    return event ? { done: false, value: event } : { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<HoldfastEvent>> {
    this.end();
    return { done: true, value: undefined };
  }

  readonly end = (): void => {
    if (this.#ended) return;
    this.#ended = true;
    this.#page = [];
    this.#signal?.removeEventListener('abort', this.end);
    this.#onEnd();
    this.#waiting?.(null);
    this.#waiting = null;
  };

  /** A reader that waits has seen all there was: the event is its next one, and needs no look into the log. */
  wake(position: number, event: HoldfastEvent): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    this.#position = position;
    if (!this.#wants(event)) return;
    this.#waiting = null;
    this.#lastId = event.id;
    waiting(event);
  }

  #read(): HoldfastEvent | null {
    for (;;) {
      for (let entry = this.#page.shift(); entry; entry = this.#page.shift()) {
        this.#position = entry.position;
        if (!this.#wants(entry.event)) continue;
        this.#lastId = entry.event.id;
        return entry.event;
      }
      const { oldest, newest } = this.#log.bounds();
      if (this.#position >= newest) return null;
      if (this.#position < oldest - 1) {
        const missed = oldest - 1 - this.#position;
        this.end();
        throw eventsLost(
          `this reader is too slow: ${missed} events it had not read are not kept any more`,
          this.#lastId,
        );
      }
      this.#page = this.#log.after(this.#position, pageSize);
      // Invariant 4: nothing up to there was kept.
      if (this.#page.length === 0) this.#position = newest;
    }
  }

  #wait(): Promise<HoldfastEvent | null> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  #wants(event: HoldfastEvent): boolean {
    const { tenant, sandbox } = this.#filter;
    return (
      (tenant === undefined || event.tenant === tenant) &&
      (sandbox === undefined || event.sandbox === sandbox) &&
      (this.#types === null || this.#types.has(event.type))
    );
  }
}

function eventsLost(message: string, lastSeen: string | null): HoldfastError {
  return new HoldfastError('events-lost', message, {
    hint: 'Read the current state anew, then follow events from now on.',
    details: { lastSeen },
  });
}
