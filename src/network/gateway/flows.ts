/**
 * Flows on their way to the daemon: each of bounded size, in batches, one under way at a time. What nobody takes is kept up to a bound and
 * counted beyond it, in the last flow of the same sandbox that is kept: its readers hear of it.
 */
import type { Clock } from '../../base/index.ts';
import type { NetworkFlow } from '../../schema/index.ts';

/** What a sandbox chose is shown up to so many characters: it may send a thousand flows a second, and all are written down. */
const longestShown = { path: 2048, method: 64, text: 2048, protocol: 64 } as const;
const mostProtocols = 16;

/** A flow of a size that does not depend on who caused it. */
export function boundedFlow(flow: NetworkFlow): NetworkFlow {
  const { path, method, error, tls, decision } = flow;
  const { text } = longestShown;
  return {
    ...flow,
    path: path && shown(path, longestShown.path),
    method: method && shown(method, longestShown.method),
    error: error && shown(error, text),
    tls: tls && { ...tls, protocols: shownProtocols(tls.protocols) },
    decision: {
      ...decision,
      message: shown(decision.message, text),
      hint: decision.hint && shown(decision.hint, text),
    },
  };
}

function shown(whole: string, most: number): string {
  return whole.length <= most ? whole : `${whole.slice(0, most)}... (${whole.length} characters)`;
}

function shownProtocols(protocols: string[]): string[] {
  const first = protocols.slice(0, mostProtocols).map((name) => shown(name, longestShown.protocol));
  return protocols.length > mostProtocols ? [...first, `... (${protocols.length})`] : first;
}

const batchMs = 50;
const mostPerBatch = 100;
/** Besides one of each sandbox. */
const mostWaiting = 10_000;
/** Of one sandbox: what it causes does not displace what others did. */
const mostWaitingEach = 1000;

export class FlowQueue {
  readonly #clock: Clock;
  readonly #send: (flows: NetworkFlow[]) => Promise<void>;
  readonly #waitingOf = new Map<string, { count: number; last: NetworkFlow }>();
  #waiting: NetworkFlow[] = [];
  #sending: Promise<void> | null = null;
  #cancelTimer: (() => void) | null = null;

  /** @param send resolves when the batch has left; a failure ends the process elsewhere and is not this one's to handle */
  constructor(clock: Clock, send: (flows: NetworkFlow[]) => Promise<void>) {
    this.#clock = clock;
    this.#send = send;
  }

  push(flow: NetworkFlow): void {
    const mine = this.#waitingOf.get(flow.sandbox);
    if (mine && (this.#waiting.length >= mostWaiting || mine.count >= mostWaitingEach)) {
      mine.last.missing = (mine.last.missing ?? 0) + 1;
    } else {
      this.#waiting.push(flow);
      this.#waitingOf.set(flow.sandbox, { count: (mine?.count ?? 0) + 1, last: flow });
    }
    if (this.#waiting.length >= mostPerBatch) this.#flush();
    else this.#cancelTimer ??= this.#clock.after(batchMs, () => this.#flush());
  }

  /** Resolves when all that came until now has left. */
  async drain(): Promise<void> {
    for (;;) {
      this.#flush();
      if (!this.#sending) return;
      await this.#sending;
    }
  }

  #flush(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#sending || this.#waiting.length === 0) return;
    const batch = this.#waiting.splice(0, mostPerBatch);
    for (const { sandbox } of batch) this.#left(sandbox);
    const sent = (): void => {
      this.#sending = null;
      if (this.#waiting.length >= mostPerBatch) this.#flush();
      else if (this.#waiting.length > 0) this.#cancelTimer ??= this.#clock.after(batchMs, () => this.#flush());
    };
    this.#sending = this.#send(batch).then(sent, sent);
  }

  #left(sandbox: string): void {
    const mine = this.#waitingOf.get(sandbox);
    if (mine && --mine.count === 0) this.#waitingOf.delete(sandbox);
  }
}
