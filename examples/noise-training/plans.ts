/**
 * Three plans. Training: what may happen, half of the rollouts without anything. A rough production: another seed, other rates
 * and bursts, and kinds that training never had, so that nothing can be learned by heart; about every third call meets
 * something, which is a bad day. A usual one: what `faults calibrate` writes where nothing is known, 5 % of the calls.
 */
import { calibratedPlan } from 'holdfast/noise';
import type { FaultPlanInput } from 'holdfast/schema';

export const training: FaultPlanInput = {
  format: 'holdfast-faults/1',
  name: 'training',
  seed: 'training',
  control: 0.5,
  consecutive: 2,
  faults: [
    { id: 'unavailable', kind: 'tool.unavailable', rate: 0.12 },
    { id: 'rate-limited', kind: 'tool.rate-limited', rate: 0.08, retryAfterMs: 100 },
    // The same words to the agent, done once and not done the other time.
    { id: 'lost', kind: 'tool.lost-acknowledgement', rate: 0.1 },
    { id: 'silent', kind: 'tool.error', code: 'deadline-exceeded', rate: 0.1 },
    { id: 'empty', kind: 'tool.empty', rate: 0.1 },
    { id: 'partial', kind: 'tool.partial', rate: 0.1 },
    { id: 'killed', kind: 'exec.signal', rate: 0.08 },
    { id: 'short', kind: 'exec.timeout-early', rate: 0.05, fraction: 0.1 },
  ],
};

export const rough: FaultPlanInput = {
  format: 'holdfast-faults/1',
  name: 'a rough production',
  seed: 'production',
  consecutive: 2,
  dependencies: { backend: { enter: 0.05, leave: 0.4, factor: 4 } },
  faults: [
    { id: 'unavailable', kind: 'tool.unavailable', rate: 0.04, dependency: 'backend' },
    { id: 'rate-limited', kind: 'tool.rate-limited', rate: 0.03, dependency: 'backend', retryAfterMs: 100 },
    { id: 'lost', kind: 'tool.lost-acknowledgement', rate: 0.05, dependency: 'backend' },
    { id: 'silent', kind: 'tool.error', code: 'deadline-exceeded', rate: 0.04, dependency: 'backend' },
    { id: 'empty', kind: 'tool.empty', rate: 0.04 },
    { id: 'cut', kind: 'exec.truncate', rate: 0.04, keepBytes: 16 },
    { id: 'killed', kind: 'exec.signal', rate: 0.03, signal: 'SIGTERM' },
    { id: 'short', kind: 'exec.timeout-early', rate: 0.02, fraction: 0.1 },
    { id: 'late', kind: 'exec.slow-start', rate: 0.05, delay: { minMs: 20, maxMs: 120 } },
    { id: 'twice', kind: 'tool.duplicate', rate: 0.01 },
  ],
};

export const usual: FaultPlanInput = calibratedPlan({
  seen: [],
  codes: [],
  factor: 1,
  dial: 0.05,
  control: 0,
  seed: 'usual',
  name: 'a usual production',
  hasNetwork: false,
});

/** The same places, and nothing happens. */
export const clean: FaultPlanInput = { ...training, name: 'clean', control: 1 };
