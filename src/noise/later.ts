/** What is still to hit a sandbox's programs, so that it can be called off: nothing of it comes once faults are stopped. */
export class Later {
  readonly #cancels = new Set<() => void>();
  #isOver = false;

  /** What comes too late is called off at once. Answers how to forget it. */
  keep(cancel: () => void): () => void {
    if (this.#isOver) cancel();
    else this.#cancels.add(cancel);
    return () => void this.#cancels.delete(cancel);
  }

  end(): void {
    this.#isOver = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}
