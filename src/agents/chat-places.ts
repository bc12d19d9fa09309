/**
 * Where readers of chats begin: after each so many entries of a session it is kept what the entries before came to, so that nobody
 * reads a log from its beginning for its end. A log only grows, so what is kept stays right; what is not there is read.
 */
import type { ChatReader } from './chat.ts';

const entriesApart = 512;
const mostSessions = 128;
/** Of one place; calls that are open may be long. */
const mostChars = 16_384;

interface Place {
  position: number;
  kept: string;
}

export class ChatPlaces {
  readonly #places = new Map<string, Place[]>();

  /** The newest at that position or before. */
  before(session: string, position: number): Place | null {
    return this.#places.get(session)?.findLast((place) => place.position <= position) ?? null;
  }

  /** To be called after each entry that is read. */
  pass(session: string, position: number, reader: Pick<ChatReader, 'keep'>): void {
    if (position % entriesApart !== 0) return;
    const places = this.#places.get(session) ?? [];
    // Those used last go last.
    this.#places.delete(session);
    this.#places.set(session, places);
    if (position > (places.at(-1)?.position ?? 0)) {
      const kept = reader.keep();
      if (kept.length <= mostChars) places.push({ position, kept });
    }
    for (const oldest of this.#places.keys()) {
      if (this.#places.size <= mostSessions) break;
      this.#places.delete(oldest);
    }
  }
}
