/** Records of the store as callers see them: nothing of the host's side leaves. */
import type { Sandbox, Snapshot } from '../schema/index.ts';
import type { SandboxRecord, SnapshotRecord } from '../state/index.ts';

export function sandboxView(record: SandboxRecord, networkProblem: string | null = null): Sandbox {
  return {
    id: record.id,
    name: record.name,
    tenant: record.tenant,
    state: record.state,
    substrate: record.substrate,
    isolation: record.isolation,
    incarnation: record.incarnation,
    template: record.template,
    snapshot: record.snapshot,
    metadata: own(record.metadata),
    environment: own(record.environment),
    user: record.user,
    limits: own(record.limits),
    seed: record.seed,
    clock: record.clock,
    network: own(record.network),
    ...(networkProblem === null ? {} : { networkProblem }),
    contract: own(record.contract),
    origins: own(record.origins),
    createdAt: record.createdAt,
    expiresAt: record.expiresAt,
    idleMs: record.idleMs,
    onIdle: record.onIdle,
    onLifetimeEnd: record.onLifetimeEnd,
    suspendedAt: record.suspendedAt,
    suspendedMs: record.suspendedMs,
    exitReason: record.exitReason,
    exitDetail: record.exitDetail,
  };
}

/** What the store answers is shared and frozen; a caller may do as it likes with what it got. */
const own = <T>(value: T): T => (typeof value === 'object' ? structuredClone(value) : value);

export function snapshotView(record: SnapshotRecord): Snapshot {
  const { layers: _, ...snapshot } = record;
  return snapshot;
}
