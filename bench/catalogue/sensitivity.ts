/** What comparisons could have found, per operation. */
import type { Shift } from '../../src/contract/index.ts';
import { quantile } from '../../src/contract/statistics/describe.ts';
import type { SensitivityRow } from './results.ts';

export function sensitivityOf(shifts: readonly Shift[]): SensitivityRow[] {
  const names = [...new Set(shifts.flatMap(({ operations }) => operations.map(({ operation }) => operation)))].sort();
  return names.map((operation) => {
    const all = shifts.flatMap(({ operations }) => operations.filter((one) => one.operation === operation));
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
