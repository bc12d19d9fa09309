import { describe, expect, it } from 'vitest';
import { syntheticProfile } from '../../../test/fixtures/synthetic-profile.ts';
import { type Contract, contractSchema } from '../document/contract.ts';
import { type Observation, type Profile, type ProfileBody, sealProfile } from '../profile/index.ts';
import { certificatePage } from '../report/index.ts';
import { type Certificate, dayMs, parseCertificate } from './certificate.ts';
import { mayShip } from './gate.ts';
import { junitOf } from './junit.ts';
import { verify } from './verify.ts';

const nowMs = Date.UTC(2026, 10, 28);
const about = { id: 'exec.timeout.status', section: 'exec' } as const;
const seen: Observation = { ...about, kind: 'value', value: 'exit 124', readings: 12 };

function contractOf(change: object = {}): Contract {
  return contractSchema.parse({
    format: 'holdfast-contract/1',
    contract: 'my-agent/1.0.0',
    date: '2026-11-28',
    fields: { 'exec.timeout.status': { value: 'exit 124' } },
    latency: { 'exec.shell': { class: 'instant', p50Ms: [1, 20], p99Ms: [1, 100], timeoutProbability: 0.01 } },
    ...change,
  });
}

function profileOf(observation: Observation, change: Partial<ProfileBody> = {}, recipe: object = {}): Profile {
  const { digest: _, ...body } = syntheticProfile({
    seed: 'verify',
    rounds: 30,
    observations: [observation],
    ...recipe,
  });
  return sealProfile({ ...body, ...change });
}

function certify(profile: Profile, contract = contractOf(), label = 'training'): Certificate {
  return verify({ contract, profile, tools: null, label, nowMs, validMs: 30 * dayMs });
}

const verdictOf = ({ checks }: Certificate, id: string): string | undefined =>
  checks.find((check) => check.id === id)?.verdict;

describe('verify', () => {
  it('passes what keeps the contract', () => {
    expect(certify(profileOf(seen))).toMatchObject({ verdict: 'pass', expiresAt: '2026-12-28T00:00:00.000Z' });
  });

  it.each<[string, Observation, string]>([
    ['another value', { ...about, kind: 'value', value: 'exit 143', readings: 12 }, 'fail'],
    ['readings that disagree', { ...about, kind: 'unstable', seen: [{ reading: 'exit 124', times: 11 }] }, 'flaky'],
    [
      'what the runtime does not have',
      { ...about, kind: 'could-not-measure', reason: 'it has no time limit' },
      'unsupported',
    ],
    [
      'no answer',
      { ...about, kind: 'could-not-measure', reason: 'no answer: it ran out of time' },
      'insufficient-data',
    ],
  ])('says of %s: %s', (_, observation, verdict) => {
    const certificate = certify(profileOf(observation));
    expect(verdictOf(certificate, 'exec.timeout.status')).toBe(verdict);
    expect(certificate.verdict).toBe(verdict);
  });

  it('never blames the runtime for the way to it', () => {
    const sessions = profileOf(seen).sessions.map((session) => ({
      ...session,
      troubles: [{ side: 'harness' as const, code: 'unreachable', message: 'cut', during: 'exec' }],
    }));
    const lost: Observation = { ...about, kind: 'could-not-measure', reason: 'no answer: unreachable' };
    expect(certify(profileOf(lost, { sessions })).verdict).toBe('harness-error');
  });

  it('wants three sessions before it says pass', () => {
    const few = certify(profileOf(seen, {}, { sessions: 2 }));
    expect(few.verdict).toBe('insufficient-data');
    expect(certify(profileOf({ ...about, kind: 'value', value: 'x', readings: 2 }, {}, { sessions: 2 })).verdict).toBe(
      'fail',
    );
  });

  it.each<[string, object, string, string]>([
    ['a ceiling', { p50Ms: [0, 2] }, 'latency.exec.shell.p50Ms', 'fail'],
    ['a floor', { floorMs: 3.9 }, 'latency.exec.shell.floorMs', 'fail'],
    ['a class', { class: 'quick' }, 'latency.exec.shell.class', 'fail'],
    ['nothing', {}, 'latency.exec.shell.timeoutProbability', 'pass'],
  ])('finds %s broken', (_, change, id, verdict) => {
    const term = { class: 'instant', p50Ms: [1, 20], timeoutProbability: 0.01, ...change };
    expect(verdictOf(certify(profileOf(seen), contractOf({ latency: { 'exec.shell': term } })), id)).toBe(verdict);
  });

  it('takes a range for all classes between its ends, and a promise for its own', () => {
    const of = (level: string, p50Ms: number[]) => ({ level, class: 'quick', p50Ms, timeoutProbability: 0.01 });
    const classOf = (term: object): string | undefined =>
      verdictOf(certify(profileOf(seen), contractOf({ latency: { 'exec.shell': term } })), 'latency.exec.shell.class');
    expect([of('range', [0, 400]), of('promise', [0, 400]), of('range', [60, 400])].map(classOf)).toEqual([
      'pass',
      'fail',
      'fail',
    ]);
  });

  it('finds too many time-outs', () => {
    const hanging = profileOf(seen, {}, { timeoutShare: { 'exec.shell': 0.1 } });
    expect(verdictOf(certify(hanging), 'latency.exec.shell.timeoutProbability')).toBe('fail');
  });

  it('holds the tools to what is promised of them', () => {
    const shell = { timing: 'blocking', risk: 'write', idempotent: false, arguments: { command: 'required' } } as const;
    const contract = contractOf({ tools: { shell } });
    const offered = contract.tools;
    const checked = (tools: typeof offered): Certificate =>
      verify({ contract, profile: profileOf(seen), tools, label: 'x', nowMs, validMs: dayMs });
    expect(verdictOf(checked(offered), 'tools.shell')).toBe('pass');
    expect(verdictOf(checked({}), 'tools.shell')).toBe('fail');
  });

  it('is read back, and not when it was changed', () => {
    const certificate = certify(profileOf(seen));
    expect(parseCertificate(JSON.stringify(certificate), 'c')).toEqual(certificate);
    expect(() => parseCertificate(JSON.stringify({ ...certificate, verdict: 'fail' }), 'c')).toThrow(
      'digest does not match',
    );
    expect(() => parseCertificate('{', 'c')).toThrow('it is not JSON');
  });

  it('is JUnit and a page in which nothing can break out', () => {
    const evil: Observation = { ...about, kind: 'value', value: '</td><script>"\u0001&', readings: 12 };
    const profile = profileOf(evil);
    const certificate = certify(profile);
    const junit = junitOf(certificate);
    expect(junit).toMatch(/^<\?xml version="1\.0"[\s\S]*failures="1" errors="0" skipped="0"/);
    expect(junit).toContain('got &lt;/td&gt;&lt;script&gt;&quot;\ufffd&amp;');
    expect(certificatePage(certificate, { contract: contractOf(), profile })).not.toContain('<script');
  });
});

describe('can an agent ship', () => {
  const bundle = (profile: Profile, contract = contractOf(), label = 'training') => ({
    certificate: certify(profile, contract, label),
    contract,
    profile,
  });
  const train = bundle(profileOf(seen));
  const ask = (production: typeof train, change: object = {}) =>
    mayShip({ train, production, nowMs: nowMs + dayMs, worstGrade: 'C', ...change }).gate;

  it('to where the same is promised and kept', () => {
    expect(ask(bundle(profileOf(seen)))).toMatchObject({ ship: true, reasons: [], shift: { grade: 'A' } });
  });

  it('not to where the contract is broken, or another one holds', () => {
    const other: Observation = { ...about, kind: 'value', value: 'exit 143', readings: 12 };
    const broken = ask(bundle(profileOf(other)));
    expect(broken.reasons).toContainEqual('the certificate of production says fail: exec.timeout.status');
    const changed = contractOf({
      contract: 'my-agent/2.0.0',
      fields: { 'exec.timeout.status': { value: 'exit 143' } },
    });
    const kept = ask(bundle(profileOf(other), changed));
    expect(kept.reasons[0]).toMatch(/^MAJOR exec\.timeout\.status · exit 124 → exit 143/);
  });

  it('not on proof that has ended, or that is of something else', () => {
    expect(ask(train, { nowMs: nowMs + 31 * dayMs }).reasons).toEqual([
      'the certificate of training expired on 2026-12-28',
      'the certificate of production expired on 2026-12-28',
    ]);
    const swapped = { ...train, profile: profileOf(seen, {}, { seed: 'another' }) };
    expect(ask(swapped).reasons).toContainEqual(expect.stringContaining('is not the one that was certified'));
  });
});
