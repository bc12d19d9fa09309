/** The most that a tenant may have. */
import { z } from 'zod';

const most = z.int().min(0).optional();

/** Ceilings per tenant; absent means none. What exceeds one is refused with `quota-exceeded`. */
export const quotasSchema = z.strictObject({
  /** Those that are there, suspended and hibernated ones too. */
  sandboxes: most,
  /** The sum of the limits of all its sandboxes; then each must state that limit. The same for `cpus` and `diskBytes`. */
  memoryBytes: most,
  cpus: z.number().min(0).optional(),
  diskBytes: most,
  snapshots: most,
  /** What its snapshots added. */
  snapshotBytes: most,
  /** What it keeps on disk: what its snapshots added, and its recordings. */
  keptBytes: most,
  /** What logs of its sessions, what agents remember and the agents that it brought take. */
  sessionBytes: most,
});
export type Quotas = z.output<typeof quotasSchema>;

export const quotaFileSchema = z.strictObject({
  /** For every tenant, as far as it has no ceiling of its own. */
  default: quotasSchema.optional(),
  tenants: z.record(z.string(), quotasSchema).optional(),
});
