/**
 * Turns at once, of all tenants and of each: those of one that has many do not keep the others' waiting. What takes several places
 * waits for them in its turn.
 */
import { Semaphore } from '../base/index.ts';

export class Turns {
  readonly #all: Semaphore;
  readonly #mostOfOne: number;
  readonly #tenants = new Map<string, { share: Semaphore; users: number }>();

  constructor(most: number, mostOfOne: number) {
    this.#all = new Semaphore(most);
    this.#mostOfOne = mostOfOne;
  }

  /** Waits in the tenant's own line first, so that it holds no more places in the common one than its share. */
  async run<T>({ tenant, places = 1 }: { tenant: string; places?: number }, work: () => Promise<T>): Promise<T> {
    const taken = Math.min(places, this.#mostOfOne);
    const own = this.#tenants.get(tenant) ?? { share: new Semaphore(this.#mostOfOne), users: 0 };
    this.#tenants.set(tenant, own);
    own.users++;
    try {
      return await own.share.run(() => this.#all.run(work, undefined, taken), undefined, taken);
    } finally {
      own.users--;
      if (own.users === 0) this.#tenants.delete(tenant);
    }
  }
}
