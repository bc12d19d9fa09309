/** What is still to hit a sandbox's programs, so that it can be called off: nothing of it comes once faults are stopped. */
interface Hit {
  /** Answers whether nothing of it has come. */
  cancel(): boolean;
  calledOff(): void;
}

export class Later {
  readonly #hits = new Set<Hit>();
  #isOver = false;

  /** Nothing comes any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What comes too late is called off at once. Answers how to forget it. */
  keep(hit: Hit): () => void {
    if (this.#isOver) callOff(hit);
    else this.#hits.add(hit);
    return () => void this.#hits.delete(hit);
  }

  /** Calls off what waits, and takes what comes next. */
  callOff(): void {
    for (const hit of this.#hits) callOff(hit);
    this.#hits.clear();
  }

  /** The sandbox is gone: nothing is left to be hit, and nobody to be told. */
  drop(): void {
    for (const { cancel } of this.#hits) cancel();
    this.#hits.clear();
  }

  end(): void {
    this.#isOver = true;
    this.callOff();
  }
}

function callOff({ cancel, calledOff }: Hit): void {
  if (cancel()) calledOff();
}
