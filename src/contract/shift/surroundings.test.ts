import { describe, expect, it } from 'vitest';
import { crowded, operations, syntheticProfile } from '../../../test/fixtures/synthetic-profile.ts';
import { type Profile, sealProfile } from '../profile/index.ts';
import { shiftOf } from './shift.ts';

const found = (first: Profile, second: Profile, operation: string): string[] =>
  shiftOf(first, second)
    .findings.map(({ field }) => field)
    .filter((field) => field.startsWith(`latency.${operation}`));

const first = syntheticProfile({ seed: 'a', rounds: 40 });
const slower = (operation: string, factor: number): Profile =>
  syntheticProfile({ seed: 'b', rounds: 40, change: (name, ms) => (name === operation ? ms * factor : ms) });

const waiting = <S extends { insideMs: number | null }>(sample: S): S => ({
  ...sample,
  insideMs: (sample.insideMs ?? 0) * 5,
});

describe('a neighbour that crowds the machine', () => {
  it('is not taken for a runtime whose calls are slower, as far as it explains that', () => {
    expect(found(first, slower('exec.shell', 1.6), 'exec.shell')).toEqual(['latency.exec.shell']);
    expect(found(first, crowded(slower('exec.shell', 1.6), 1.6), 'exec.shell')).toEqual([]);
    expect(found(first, crowded(slower('exec.shell', 3), 1.6), 'exec.shell')).toEqual(['latency.exec.shell']);
  });

  it('is seen where most work stays as quick as its best and some waits for very long', () => {
    const { digest: _, ...body } = slower('exec.shell', 1.6);
    const series = body.latency.series.map((one) =>
      one.operation === 'yardstick.spawn'
        ? { ...one, samples: one.samples.map((sample, at) => (at % 4 === 0 ? waiting(sample) : sample)) }
        : one,
    );
    const second = sealProfile({ ...body, latency: { ...body.latency, series } });
    expect(found(first, second, 'exec.shell')).toEqual([]);
    expect(found(second, first, 'exec.shell')).toEqual([]);
  });

  it('excuses nothing that went the other way', () => {
    expect(found(first, crowded(slower('exec.shell', 1 / 1.6), 1.6), 'exec.shell')).toEqual(['latency.exec.shell']);
    expect(found(crowded(first, 1.6), slower('exec.shell', 1 / 1.6), 'exec.shell')).toEqual([]);
  });

  it('is said in what could have been found', () => {
    const least = (second: Profile): number =>
      shiftOf(first, second).operations.find(({ operation }) => operation === 'exec.shell')?.minimumDetectable ?? 0;
    expect(least(crowded(slower('exec.shell', 1), 1.6))).toBeGreaterThan(1.3 * least(slower('exec.shell', 1)));
  });

  it('is no runtime that is slow at it every time', () => {
    const { digest: _, ...body } = slower('exec.shell', 1.6);
    const series = body.latency.series.map((one) =>
      one.operation === 'yardstick.spawn'
        ? { ...one, samples: one.samples.map((sample) => ({ ...sample, insideMs: (sample.insideMs ?? 0) * 3 })) }
        : one,
    );
    const second = sealProfile({ ...body, latency: { ...body.latency, series } });
    expect(found(first, second, 'exec.shell')).toEqual(['latency.exec.shell']);
  });
});

describe('what nobody can tell from outside', () => {
  it('is a fifth of a millisecond, whatever share of a call that is', () => {
    const shortest = Math.min(...operations.map(({ medianMs }) => medianMs));
    const tiny = (factor: number): Profile =>
      syntheticProfile({ seed: 'b', rounds: 40, change: (name, ms) => (name === 'files.read' ? ms * factor : ms) });
    const scaled = (profile: Profile, by: number): Profile => {
      const { digest: _, ...body } = profile;
      const series = body.latency.series.map((one) =>
        one.operation === 'files.read'
          ? { ...one, samples: one.samples.map((sample) => ({ ...sample, clientMs: sample.clientMs * by })) }
          : one,
      );
      return sealProfile({ ...body, latency: { ...body.latency, series } });
    };
    // 0.12 ms more, then 1.2 ms more: twice as long both times.
    const by = 0.12 / shortest;
    expect(found(scaled(first, by), scaled(tiny(2), by), 'files.read')).toEqual([]);
    expect(found(first, tiny(2), 'files.read')).toEqual(['latency.files.read']);
  });

  it('is a call that waited some slices of the kernel’s', () => {
    const late = (ms: number): Profile =>
      syntheticProfile({
        seed: 'b',
        rounds: 40,
        change: (name, usual, random) => (name === 'exec.true' && random.next() < 0.08 ? usual + ms : usual),
      });
    expect(found(first, late(9), 'exec.true')).toEqual([]);
    expect(found(first, late(40), 'exec.true')).toEqual(['latency.exec.true.tail']);
  });
});
