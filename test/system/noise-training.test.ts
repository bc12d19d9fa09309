/** The example runs, in real sandboxes, and says what came out; how large the gain is, only a longer run can say. */
import { expect, it } from 'vitest';
import { demonstrate, report } from '../../examples/noise-training/main.ts';
import { createRuntime } from '../../src/runtime/index.ts';

it('trains with and without noise and compares both in production', { timeout: 120_000 }, async () => {
  await using runtime = await createRuntime({ ephemeral: true });
  const counts = { training: 24, evaluation: 10 };
  const outcome = await demonstrate(runtime.service(), counts);
  expect(outcome.low).toBeLessThanOrEqual(outcome.gain);
  expect(outcome.high).toBeGreaterThanOrEqual(outcome.gain);
  expect(outcome.gain).toBeCloseTo(outcome.noisy - outcome.clean);
  // Clean training meets no trouble; noise shows it.
  expect(Object.keys(outcome.tables.clean).sort()).toEqual(['book: fine', 'read: whole', 'write: fine']);
  expect(Object.keys(outcome.tables.noisy).length).toBeGreaterThan(5);
  expect(report(outcome, counts)).toMatch(/gain: [+-]\d+\.\d points, 95 % interval/);
});
