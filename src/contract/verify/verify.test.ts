import { describe, expect, it } from 'vitest';
import { hanging, syntheticProfile } from '../../../test/fixtures/synthetic-profile.ts';
import { type Contract, contractSchema } from '../document/contract.ts';
import { type Observation, type Profile, type ProfileBody, sealProfile } from '../profile/index.ts';
import { certificatePage } from '../report/index.ts';
import { type Certificate, dayMs, type Part, parseCertificate } from './certificate.ts';
import { type GateRequest, mayShip } from './gate.ts';
import { junitOf } from './junit.ts';
import { overall, verdicts } from './verdicts.ts';
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

function certify(profile: Profile, contract = contractOf(), label = 'training', without: Part[] = []): Certificate {
  return verify({ contract, profile, without, label, nowMs, validMs: 30 * dayMs });
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
      'what hung, whatever it is called',
      {
        ...about,
        kind: 'could-not-measure',
        reason: 'exec: no answer 20 s after its time limit',
        trouble: { side: 'runtime', code: 'hung' },
      },
      'insufficient-data',
    ],
    [
      'what the way to it lost',
      {
        ...about,
        kind: 'could-not-measure',
        reason: 'no session came so far',
        trouble: { side: 'harness', code: 'unreachable' },
      },
      'harness-error',
    ],
    ['what one of twelve sessions lost', { ...seen, readings: 11, lost: 1 }, 'pass'],
    ['what two of three sessions lost', { ...seen, readings: 1, lost: 2 }, 'insufficient-data'],
  ])('says of %s: %s', (_, observation, verdict) => {
    const certificate = certify(profileOf(observation));
    expect(verdictOf(certificate, 'exec.timeout.status')).toBe(verdict);
    expect(certificate.verdict).toBe(verdict);
  });

  it('does not excuse a range for what was lost, as it does for what is not there', () => {
    const range = contractOf({ fields: { 'exec.timeout.status': { level: 'range', value: 'exit 124' } } });
    const absent: Observation = { ...about, kind: 'could-not-measure', reason: 'it has no time limit' };
    expect(certify(profileOf(absent), range).verdict).toBe('pass');
    const trouble = { side: 'runtime', code: 'hung' } as const;
    const hung: Observation = { ...absent, trouble };
    expect(certify(profileOf(hung), range).verdict).toBe('insufficient-data');
    const { latency, ...body } = profileOf(seen);
    const unmeasured = [{ operation: 'exec.shell', reason: 'exec: no answer', trouble }];
    const untimed = {
      ...latency,
      unmeasured,
      series: latency.series.filter(({ operation }) => operation !== 'exec.shell'),
    };
    const { checks } = certify(sealProfile({ ...body, latency: untimed }));
    expect(checks.find(({ id }) => id === 'latency.exec.shell')?.verdict).toBe('insufficient-data');
  });

  it('wants the field’s own readings of three sessions before it says pass', () => {
    const few = certify(profileOf({ ...seen, readings: 2 }, {}, { sessions: 2 }));
    expect(few.verdict).toBe('insufficient-data');
    const { plan } = profileOf(seen);
    // Sessions that broke off early count for nothing they did not come to.
    expect(certify(profileOf({ ...seen, readings: 2 })).verdict).toBe('insufficient-data');
    expect(certify(profileOf({ ...seen, readings: 4 }, { plan: { ...plan, repeats: 2 } })).verdict).toBe(
      'insufficient-data',
    );
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

  it('leaves to the tool door what that holds and measures', () => {
    const shaped = { class: 'instant', p50Ms: [10, 40], p99Ms: [10, 90], timeoutProbability: 0.01 };
    const { latency } = contractOf();
    const certificate = certify(profileOf(seen), contractOf({ latency: { ...latency, 'tools.shell': shaped } }));
    expect(certificate).toMatchObject({
      verdict: 'pass',
      excluded: expect.arrayContaining(['latency.tools.shell: held and measured by the tool door, not by the runtime']),
    });
    expect(certificate.checks.filter(({ id }) => id.includes('tools.'))).toEqual([]);
    const free = contractOf({ latency: { ...latency, 'tools.shell': { ...shaped, level: 'free' } } });
    expect(certify(profileOf(seen), free).excluded.filter((line) => line.startsWith('latency'))).toEqual([]);
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
    const some = profileOf(seen, {}, { timeoutShare: { 'exec.shell': 0.1 } });
    expect(verdictOf(certify(some), 'latency.exec.shell.timeoutProbability')).toBe('fail');
  });

  it('counts the time-outs of sessions that answered nothing, in which nothing is timed', () => {
    const of = (sessions: number, name: string) => {
      const { verdict, checks } = certify(hanging(profileOf(seen), 'exec.shell', sessions));
      return [verdict, checks.find(({ id }) => id === `latency.exec.shell.${name}`)];
    };
    for (const [sessions, got] of [
      [3, '90 of 360'],
      [9, '270 of 360'],
      [12, '360 of 360'],
    ] as const)
      expect(of(sessions, 'timeoutProbability')).toMatchObject(['fail', { verdict: 'fail', got }]);
    expect(of(9, 'p50Ms')[1]).toMatchObject({ verdict: 'pass' });
    for (const name of ['p50Ms', 'p99Ms', 'class'])
      expect(of(12, name)[1]).toMatchObject({
        verdict: 'insufficient-data',
        note: expect.stringMatching(/^no session/),
      });
  });

  it('says how many time-outs the calls it saw leave open, where that is more than is promised', () => {
    const noteOf = (timeoutProbability: number): string | undefined => {
      const contract = contractOf({ latency: { 'exec.shell': { class: 'instant', timeoutProbability } } });
      return certify(profileOf(seen), contract).checks.find(({ id }) => id.endsWith('.timeoutProbability'))?.note;
    };
    // None of 360.
    expect(noteOf(0.001)).toBe('so few calls rule out only more than 1.1 %');
    expect(noteOf(0.02)).toBe('');
  });

  it('holds the tools to what is promised of them', () => {
    const shell = { timing: 'blocking', risk: 'write', idempotent: false, arguments: { command: 'required' } } as const;
    const contract = contractOf({ tools: { shell } });
    const offered = contract.tools;
    const checked = (tools: typeof offered): Certificate => {
      const profile = profileOf(seen);
      return certify(profileOf(seen, { target: { ...profile.target, tools } }), contract);
    };
    expect(verdictOf(checked(offered), 'tools.shell')).toBe('pass');
    expect(verdictOf(checked({}), 'tools.shell')).toBe('fail');
    expect(certify(profileOf(seen), contract).verdict).toBe('insufficient-data');
  });

  it('passes nothing that was not asked, unless that was left out on purpose, and then says so', () => {
    const { plan } = profileOf(seen);
    const untimed = profileOf(seen, {
      plan: { ...plan, rounds: 0 },
      latency: { insideClock: 'none', unmeasured: [], series: [] },
    });
    expect(certify(untimed)).toMatchObject({ verdict: 'insufficient-data' });
    expect(certify(untimed, contractOf(), 'x', ['latency'])).toMatchObject({
      verdict: 'pass',
      without: ['latency'],
      excluded: expect.arrayContaining(['latency.exec.shell: left out on purpose']),
    });
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

describe('JUnit', () => {
  it('fails exactly where the verdict is not pass', () => {
    const usual = certify(profileOf(seen));
    const [check] = usual.checks;
    if (!check) throw new Error('nothing was checked');
    const kinds = verdicts.flatMap((verdict) =>
      (['promise', 'range'] as const).map((level) => ({ ...check, level, verdict })),
    );
    const lists = [[], ...kinds.map((one) => [one]), ...kinds.flatMap((one) => kinds.map((other) => [one, other]))];
    for (const checks of lists) {
      const verdict = overall(checks);
      const text = junitOf({ ...usual, checks, verdict });
      const [, tests, failures, errors] = /tests="(\d+)" failures="(\d+)" errors="(\d+)"/.exec(text) ?? [];
      const bad = Number(failures) + Number(errors);
      const asked = checks.map(({ level, verdict: one }) => `${one} (${level})`);
      expect({ asked, fails: bad > 0 }).toEqual({ asked, fails: verdict !== 'pass' });
      expect({ asked, bad: text.match(/<(failure|error) /g)?.length ?? 0 }).toEqual({ asked, bad });
      expect(text.match(/<testcase /g)?.length).toBe(Number(tests));
    }
  });
});

describe('can an agent ship', () => {
  const bundle = (profile: Profile, contract = contractOf(), without: Part[] = []) => ({
    certificate: certify(profile, contract, 'training', without),
    contract,
    profile,
  });
  const train = bundle(profileOf(seen));
  const now = { nowMs: nowMs + dayMs, suite: train.profile.suite.digest, prober: null, daemon: null };
  const ask = (production: typeof train, change: Partial<GateRequest> = {}) =>
    mayShip({ train, production, now, worstGrade: 'C', ...change });

  it('to where the same is promised and kept', () => {
    expect(ask(bundle(profileOf(seen)))).toMatchObject({
      ship: true,
      reasons: [],
      shift: { grade: 'A', findings: [], operations: expect.any(Array) },
    });
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

  it('not where too little could be compared to know', () => {
    const few = bundle(profileOf(seen, {}, { sessions: 3 }));
    const { ship, reasons, evidence, shift } = ask(few);
    expect({ ship, grade: shift.grade }).toEqual({ ship: false, grade: null });
    const how = 'over 1 of 1 fields, 0 of 12 operations';
    expect(reasons).toContainEqual(`too little could be compared for a grade: ${how}`);
    expect(evidence).toContainEqual(`shift 0.0 of 100 (sessions cannot move it), ${how}, no grade`);
  });

  it('not on proof that has ended, or that is of something else', () => {
    expect(ask(train, { now: { ...now, nowMs: nowMs + 31 * dayMs } }).reasons).toEqual([
      'the certificate of training expired on 2026-12-28',
      'the certificate of production expired on 2026-12-28',
    ]);
    const swapped = { ...train, profile: profileOf(seen, {}, { seed: 'another' }) };
    expect(ask(swapped).reasons).toContainEqual(
      'the certificate of production is of another profile than lies beside it',
    );
  });

  it('not where something was left out, unless that is agreed to', () => {
    const production = bundle(profileOf(seen), contractOf(), ['latency']);
    expect(ask(production).reasons).toEqual([
      'the certificate of production leaves out latency, 1 promised; --without latency ships without',
    ]);
    expect(ask(production, { without: ['latency', 'tools'] })).toMatchObject({
      ship: true,
      without: ['latency'],
      evidence: expect.arrayContaining(['latency was left out of a certificate, as agreed to']),
    });
  });

  it('not by other probes, and on this machine not with another kernel, version or image', () => {
    const suite = `sha256:${'1'.repeat(64)}`;
    expect(ask(train, { now: { ...now, suite } }).reasons).toHaveLength(2);
    const { target } = train.profile;
    const facts = { version: '1.0.0', template: 'debian', digest: 'aa' };
    const ours = bundle(profileOf(seen, { target: { ...target, kind: 'holdfast', facts } }));
    const prober = { ...ours.profile.prober, memoryBytes: 16_000_000_000 };
    ours.certificate.prober.memoryBytes = 16_000_000_000;
    const daemon = { version: '1.0.0', templates: [{ name: 'debian', digest: 'aa' }] };
    expect(ask(ours, { now: { ...now, prober, daemon } }).reasons).toEqual([]);
    const changed = {
      ...now,
      // Which has a little more or less of the memory for itself.
      prober: { ...prober, kernel: '7', memoryBytes: 15_900_000_000 },
      daemon: { version: '1.1.0', templates: [{ name: 'debian', digest: 'bb' }] },
    };
    const words = 'the certificate of production was issued with another';
    expect(ask(ours, { now: changed }).reasons).toEqual([
      `${words} kernel (0) than is here now (7)`,
      `${words} version (1.0.0) than is here now (1.1.0)`,
      `${words} template (aa) than is here now (bb)`,
    ]);
    const gone = { ...now, prober, daemon: { ...daemon, templates: [] } };
    expect(ask(ours, { now: gone }).reasons).toEqual([
      'the certificate of production was issued with the template debian, which is not here any more',
    ]);
    // Of another machine nothing is known here.
    expect(ask(ours, { now: { ...changed, prober: { ...changed.prober, cpus: 64 } } }).reasons).toEqual([]);
    const larger = { ...changed.prober, memoryBytes: 32_000_000_000 };
    expect(ask(ours, { now: { ...changed, prober: larger } }).reasons).toEqual([]);
  });
});
