/**
 * What was observed of one categorical field, and which messages a runtime prints. Everything in here once came out of a
 * runtime that owes us nothing, so every text and every list has an upper bound.
 */
import { z } from 'zod';
import { sections } from '../fields/sections.ts';

/** Longest text that a probe may contribute to a profile; what is longer is cut by the parser and ends with `…`. */
export const longestValue = 2048;
export const mostMembers = 512;
export const mostReadings = 8;

const text = z.string().max(longestValue + 1);
const field = {
  /** Of the registry in `contract/fields/`, e.g. `exec.timeout.code`. */
  id: z
    .string()
    .max(96)
    .regex(/^[a-z][a-z0-9]*(\.[a-z0-9-]+)+$/),
  section: z.enum(sections),
};
/** Of a trouble by which a reading was lost: nothing follows from it about the field. */
export const lossSchema = z.strictObject({
  side: z.enum(['harness', 'runtime']),
  /** Closed list of `contract/targets/`. */
  code: z.string().max(64),
});
export type Loss = z.infer<typeof lossSchema>;

const agreed = {
  ...field,
  /** Readings that agreed: sessions times repeats. A reading is one categorical pass. */
  readings: z.int().min(1),
  /** Readings that came to nothing beside them; absent where there was none. */
  lost: z.int().min(1).optional(),
};

/** One text. A field compared as a bound has a decimal number here, or `unlimited`. */
const valueSchema = z.strictObject({ ...agreed, kind: z.literal('value'), value: text });
/** Members without an order, sorted by code unit, each once. */
const setSchema = z.strictObject({ ...agreed, kind: z.literal('set'), members: z.array(text).max(mostMembers) });
/** Members whose order counts, as of PATH. */
const listSchema = z.strictObject({ ...agreed, kind: z.literal('list'), items: z.array(text).max(mostMembers) });
/** A message with its volatile parts masked by the normalisers of `contract/probes/`. */
const templateSchema = z.strictObject({ ...agreed, kind: z.literal('template'), template: text });
/** Readings disagreed. Listed, never compared. */
const unstableSchema = z.strictObject({
  ...field,
  kind: z.literal('unstable'),
  /** The different readings, most frequent first. */
  seen: z.array(z.strictObject({ reading: text, times: z.int().min(1) })).max(mostReadings),
});
/** The runtime, or the target, has no such thing; or, where `trouble` stands, every reading was lost by it. */
const unmeasuredSchema = z.strictObject({
  ...field,
  kind: z.literal('could-not-measure'),
  reason: text,
  trouble: lossSchema.optional(),
});

export const observationSchema = z.discriminatedUnion('kind', [
  valueSchema,
  setSchema,
  listSchema,
  templateSchema,
  unstableSchema,
  unmeasuredSchema,
]);
export type Observation = z.infer<typeof observationSchema>;

/** How an operation ended, as far as a policy can tell them apart. */
export const exitClasses = ['ok', 'failed', 'not-found', 'not-executable', 'signalled', 'timed-out', 'error'] as const;
export type ExitClass = (typeof exitClasses)[number];

/** One line an operation prints when it fails, masked. The key is (operation, exitClass, template). */
export const messageSchema = z.strictObject({
  operation: z.string().max(96),
  exitClass: z.enum(exitClasses),
  template: text,
  /** Readings in which it was seen. */
  times: z.int().min(1),
});
export type Message = z.infer<typeof messageSchema>;
