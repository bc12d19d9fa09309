/**
 * The order of files of tests: those that take minutes are begun first, since what is begun last is what a whole run waits for.
 * A fresh clone knows no durations, and by their size the longest would come near the end: they emulate machines in few lines.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Longest first. */
export const longest: readonly string[] = [
  'test/system/contract/certified.test.ts',
  'test/system/machine-draws.test.ts',
  'test/system/security/escape.test.ts',
  'test/system/help-examples.test.ts',
  'test/system/contract/watch.test.ts',
  'test/system/microvm.test.ts',
  'test/system/network/bypass-machine.test.ts',
  'test/system/network/failure.test.ts',
  'test/system/vm.test.ts',
  'test/system/seed-everywhere.test.ts',
  'test/system/recording-faults.test.ts',
  'test/system/lifecycle.test.ts',
  'test/system/machine-clock.test.ts',
  'test/system/faults.test.ts',
  'test/system/contract/catalogue.test.ts',
  'test/system/contract/bad-targets.test.ts',
  'test/system/network/tools.test.ts',
  'test/system/faults-elsewhere.test.ts',
  'test/system/pools.test.ts',
];

export function longestFirst<F extends { moduleId: string }>(files: readonly F[]): F[] {
  const place = ({ moduleId }: F): number => {
    const at = longest.findIndex((path) => moduleId.endsWith(`/${path}`));
    return at < 0 ? longest.length : at;
  };
  return files.toSorted((one, other) => place(one) - place(other));
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return longestFirst(await super.sort(files));
  }
}
