/**
 * What pages of a person hear that stands in no session's log: that another session began, that something could not be
 * answered, that an address was linked. Kept for those who listen now, and not for longer.
 */
export interface Bell extends Disposable {
  /** What was said since the last look. */
  take(): string[];
  /** Resolves when it rings after the last look. */
  rung(): Promise<void>;
}

interface Listener {
  notices: string[];
  ring: () => void;
  rung: Promise<void>;
}

/** Older ones are dropped: whoever listens that slowly has them no more. */
const mostNotices = 16;

export class Bells {
  readonly #listening = new Map<string, Set<Listener>>();

  /** @param whose a tenant, an agent, and whose conversation with it */
  listen(whose: readonly string[], signal: AbortSignal): Bell {
    const key = JSON.stringify(whose);
    const listener = armed({ notices: [] });
    const all = this.#listening.get(key) ?? new Set();
    this.#listening.set(key, all.add(listener));
    const wake = (): void => listener.ring();
    signal.addEventListener('abort', wake, { once: true });
    return {
      take: () => {
        Object.assign(listener, armed(listener));
        return listener.notices.splice(0);
      },
      rung: () => (signal.aborted ? Promise.resolve() : listener.rung),
      [Symbol.dispose]: () => {
        signal.removeEventListener('abort', wake);
        all.delete(listener);
        if (all.size === 0) this.#listening.delete(key);
      },
    };
  }

  ring(whose: readonly string[], notice?: string): void {
    for (const listener of this.#listening.get(JSON.stringify(whose)) ?? []) {
      if (notice !== undefined) listener.notices.push(notice);
      listener.notices.splice(0, listener.notices.length - mostNotices);
      listener.ring();
    }
  }
}

function armed({ notices }: Pick<Listener, 'notices'>): Listener {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { notices, ring: resolve, rung: promise };
}
