/** Ids that a run made for itself: where a later call names one, a replay's own takes its place. */
import type { Answer } from './compare.ts';

const idFields = new Set(['processId', 'session']);

export class IdMap {
  readonly #ids = new Map<string, string>();

  /** Both answers are of the same step. */
  learn(expected: Answer, actual: Answer): void {
    if (expected.ok && actual.ok) this.#walk(expected.value, actual.value, 0);
  }

  replace(value: unknown, depth = 0): unknown {
    if (typeof value === 'string') return this.#ids.get(value) ?? value;
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array || depth > 100) return value;
    if (Array.isArray(value)) return value.map((item) => this.replace(item, depth + 1));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.replace(item, depth + 1)]));
  }

  #walk(expected: unknown, actual: unknown, depth: number): void {
    if (typeof expected !== 'object' || typeof actual !== 'object' || !expected || !actual || depth > 20) return;
    const now = new Map<string, unknown>(Object.entries(actual));
    for (const [key, then] of Object.entries(expected)) {
      const other = now.get(key);
      if (idFields.has(key) && typeof then === 'string' && typeof other === 'string') this.#ids.set(then, other);
      else this.#walk(then, other, depth + 1);
    }
  }
}
