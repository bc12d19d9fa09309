/**
 * `holdfast.yaml`: what a project says once. What its sandboxes are held to and made of, in training and in production; what
 * was captured where; when an agent may ship.
 */
import { z } from 'zod';
import { createSandboxSchema, environmentSchema, limitsSchema } from '../../schema/index.ts';
import { readSource, type Source } from '../document/source-file.ts';
import { certificateParts } from '../verify/certificate.ts';

export const projectFile = 'holdfast.yaml';

const path = z.string().min(1).max(4096);
const { template, isolation, user, lifetimeMs, idleMs } = createSandboxSchema.shape;

/** What a new sandbox gets that is not told otherwise. */
const settings = {
  template,
  isolation: isolation.unwrap().optional(),
  user: user.unwrap().optional(),
  /** What it may reach: `none`, presets such as `npm,pip`, or a file. */
  policy: path.optional(),
  limits: limitsSchema.default({}),
  environment: environmentSchema.default({}),
  lifetimeMs: lifetimeMs.unwrap().optional(),
  idleMs,
};

/** A file alone is what was captured there. */
const profileSchema = z.preprocess(
  (value) => (typeof value === 'string' ? { captured: value } : value),
  z.strictObject({ captured: path.optional(), contract: path.optional(), ...settings }),
);

const projectSchema = z.strictObject({
  version: z.literal(1),
  /** A file, or the name of a contract that ships with Holdfast, e.g. `coding-agent/1.0.0`. */
  contract: path,
  ...settings,
  /** What differs on either side; the rest is as above. */
  profiles: z.strictObject({ training: profileSchema.optional(), production: profileSchema.optional() }).default({}),
  /** Where `contract verify` files what it finds. */
  certificates: path.default('certificates'),
  /** Files of recorded runs: what they touch decides what matters. */
  recordings: z.array(path).max(10_000).default([]),
  waivers: path.optional(),
  ship: z
    .strictObject({
      worstGrade: z.enum(['A', 'B', 'C', 'D']).default('C'),
      /** What a certificate may have left out. */
      without: z.array(z.enum(certificateParts)).default([]),
    })
    .default({ worstGrade: 'C', without: [] }),
});
export type Project = z.output<typeof projectSchema>;
export type ProjectSide = keyof Project['profiles'];
export const projectSides = ['training', 'production'] as const satisfies readonly ProjectSide[];

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
