/** What a contract can say of one field: how firmly, and which readings meet it. */
import { z } from 'zod';

/**
 * `promise`: the agent may rely on it, and a difference is judged. `range`: only the envelope is promised, so training has
 * to vary inside it. `free`: nothing is promised; it is shown and never judged.
 */
export const levels = ['promise', 'range', 'free'] as const;
export type Level = (typeof levels)[number];

const text = z.string().max(2048);
const members = z.array(text).max(512);
/** A number, or that there is no limit. */
const amount = z.union([z.number(), z.literal('unlimited')]);

/**
 * One of: `value` (that text), `oneOf` (any of these), `items` (that order), `template` (that masked message), `members`
 * (just that set), `has` and `only` (at least, at most these), `atLeast` and `atMost`. A free field says nothing.
 */
export const fieldTermSchema = z
  .strictObject({
    level: z.enum(levels).default('promise'),
    value: text.optional(),
    oneOf: members.min(1).optional(),
    items: members.optional(),
    template: text.optional(),
    members: members.optional(),
    has: members.optional(),
    only: members.optional(),
    atLeast: amount.optional(),
    atMost: amount.optional(),
    /** From this date on the promise may be taken back without being a breaking change. */
    sunset: z.iso.date().optional(),
    note: z.string().max(512).optional(),
  })
  .refine((term) => expectationsOf(term).length <= 1, 'one expectation, not several kinds of it')
  .refine(
    (term) => (term.level === 'free') === (expectationsOf(term).length === 0),
    'a promise or a range needs an expectation such as value, and what is free has none',
  );
export type FieldTerm = z.output<typeof fieldTermSchema>;

export const expectations = ['value', 'oneOf', 'items', 'template', 'members', 'subset', 'bound'] as const;
export type Expectation = (typeof expectations)[number];

/** The kind of expectation that stands in a term. */
export function expectationsOf(term: Partial<Record<string, unknown>>): Expectation[] {
  const says = (...names: string[]): boolean => names.some((name) => term[name] !== undefined);
  const kinds: [Expectation, boolean][] = [
    ['value', says('value')],
    ['oneOf', says('oneOf')],
    ['items', says('items')],
    ['template', says('template')],
    ['members', says('members')],
    ['subset', says('has', 'only')],
    ['bound', says('atLeast', 'atMost')],
  ];
  return kinds.filter(([, isSaid]) => isSaid).map(([kind]) => kind);
}

const milliseconds = z.number().min(0).max(86_400_000);
const envelope = z
  .tuple([milliseconds, milliseconds])
  .refine(([low, high]) => low <= high, 'the lower bound comes first');

export const latencyTermSchema = z.strictObject({
  level: z.enum(levels).default('range'),
  /** Where the median lies: instant < 50 ms, quick < 1 s, slow < 10 s, long. A range is of all classes between the ends of `p50Ms`, and names the slowest. */
  class: z.enum(['instant', 'quick', 'slow', 'long']),
  /** No answer comes before this. */
  floorMs: milliseconds.default(0),
  p50Ms: envelope.optional(),
  p90Ms: envelope.optional(),
  p99Ms: envelope.optional(),
  /** Most of all calls that may hit their time limit. */
  timeoutProbability: z.number().min(0).max(1).default(0),
});
export type LatencyTerm = z.output<typeof latencyTermSchema>;

const ofTool = 'tools.';

/** Of the latency `tools.NAME`, the tool: the door that every call of it goes through keeps it, and no probe does. */
export function toolOfLatency(operation: string): string | null {
  return operation.startsWith(ofTool) ? operation.slice(ofTool.length) : null;
}

export const failureTermSchema = z.strictObject({
  level: z.enum(levels).default('promise'),
  code: z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/),
  /** Where it comes from, e.g. exec, files, network, tool. */
  layer: z.string().max(64),
  /** How the agent reads it, with what varies masked. */
  template: text,
  /** Most of all calls that may fail so. */
  rate: z.number().min(0).max(1),
  /** Most in a row. */
  burst: z.int().min(1).default(1),
  retryable: z.boolean(),
  /** Whether the effect may have happened all the same. */
  sideEffect: z.enum(['none', 'maybe', 'done']),
  hint: z.string().max(512).optional(),
});
export type FailureTerm = z.output<typeof failureTermSchema>;

const word = z.string().regex(/^[A-Za-z_][\w.-]{0,63}$/);

export const toolTermSchema = z.strictObject({
  level: z.enum(levels).default('promise'),
  timing: z.enum(['instant', 'blocking', 'async']),
  risk: z.enum(['read', 'write', 'irreversible']),
  idempotent: z.boolean(),
  /** Name to whether it must be given. */
  arguments: z.record(word, z.enum(['required', 'optional'])).default({}),
  /** Arguments that are not named are refused. */
  closed: z.boolean().default(true),
  /** Fields of the answer; `read.content` is one that an answer has in which some field says `read`. */
  answers: z.array(word).max(128).default([]),
  /** Fields of the answer with a closed list of values. */
  values: z.record(word, members).default({}),
  /**
   * Digest over its input and its output schema: types, bounds and all else that has no name above. Of another runtime's
   * tools they may not be known.
   */
  schemas: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .optional(),
});
export type ToolTerm = z.output<typeof toolTermSchema>;

/** How output is cut, where we own the runtime. */
export const outputTermSchema = z.strictObject({
  capBytes: z.int().min(256),
  strategy: z.enum(['head', 'tail', 'head-tail']),
  /** Stands where something was cut; `{bytes}` is how many. */
  marker: z.string().min(1).max(256),
});
export type OutputTerm = z.output<typeof outputTermSchema>;
