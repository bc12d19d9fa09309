/**
 * Tests without which a run says nothing about the network boundary, or about the contract that ships. Where this machine can
 * run them, a skipped one fails the run: a wall that was not tried must not look like one that held, nor a promise like one
 * that is kept.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './steps.ts';

/** What vitest's JSON reporter writes, as far as it is read here. */
export interface RunReport {
  testResults: { name: string; status?: string; assertionResults: { title: string; status: string }[] }[];
}

/** And the titles of what may be missing for a reason of its own. */
export const mustRun: Readonly<Record<string, readonly string[]>> = {
  'test/system/contract/catalogue.test.ts': ['is found: BusyBox’s awk'],
  'test/system/contract/certified.test.ts': ['is kept by gVisor', 'is kept by microVM', 'is kept by full VM'],
  'test/system/network/bypass.test.ts': [],
  'test/system/network/failure.test.ts': [],
  'test/system/network/replay.test.ts': [],
  'test/system/network/secrets.test.ts': ['is in no core of a process inside'],
  'test/system/security/network.test.ts': [],
};

/** Root with iproute2: network namespaces can be made. */
export function canRun(): boolean {
  const places = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  return process.getuid?.() === 0 && places.some((place) => existsSync(join(place, 'ip')));
}

/** @param isWhole of a run that was to run everything: a file that is not in the report was not run */
export function notRun({ testResults }: RunReport, isWhole: boolean): string[] {
  const ran = new Map(testResults.map(({ name, assertionResults }) => [relative(root, name), assertionResults]));
  return Object.entries(mustRun).flatMap(([file, optional]) => {
    const tests = ran.get(file);
    if (!tests) return isWhole ? [file] : [];
    if (tests.length === 0) return [file];
    const skipped = tests.filter(
      ({ title, status }) => status !== 'passed' && status !== 'failed' && !optional.includes(title),
    );
    return skipped.map(({ title }) => `${file}: ${title}`);
  });
}
