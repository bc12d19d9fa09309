/**
 * Which sandboxes are said to have no network, whoever found that. What was told of one is remembered while it stands still:
 * that it has its network again is told when it goes on.
 */
export class Problems {
  readonly #told = new Set<string>();
  readonly #onChange: (sandbox: string, problem: string | null) => void;

  constructor(onChange: (sandbox: string, problem: string | null) => void) {
    this.#onChange = onChange;
  }

  /** @param problem null: it has its network */
  note(sandbox: string, problem: string | null): void {
    if (this.#told.has(sandbox) === (problem !== null)) return;
    if (problem === null) this.#told.delete(sandbox);
    else this.#told.add(sandbox);
    this.#onChange(sandbox, problem);
  }

  /** It is gone, or is to have no network. */
  forget(sandbox: string): void {
    this.#told.delete(sandbox);
  }
}
