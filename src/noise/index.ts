export { type Calibration, calibratedPlan, planText, type Seen } from './calibrate.ts';
export { Episode, type EpisodeState } from './episode.ts';
export { type FaultTold, Noise, type NoisyCall, type Turn } from './keeper.ts';
export { canHit, isHarmful, kindFacts } from './kinds.ts';
export { type Held, heldKinds, type Means } from './means.ts';
export { NetworkAgain } from './network-again.ts';
export { planDigest, ratesOf, readyPlan } from './plan.ts';
