/**
 * What a test does not have of its recording, or has in another order, for its notes: one for each reason, however many steps or files it was. A test
 * takes only so many notes, each only so long.
 */
import { short } from './compare.ts';

type Why = 'not-kept' | 'not-ended' | 'impossible';

/** Of one, and of several. */
const reasons: Record<Why, readonly [string, string]> = {
  'not-kept': [': its input was not kept', ': their inputs were not kept'],
  'not-ended': [': it had not ended', ': they had not ended'],
  impossible: ['', ''],
};

const mostNamedChars = 600;
const separator = ', ';

export class LeftOut {
  readonly #steps = new Map<string, { name: string; why: Why; numbers: string[] }>();
  readonly #files = new Map<string, string[]>();
  readonly #ranOn: string[] = [];
  #beside = '';

  /** It is run to its end before the steps beside which it ran, `next` first. */
  ranOn({ step }: { step: number }, next: { step: number }): void {
    this.#ranOn.push(String(step));
    this.#beside = `step ${next.step}, beside which it ran`;
  }

  step({ step, name }: { step: number; name: string }, why: Why): void {
    const key = `${name} ${why}`;
    const known = this.#steps.get(key) ?? { name, why, numbers: [] };
    known.numbers.push(String(step));
    this.#steps.set(key, known);
  }

  file(path: string, type: string): void {
    const known = this.#files.get(type) ?? [];
    known.push(path);
    this.#files.set(type, known);
  }

  notes(): string[] {
    const files = [...this.#files].map(([type, paths]) =>
      paths.length === 1
        ? `${listed(paths)} is left out: it is a ${type}`
        : `${listed(paths)} are left out: each is a ${type}`,
    );
    const steps = [...this.#steps.values()].map(({ name, why, numbers }) =>
      numbers.length === 1
        ? `step ${listed(numbers)} (${name}) is left out${reasons[why][0]}`
        : `steps ${listed(numbers)} (${name}) are left out${reasons[why][1]}`,
    );
    return [...files, ...steps, ...this.#moved()];
  }

  #moved(): string[] {
    if (this.#ranOn.length === 0) return [];
    const named = listed(this.#ranOn);
    return [
      this.#ranOn.length === 1
        ? `step ${named} (start-process) is run to its end before ${this.#beside}`
        : `steps ${named} (start-process) are run to their ends before the steps beside which they ran`,
    ];
  }
}

/** The first of them, and how many more there are. */
function listed(names: readonly string[]): string {
  const shown: string[] = [];
  let chars = 0;
  for (const name of names) {
    const told = short(name);
    chars += told.length + separator.length;
    if (shown.length > 0 && chars > mostNamedChars) break;
    shown.push(told);
  }
  const more = names.length - shown.length;
  return shown.join(separator) + (more > 0 ? ` and ${more} more` : '');
}
