/** A plan from what production showed has just what was seen; the rest shares the dial. */
import { describe, expect, it } from 'vitest';
import { calibratedPlan, kindFacts, planText, ratesOf, type Seen } from '../../src/noise/index.ts';
import { faultKinds, faultPlanSchema } from '../../src/schema/index.ts';

const seen: Seen = {
  operation: 'exec.shell',
  about: 'programs',
  calls: 1000,
  timedOut: 20,
  failed: 5,
  medianMs: 10,
  p99Ms: 900,
  burstIndex: 4,
};
const base = { seen: [] as Seen[], factor: 1, dial: 0.05, seed: 3, name: 'n', hasNetwork: false };

describe('a calibrated plan', () => {
  it('is a plan, and keeps to the dial where nothing is known', () => {
    const plan = faultPlanSchema.parse(calibratedPlan(base));
    const rates = ratesOf(plan);
    expect([...rates.values()].reduce((sum, rate) => sum + rate, 0)).toBeCloseTo(0.05);
    expect(planText(calibratedPlan(base))).toContain('format: holdfast-faults/1');
    expect(plan.faults.every(({ kind }) => kindFacts[kind].channel === 'call')).toBe(true);
    expect(faultPlanSchema.parse(calibratedPlan({ ...base, hasNetwork: true })).faults.length).toBeGreaterThan(
      plan.faults.length,
    );
  });

  it('has the rates that were seen, times the factor, and the bursts', () => {
    const plan = faultPlanSchema.parse(calibratedPlan({ ...base, seen: [seen], factor: 2 }));
    const rateOf = (kind: string): number | undefined => plan.faults.find((fault) => fault.kind === kind)?.rate;
    expect(rateOf('exec.timeout-early')).toBe(0.04);
    expect(rateOf('tool.error')).toBe(0.01);
    expect(rateOf('exec.slow-start')).toBe(0.02);
    expect(plan.dependencies['production']?.factor).toBe(8);
    expect(plan.faults.find(({ kind }) => kind === 'tool.error')).toMatchObject({ dependency: 'production' });
  });
});

it('every kind has its facts', () => {
  expect(Object.keys(kindFacts).sort()).toEqual([...faultKinds].sort());
});
