/**
 * How often a comparison is wrong, on machines that do not exist but drift like real ones: each session is a little
 * different, the pace of the whole wanders, every operation wanders by itself, one call in a hundred takes far longer.
 *
 * More rounds by `HOLDFAST_SHIFT_ROUNDS`; the figures of a long run stand in docs/contract/shift.md.
 */
import { describe, expect, it } from 'vitest';
import { operations, syntheticProfile } from '../../../test/fixtures/synthetic-profile.ts';
import { shiftOf } from './shift.ts';

const rounds = Number(process.env['HOLDFAST_SHIFT_ROUNDS'] ?? 2);
const times = Array.from({ length: rounds }, (_, at) => at);
/** What the promise of finding 1.5 times is given for: `filesystem.sync` and loopback drift by more. */
const execClass = some(operations.filter(({ name }) => name.startsWith('exec.')));
const anyClass = some(operations);

/** All of them in a long run, every third in a short one. */
function some<T>(all: readonly T[]): T[] {
  return all.filter((_, at) => rounds > 2 || at % 3 === 0);
}

describe('12 sessions a side, 50 rounds', () => {
  it('gives no false alarm when a machine is compared with itself, hours later', { timeout: 600_000 }, () => {
    const alarms = times
      .concat(
        times.map((at) => at + rounds),
        [rounds * 2, rounds * 2 + 1],
      )
      .flatMap((at) => {
        const first = syntheticProfile({ seed: `self ${at} a` });
        const second = syntheticProfile({ seed: `self ${at} b`, startHour: 5 });
        const { findings, score, grade } = shiftOf(first, second);
        expect({ at, score, grade }).toEqual({ at, score: 0, grade: 'A' });
        return findings;
      });
    expect(alarms).toEqual([]);
  });

  it.each(execClass)('finds $name slower by half', { timeout: 600_000 }, ({ name }) => {
    for (const at of times.slice(0, Math.ceil(rounds / 2))) {
      const first = syntheticProfile({ seed: `slow ${at} a` });
      const change = (operation: string, ms: number): number => (operation === name ? ms * 1.5 : ms);
      const second = syntheticProfile({ seed: `slow ${at} b`, startHour: 5, change });
      const found = shiftOf(first, second).findings.map(({ field }) => field);
      expect(found).toContainEqual(expect.stringMatching(`^latency.${name}(.class)?$`));
    }
  });

  it.each(anyClass)(
    'finds 200 ms more, and 200 ms less, in one call of twenty of $name',
    { timeout: 600_000 },
    ({ name }) => {
      for (const at of times.slice(0, Math.ceil(rounds / 2))) {
        const first = syntheticProfile({ seed: `tail ${at} a` });
        const second = syntheticProfile({
          seed: `tail ${at} b`,
          startHour: 5,
          change: (operation, ms, random) => (operation === name && random.next() < 0.05 ? ms + 200 : ms),
        });
        for (const shift of [shiftOf(first, second), shiftOf(second, first)])
          expect(shift.findings.map(({ field }) => field)).toContain(`latency.${name}.tail`);
      }
    },
  );
});
