/**
 * A world: everything that an episode can see, held still. Files are a snapshot, the network is a tape, time and chance are
 * what the manifest says. The same world and the same deeds give the same answers, as far as its grade goes.
 *
 * 1. A world has no way out: what its tape does not know is refused, counted, and never asked of the real network.
 * 2. The manifest names what it is made of by digest; a world whose parts are others is not entered.
 */
import { parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { canonicalDigest } from '../base/index.ts';
import { readSource } from '../contract/index.ts';
import { isolations, limitsSchema, networkPresets, tapeRulesSchema } from '../schema/index.ts';

export const worldFormat = 'holdfast-world/1';

/** D0 nothing held · D1 the network · D2 and the clock · D3 and chance · D4 and every byte of output. */
export const grades = ['D0', 'D1', 'D2', 'D3', 'D4'] as const;
export type Grade = (typeof grades)[number];

const fixtureSchema = z.strictObject({
  argv: z.array(z.string().max(131_072)).min(1).max(4096),
  cwd: z.string().startsWith('/').max(4096).exactOptional(),
});
/** One command of the suite that a world is graded by. */
export type Fixture = z.infer<typeof fixtureSchema>;

export const worldSchema = z.strictObject({
  format: z.literal(worldFormat),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens')
    .default('world'),
  summary: z.string().max(1024).default(''),
  frozenAt: z.iso.datetime(),
  snapshot: z.strictObject({ id: z.string().max(64), digest: z.string().max(128) }),
  isolation: z.enum(isolations).default('namespace'),
  user: z.enum(['agent', 'root']).default('agent'),
  limits: limitsSchema.default({}),
  /** Absent: no network at all. */
  tape: z
    .strictObject({
      id: z.string().max(64),
      exchanges: z.int().min(0),
      /** Of all that the tape holds. Worlds of before have none: their tape is known by its id and the number of its exchanges. */
      root: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .optional(),
      rules: tapeRulesSchema.optional(),
    })
    .optional(),
  /** Package registries answer as of then: when the tape was recorded. */
  packagesAsOf: z.iso.datetime().optional(),
  /** Package managers that are set to the registries of then, as the tape has it. */
  presets: z.array(z.enum(networkPresets)).max(16).optional(),
  /** Names that exist, and what is spoken there: those of the tape. All others do not resolve. */
  zone: z
    .array(
      z.strictObject({
        host: z.string().max(255),
        protocol: z.enum(['https', 'http']),
        ports: z.array(z.int().min(1).max(65_535)).min(1).max(64),
      }),
    )
    .max(1024)
    .default([]),
  /** `host`: the machine's. Else it stands still at that time. */
  clock: z.union([z.literal('host'), z.strictObject({ at: z.iso.datetime() })]).default('host'),
  /** `host`: the kernel's. Else what a seed reaches: hash seeds, getrandom, /dev/urandom; `support.ts` says where. */
  entropy: z.union([z.literal('host'), z.strictObject({ seed: z.int().min(0).max(0xffff_ffff) })]).default('host'),
  environment: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(32_768)).default({}),
  /** What it is graded by, in that order and in one sandbox. */
  suite: z.array(fixtureSchema).max(64).default([]),
  /** Stated by running twice; `world grade --write` writes it, and `world grade` ends with 1 below it. */
  grade: z.enum(grades).optional(),
});
export type World = z.output<typeof worldSchema>;
export type WorldInput = z.input<typeof worldSchema>;

/** Of what it is made of; a grade is what was seen of it. */
export function worldDigest({ grade: _, ...world }: World): string {
  return canonicalDigest(world);
}

export const isBelow = (grade: Grade, least: Grade): boolean => grades.indexOf(grade) < grades.indexOf(least);

/** @param text of a world or of a training profile; all else of it stays as it stands, comments too */
export function withGrade(text: string, grade: Grade): string {
  const document = parseDocument(text);
  document.setIn(document.hasIn(['world', 'format']) ? ['world', 'grade'] : ['grade'], grade);
  return document.toString({ lineWidth: 0 });
}

/** @throws HoldfastError `invalid-argument` with the line of everything that is wrong */
export function parseWorld(text: string, file: string): World {
  const hint = 'Correct what is named; `holdfast world freeze` writes one.';
  return readSource({ text, file, schema: worldSchema, what: 'a world', hint }).value;
}

export const formatWorld = (world: World): string => stringify(world, { lineWidth: 0 });
