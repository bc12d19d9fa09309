import { describe, expect, it } from 'vitest';
import { crowded, hanging, syntheticProfile } from '../../../test/fixtures/synthetic-profile.ts';
import { contractSchema } from '../document/index.ts';
import type { Observation, Profile } from '../profile/index.ts';
import { driftOf } from './drift.ts';

const value = (id: string, text: string, readings = 4): Observation => ({
  id,
  // The first word of every id is a section.
  section: id.split('.')[0] as Observation['section'],
  kind: 'value',
  value: text,
  readings,
});

const plain = [value('identity.umask', '0022'), value('exec.streams', 'apart')];

/** As many canaries of two sessions as make a side. */
function canaries(seed: string, slower = 1, observations: Observation[] = plain): Profile[] {
  return Array.from({ length: 6 }, (_, at) =>
    syntheticProfile({
      seed: `${seed}-${at}`,
      sessions: 2,
      rounds: 30,
      startHour: at * 6,
      observations,
      change: (operation, ms) => (operation === 'exec.shell' ? ms * slower : ms),
    }),
  );
}

const request = { subject: 'wat-1', reference: canaries('reference'), contract: null };

describe('a drift', () => {
  it('is nothing where all is as it was', () => {
    const { drifts, latencyJudged, couldSee } = driftOf({ ...request, recent: canaries('later') });
    expect(drifts).toEqual([]);
    expect(latencyJudged).toBe(true);
    expect(['identity.umask', 'latency.exec.shell', 'latency.exec.shell.tail'].map(couldSee)).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('is the same one whenever and however strongly it is seen (1)', () => {
    const [weaker, stronger] = [2, 2.4].map((slower, at) => {
      const changed = [value('identity.umask', '0077'), value('exec.streams', 'apart')];
      const { drifts } = driftOf({ ...request, recent: canaries(`slow-${at}`, slower, changed) });
      return drifts.map(({ fingerprint, field }) => [field, fingerprint]);
    });
    expect(weaker?.map(([field]) => field)).toEqual(expect.arrayContaining(['identity.umask', 'latency.exec.shell']));
    const of = (field: string, all = weaker): string | undefined => all?.find(([name]) => name === field)?.[1];
    for (const field of ['identity.umask', 'latency.exec.shell']) expect(of(field)).toBe(of(field, stronger));
    const other = driftOf({
      ...request,
      subject: 'wat-2',
      recent: canaries('slow-0', 2, [value('identity.umask', '0077')]),
    });
    expect(other.drifts.find(({ field }) => field === 'identity.umask')?.fingerprint).not.toBe(of('identity.umask'));
  });

  it('is not gone where nobody could look (2)', () => {
    const blind: Observation = { ...plain[0], kind: 'could-not-measure', reason: 'no answer' } as Observation;
    const { drifts, couldSee } = driftOf({
      ...request,
      recent: [...canaries('x').slice(1), ...canaries('y', 1, [blind])],
    });
    expect(drifts).toEqual([]);
    expect([couldSee('identity.umask'), couldSee('exec.streams')]).toEqual([false, false]);
  });

  it('is an operation that hangs, of which nothing else is seen meanwhile (2)', () => {
    const recent = canaries('hung').map((one) => hanging(one, 'exec.shell', 2));
    const { drifts, couldSee } = driftOf({ ...request, recent });
    expect(drifts.map(({ field }) => field)).toEqual(['latency.exec.shell.timeouts']);
    const fields = ['', '.class', '.tail', '.errors', '.timeouts'].map((name) => `latency.exec.shell${name}`);
    expect(fields.map(couldSee)).toEqual([false, false, false, true, true]);
  });

  it('is a broken promise also where it was broken from the start, and only once where it changed (3)', () => {
    const contract = contractSchema.parse({
      format: 'holdfast-contract/1',
      contract: 'held/1.0.0',
      date: '2026-11-28',
      fields: { 'identity.umask': { value: '0077' }, 'exec.streams': { value: 'apart' } },
    });
    const [only] = canaries('first');
    if (!only) throw new Error('there is no canary');
    const { drifts, couldSee } = driftOf({ subject: 'wat-1', reference: [], recent: [only], contract });
    expect(drifts).toMatchObject([{ field: 'identity.umask', rule: 'broken-promise', from: '0077', to: '0022' }]);
    expect(couldSee('identity.umask')).toBe(true);
    const changed = canaries('second', 1, [value('identity.umask', '0027'), value('exec.streams', 'apart')]);
    const later = driftOf({ ...request, recent: changed, contract }).drifts.map(({ field, rule }) => [field, rule]);
    expect(later).toEqual([['identity.umask', expect.stringMatching(/^observed-/)]]);
  });

  it('is nothing that is free, which is only named (4)', () => {
    const terms = { 'identity.umask': { value: '0022' } };
    const facts = { format: 'holdfast-contract/1', contract: 'held/1.0.0', date: '2026-11-28', fields: terms };
    const recent = canaries('slow', 2.4, [value('identity.umask', '0022'), value('exec.streams', 'mixed')]);
    const under = (latency: object) =>
      driftOf({ ...request, recent, contract: contractSchema.parse({ ...facts, latency }) });
    const { drifts, free, couldSee } = under({});
    expect({ drifts, streams: couldSee('exec.streams') }).toEqual({ drifts: [], streams: true });
    expect(free).toEqual(expect.arrayContaining(['exec.streams', 'latency.exec.shell']));
    const timed = under({ 'exec.shell': { class: 'instant' } });
    expect(new Set(timed.drifts.map(({ field }) => field.split('.').slice(0, 3).join('.')))).toEqual(
      new Set(['latency.exec.shell']),
    );
    const of = (age: string) => canaries(age, 1, [value('lifecycle.age', age)]);
    const usual = driftOf({ subject: 'wat-1', reference: of('older'), recent: of('younger'), contract: null });
    expect([usual.drifts, usual.free]).toEqual([[], ['lifecycle.age']]);
  });

  it('is no neighbour that crowded the machine on one side', () => {
    const slow = canaries('slow', 2);
    const fields = (recent: Profile[]): string[] => driftOf({ ...request, recent }).drifts.map(({ field }) => field);
    expect(fields(slow)).toContain('latency.exec.shell');
    expect(fields(slow.map((one) => crowded(one, 2.4)))).toEqual([]);
  });

  it('says nothing of latencies before there are sessions enough', () => {
    const [only] = canaries('one', 3);
    if (!only) throw new Error('there is no canary');
    const { drifts, latencyJudged, couldSee } = driftOf({ ...request, recent: [only] });
    expect({ drifts, latencyJudged, seen: couldSee('latency.exec.shell') }).toEqual({
      drifts: [],
      latencyJudged: false,
      seen: false,
    });
  });
});
