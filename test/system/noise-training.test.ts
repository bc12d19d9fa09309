/** The example runs, in real sandboxes, and says what came out; how large the gain is, only a longer run can say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { demonstrate, documented, type Outcome, report, sourcesDigest } from '../../examples/noise-training/main.ts';
import { createRuntime } from '../../src/runtime/index.ts';

it('trains with and without noise and compares both in production', { timeout: 120_000 }, async () => {
  await using runtime = await createRuntime({ ephemeral: true });
  const outcome = await demonstrate(runtime.service(), { training: 24, evaluation: 8, seeds: 2 });
  for (const seen of Object.values(outcome.in)) {
    expect(seen.low).toBeLessThanOrEqual(seen.gain);
    expect(seen.high).toBeGreaterThanOrEqual(seen.gain);
    expect(seen.gain).toBeCloseTo(seen.trainedNoisy - seen.trainedClean);
    expect(seen.gainOfSeed).toHaveLength(2);
  }
  // As each place says of itself; the dial's share moves much over so few calls.
  expect(outcome.in.clean.hit).toBe(0);
  expect(outcome.in.usual.hit).toBeLessThan(0.2);
  expect(outcome.in.rough.hit).toBeGreaterThan(0.15);
  // Clean training meets no trouble; noise shows it.
  expect(Object.keys(outcome.tables.clean).sort()).toEqual(['book: fine', 'read: whole', 'write: fine']);
  expect(Object.keys(outcome.tables.noisy).length).toBeGreaterThan(5);
  expect(report(outcome).match(/gain: [+-]\d+\.\d points, 95 % interval/g)).toHaveLength(3);
});

it('has what came out in its README, as it was written down', () => {
  const of = (name: string): string =>
    readFileSync(join(import.meta.dirname, '../../examples/noise-training', name), 'utf8');
  // `main.ts --write` wrote it.
  const outcome = JSON.parse(of('result.json')) as Outcome;
  expect(outcome.counts.seeds).toBeGreaterThanOrEqual(5);
  // A plan, a learner or a task that has changed since makes it a figure of something else.
  expect(outcome.made.sources).toBe(sourcesDigest());
  expect(documented(of('README.md'), outcome)).toBe(of('README.md'));
});
