/** What comparisons could have found, per operation. */
import type { Shift } from '../../src/contract/index.ts';
import { isTimed } from '../../src/contract/shift/operations.ts';
import { quantile } from '../../src/contract/statistics/describe.ts';
import type { SensitivityRow } from './results.ts';

export function sensitivityOf(shifts: readonly Shift[]): SensitivityRow[] {
  const timed = shifts.flatMap(({ operations }) => operations.filter(isTimed));
  return [...new Set(timed.map(({ operation }) => operation))].sort().map((operation) => {
    const all = timed.filter((one) => one.operation === operation);
    const of = (value: (one: (typeof all)[number]) => number): number[] => all.map(value);
    return {
      operation,
      p50Ms: quantile(
        of(({ first }) => first.p50Ms),
        0.5,
      ),
      driftFloor: Math.max(...of((one) => one.driftFloor)),
      detectable: quantile(
        of((one) => one.minimumDetectable),
        0.5,
      ),
      detectableAtWorst: Math.max(...of((one) => one.minimumDetectable)),
    };
  });
}
