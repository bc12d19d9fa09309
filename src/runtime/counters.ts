/** What this daemon did since it started, by tenant: numbers that only go up. */
import type { Meter } from '../tools/index.ts';
import type { Admission } from './admission.ts';

interface Counted {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** Names of tools and codes are closed lists; tenants are those of the keys. More than this is a mistake of ours. */
const mostSeries = 10_000;

export class Counters {
  readonly #series = new Map<string, Counted>();

  add(name: string, labels: Readonly<Record<string, string>>, by = 1): void {
    const key = JSON.stringify([name, labels]);
    const known = this.#series.get(key);
    if (known) known.value += by;
    else if (this.#series.size < mostSeries) this.#series.set(key, { name, labels, value: by });
  }

  list(): readonly Counted[] {
    return [...this.#series.values()];
  }
}

/** Of calls of tools, for the door. */
export function meterOf(counters: Counters, admission: Admission): Meter {
  return {
    counted: ({ tenant, kind, name }, code) => {
      counters.add('calls', { tenant, kind, name });
      if (code !== 'ok') counters.add('errors', { tenant, code });
    },
    measured: ({ tenant, sandbox, name }, ms) => admission.measured(tenant, sandbox, `tools.${name}`, ms),
  };
}
