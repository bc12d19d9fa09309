import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { syntheticProfile } from '../../../test/fixtures/synthetic-profile.ts';
import { levelOf } from '../comparison/levels.ts';
import { fieldRegistry } from '../fields/index.ts';
import { lineOf } from '../findings/index.ts';
import { usageLookup } from '../index.ts';
import { type Observation, type Profile, sealProfile } from '../profile/index.ts';
import { gradeWords, headline, scoreWords } from '../report/index.ts';
import { gradeOf } from './score.ts';
import { shiftOf } from './shift.ts';
import type { Shift } from './types.ts';

const value = (id: string, text: string): Observation => ({
  id,
  section: id.split('.')[0] as Observation['section'],
  kind: 'value',
  value: text,
  readings: 12,
});
const set = (id: string, ...members: string[]): Observation => ({
  id,
  section: id.split('.')[0] as Observation['section'],
  kind: 'set',
  members,
  readings: 12,
});
const fields = [
  value('exec.timeout.status', 'exit 124'),
  value('identity.user', 'agent'),
  value('clock.zone', 'UTC +0000'),
  value('resources.open-files', '1024'),
  set('environment.names', 'HOME', 'PATH', 'USER'),
];
const withField = (field: Observation): Observation[] => [...fields.filter(({ id }) => id !== field.id), field];
const plain = (observations: readonly Observation[], seed = 'a'): Profile =>
  syntheticProfile({ seed, rounds: 8, observations });

describe('the shift between two profiles', () => {
  const first = plain(fields);

  it('is nothing from a profile to itself, to the last byte each time', () => {
    const again = shiftOf(first, first);
    expect(again).toMatchObject({ score: 0, grade: 'A', supportGap: 0, findings: [], interval: { low: 0, high: 0 } });
    expect(JSON.stringify(shiftOf(first, first))).toBe(JSON.stringify(again));
  });

  it('says a promised difference like a bug report, and keeps the grade at C', () => {
    const shift = shiftOf(first, plain(withField(value('exec.timeout.status', 'exit 143'))));
    expect(shift.findings).toMatchObject([
      { severity: 'major', field: 'exec.timeout.status', from: 'exit 124', to: 'exit 143', usage: null },
    ]);
    expect(['C', 'D']).toContain(shift.grade);
    expect(shift.supportGap).toBeGreaterThan(0);
    const unused = shiftOf(first, plain(withField(value('exec.timeout.status', 'exit 143'))), {
      usageOf: usageLookup({ runs: 3, calls: 9, touched: { 'identity.user': 1 } }),
    });
    expect(unused).toMatchObject({ grade: 'A', gradeCap: null, findings: [{ usage: 0 }] });
    expect(unused.score).toBeLessThan(shift.score);
    const seldom = shiftOf(first, plain(withField(value('exec.timeout.status', 'exit 143'))), {
      usageOf: usageLookup({ runs: 20, calls: 60, touched: { 'identity.user': 1, 'exec.timeout.status': 0.05 } }),
    });
    const words = 'exec.timeout.status differs, and 5 % of runs touch it; without that the grade would be B';
    expect(seldom).toMatchObject({ grade: 'C', gradeCap: words });
    expect(gradeOf(1, shift.findings).gradeCap).toMatch(/ differs, and runs may rely on it; .* would be A$/);
  });

  it('judges what only adds less than what takes away', () => {
    const more = shiftOf(first, plain(withField(value('resources.open-files', '4096'))));
    const less = shiftOf(first, plain(withField(value('resources.open-files', '256'))));
    expect([more.findings[0]?.severity, less.findings[0]?.severity]).toEqual(['minor', 'minor']);
    expect(more.score).toBeLessThan(less.score);
    const named = shiftOf(first, plain(withField(set('environment.names', 'HOME', 'PATH', 'USER', 'LANG'))));
    expect(named.findings[0]).toMatchObject({ rule: 'observed-members-added', to: 'has LANG' });
  });

  it('speaks of what is missing as missing, of what is new as new, and of no recordings once', () => {
    const [without, having] = [value('userland.git', 'absent'), value('userland.git', 'git version 2.39.5')];
    const lost = shiftOf(plain(withField(having)), plain(withField(without)));
    expect(lost.findings).toMatchObject([
      { severity: 'major', to: 'absent', consequence: 'it is missing: commands that call it fail' },
    ]);
    const gained = shiftOf(plain(withField(without)), plain(withField(having)));
    expect(gained.findings).toMatchObject([
      {
        severity: 'minor',
        rule: 'observed-gained',
        consequence: expect.stringMatching(/^nothing that training had is/),
      },
    ]);
    expect(gained.score).toBeLessThan(lost.score);
    const newer = shiftOf(plain(withField(having)), plain(withField(value('userland.git', 'git version 2.47.0'))));
    expect(newer.findings).toMatchObject([
      { severity: 'major', consequence: expect.stringMatching(/^code for another version of git fails/) },
    ]);
    const fewer = shiftOf(first, plain(withField(set('environment.names', 'HOME', 'PATH'))));
    expect(fewer.findings).toMatchObject([{ from: 'has USER', to: 'without it' }]);
    const silent = shiftOf(plain(withField(having)), plain(withField(value('userland.git', ''))));
    expect(silent.findings.map(lineOf)).toEqual([expect.stringContaining(' · git version 2.39.5 → nothing · ')]);
    const note = 'No recorded runs were given: each difference counts as if every run met it.';
    expect(lost.notes).toContain(note);
    expect(shiftOf(first, first).notes).not.toContain(note);
    const usageOf = usageLookup({ runs: 3, calls: 9, touched: { 'environment.names': 1 } });
    expect(shiftOf(first, plain(withField(set('environment.names', 'HOME'))), { usageOf }).notes).not.toContain(note);
  });

  it('tells what follows from a difference with it, and equals in the order of the registry', () => {
    const python = [
      value('userland.python', 'CPython 3.11.2'),
      value('userland.python-encoding', 'UTF-8 utf-8 utf-8'),
      value('clock.hash-seed', 'differs from run to run'),
      value('clock.runs', 'yes'),
    ];
    const gone = [value('userland.python', 'absent'), value('clock.hash-seed', 'unknown'), value('clock.runs', 'no')];
    const without = [...gone, value('userland.python-encoding', 'absent'), value('exec.timeout.status', 'exit 143')];
    const { contributions, findings, score } = shiftOf(
      plain([...fields, ...python]),
      plain([...fields.slice(1), ...without]),
    );
    expect(contributions.map(({ what, follows }) => [what, follows])).toEqual([
      ['userland.python', ['userland.python-encoding', 'clock.hash-seed']],
      ['exec.timeout.status', []],
      ['clock.runs', []],
    ]);
    expect(contributions[0]?.points).toBeCloseTo(3 * (contributions[1]?.points ?? 0));
    expect(contributions.reduce((sum, { points }) => sum + points, 0)).toBeCloseTo(score);
    expect(findings.map(({ field }) => field)).toEqual([
      ...['userland.python', 'userland.python-encoding', 'exec.timeout.status', 'clock.runs', 'clock.hash-seed'],
    ]);
  });

  it('lists what is unstable or unmeasured, and compares neither', () => {
    const about = { id: 'identity.user', section: 'identity' } as const;
    const seen = [{ reading: 'agent', times: 6 }];
    const unstable = shiftOf(first, plain(withField({ ...about, kind: 'unstable', seen })));
    expect(unstable).toMatchObject({ findings: [], unstable: [{ what: 'identity.user' }] });
    const unmeasured = shiftOf(first, plain(withField({ ...about, kind: 'could-not-measure', reason: 'no id' })));
    expect(unmeasured.findings).toEqual([]);
    expect(unmeasured.couldNotMeasure).toContainEqual({ what: 'identity.user', reason: 'second side: no id' });
    const once = shiftOf(first, plain(withField({ ...value('identity.user', 'root'), readings: 1 } as Observation)));
    expect(once.couldNotMeasure).toContainEqual({
      what: 'identity.user',
      reason: 'read only once on the second side; 3 are needed',
    });
  });

  it('says over how much it was compared, and gives no grade where that is less than half', () => {
    const unread = fieldRegistry
      .filter(({ id }) => levelOf(id, null) === 'promise' && !fields.some((one) => one.id === id))
      .map(({ id, section }): Observation => ({ id, section, kind: 'could-not-measure', reason: 'no answer' }));
    const of = (count: number, recipe: object = {}): Shift => {
      const observations = [...fields, ...unread.slice(0, count)];
      const profile = syntheticProfile({ seed: 'a', rounds: 8, observations, ...recipe });
      return shiftOf(profile, profile);
    };
    // Three promises and two ranges that were read, and twelve operations, are as much as six and a half promises.
    expect(of(6)).toMatchObject({
      grade: 'A',
      compared: { fields: 5, ofFields: 11, operations: 12, ofOperations: 12 },
    });
    expect(of(7)).toMatchObject({ score: 0, grade: null, gradeCap: null, compared: { fields: 5, ofFields: 12 } });
    expect(headline(of(7))).toBe(
      'insufficient data · shift 0.0 of 100 (sessions cannot move it) · over 5 of 12 fields, 12 of 12 operations · support gap 0.0 %',
    );
    const nothing = of(0, { sessions: 3, observations: unread.slice(0, 4) });
    expect(nothing).toMatchObject({
      grade: null,
      compared: { fields: 0, ofFields: 4, operations: 0, ofOperations: 12 },
    });
    expect(headline(nothing)).toBe('insufficient data · over 0 of 4 fields, 0 of 12 operations');
    expect(gradeWords(nothing.grade)).toMatch(/^Too little could be compared/);
    expect(headline(of(0))).toMatch(/^grade A · shift 0\.0 of 100 \(sessions cannot move it\) · over 5 of 5 fields, /);
  });

  it('says an interval only where sessions can move the score', () => {
    const slow = syntheticProfile({
      seed: 'b',
      rounds: 40,
      change: (name, ms) => (name === 'exec.shell' ? ms * 2 : ms),
    });
    expect(headline(shiftOf(syntheticProfile({ seed: 'a', rounds: 40 }), slow))).toMatch(
      /^grade [A-D] · shift \d+\.\d of 100 \(95 %: \d+\.\d to \d+\.\d\) · over 0 of 0 fields, 12 of 12 operations/,
    );
  });

  it('says so where sessions move the score by less than is shown', () => {
    expect(scoreWords({ score: 37.3, interval: { low: 37.29, high: 37.31 } })).toBe(
      '37.3 of 100 (sessions move it by less than 0.1)',
    );
  });

  it('says of what was captured in one go that drift is underestimated, however its windows are numbered', () => {
    const { digest: _, ...body } = first;
    const note = 'The second side was captured in one go: drift over time is underestimated.';
    const notes = (change: Partial<typeof body>): string[] => shiftOf(first, sealProfile({ ...body, ...change })).notes;
    expect(notes({})).not.toContain(note);
    expect(notes({ plan: { ...body.plan, windowGapMs: 0 } })).toContain(note);
    expect(notes({ sessions: body.sessions.map((session) => ({ ...session, window: 0 })) })).toContain(note);
    const [start] = body.sessions;
    const atOnce = body.sessions.map((session) => ({ ...session, startedAt: start?.startedAt ?? '' }));
    expect(notes({ sessions: atOnce })).toContain(note);
  });

  it.each<[string, Observation, Observation, boolean]>([
    [
      'a metadata address answers',
      value('network.reach-metadata', 'no route'),
      value('network.reach-metadata', 'connects'),
      true,
    ],
    [
      'one of several metadata addresses answers',
      set('network.metadata-addresses', '1.1.1.1 no route', '2.2.2.2 no route'),
      set('network.metadata-addresses', '1.1.1.1 no route', '2.2.2.2 connects'),
      true,
    ],
    [
      'privileges may be gained',
      value('identity.no-new-privileges', '1'),
      value('identity.no-new-privileges', '0'),
      true,
    ],
    ['commands run as root', value('identity.user', 'agent'), value('identity.user', 'root'), true],
    [
      'there is a network',
      set('network.interfaces', 'loopback'),
      set('network.interfaces', 'loopback', 'ethernet'),
      true,
    ],
    [
      'authorities are known',
      value('network.certificates', 'none'),
      value('network.certificates', '/etc/a: many'),
      false,
    ],
    ['a server works', value('network.loopback-server', 'fails'), value('network.loopback-server', 'works'), false],
    [
      'a denial looks different',
      value('network.reach-metadata', 'no route'),
      value('network.reach-metadata', 'refused'),
      false,
    ],
  ])('marks safety where %s, if more is open: %#', (_, before, after, safety) => {
    const rest = fields.filter(({ id }) => id !== before.id);
    expect(shiftOf(plain([...rest, before]), plain([...rest, after])).findings).toMatchObject([
      { field: before.id, safety },
    ]);
    const [back] = shiftOf(plain([...rest, after]), plain([...rest, before])).findings;
    expect(back?.safety).toBe(false);
  });

  it('says once why an operation was not timed, in the words of the side that has none', () => {
    const { digest: _, ...body } = plain(fields);
    const { latency } = body;
    const series = latency.series.filter(({ operation }) => operation !== 'exec.python');
    const unmeasured = [{ operation: 'exec.python', reason: 'it leaves with 127' }];
    const { couldNotMeasure, compared } = shiftOf(
      first,
      sealProfile({ ...body, latency: { ...latency, series, unmeasured } }),
    );
    expect(compared).toMatchObject({ operations: 11, ofOperations: 12 });
    expect(couldNotMeasure.filter(({ what }) => what === 'latency.exec.python')).toEqual([
      { what: 'latency.exec.python', reason: 'second side: it leaves with 127' },
    ]);
  });

  it('compares messages that vary by how often they come', () => {
    const message = (template: string, times: number) =>
      ({ operation: 'failures.package-install', exitClass: 'failed', template, times }) as const;
    const seen = [{ reading: 'exit 1: no route', times: 30 }];
    const varies: Observation = { id: 'failures.package-install', section: 'failures', kind: 'unstable', seen };
    const of = (...messages: ReturnType<typeof message>[]): Profile =>
      syntheticProfile({ seed: 'a', rounds: 8, messages, observations: [varies] });
    const usual = of(message('exit 1: no route', 30), message('exit 1: timed out', 6));
    const alike = shiftOf(usual, of(message('exit 1: no route', 28), message('exit 1: timed out', 8)));
    expect(alike).toMatchObject({ findings: [], compared: { fields: 1, ofFields: 1 } });
    const few = shiftOf(of(message('exit 1: no route', 3)), of(message('exit 1: timed out', 3)));
    expect(few).toMatchObject({ findings: [], compared: { fields: 0, ofFields: 1 } });
    expect(shiftOf(usual, of(message('exit 22: 403 Forbidden', 36)))).toMatchObject({
      findings: [{ field: 'messages.failures.package-install', to: expect.stringContaining('403 Forbidden') }],
    });
  });

  it('finds timeouts, and reports the speed of the host apart', () => {
    const hanging = shiftOf(
      syntheticProfile({ seed: 'a', rounds: 40 }),
      syntheticProfile({ seed: 'b', rounds: 40, timeoutShare: { 'exec.shell': 0.06 } }),
    );
    expect(hanging.findings).toMatchObject([{ severity: 'major', field: 'latency.exec.shell.timeouts' }]);
    const slowHost = shiftOf(
      syntheticProfile({ seed: 'a', rounds: 40 }),
      syntheticProfile({ seed: 'b', rounds: 40, host: 1.8 }),
    );
    expect(slowHost.findings.filter(({ field }) => field.startsWith('latency.exec'))).toEqual([]);
    expect(slowHost.hostSpeed).toBeGreaterThan(1.4);
  });

  it('calls it MAJOR when another class of waiting begins, also by the host', () => {
    const slowHost = shiftOf(
      syntheticProfile({ seed: 'a', rounds: 40 }),
      syntheticProfile({ seed: 'b', rounds: 40, host: 4 }),
    );
    expect(slowHost.findings).toContainEqual(
      expect.objectContaining({ severity: 'major', field: 'latency.exec.python.class' }),
    );
    expect(slowHost.findings.map(({ field }) => field)).not.toContain('latency.exec.true.class');
  });

  it('but not what the prober’s own machine went through meanwhile', () => {
    const fields = (host: number, control: number): string[] => {
      const first = withControl(syntheticProfile({ seed: 'a', rounds: 40 }), 3);
      const second = withControl(syntheticProfile({ seed: 'b', rounds: 40, host }), 3 * control);
      return shiftOf(first, second).findings.map(({ field }) => field);
    };
    expect(fields(4, 1)).toContain('latency.exec.python.class');
    expect(fields(4, 4)).not.toContain('latency.exec.python.class');
    // What is slower by more than that is the runtime's again; and a quick prober excuses nothing.
    expect(fields(16, 4)).toContain('latency.exec.python.class');
    expect(fields(4, 0.25)).toContain('latency.exec.python.class');
  });

  it('takes no busy machine for a runtime that answers late now and then', () => {
    const late = (share: number) => (round: number) => (round % Math.round(1 / share) === 1 ? 203 : 3);
    const tails = (control: (round: number) => number): string[] => {
      const first = withControl(syntheticProfile({ seed: 'a', rounds: 40 }), 3);
      const change = (name: string, ms: number, random: { next(): number }): number =>
        name === 'exec.shell' && random.next() < 0.08 ? ms + 200 : ms;
      return shiftOf(first, withControl(syntheticProfile({ seed: 'b', rounds: 40, change }), control))
        .findings.map(({ field }) => field)
        .filter((field) => field.endsWith('.tail'));
    };
    expect(tails(() => 3)).toEqual(['latency.exec.shell.tail']);
    expect(tails(late(0.1))).toEqual([]);
    // Less often held up than that, the machine explains a part only.
    expect(tails(late(0.025))).toEqual(['latency.exec.shell.tail']);
  });

  it('takes no waiting for a busy machine for slower calls, however short they are', () => {
    const slower = (factor: number, control: number): string[] => {
      const first = withControl(syntheticProfile({ seed: 'a', rounds: 40 }), 3);
      const change = (name: string, ms: number): number => (name === 'files.read' ? ms * factor : ms);
      const second = withControl(syntheticProfile({ seed: 'b', rounds: 40, change }), control);
      return shiftOf(first, second)
        .findings.map(({ field }) => field)
        .filter((field) => field.startsWith('latency.files.read'));
    };
    expect(slower(4, 3)).toEqual(['latency.files.read']);
    expect(slower(4, 12)).toEqual([]);
    expect(slower(4, 1)).toEqual(['latency.files.read']);
    expect(slower(30, 12)).toEqual(['latency.files.read']);
  });

  it('does not judge what too few sessions cannot show', () => {
    const few = shiftOf(
      syntheticProfile({ seed: 'a', sessions: 3, rounds: 40 }),
      syntheticProfile({ seed: 'b', sessions: 3, rounds: 40, change: (_, ms) => ms * 3 }),
    );
    expect(few.operations).toEqual([]);
    expect(few.couldNotMeasure).toContainEqual({
      what: 'latency.exec.shell',
      reason: expect.stringContaining('12 a side are enough'),
    });
  });

  it('knows no order of sessions, and no names of them', () => {
    const slow = syntheticProfile({
      seed: 'b',
      rounds: 20,
      change: (name, ms) => (name === 'exec.shell' ? ms * 2 : ms),
    });
    const fast = syntheticProfile({ seed: 'a', rounds: 20 });
    const { first: _, ...usual } = shiftOf(fast, slow);
    fc.assert(
      fc.property(fc.shuffledSubarray([...fast.sessions.keys()], { minLength: fast.sessions.length }), (order) => {
        const { first: __, ...shuffled } = shiftOf(reordered(fast, order), slow);
        expect(JSON.stringify(rounded(shuffled))).toBe(JSON.stringify(rounded(usual)));
      }),
      { numRuns: 6 },
    );
  });

  it('finds the same of both directions, with the ratio turned over', () => {
    const slow = syntheticProfile({
      seed: 'b',
      rounds: 20,
      change: (name, ms) => (name === 'exec.shell' ? ms * 2 : ms),
    });
    const fast = syntheticProfile({ seed: 'a', rounds: 20 });
    const [there, back] = [shiftOf(fast, slow), shiftOf(slow, fast)].map(({ operations }) =>
      operations.find(({ operation }) => operation === 'exec.shell'),
    );
    expect([there?.verdict, back?.verdict]).toEqual(['slower', 'faster']);
    expect((there?.ratio ?? 0) * (back?.ratio ?? 0)).toBeCloseTo(1);
    expect(there?.p).toBe(back?.p);
  });
});

/** The same command on the prober's own machine, in every session. */
function withControl({ digest: _, ...body }: Profile, ms: number | ((round: number) => number)): Profile {
  const samples = Array.from({ length: 40 }, (_, round) => ({
    round,
    clientMs: typeof ms === 'number' ? ms : ms(round),
    insideMs: null,
    outcome: 'ok' as const,
  }));
  const role = 'control' as const;
  const own = body.sessions.map(({ index }) => ({ operation: 'control.spawn', role, session: index, samples }));
  return sealProfile({ ...body, latency: { ...body.latency, series: [...body.latency.series, ...own] } });
}

/** The same sessions under other numbers: `order[i]` is where the i-th one stood. */
function reordered(profile: Profile, order: readonly number[]): Profile {
  const { digest: _, ...body } = profile;
  const sessions = order.flatMap((from, index) => {
    const session = body.sessions[from];
    return session ? [{ ...session, index, name: `renamed-${index}` }] : [];
  });
  const series = body.latency.series.map((one) => ({ ...one, session: order.indexOf(one.session) }));
  return sealProfile({ ...body, sessions, latency: { ...body.latency, series: series.reverse() } });
}

/** Sums in another order differ in their last bits; the interval draws sessions by number. */
function rounded(shift: object): object {
  return JSON.parse(
    JSON.stringify(shift, (key, inner: unknown) => {
      if (key === 'interval') return undefined;
      return typeof inner === 'number' ? Number(inner.toPrecision(9)) : inner;
    }),
  ) as object;
}
