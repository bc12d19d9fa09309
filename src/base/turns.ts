/** Timers and sockets get their turn of the event loop. */
export const giveWay = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * How much begins in one turn of the event loop: what arrives all at once is begun in several turns, in its order, so
 * that timers and sockets get theirs in between.
 */
export class Turns {
  readonly #perTurn: number;
  readonly #waiting: (() => void)[] = [];
  #begun = 0;

  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  /** Null: begin now. Else a promise to wait for first. */
  take(): Promise<void> | null {
    if (this.#begun === 0) setImmediate(() => this.#next());
    if (this.#begun < this.#perTurn) {
      this.#begun++;
      return null;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #next(): void {
    const due = this.#waiting.splice(0, this.#perTurn);
    this.#begun = due.length;
    if (due.length > 0) setImmediate(() => this.#next());
    for (const begin of due) begin();
  }
}
