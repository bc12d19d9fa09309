/**
 * Whose end was told already: everybody who attaches to a process sees it end, and also who attaches long after, but
 * `process-ended` happens once. Bounded: the oldest are forgotten, and a restart forgets all.
 */
export class EndedProcesses {
  readonly #told = new Set<string>();
  readonly #most: number;

  constructor(most = 10_000) {
    this.#most = most;
  }

  /** True for the first one to ask. */
  first(processId: string): boolean {
    if (this.#told.has(processId)) return false;
    this.#told.add(processId);
    for (const oldest of this.#told) {
      if (this.#told.size <= this.#most) break;
      this.#told.delete(oldest);
    }
    return true;
  }
}
