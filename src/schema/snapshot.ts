/** Templates, snapshots and differences as callers see them. */
import { z } from 'zod';
import { sandboxFaultsSchema } from './faults.ts';
import { isolations } from './isolation.ts';
import { type ContractRef, contractInputSchema, nameSchema } from './sandbox.ts';

/** How a snapshot was taken: the live layer was sealed in place, or what changed was copied while frozen. */
export const snapshotMethods = ['rotate', 'copy'] as const;

export interface Snapshot {
  id: string;
  /** Several may have the same: it stands for the newest of them. */
  name: string | null;
  tenant: string;
  /** Sandbox it was taken from; null for an import. */
  sandbox: string | null;
  /** Lineage: the snapshot this one's files came after. */
  parent: string | null;
  template: string;
  /** What its sandbox was held to: forks of it are too. */
  contract: ContractRef | null;
  createdAt: string;
  method: (typeof snapshotMethods)[number] | 'import';
  /** What this snapshot added to its parent. */
  addedFiles: number;
  addedBytes: number;
  /** For how long the sandbox stood still. */
  pauseMs: number;
  /** sha256 over the canonical manifest of its newest layer, hex: made before the snapshot is told of. */
  digest: string | null;
}

export interface Template {
  name: string;
  /** `host`: the machine's own /usr read-only; `directory`: a copied root; */
  kind: 'host' | 'directory' | 'debian';
  createdAt: string;
  sizeBytes: number;
  files: number;
  digest: string;
  /** Names of the programs that have run in each sandbox made of it before it is anybody's, in their order. */
  warm: string[];
}

export const diffKinds = ['added', 'modified', 'deleted', 'mode'] as const;
export interface DiffEntry {
  path: string;
  kind: (typeof diffKinds)[number];
  type: 'file' | 'directory' | 'symlink' | 'other';
  /** Sizes and modes of each side; null where that side has no such path. */
  sizeBefore: number | null;
  sizeAfter: number | null;
  modeBefore: number | null;
  modeAfter: number | null;
}

export interface Diff {
  from: string;
  to: string;
  entries: DiffEntry[];
}

export const createSnapshotSchema = z.strictObject({
  name: nameSchema.optional(),
  idempotencyKey: z.string().min(1).max(256).optional(),
});
export type CreateSnapshot = z.input<typeof createSnapshotSchema>;

export const forkSchema = z.strictObject({
  /** How many children. */
  count: z.int().min(1).max(1000).default(1),
  /** Children go on from where the sandbox is, its running processes and their memory too; where the substrate can. */
  memory: z.boolean().default(false),
  /** The least isolation accepted; absent, that of the sandbox whose files these are. */
  isolation: z.enum(isolations).optional(),
  /** What the children are held to; absent, what the sandbox was whose files these are. */
  contract: contractInputSchema.optional(),
  metadata: z.record(z.string().max(128), z.string().max(1024)).default({}),
  /** Faults of the children, each the next rollout; absent, those of the sandbox that is forked. */
  faults: sandboxFaultsSchema.optional(),
  lifetimeMs: z
    .int()
    .min(1000)
    .max(30 * 24 * 3_600_000)
    .optional(),
});
export type Fork = z.input<typeof forkSchema>;
