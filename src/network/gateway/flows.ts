/**
 * Flows on their way to the daemon: in batches, one under way at a time. What nobody takes is kept up to a bound and
 * counted beyond it; the count goes with the next batch.
 */
import type { Clock } from '../../base/index.ts';
import type { NetworkFlow } from '../../schema/index.ts';

const batchMs = 50;
const mostPerBatch = 100;
const mostWaiting = 10_000;

export class FlowQueue {
  readonly #clock: Clock;
  readonly #send: (batch: { flows: NetworkFlow[]; dropped: number }) => Promise<void>;
  #waiting: NetworkFlow[] = [];
  #dropped = 0;
  #isSending = false;
  #cancelTimer: (() => void) | null = null;

  /** @param send resolves when the batch has left; a failure ends the process elsewhere and is not this one's to handle */
  constructor(clock: Clock, send: (batch: { flows: NetworkFlow[]; dropped: number }) => Promise<void>) {
    this.#clock = clock;
    this.#send = send;
  }

  push(flow: NetworkFlow): void {
    if (this.#waiting.length < mostWaiting) this.#waiting.push(flow);
    else this.#dropped++;
    if (this.#waiting.length >= mostPerBatch) this.#flush();
    else this.#cancelTimer ??= this.#clock.after(batchMs, () => this.#flush());
  }

  #flush(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#isSending || (this.#waiting.length === 0 && this.#dropped === 0)) return;
    const batch = { flows: this.#waiting.splice(0, mostPerBatch), dropped: this.#dropped };
    this.#dropped = 0;
    this.#isSending = true;
    const sent = (): void => {
      this.#isSending = false;
      if (this.#waiting.length >= mostPerBatch) this.#flush();
      else if (this.#waiting.length > 0) this.#cancelTimer ??= this.#clock.after(batchMs, () => this.#flush());
    };
    this.#send(batch).then(sent, sent);
  }
}
