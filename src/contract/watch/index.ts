export { canariesForLatency, canaryPlan } from './canary.ts';
export { type Drift, type DriftReport, driftOf } from './drift.ts';
