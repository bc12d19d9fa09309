/** A training profile: in one file the world, what its runtime must be, its limits, and what may go wrong. */
import { z } from 'zod';
import { readSource } from '../contract/index.ts';
import { faultPlanSchema, limitsSchema } from '../schema/index.ts';
import { worldSchema } from './manifest.ts';

export const trainingFormat = 'holdfast-training/1';

export const trainingSchema = z.strictObject({
  format: z.literal(trainingFormat),
  world: worldSchema,
  /** A contract's name or file: what the sandbox and its tool calls are held to. */
  contract: z.string().max(256).exactOptional(),
  /** Above those of the world. */
  limits: limitsSchema.default({}),
  /** Of one episode. */
  lifetimeMs: z
    .int()
    .min(1000)
    .max(24 * 3_600_000)
    .default(30_000),
  faults: faultPlanSchema.exactOptional(),
});
export type Training = z.output<typeof trainingSchema>;

/** @throws HoldfastError `invalid-argument` with the line of everything that is wrong */
export function parseTraining(text: string, file: string): Training {
  const hint = 'A training profile has a world and, where wanted, contract, limits, lifetimeMs and faults.';
  const { value } = readSource({ text, file, schema: trainingSchema, what: 'a training profile', hint });
  return { ...value, world: { ...value.world, limits: { ...value.world.limits, ...value.limits } } };
}
