import { describe, expect, it } from 'vitest';
import { clocked, hanging, syntheticProfile } from '../../../test/fixtures/synthetic-profile.ts';
import type { Profile } from '../profile/index.ts';
import { shiftPage } from '../report/index.ts';
import { shiftOf } from './shift.ts';
import type { OperationShift, Shift } from './types.ts';

const first = syntheticProfile({ seed: 'a', rounds: 40 });
const second = syntheticProfile({ seed: 'b', rounds: 40 });
const operationOf = ({ operations }: Shift, name: string): OperationShift | undefined =>
  operations.find(({ operation }) => operation === name);

describe('an operation that hangs', () => {
  const gone = 'latency.exec.shell.timeouts';

  it.each([0.9, 0.95, 1])('in %d of its calls is MAJOR, whichever side it hangs on', (share) => {
    const hung = syntheticProfile({ seed: 'b', rounds: 40, timeoutShare: { 'exec.shell': share } });
    const shift = shiftOf(first, hung);
    expect(shift.findings).toMatchObject([{ severity: 'major', field: gone, from: expect.stringMatching(/^0\.0 %/) }]);
    expect(shift).toMatchObject({ compared: { operations: 12, ofOperations: 12 }, contributions: [{ distance: 1 }] });
    expect(shift.supportGap).toBeGreaterThan(0.05);
    expect(shiftOf(hung, first).findings).toMatchObject([{ severity: 'major', field: gone }]);
  });

  it('is not timed, which is said, and shown as far as it is known', () => {
    const hung = hanging(second, 'exec.shell', 12);
    const shift = shiftOf(first, hung);
    expect(operationOf(shift, 'exec.shell')).toMatchObject({ verdict: 'unknown', ratio: null, second: { samples: 0 } });
    expect(shift.couldNotMeasure).toEqual([
      { what: 'latency.exec.shell', reason: expect.stringMatching(/^12 and 0 sessions with enough answered calls /) },
    ]);
    const page = shiftPage(shift, first, hung);
    expect(page).toContain('too few answers');
    expect(page).not.toMatch(/NaN|null|undefined/);
  });

  it('in some sessions only is MAJOR as well', () => {
    expect(shiftOf(first, hanging(second, 'exec.shell', 9)).findings).toMatchObject([
      { severity: 'major', field: gone },
    ]);
  });

  it('on both sides, or in too few sessions to tell, is neither found nor counted as compared', () => {
    const [left, right] = [hanging(first, 'exec.shell', 12), hanging(second, 'exec.shell', 12)];
    const few = syntheticProfile({ seed: 'c', rounds: 40, sessions: 3 });
    for (const shift of [shiftOf(left, right), shiftOf(few, hanging(few, 'exec.shell', 3))]) {
      expect(shift.findings).toEqual([]);
      expect(operationOf(shift, 'exec.shell')).toBeUndefined();
      expect(shift.couldNotMeasure.map(({ what }) => what)).toContain('latency.exec.shell');
    }
  });
});

describe('hosts that lie farther apart than either was seen to vary', () => {
  /** On a host so many times as slow, the operation so many times as slow, whatever it feels of the host. */
  const measured = (host: number, times: number): Profile =>
    syntheticProfile({
      seed: 'b',
      rounds: 40,
      host,
      change: (name, ms) => (name === 'exec.shell' ? (ms / host) * times : ms),
    });

  it('make nothing faster that got slower, nor slower what got faster', () => {
    for (const times of [1, 3]) {
      const far = measured(20, times);
      const [there, back] = [shiftOf(first, far), shiftOf(far, first)];
      for (const one of [there, back]) expect(operationOf(one, 'exec.shell')?.verdict).toBe('same');
      expect(there.operations.filter(({ verdict }) => verdict === 'faster')).toEqual([]);
      expect(back.operations.filter(({ verdict }) => verdict === 'slower')).toEqual([]);
      expect(there.hostSpeed).toBeGreaterThan(15);
    }
  });

  it('hide no operation that is slower than they explain, nor one that is faster at all', () => {
    expect(operationOf(shiftOf(first, measured(20, 200)), 'exec.shell')?.verdict).toBe('slower');
    const quicker = shiftOf(first, measured(20, 1 / 3));
    expect(operationOf(quicker, 'exec.shell')?.verdict).toBe('faster');
    expect(quicker.findings.find(({ field }) => field === 'latency.exec.shell')?.consequence).toMatch(
      /^×0\.3\d* as long, ×0\.0\d+ with the machines’ speed taken out; no risk by itself$/,
    );
    const wordsOf = (field: string, second: Profile): string | undefined =>
      shiftOf(first, second).findings.find((one) => one.field === field)?.consequence;
    expect(wordsOf('latency.exec.shell', measured(1, 3))).toMatch(
      /^×[\d.]+ as long, noticed from ×1\.\d+ on; time limits /,
    );
    expect(wordsOf('latency.exec.python.class', measured(20, 1))).toMatch(
      /^×\d+(\.\d)? as long, and the machines’ speed may be the cause; a policy /,
    );
    // Nobody knows that a host so much faster should have made it faster, too.
    const least = (shift: Shift): number => operationOf(shift, 'exec.shell')?.minimumDetectable ?? 0;
    expect(least(shiftOf(measured(20, 20), first))).toBeGreaterThan(5 * least(shiftOf(measured(1, 1), first)));
  });
});

describe('hosts as they were seen to vary', () => {
  it('make nothing faster that took more time', () => {
    const change = (name: string, ms: number): number => (name === 'exec.shell' ? (ms / 1.6) * 1.05 : ms);
    const slower = shiftOf(first, syntheticProfile({ seed: 'b', rounds: 40, host: 1.6, change }));
    expect(operationOf(slower, 'exec.shell')).toMatchObject({ verdict: 'same' });
    expect(slower.findings).toEqual([]);
  });
});

describe('a tail that goes away', () => {
  it('is found as one that comes, and said for what it is', () => {
    const tailed = syntheticProfile({
      seed: 'b',
      rounds: 40,
      change: (name, ms, random) => (name === 'exec.true' && random.next() < 0.05 ? ms + 200 : ms),
    });
    const words = [shiftOf(first, tailed), shiftOf(tailed, first)].map(({ findings }) =>
      findings.map(({ field, consequence }) => [field, consequence]),
    );
    expect(words).toEqual([
      [['latency.exec.true.tail', 'now and then a call takes far longer than training showed']],
      [['latency.exec.true.tail', 'slow calls of training do not happen']],
    ]);
  });
});

describe('a clock inside', () => {
  it('that stands still is no yardstick', () => {
    const stands = clocked(second, () => 0);
    const { hostSpeed, notes, findings } = shiftOf(first, stands);
    expect(hostSpeed).toBe(null);
    expect(notes).toContainEqual(expect.stringMatching(/^No yardstick was readable on both sides/));
    expect(findings).toEqual([]);
    expect(shiftOf(stands, stands)).toMatchObject({ hostSpeed: null, findings: [] });
    // Seconds that pass between two readings are no calls that were held up.
    const jumps = clocked(second, (_, round) => (round % 5 === 0 ? 1000 : 0));
    const tailed = syntheticProfile({
      seed: 'a',
      rounds: 40,
      change: (name, ms, random) => (name === 'exec.true' && random.next() < 0.08 ? ms + 200 : ms),
    });
    const still = clocked(tailed, () => 0);
    expect(shiftOf(still, jumps).findings.map(({ field }) => field)).toEqual(['latency.exec.true.tail']);
  });

  it('that ticks seldom excuses nobody by a crowd', () => {
    const ticking = clocked(first, (_, round) => (round % 5 === 0 ? 0 : 10));
    const faster = syntheticProfile({
      seed: 'b',
      rounds: 40,
      change: (name, ms) => (name === 'exec.shell' ? ms / 2 : ms),
    });
    const found = shiftOf(
      ticking,
      clocked(faster, () => 10),
    ).findings.map(({ field }) => field);
    expect(found).toEqual(['latency.exec.shell']);
  });
});
