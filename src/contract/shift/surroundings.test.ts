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

/** Its reading of files takes so many times as long. */
function scaled(profile: Profile, by: number): Profile {
  const { digest: _, ...body } = profile;
  const series = body.latency.series.map((one) =>
    one.operation === 'files.read'
      ? { ...one, samples: one.samples.map((sample) => ({ ...sample, clientMs: sample.clientMs * by })) }
      : one,
  );
  return sealProfile({ ...body, latency: { ...body.latency, series } });
}

/** Most starts of shells inside stay as quick as they were, one in four takes five times as long. */
function heldUp({ digest: _, ...body }: Profile): Profile {
  const series = body.latency.series.map((one) =>
    one.operation === 'yardstick.spawn'
      ? {
          ...one,
          samples: one.samples.map((sample, at) => ({
            ...sample,
            insideMs: (sample.insideMs ?? 0) * (at % 4 === 0 ? 5 : 1),
          })),
        }
      : one,
  );
  return sealProfile({ ...body, latency: { ...body.latency, series } });
}

describe('a neighbour that crowds the machine', () => {
  it('is not taken for a runtime whose calls are slower, as far as it explains that', () => {
    expect(found(first, slower('exec.shell', 1.6), 'exec.shell')).toEqual(['latency.exec.shell']);
    expect(found(first, crowded(slower('exec.shell', 1.6), 1.6), 'exec.shell')).toEqual([]);
    expect(found(first, crowded(slower('exec.shell', 3), 1.6), 'exec.shell')).toEqual(['latency.exec.shell']);
  });

  it('is seen where most work stays as quick as its best and some waits for very long', () => {
    const second = heldUp(slower('exec.shell', 1.6));
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

describe('a machine whose CPUs sleep where no neighbour keeps them awake', () => {
  const read = operations.find(({ name }) => name === 'files.read')?.medianMs ?? 0;
  // Half a millisecond beside a neighbour.
  const awake = heldUp(scaled(first, 0.56 / read));
  const asleep = (factor: number): Profile => scaled(slower('files.read', factor), 0.56 / read);

  it('is not taken for a runtime whose short calls are slower, or quicker, by less than waking takes', () => {
    expect(found(awake, asleep(1.5), 'files.read')).toEqual([]);
    expect(found(asleep(1.5), awake, 'files.read')).toEqual([]);
    expect(found(awake, asleep(2.5), 'files.read')).toEqual(['latency.files.read']);
  });

  it('excuses nothing where both had a neighbour, or none', () => {
    expect(found(awake, heldUp(asleep(1.5)), 'files.read')).toEqual(['latency.files.read']);
    expect(found(scaled(first, 0.56 / read), asleep(1.5), 'files.read')).toEqual(['latency.files.read']);
  });
});

describe('what nobody can tell from outside', () => {
  it('is a fifth of a millisecond, whatever share of a call that is', () => {
    const shortest = Math.min(...operations.map(({ medianMs }) => medianMs));
    // 0.12 ms more, then 1.2 ms more: twice as long both times.
    const by = 0.12 / shortest;
    expect(found(scaled(first, by), scaled(slower('files.read', 2), by), 'files.read')).toEqual([]);
    expect(found(first, slower('files.read', 2), 'files.read')).toEqual(['latency.files.read']);
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
