/**
 * What goes out to services: written down first, then sent, thread by thread in order.
 *
 * 1. What was written down is sent, also after a crash; one that came between the sending and its record sends it again.
 *    Whoever closes in good order waits a moment for what is under way, so that it is not sent twice. What was sent while it
 *    could not be recorded, as on a full disk, is not sent again for that: its record is tried again.
 * 2. A service that is busy or away is asked again, later each time, for as long as an answer makes sense there; what it refuses,
 *    has no window for, or did not take in that time, is said in the journal and never tried again.
 * 3. A slow service keeps only its own threads waiting.
 */
import { isoTime, type OwnedScope, rootScope, Semaphore, untilOrEnded } from '../base/index.ts';
import { asHoldfastError, type Channel } from '../schema/index.ts';
import type { InboxRecord, OutboxRecord } from '../state/index.ts';
import { pauseAfter } from './again.ts';
import { standIn } from './tokens.ts';
import type { ChannelParts, Messenger, SendResult } from './types.ts';

/** Of one channel. */
const mostAtOnce = 16;
const sendTimeoutMs = 30_000;
/** How long what is under way may still take when the daemon closes. */
export const closingMs = 3000;
const lookAgainMs = 5000;
const firstPauseMs = 1000;
const longestPauseMs = 5 * 60_000;
/** How long after a person's message a business may write freely on WhatsApp. */
export const windowMs: number = 24 * 3_600_000;
/** For how long what a service does not take is tried again; mail as its servers do among themselves. */
export const patienceMs: Readonly<Record<Channel['kind'], number>> = {
  whatsapp: windowMs,
  slack: 24 * 3_600_000,
  email: 5 * 86_400_000,
  web: 0,
};

export interface OutboxParts extends Pick<ChannelParts, 'store' | 'clock' | 'log' | 'key' | 'journal'> {
  scope: OwnedScope;
  find(tenant: string, channel: string): Channel | null;
  messenger(channel: Channel): Promise<Messenger>;
}

export class Outbox {
  readonly #parts: OutboxParts;
  readonly #atOnce = new Map<string, Semaphore>();
  readonly #threads = new Map<string, Promise<void>>();
  readonly #timers = new Map<string, () => void>();

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** Written down as part of the caller's transaction; `flush` sends it. */
  put(
    { tenant, channel, address, thread }: Pick<InboxRecord, 'tenant' | 'channel' | 'address' | 'thread'>,
    text: string,
  ): void {
    const { store, clock } = this.#parts;
    const nextMs = clock.nowMs();
    // A mail is as long as it is.
    const pieces = this.#parts.find(tenant, channel)?.kind === 'email' ? [text] : piecesOf(text);
    for (const piece of pieces) {
      store.channels.send({ tenant, channel, address, thread, text: piece, nextMs, putMs: nextMs });
    }
  }

  /** Sends what is due. */
  flush(): void {
    if (this.#parts.scope.signal.aborted) return;
    for (const thread of this.#parts.store.channels.openThreads()) {
      const key = JSON.stringify(thread);
      if (this.#threads.has(key)) continue;
      const worker = this.#atOnceOf(thread)
        .run(() => this.#sendThread(thread))
        .then(() => this.#left(key, thread))
        .catch((error: unknown) => {
          this.#threads.delete(key);
          this.#parts.log.error({ error }, 'what goes out could not be looked at; tried again soon');
          this.#later(key, lookAgainMs);
        });
      this.#threads.set(key, worker);
    }
  }

  #atOnceOf({ tenant, channel }: Thread): Semaphore {
    const key = JSON.stringify([tenant, channel]);
    const known = this.#atOnce.get(key) ?? new Semaphore(mostAtOnce);
    this.#atOnce.set(key, known);
    return known;
  }

  async close(): Promise<void> {
    for (const cancel of this.#timers.values()) cancel();
    await Promise.all(this.#threads.values());
  }

  async #sendThread(thread: Thread): Promise<void> {
    const { store, clock, scope } = this.#parts;
    for (;;) {
      const row = store.channels.nextOut(thread);
      if (!row || scope.signal.aborted) return;
      if (row.nextMs > clock.nowMs()) return this.#later(JSON.stringify(thread), row.nextMs - clock.nowMs());
      await this.#noted(row, await this.#send(row));
    }
  }

  async #noted(row: OutboxRecord, result: SendResult): Promise<void> {
    const { clock, scope, log } = this.#parts;
    for (let failures = 1; ; failures++) {
      try {
        this.#note(row, result);
        return;
      } catch (error) {
        log.error({ error, message: row.id }, 'what was sent could not be written down; tried again soon');
        if (scope.signal.aborted) return;
        await clock.sleep(pauseAfter(failures), scope.signal).catch(() => undefined);
      }
    }
  }

  /** Something may have been put after it had looked for the last time. */
  #left(key: string, thread: Thread): void {
    this.#threads.delete(key);
    const { store, clock, scope } = this.#parts;
    if (scope.signal.aborted) return;
    if ((store.channels.nextOut(thread)?.nextMs ?? Number.POSITIVE_INFINITY) <= clock.nowMs()) this.flush();
  }

  #later(key: string, ms: number): void {
    this.#timers.get(key)?.();
    const cancel = this.#parts.clock.after(ms, () => {
      this.#timers.delete(key);
      this.flush();
    });
    this.#timers.set(key, cancel);
  }

  async #send(row: OutboxRecord): Promise<SendResult> {
    const { store, clock } = this.#parts;
    const channel = this.#parts.find(row.tenant, row.channel);
    if (!channel) return { sent: false, why: 'refused', message: 'there is no such channel any more' };
    const lastMs = store.channels.address(row)?.lastInboundMs ?? 0;
    if (channel.kind === 'whatsapp' && clock.nowMs() >= lastMs + windowMs)
      return { sent: false, why: 'outside-window' };
    try {
      await using sending = this.#sending();
      const messenger = await this.#parts.messenger(channel);
      return await untilOrEnded(messenger.send(row.thread, row.text, row), sending);
    } catch (error) {
      return { sent: false, why: 'passing', message: asHoldfastError(error).message };
    }
  }

  /** Outlives the outbox a little. */
  #sending(): OwnedScope {
    const { clock, scope } = this.#parts;
    const sending = rootScope({ name: 'send', timeoutMs: sendTimeoutMs, clock });
    const closing = (): void => sending.onClose(clock.after(closingMs, () => void sending.close()));
    sending.onClose(scope.onEnd(closing));
    return sending;
  }

  #note(row: OutboxRecord, result: SendResult): void {
    const { store, clock, log, key, journal, scope } = this.#parts;
    const attempts = row.attempts + 1;
    if (result.sent) store.channels.updateOutbox(row.id, { state: 'sent', attempts });
    // What was cut off when the daemon closed is sent by the next one.
    if (result.sent || scope.signal.aborted) return;
    const why = 'message' in result ? result.message : null;
    const address = standIn(key, 'guest', [row.tenant, row.channel, row.address]);
    const endMs = row.putMs + patienceMs[this.#parts.find(row.tenant, row.channel)?.kind ?? 'web'];
    if (result.why === 'passing' && clock.nowMs() < endMs) {
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** row.attempts);
      const nextMs = Math.min(clock.nowMs() + pauseMs, endMs);
      log.warn({ channel: row.channel, address, why, again: isoTime(nextMs) }, 'a message was not sent');
      store.channels.updateOutbox(row.id, { attempts, nextMs, why });
      return;
    }
    const state = result.why === 'outside-window' ? 'outside-window' : 'refused';
    const body = { channel: row.channel, address, why, state };
    log.warn(body, 'a message will not be sent');
    store.channels.updateOutbox(row.id, { state, attempts, why });
    journal({ tenant: row.tenant, sandbox: null, type: 'channel-message-not-sent', body });
  }
}

type Thread = Pick<OutboxRecord, 'tenant' | 'channel' | 'thread'>;

/** Under what any service takes as one message; parted between paragraphs or lines where there are some. */
export function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > mostPieceChars) {
    const head = rest.slice(0, mostPieceChars);
    const at = [head.lastIndexOf('\n\n'), head.lastIndexOf('\n'), head.lastIndexOf(' ')].find((end) => end > 0);
    // Never between the halves of one character.
    const end = at ?? (/[\ud800-\udbff]$/.test(head) ? mostPieceChars - 1 : mostPieceChars);
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return rest === '' ? pieces : [...pieces, rest];
}
const mostPieceChars = 3500;
