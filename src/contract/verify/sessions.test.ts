import { describe, expect, it } from 'vitest';
import { syntheticProfile } from '../../../test/fixtures/synthetic-profile.ts';
import { contractSchema } from '../document/contract.ts';
import { type Observation, type Profile, type Session, sealProfile, type Trouble } from '../profile/index.ts';
import { certificatePage } from '../report/index.ts';
import { type Certificate, dayMs } from './certificate.ts';
import { mayShip } from './gate.ts';
import { junitOf } from './junit.ts';
import { verify } from './verify.ts';

const nowMs = Date.UTC(2026, 10, 28);
const contract = contractSchema.parse({
  format: 'holdfast-contract/1',
  contract: 'my-agent/1.0.0',
  date: '2026-11-28',
  fields: { 'exec.timeout.status': { value: 'exit 124' } },
});
const about = { id: 'exec.timeout.status', section: 'exec' } as const;
const seen: Observation = { ...about, kind: 'value', value: 'exit 124', readings: 12 };
const unheard: Observation = { ...about, kind: 'could-not-measure', reason: 'no session came so far' };

type End = Pick<Session, 'outcome'> & { by: Trouble | null };
const endedBy = (side: Trouble['side'], code: string): End => ({
  outcome: 'partial',
  by: { side, code, message: 'the sandbox is gone', during: 'exec.shell' },
});
const [whole, died, hung, lost]: End[] = [
  { outcome: 'complete', by: null },
  endedBy('runtime', 'died'),
  endedBy('runtime', 'hung'),
  endedBy('harness', 'unreachable'),
];
const times = (count: number, end: End | undefined): End[] =>
  Array.from({ length: count }, () => end ?? { outcome: 'complete', by: null });

/** With what ended each session; a trouble of closing comes after it, and ends none. */
function profileOf(ends: readonly End[], observation = seen): Profile {
  const { digest: _, ...body } = syntheticProfile({
    seed: 'ends',
    rounds: 10,
    observations: [observation],
    sessions: ends.length,
  });
  const closing: Trouble = { side: 'harness', code: 'unreachable', message: 'no answer', during: 'close' };
  const sessions = body.sessions.map((session, at) => {
    const { outcome, by } = ends[at] ?? { outcome: 'complete', by: null };
    return { ...session, outcome, troubles: by ? [by, closing] : [closing] };
  });
  return sealProfile({ ...body, sessions, complete: ends.every(({ by }) => by === null) });
}

const certify = (profile: Profile, held = contract): Certificate =>
  verify({ contract: held, profile, label: 'x', nowMs, validMs: 30 * dayMs });

describe('sessions', () => {
  it.each([
    ['all whole', times(12, whole), seen, 'pass', 'pass'],
    ['one that died', [...times(11, whole), ...times(1, died)], seen, 'flaky', 'flaky'],
    ['one that hung', [...times(11, whole), ...times(1, hung)], seen, 'flaky', 'flaky'],
    ['three of twelve whole', [...times(3, whole), ...times(9, died)], seen, 'flaky', 'flaky'],
    ['all died', times(12, died), seen, 'fail', 'fail'],
    ['all died or were lost on the way', [...times(6, died), ...times(6, lost)], seen, 'fail', 'fail'],
    [
      'none ever heard',
      times(12, hung),
      { ...unheard, trouble: { side: 'runtime', code: 'hung' } },
      'insufficient-data',
      'insufficient-data',
    ],
    ['some lost on the way', [...times(9, whole), ...times(3, lost)], seen, 'pass', 'pass'],
    [
      'all lost on the way',
      times(12, lost),
      { ...unheard, trouble: { side: 'harness', code: 'unreachable' } },
      'harness-error',
      'harness-error',
    ],
    ['too few whole', times(2, whole), { ...seen, readings: 2 }, 'insufficient-data', 'insufficient-data'],
  ] as const)('%s', (_, ends, observation, verdict, whole) => {
    const certificate = certify(profileOf(ends, observation));
    expect(certificate.checks.find(({ id }) => id === 'sessions')?.verdict).toBe(verdict);
    expect(certificate.verdict).toBe(whole);
  });

  it('are told of in the check, in JUnit, on the page, and to who asks to ship', () => {
    const profile = profileOf([...times(3, whole), ...times(7, died), ...times(2, lost)]);
    const certificate = certify(profile);
    const [check] = certificate.checks;
    expect(check).toMatchObject({
      id: 'sessions',
      got: '3 of 12',
      note: '7 ended by the runtime, first by died in exec.shell: the sandbox is gone; 2 lost by the prober or the way there, of which nothing is said',
    });
    expect(junitOf(certificate)).toMatch(/failures="1"[\s\S]*name="sessions \(promise\)"><failure type="flaky"/);
    expect(certificatePage(certificate, { contract, profile })).toContain('7 ended by the runtime');
    const kept = { certificate: certify(profileOf(times(12, whole))), contract, profile: profileOf(times(12, whole)) };
    const production = { certificate, contract, profile };
    const now = { nowMs, suite: profile.suite.digest, prober: null, daemon: null };
    expect(mayShip({ train: kept, production, now, worstGrade: 'D' })).toMatchObject({
      ship: false,
      reasons: expect.arrayContaining(['the certificate of production says flaky: sessions']),
    });
  });

  it('that live are no proof of a contract of which nothing was checked', () => {
    const nothing = contractSchema.parse({ ...contract, fields: {} });
    const certificate = certify(profileOf(times(12, whole)), nothing);
    expect(certificate).toMatchObject({ verdict: 'insufficient-data', checks: [{ id: 'sessions', verdict: 'pass' }] });
    expect(junitOf(certificate)).toContain('nothing that counts was checked');
  });
});
