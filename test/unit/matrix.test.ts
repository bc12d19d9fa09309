/** What the matrix says of a certificate is its verdict, whatever was captured. */
import { describe, expect, it } from 'vitest';
import { kept } from '../../scripts/matrix.ts';
import type { Certificate } from '../../src/contract/index.ts';
import { overall } from '../../src/contract/verify/verdicts.ts';

type Verdict = Certificate['verdict'];
const said = (...verdicts: [id: string, verdict: Verdict, level?: 'promise' | 'range'][]): string => {
  const checks = verdicts.map(([id, verdict, level = 'promise']) => {
    return { id, level, verdict, wanted: '', got: '', note: '' };
  });
  return kept({ checks, verdict: overall(checks) });
};

describe('the matrix', () => {
  it.each<[string, string]>([
    [said(['exec.streams', 'pass'], ['exec.umask', 'pass']), 'keeps it: 2 of 2 pass'],
    [said(['exec.streams', 'pass'], ['shell.available', 'unsupported', 'range']), 'keeps it; 1 not there: 1 of 2 pass'],
    [
      said(['exec.streams', 'pass'], ['latency.exec.noop.p99Ms', 'insufficient-data', 'range']),
      'nothing broken; 1 not known: 1 of 2 pass',
    ],
    [
      said(['exec.streams', 'flaky'], ['exec.umask', 'harness-error'], ['exec.cwd', 'unsupported']),
      'nothing broken; 1 flaky, 1 not there, 1 not known: 0 of 3 pass',
    ],
    [
      said(['exec.streams', 'fail'], ['exec.umask', 'fail'], ['identity.user', 'fail'], ['x.y', 'insufficient-data']),
      'breaks exec 2, identity 1; 1 not known: 0 of 4 pass',
    ],
  ])('says %s', (words, expected) => {
    expect(words).toBe(expected);
  });
});
