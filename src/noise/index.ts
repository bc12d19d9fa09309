export { type Calibration, calibratedPlan, planText, type Seen } from './calibrate.ts';
export { digestOf, Episode, type EpisodeState, fitsHost } from './episode.ts';
export { Noise, type NoisyCall, type Turn } from './keeper.ts';
export { canHit, familyOf, kindFacts } from './kinds.ts';
export type { Held, Means } from './means.ts';
export { planDigest, ratesOf, readyPlan } from './plan.ts';
