import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { burstIndex } from '../../noise/index.ts';
import { median, quantile, standardDeviation, wasserstein } from './describe.ts';
import { holm, permutationTest } from './permutation.ts';
import { minimumDetectable, normalQuantile } from './power.ts';
import { areApart, jaccard, overlap, wilson } from './proportions.ts';
import { seededRandom } from './random.ts';

const samples = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 20 });

describe('the permutation test', () => {
  it('gives the exact p of a small case', () => {
    // Of the C(10, 5) = 252 labellings, two separate as wholly as the observed one.
    const { p, difference } = permutationTest([1, 2, 3, 4, 5], [11, 12, 13, 14, 15], 'x');
    expect(difference).toBe(10);
    expect(p).toBeCloseTo(2 / 252, 2);
  });

  it('is uniform where there is no difference', () => {
    const random = seededRandom('null');
    const draw = (): number[] => Array.from({ length: 12 }, () => random.normal());
    const ps = Array.from({ length: 300 }, (_, at) => permutationTest(draw(), draw(), `null ${at}`).p);
    const below = (limit: number): number => ps.filter((p) => p < limit).length / ps.length;
    expect(below(0.5)).toBeGreaterThan(0.4);
    expect(below(0.5)).toBeLessThan(0.6);
    expect(below(0.05)).toBeLessThan(0.09);
  });

  it('knows neither order nor side', () => {
    fc.assert(
      fc.property(samples, samples, fc.nat(), (first, second, seed) => {
        const p = permutationTest(first, second, `${seed}`).p;
        expect(permutationTest([...first].reverse(), second, `${seed}`).p).toBe(p);
        expect(permutationTest(second, first, `${seed}`).p).toBeCloseTo(p, 1);
      }),
      {
        numRuns: 25,
        // Sums in another order had other last bits, and one of these labellings was a tie in one order only.
        examples: [
          [[999999.8733320115, 999999.9118696142, -999999.9981506384, -999999.9983992872, 0, 0], [0, 0, 0, 0, 0, 0], 0],
        ],
      },
    );
  });
});

describe('the statistics', () => {
  it('agree with published values', () => {
    expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75);
    expect(median([5, 1, 3])).toBe(3);
    expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(2.138, 3);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 5);
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232, 5);
    // Newcombe 1998, table I: 81 of 263 and 0 of 20.
    expect(wilson(81, 263)).toEqual({ low: expect.closeTo(0.2553, 4), high: expect.closeTo(0.3662, 4) });
    expect(wilson(0, 20)).toEqual({ low: 0, high: expect.closeTo(0.1611, 4) });
    expect(holm([0.01, 0.04, 0.03], 0.05)).toEqual([true, false, false]);
    expect(holm([0.001, 0.02, 0.04], 0.05)).toEqual([true, true, true]);
    expect(jaccard(new Set('abc'), new Set('bcd'))).toBe(0.5);
    expect(
      overlap(
        new Map([['a', 1]]),
        new Map([
          ['a', 3],
          ['b', 1],
        ]),
      ),
    ).toBe(0.75);
    expect(wasserstein([1, 2, 3], [3, 4, 5])).toBeCloseTo(2);
    expect(areApart(wilson(0, 100), wilson(20, 100))).toBe(true);
    expect(areApart(wilson(2, 100), wilson(4, 100))).toBe(false);
  });

  it('see bursts, and no bursts in what has no memory', () => {
    const random = seededRandom('burst');
    const steady = Array.from({ length: 5000 }, () => random.next() < 0.1);
    expect(burstIndex(steady)).toBeGreaterThan(0.6);
    expect(burstIndex(steady)).toBeLessThan(1.5);
    let failing = false;
    const bursty = Array.from({ length: 5000 }, () => {
      failing = random.next() < (failing ? 0.7 : 0.03);
      return failing;
    });
    expect(burstIndex(bursty)).toBeGreaterThan(4);
    expect(burstIndex([true, false, false])).toBeNull();
  });

  it('state an effect that is then found nine times in ten', () => {
    const random = seededRandom('power');
    const draw = (shift: number): number[] => Array.from({ length: 12 }, () => 0.1 * random.normal() + shift);
    const effect = minimumDetectable({ first: draw(0), second: draw(0), alpha: 0.01, threshold: 0.05 });
    const found = Array.from({ length: 60 }, (_, at) => permutationTest(draw(0), draw(effect), `${at}`)).filter(
      ({ p, difference }) => p < 0.01 && difference > 0.05,
    );
    expect(found.length / 60).toBeGreaterThan(0.75);
  });

  it('are seeded: the same words give the same numbers, other words others', () => {
    const draw = (...words: string[]): number[] => {
      const random = seededRandom(...words);
      return [random.next(), random.next(), random.below(1000)];
    };
    expect(draw('a', 'b')).toEqual(draw('a', 'b'));
    expect(draw('a', 'b')).not.toEqual(draw('ab'));
  });
});
