/** Which files of tests make virtual machines: those that import what makes or finds them for tests. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const makers = /from '[./\w-]*\/(fixtures\/machines|machine-rig|machine-bench)\.ts'/;

/** Below `root`, in order. */
export function makingMachines(root: string): string[] {
  return globSync('test/system/**/*.test.ts', { cwd: root })
    .filter((path) => makers.test(readFileSync(join(root, path), 'utf8')))
    .toSorted();
}
