/** Watching: canary sandboxes that look again and again whether a runtime still behaves as it did, and what they found. */
import { z } from 'zod';
import { isolations } from './isolation.ts';
import { type ContractRef, contractInputSchema, contractRefSchema, createSandboxSchema } from './sandbox.ts';

export const severities = ['major', 'minor', 'patch', 'observed'] as const;
export const findingStates = ['open', 'acknowledged', 'closed'] as const;
export type FindingState = (typeof findingStates)[number];

/**
 * `reference`: what it saw is what later ones are compared with. `harness-error`: it could not be carried through, and
 * nothing is said about the runtime.
 */
export const canaryOutcomes = ['reference', 'clean', 'drift', 'harness-error'] as const;

export const usualWatchMs: number = 6 * 3_600_000;

export const startWatchSchema = z.strictObject({
  /** What canaries are held to; absent: what the daemon holds sandboxes to, if anything. */
  contract: contractInputSchema.optional(),
  isolation: z.enum(isolations).default('namespace'),
  /** Absent: what the substrate starts from. */
  template: createSandboxSchema.shape.template,
  everyMs: z
    .int()
    .min(60_000)
    .max(30 * 24 * 3_600_000)
    .default(usualWatchMs),
});
export type StartWatch = z.input<typeof startWatchSchema>;

export const canarySchema = z.object({
  id: z.string(),
  watch: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  /** Null while it runs. */
  outcome: z.enum(canaryOutcomes).nullable(),
  detail: z.string().nullable(),
  /** Whether latencies were compared; it takes some canaries until they can be. */
  latencyJudged: z.boolean(),
});
export type Canary = z.infer<typeof canarySchema>;

export const watchSchema = z.object({
  id: z.string(),
  contract: contractRefSchema.nullable(),
  isolation: z.enum(isolations),
  template: z.string().nullable(),
  everyMs: z.number(),
  createdAt: z.string(),
  /** When the next canary starts. */
  nextAt: z.string(),
  /** Of the first canary that was carried through. */
  referenceAt: z.string().nullable(),
  canary: canarySchema.nullable(),
  openFindings: z.int(),
});
export type Watch = z.infer<typeof watchSchema>;

export const watchFindingSchema = z.object({
  /** The same drift has the same one. */
  id: z.string(),
  watch: z.string(),
  contract: contractRefSchema.nullable(),
  isolation: z.enum(isolations),
  template: z.string().nullable(),
  state: z.enum(findingStates),
  severity: z.enum(severities),
  field: z.string(),
  rule: z.string(),
  /** As it was, and as it is. */
  from: z.string(),
  to: z.string(),
  consequence: z.string(),
  /** Canaries that saw it. */
  seen: z.int(),
  firstSeenAt: z.string(),
  lastSeenAt: z.string(),
  closedAt: z.string().nullable(),
  /** Of who acknowledged it. */
  note: z.string().nullable(),
});
export type WatchFinding = z.infer<typeof watchFindingSchema>;

export const acknowledgeSchema = z.strictObject({ note: z.string().max(1024).optional() });
export type Acknowledge = z.input<typeof acknowledgeSchema>;

export const listFindingsSchema = z.strictObject({ state: z.enum(findingStates).optional() });
export type ListFindings = z.input<typeof listFindingsSchema>;

export interface WatchSubject {
  contract: ContractRef | null;
  isolation: Watch['isolation'];
  template: string | null;
}
