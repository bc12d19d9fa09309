/** The matrix is of captures that keep the rule of captures, and says of them what is said of them today. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runtimes, storedProfile } from '../../bench/matrix/profiles.ts';
import { kept, matrixPage } from '../../scripts/matrix.ts';
import { type Certificate, type Profile, shiftOf } from '../../src/contract/index.ts';
import { overall } from '../../src/contract/verify/verdicts.ts';

type Verdict = Certificate['verdict'];
const said = (...verdicts: [id: string, verdict: Verdict, level?: 'promise' | 'range'][]): string => {
  const checks = verdicts.map(([id, verdict, level = 'promise']) => {
    return { id, level, verdict, wanted: '', got: '', note: '' };
  });
  return kept({ checks, verdict: overall(checks) });
};

const stored = async (name: (typeof runtimes)[number]['name']): Promise<Profile> => {
  const profile = await storedProfile(name);
  if (profile === null) throw new Error(`${name} is not stored`);
  return profile;
};

describe('the matrix', () => {
  // Ours; the other two are other people's, by their packages.
  it.each(['host', 'debian', 'busybox', 'gvisor', 'microvm'] as const)(
    'is of a capture of %s of twelve sessions and forty rounds, over windows of time',
    async (name) => {
      const profile = await stored(name);
      const { sessions, plan } = profile;
      expect(sessions.filter(({ outcome }) => outcome === 'complete').length).toBeGreaterThanOrEqual(12);
      expect(plan.rounds).toBeGreaterThanOrEqual(40);
      expect(new Set(sessions.map(({ window }) => window)).size).toBeGreaterThanOrEqual(2);
      expect(plan.windowGapMs).toBeGreaterThan(0);
      // As the sessions' own times say it.
      expect(shiftOf(profile, profile).notes).toEqual([]);
    },
  );

  it.each(runtimes.map(({ name }) => name))('finds nothing between %s and itself', async (name) => {
    const profile = await stored(name);
    expect(shiftOf(profile, profile)).toMatchObject({ score: 0, findings: [] });
  });

  it('is the page that is made of what is stored', { timeout: 180_000 }, async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/contract/matrix.md'), 'utf8');
    expect(page.match(/^## From /gm)).toHaveLength(42);
    expect(page === (await matrixPage()), 'node scripts/matrix.ts writes another page').toBe(true);
  });

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
