export { type Calibration, calibratedPlan, planText, type Seen } from './calibrate.ts';
export { Episode, type NetworkState, noNetworkYet } from './episode.ts';
export { type FaultTold, type GatewayFaults, Noise, type NoisyCall, type Turn } from './keeper.ts';
export { canHit, kindFacts } from './kinds.ts';
export type { Held, Means } from './means.ts';
export { NetworkAgain } from './network-again.ts';
export { burstIndex, Observed, spreadOf } from './observed.ts';
export { planDigest, ratesOf, readyPlan } from './plan.ts';
