/**
 * Raw latency samples. Statistics stand elsewhere: a profile keeps what was measured and nothing derived from it.
 *
 * 1. The session is the unit: samples of one session are not independent of each other.
 * 2. Samples with the same session and round were taken within seconds of each other, in shuffled order.
 * 3. A sample that hit its time limit is censored: `clientMs` is then the limit, and only its proportion counts.
 * 4. Warm-up rounds are dropped; only their number stands in the plan.
 */
import { z } from 'zod';
import { lossSchema } from './observations.ts';

/**
 * `operation`: compared. `yardstick`: how fast the machine is at that moment, to divide by: work inside the runtime that
 * no door of the runtime takes part in, so its `insideMs` is the measure. `control`: the same on the prober's own machine.
 */
export const roles = ['operation', 'yardstick', 'control'] as const;

/** What read the time inside; `insideMs` of two profiles compare only when it is the same. */
export const insideClocks = ['epochrealtime', 'date-nanoseconds', 'uptime', 'none'] as const;
export type InsideClock = (typeof insideClocks)[number];

export const sampleSchema = z.strictObject({
  /** 0 is the first round after the warm-ups. */
  round: z.int().min(0),
  /** From the call to the whole answer, at the prober. */
  clientMs: z.number().min(0),
  /** Of the work alone, by a clock inside; null when there is none, or for an operation that is all door. */
  insideMs: z.number().min(0).nullable(),
  outcome: z.enum(['ok', 'timed-out', 'error']),
});
export type Sample = z.infer<typeof sampleSchema>;

export const seriesSchema = z.strictObject({
  /** Of `contract/probes/`, e.g. `exec.shell`. */
  operation: z.string().max(96),
  role: z.enum(roles),
  /** Index into the profile's sessions. */
  session: z.int().min(0),
  samples: z.array(sampleSchema).max(100_000),
});
export type Series = z.infer<typeof seriesSchema>;

export const latencySchema = z.strictObject({
  insideClock: z.enum(insideClocks),
  /** Operations that could not be measured at all, each with the reason; by a trouble, where the runtime does not say so. */
  unmeasured: z
    .array(
      z.strictObject({
        operation: z.string().max(96),
        reason: z.string().max(2049),
        trouble: lossSchema.optional(),
      }),
    )
    .max(256),
  series: z.array(seriesSchema).max(100_000),
});
export type Latency = z.infer<typeof latencySchema>;
