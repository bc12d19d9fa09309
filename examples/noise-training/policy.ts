/**
 * The smallest policy that can learn: in each situation it has seen, a preference for each of five deeds, drawn by softmax
 * and moved by how the episode ended (REINFORCE, Williams 1992). A situation that training never showed keeps no preference.
 */
export const deeds = ['accept', 'retry', 'wait', 'verify', 'fall-back'] as const;
export type Deed = (typeof deeds)[number];

const learningRate = 0.35;
const baselineRate = 0.05;

export interface Chosen {
  situation: string;
  deed: Deed;
}

export class Policy {
  readonly #preferences = new Map<string, number[]>();
  #baseline = 0;

  /** @param draw from 0 up to 1: the policy has no randomness of its own */
  choose(situation: string, draw: number): Deed {
    let left = draw;
    for (const [at, share] of this.#shares(situation).entries()) {
      left -= share;
      if (left < 0) return deeds[at] ?? 'accept';
    }
    return 'accept';
  }

  /** What it would do without trying anything out. */
  best(situation: string): Deed {
    const shares = this.#shares(situation);
    return deeds[shares.indexOf(Math.max(...shares))] ?? 'accept';
  }

  knows(situation: string): boolean {
    return this.#preferences.has(situation);
  }

  learn(chosen: readonly Chosen[], reward: number): void {
    const advantage = reward - this.#baseline;
    this.#baseline += baselineRate * advantage;
    for (const { situation, deed } of chosen) {
      const shares = this.#shares(situation);
      const before = this.#preferences.get(situation) ?? deeds.map(() => 0);
      const moved = before.map((preference, at) => {
        const gradient = (deeds[at] === deed ? 1 : 0) - (shares[at] ?? 0);
        return preference + learningRate * advantage * gradient;
      });
      this.#preferences.set(situation, moved);
    }
  }

  table(): Record<string, Deed> {
    return Object.fromEntries(
      [...this.#preferences.keys()].sort().map((situation) => [situation, this.best(situation)]),
    );
  }

  #shares(situation: string): number[] {
    const weights = (this.#preferences.get(situation) ?? deeds.map(() => 0)).map(Math.exp);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  }
}
