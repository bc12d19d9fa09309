export * from './latency.ts';
export * from './observations.ts';
export * from './profile.ts';
export * from './seal.ts';
