/**
 * `holdfast.yaml`: what a project says once. Which contract its agents were trained under, what was captured where, what a
 * sandbox may reach and use, and when an agent may ship.
 */
import { z } from 'zod';
import { limitsSchema } from '../../schema/index.ts';
import { readSource, type Source } from '../document/source-file.ts';

export const projectFile = 'holdfast.yaml';

const path = z.string().min(1).max(4096);

const projectSchema = z.strictObject({
  version: z.literal(1),
  /** A file, or the name of a contract that ships with Holdfast, e.g. `coding-agent/1.0.0`. */
  contract: path,
  profiles: z.strictObject({ training: path, production: path }).partial().default({}),
  /** Where `contract verify` files what it finds. */
  certificates: path.default('certificates'),
  /** Files of recorded runs: what they touch decides what matters. */
  recordings: z.array(path).max(10_000).default([]),
  waivers: path.optional(),
  /** What a sandbox may reach. */
  policy: path.optional(),
  limits: limitsSchema.default({}),
  ship: z.strictObject({ worstGrade: z.enum(['A', 'B', 'C', 'D']).default('C') }).default({ worstGrade: 'C' }),
});
export type Project = z.output<typeof projectSchema>;

/** @throws HoldfastError `invalid-argument` with the line of everything that is wrong */
export function parseProject(text: string, file: string): Source<Project> {
  return readSource({
    text,
    file,
    schema: projectSchema,
    what: 'a project file',
    hint: 'Correct what is named and check again with `holdfast check`.',
  });
}
