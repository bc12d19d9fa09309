/** Ceilings per tenant: what would exceed one is refused with its name, value and ceiling, never shrunk to fit. */
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

export function checkSnapshotQuota(parts: Parts, tenant: string): void {
  const quotas = parts.quotasOf(tenant);
  if (Object.keys(quotas).length === 0) return;
  const usage = parts.store.sandboxes.usage(tenant);
  refuseAbove(quotas, 'snapshots', usage.snapshots + 1, usage.snapshots);
  refuseAbove(quotas, 'snapshotBytes', usage.snapshotBytes, usage.snapshotBytes);
  const disk = diskUse(parts, tenant);
  if (disk) refuseAbove(quotas, 'keptBytes', disk.used + 1, disk.used);
}

/** What a tenant keeps on disk, and may keep; null without such a quota. */
export function diskUse(
  { quotasOf, recordedBytes, store }: Pick<Parts, 'quotasOf' | 'recordedBytes' | 'store'>,
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
    hint: 'Remove what is no longer needed (holdfast ps, holdfast rm, holdfast prune), or raise the quota.',
    details: { quota, ceiling, used, wanted },
  });
}
