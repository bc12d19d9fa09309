export { Connections } from './connections.ts';
export { defaultForkLifetimeMs, type ForkInput, SandboxController } from './controller.ts';
export type { OneCreate } from './idempotent-creates.ts';
export { LeaseAlarm } from './leases.ts';
export type { Parts } from './parts.ts';
export type { PoolOptions } from './pool.ts';
export { Pools } from './pools.ts';
export { checkSessionQuota, diskUse, snapshotRoom } from './quotas.ts';
export type { Recovered } from './recovery.ts';
