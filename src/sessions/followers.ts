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
  /** Those that read all there is and wait for the next write; each leaves when it waits no more. */
  readonly #waiting = new Map<string, Set<() => void>>();
  #closed = false;

  constructor(sessions: SessionRepository) {
    this.#sessions = sessions;
  }

  async *follow(id: string, after: number, signal: AbortSignal): AsyncGenerator<StoredEntry, void, undefined> {
    let position = after;
    while (!this.#closed && !signal.aborted) {
      const isOver = this.#sessions.get(id)?.endedAt !== null;
      const page = this.#sessions.entries(id, position, pageSize);
      for (const entry of page) {
        if (signal.aborted) return;
        yield entry;
        position = entry.position;
      }
      if (page.length > 0) continue;
      if (isOver) return;
      // Nothing can have been written since: none of this gave way.
      await this.#nextNews(id, signal);
    }
  }

  /** Something was written to the session. */
  tell(id: string): void {
    for (const wake of [...(this.#waiting.get(id) ?? [])]) wake();
  }

  close(): void {
    this.#closed = true;
    for (const id of [...this.#waiting.keys()]) this.tell(id);
  }

  /** How many wait. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, { size }) => sum + size, 0);
  }

  #nextNews(id: string, signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting);
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        waiting.delete(wake);
        if (waiting.size === 0) this.#waiting.delete(id);
        resolve();
      };
      waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
