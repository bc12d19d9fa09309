/** What a row of figures is judged to be, and that a verdict is not told where the measure is coarser than the promise. */
import { expect, it } from 'vitest';
import type { Plan } from '../../bench/group.ts';
import { type MeasuredRow, Samples } from '../../bench/harness.ts';
import { tapingRow } from '../../bench/network/taping.ts';
import type { NetworkWay } from '../../bench/network/ways.ts';
import { terminalTable, verdictOf } from '../../bench/report.ts';
import { targets } from '../../bench/targets.ts';

const rowOf = (more: Partial<MeasuredRow>): MeasuredRow => {
  const samples = new Samples({ id: 'a', label: 'a', unit: '% more' });
  samples.add(1);
  return { ...samples.row(), ...more };
};
const noise = (p50: number, p99: number): Pick<MeasuredRow, 'noise'> => ({
  noise: { p50, p95: 0, p99, worst: 0 },
});

it.each<[string, Partial<MeasuredRow>, string]>([
  ['within', { p50: 2, p99: 14 }, 'kept'],
  ['over', { p50: 4, p99: 14 }, '**missed**'],
  ['within, and measured finely enough', { p50: 2, p99: 14, ...noise(1, 10) }, 'kept'],
  ['over, and measured finely enough', { p50: 4, p99: 14, ...noise(1, 10) }, '**missed**'],
  ['within what two equal ones differ by', { p50: 2, p99: 14, ...noise(1, 30) }, 'not measurable: p99'],
  [
    'far below, by a hiccup of what it stands beside',
    { p50: -10, p99: -94, ...noise(8, 90) },
    'not measurable: p50, p99',
  ],
  ['over by less than that', { p50: 2, p99: 25, ...noise(1, 30) }, 'not measurable: p99'],
  ['over by more than that', { p50: 2, p99: 200, ...noise(1, 30) }, '**missed**'],
  ['over in one, unknown in the other', { p50: 4, p99: 14, ...noise(1, 30) }, '**missed**'],
  ['nothing', { p50: Number.NaN, p99: Number.NaN }, '**missed**'],
])('is judged: %s', (_, more, verdict) => {
  expect(verdictOf({ p50: 3, p99: 15 }, rowOf(more))).toBe(verdict);
});

it('is missed where it fails, or gives nothing', () => {
  expect(verdictOf({ success: 1 }, rowOf({ failed: 1 }))).toBe('**missed**');
  expect(verdictOf({ p50: 3 }, rowOf({ n: 0 }))).toBe('**missed**');
});

it('names the unit of a promise where the values beside it are said in another', () => {
  const row = { ...rowOf({ p50: 0.0095, p95: 0.066, p99: 0.128 }), id: 'call-held', unit: 'ms' as const };
  const tableOf = (more: Partial<MeasuredRow>): string =>
    terminalTable({ title: 'calls', rows: [{ ...row, ...more }] });
  expect(tableOf({})).toMatch(/9\.5 µs +66 µs +128 µs .* p50 ≤ 0\.1 ms +kept$/);
  expect(tableOf({ p50: 0.2 })).toMatch(/0\.20 ms .* p50 ≤ 0\.1 +\*\*missed\*\*$/);
});

/** Answers each load with these latencies, one after the other, and then again. */
function wayOf(id: string, ...rounds: number[]): NetworkWay {
  let at = 0;
  return {
    id,
    label: id,
    floor: 'direct',
    load: async () => {
      const ms = rounds[at++ % rounds.length] ?? 0;
      return {
        latenciesMs: Array.from({ length: 100 }, () => ms),
        perSecond: 1,
        failed: ms < 0 ? 1 : 0,
        failure: null,
      };
    },
    download: () => Promise.reject(new Error('nobody downloads')),
  };
}
const notes: string[] = [];
// What is used of it.
const plan = {
  say: () => undefined,
  note: (text: string) => notes.push(text),
  rounds: (rounds: number) => ({ rounds }),
} as unknown as Plan;
const taping = (mediated: NetworkWay, taped: NetworkWay): Promise<MeasuredRow> =>
  tapingRow(
    plan,
    { mediated, taped },
    {
      id: 'network-taping-kept',
      words: 'x',
      load: { kind: 'open', many: 1, seconds: 1, isKept: true },
      rounds: 9,
    },
  );
const verdict = (row: MeasuredRow): string => verdictOf(targets['network-taping-kept'] ?? {}, row);

it('compares what is taped with what is not, round by round', async () => {
  // The machine grows slower, for both.
  const row = await taping(wayOf('a', 1, 1, 2, 2, 4, 4), wayOf('b', 1.02, 2.04, 4.08));
  expect(row.p50).toBeCloseTo(2);
  expect(row.noise?.p50).toBe(0);
  expect(verdict(row)).toBe('kept');
  expect(verdict(await taping(wayOf('a', 1), wayOf('b', 3)))).toBe('**missed**');
  // One round in which everything stood still says nothing of the others.
  expect(verdict(await taping(wayOf('a', 1), wayOf('b', 1000, 1, 1)))).toBe('kept');
});

it('tells nothing where two loads without any tape differ by more than the promise', async () => {
  const row = await taping(wayOf('a', 1, 1.4), wayOf('b', 0.6));
  expect(row.p50).toBeLessThan(0);
  expect(row.noise?.p50).toBeCloseTo(40);
  expect(verdict(row)).toBe('not measurable: p50, p99');
  expect(notes.at(-1)).toContain('40.0 %');
});

it('leaves out a round in which a request failed, and says so', async () => {
  const row = await taping(wayOf('a', 1), wayOf('b', -1, 1.01, 1.01));
  expect(row).toMatchObject({ failed: 3, n: 600 });
  expect(row.p50).toBeCloseTo(1);
});
