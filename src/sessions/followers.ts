/**
 * Any number of readers of sessions' logs.
 *
 * 1. A reader is a position in the log, so it misses nothing, sees nothing twice, and holds no memory however slow it is.
 * 2. It ends when the session has ended and all was read, with its signal, or when the engine closes.
 */
import type { SessionRepository, StoredEntry } from '../state/index.ts';

const pageSize = 256;

export class Followers {
  readonly #sessions: SessionRepository;
  /** Per session somebody reads: settled by the next write. */
  readonly #news = new Map<string, PromiseWithResolvers<void>>();
  #closed = false;

  constructor(sessions: SessionRepository) {
    this.#sessions = sessions;
  }

  async *follow(id: string, after: number, signal: AbortSignal): AsyncGenerator<StoredEntry, void, undefined> {
    let position = after;
    while (!this.#closed && !signal.aborted) {
      const news = this.#nextNews(id);
      const isOver = this.#sessions.get(id)?.endedAt !== null;
      const page = this.#sessions.entries(id, position, pageSize);
      for (const entry of page) {
        if (signal.aborted) return;
        yield entry;
        position = entry.position;
      }
      if (page.length > 0) continue;
      if (isOver) return;
      await untilAborted(news, signal);
    }
  }

  /** Something was written to the session. */
  tell(id: string): void {
    this.#news.get(id)?.resolve();
    this.#news.delete(id);
  }

  close(): void {
    this.#closed = true;
    for (const id of [...this.#news.keys()]) this.tell(id);
  }

  #nextNews(id: string): Promise<void> {
    let news = this.#news.get(id);
    if (!news) {
      news = Promise.withResolvers<void>();
      this.#news.set(id, news);
    }
    return news.promise;
  }
}

function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done, { once: true });
    void promise.then(done);
  });
}
