/**
 * A profile: what was observed in a live runtime. Evidence, dated; it promises nothing and judges nothing.
 *
 * 1. `digest` is sha256 over the canonical JSON of everything else; a profile whose digest differs is not read.
 * 2. Observations stand in the order of the registry, one per field; messages and series in a fixed order. Two captures
 *    of the same behaviour have the same `observations` and `messages`, byte by byte.
 * 3. A trouble of the prober or of the way to the runtime is `harness`, and no statement about the runtime.
 */
import { z } from 'zod';
import { toolTermSchema } from '../document/terms.ts';
import { latencySchema } from './latency.ts';
import { messageSchema, observationSchema } from './observations.ts';

export const profileFormat = 'holdfast-profile/1';

const word = z.string().max(512);
const time = z.iso.datetime();

/** What was asked, and what answered. */
export const targetDescriptionSchema = z.strictObject({
  /** As given to `--target`, without keys. */
  spec: z.string().max(4096),
  kind: z.string().max(64),
  /** For people, e.g. `namespace sandbox of the template debian`. */
  title: word,
  /** What the target knows of itself: substrate, isolation, template, image, engine, versions. */
  facts: z.record(z.string().max(64), word),
  /** The tools it says it has; absent where it was not asked, or has none to say. */
  tools: z.record(z.string().max(64), toolTermSchema).optional(),
});
export type TargetDescription = z.infer<typeof targetDescriptionSchema>;

/** Where it was measured from: two profiles from different places are less comparable. */
export const proberSchema = z.strictObject({
  holdfast: word,
  node: word,
  platform: word,
  kernel: word,
  cpu: word,
  cpus: z.int().min(0),
  memoryBytes: z.int().min(0),
});
export type Prober = z.infer<typeof proberSchema>;

export const planSchema = z.strictObject({
  sessions: z.int().min(1).max(1000),
  windows: z.int().min(1).max(100),
  /** Between the end of one window and the start of the next. */
  windowGapMs: z.int().min(0),
  rounds: z.int().min(0).max(10_000),
  warmups: z.int().min(0).max(1000),
  /** Categorical passes per session. */
  repeats: z.int().min(0).max(100),
  /** Of one operation. */
  timeoutMs: z.int().min(1),
  /** Orders the operations of each round. */
  seed: z.int().min(0),
});
export type Plan = z.infer<typeof planSchema>;

export const troubleSchema = z.strictObject({
  /** `harness`: the prober or the way to the runtime; `runtime`: what the runtime itself did. */
  side: z.enum(['harness', 'runtime']),
  /** Closed list of `contract/targets/`. */
  code: z.string().max(64),
  message: z.string().max(2049),
  /** What was being done, e.g. a probe's or an operation's id. */
  during: z.string().max(128),
});
export type Trouble = z.infer<typeof troubleSchema>;

export const sessionSchema = z.strictObject({
  index: z.int().min(0),
  window: z.int().min(0),
  /** The runtime's own name for it. */
  name: word,
  startedAt: time,
  endedAt: time,
  /** `complete`: every pass and every round; `partial`: some; `failed`: it never opened. */
  outcome: z.enum(['complete', 'partial', 'failed']),
  /** Rounds measured after the warm-ups. */
  rounds: z.int().min(0),
  /** Load of the prober's machine over one minute, when the session began; null where that is unknown. */
  load: z.number().min(0).nullable(),
  troubles: z.array(troubleSchema).max(100),
});
export type Session = z.infer<typeof sessionSchema>;

/** What ended a session before its end: its last trouble before it was closed. Null of one that is whole. */
export function endOfSession({ outcome, troubles }: Session): Trouble | null {
  return outcome === 'complete' ? null : (troubles.findLast(({ during }) => during !== 'close') ?? null);
}

export const profileBodySchema = z.strictObject({
  format: z.literal(profileFormat),
  target: targetDescriptionSchema,
  prober: proberSchema,
  /** Which probes asked: observations of two profiles compare only where their probes are the same. */
  suite: z.strictObject({ version: word, digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) }),
  plan: planSchema,
  startedAt: time,
  endedAt: time,
  /** Every planned session is complete. */
  complete: z.boolean(),
  sessions: z.array(sessionSchema).max(1000),
  observations: z.array(observationSchema).max(4096),
  messages: z.array(messageSchema).max(4096),
  latency: latencySchema,
});
export type ProfileBody = z.infer<typeof profileBodySchema>;

export const profileSchema = profileBodySchema.extend({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) });
export type Profile = z.infer<typeof profileSchema>;
