/** Ceilings per tenant: what would exceed one is refused with its name, value and ceiling, never shrunk to fit. */
import type { SnapshotRoom } from '../filesystem/index.ts';
import { HoldfastError, type Limits, type Quotas } from '../schema/index.ts';
import type { Parts } from './parts.ts';

/** @param count how many sandboxes with these limits are about to be made */
export function checkQuotas(parts: Parts, tenant: string, limits: Limits, count = 1): void {
  const quotas = parts.quotasOf(tenant);
  if (Object.keys(quotas).length === 0) return;
  const usage = parts.store.sandboxes.usage(tenant);
  refuseAbove(quotas, 'sandboxes', usage.sandboxes + count, usage.sandboxes);
  for (const limit of ['memoryBytes', 'cpus', 'diskBytes'] as const) {
    if (quotas[limit] === undefined) continue;
    const asked = limits[limit];
    if (asked === undefined) throw unstated(limit, quotas[limit]);
    refuseAbove(quotas, limit, usage[limit] + asked * count, usage[limit]);
  }
}

const flags = { memoryBytes: '--memory 512m', cpus: '--cpus 1', diskBytes: '--disk 2g' } as const;

function unstated(limit: keyof typeof flags, ceiling: number): HoldfastError {
  return new HoldfastError(
    'quota-exceeded',
    `a quota of ${limit} is in force, so each sandbox must state limits.${limit}`,
    { hint: `Add the limit, e.g. ${flags[limit]}.`, details: { quota: limit, ceiling } },
  );
}

/** @param addedBytes of what is about to be written of sessions and for them @throws HoldfastError `quota-exceeded` */
export function checkSessionQuota(
  { quotasOf, store }: Pick<Parts, 'quotasOf' | 'store'>,
  tenant: string,
  addedBytes: number,
): void {
  const quotas = quotasOf(tenant);
  if (quotas.sessionBytes === undefined) return;
  const used = store.sessions.bytesKept(tenant);
  refuseAbove(quotas, 'sessionBytes', used + addedBytes, used);
}

type Kept = Pick<Parts, 'quotasOf' | 'recordedBytes' | 'store'>;

/** @param addedBytes of the one that is about to be recorded; before it is made nobody knows */
export function checkSnapshotQuota(parts: Kept, tenant: string, addedBytes = 0): void {
  const quotas = parts.quotasOf(tenant);
  if (Object.keys(quotas).length === 0) return;
  const usage = parts.store.sandboxes.usage(tenant);
  refuseAbove(quotas, 'snapshots', usage.snapshots + 1, usage.snapshots);
  refuseAbove(quotas, 'snapshotBytes', usage.snapshotBytes + addedBytes, usage.snapshotBytes);
  const disk = diskUse(parts, tenant);
  if (disk) refuseAbove(quotas, 'keptBytes', disk.used + Math.max(addedBytes, 1), disk.used);
}

/** For a snapshot that is made piece by piece. @throws HoldfastError `quota-exceeded` where there is none */
export function snapshotRoom(parts: Kept, tenant: string): SnapshotRoom {
  checkSnapshotQuota(parts, tenant);
  const { snapshotBytes = Number.POSITIVE_INFINITY } = parts.quotasOf(tenant);
  const disk = diskUse(parts, tenant);
  const ofSnapshots = snapshotBytes - parts.store.sandboxes.usage(tenant).snapshotBytes;
  return {
    bytes: disk ? Math.min(ofSnapshots, disk.ceiling - disk.used) : ofSnapshots,
    admit: (addedBytes) => checkSnapshotQuota(parts, tenant, addedBytes),
  };
}

/** What a tenant keeps on disk, and may keep; null without such a quota. */
export function diskUse(
  { quotasOf, recordedBytes, store }: Kept,
  tenant: string,
): { used: number; ceiling: number } | null {
  const { keptBytes: ceiling } = quotasOf(tenant);
  if (ceiling === undefined) return null;
  return { ceiling, used: store.sandboxes.usage(tenant).snapshotBytes + recordedBytes(tenant) };
}

/**
 * Parts of a processor are no whole numbers: added up, 0.1 and 0.2 are more than 0.3. A kernel counts them in microseconds of
 * each 100 ms.
 */
const asEnforced = (quota: keyof Quotas, amount: number): number =>
  quota === 'cpus' ? Math.round(amount * 100_000) : amount;

function refuseAbove(quotas: Quotas, quota: keyof Quotas, wanted: number, used: number): void {
  const ceiling = quotas[quota];
  if (ceiling === undefined || asEnforced(quota, wanted) <= asEnforced(quota, ceiling)) return;
  throw new HoldfastError('quota-exceeded', `quota ${quota}: ${wanted} would be more than ${ceiling}`, {
    hint: `Remove what is no longer needed (${quota === 'sessionBytes' ? 'holdfast session rm' : 'holdfast ps, holdfast rm, holdfast prune'}), or raise the quota.`,
    details: { quota, ceiling, used, wanted },
  });
}
