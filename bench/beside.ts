/** What one contender takes beside another in the same rounds: each round is a pair, so that a busy one meets both. */
import { type Contender, type MeasuredRow, Samples } from './harness.ts';

export class Beside {
  readonly #head: { id: string; label: string; unit: 'times' | '% more' };
  readonly #values = new Map<string, number[]>();

  /** @param head `times`: how many of `ours` go into one of `plain`; `% more`: how much more `ours` takes */
  constructor(head: { id: string; label: string; unit: 'times' | '% more' }) {
    this.#head = head;
  }

  /** The same contender, whose values are noted; one attempt a round. */
  noted(contender: Contender, as: 'plain' | 'ours'): Contender {
    const values: number[] = [];
    this.#values.set(as, values);
    return {
      ...contender,
      attempt: async (counts) => {
        // Its place in the pair, also when it fails.
        const at = counts ? values.push(Number.NaN) - 1 : null;
        const value = await contender.attempt(counts);
        if (at !== null) values[at] = value;
        return value;
      },
    };
  }

  row(): MeasuredRow {
    const samples = new Samples(this.#head);
    const [plain = [], ours = []] = [this.#values.get('plain'), this.#values.get('ours')];
    for (const [round, one] of plain.entries()) {
      const ratio = this.#head.unit === 'times' ? one / (ours[round] ?? Number.NaN) : moreThan(one, ours[round]);
      if (Number.isNaN(ratio)) samples.fail(new Error('one of the pair failed'));
      else samples.add(ratio);
    }
    return samples.row();
  }
}

const moreThan = (plain: number, ours = Number.NaN): number => (ours / plain - 1) * 100;
