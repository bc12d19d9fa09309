/**
 * What a recording holds, event by event. A body is checked when it is read: a recording may have come from anywhere.
 *
 * An event's `sequence`, `hash` and `previousHash` belong to its line (recording/format.ts), not to its body.
 */
import { z } from 'zod';
import { errorCodeSchema, faults } from './errors.ts';
import { exitReasons } from './sandbox.ts';
import { diffKinds, snapshotMethods } from './snapshot.ts';

/** Whose doing a failure is, for whoever learns from it. Closed; decided by recording/causes.ts. */
export const causes = ['agent', 'injected', 'infrastructure', 'unknown'] as const;
export type Cause = (typeof causes)[number];

const text = z.string().max(65_536);
const word = z.string().max(256);
const digest: z.ZodString = z.string().regex(/^[0-9a-f]{64}$/);

export { digest as digestSchema };

const count = z.int().min(0);
const step = z.int().min(0).max(1_000_000);
const atMs = z.number().min(0);
const facts = z.record(z.string().max(256), z.unknown());

/** Bytes by their digest: short ones stand in the line, others in the bundle's blobs, each once. */
export const contentSchema = z.strictObject({
  bytes: count,
  digest,
  /** One of the three; none of them: it was not kept, and `cut` says why. */
  text: z.string().exactOptional(),
  base64: z.string().exactOptional(),
  blob: z.literal(true).exactOptional(),
  cut: z.enum(['too-large', 'recording-full']).exactOptional(),
});
export type Content = z.infer<typeof contentSchema>;

const failureSchema = z.strictObject({
  code: errorCodeSchema,
  message: text,
  fault: z.enum(faults),
  retryable: z.boolean(),
  hint: text.exactOptional(),
});
export type RecordedFailure = z.infer<typeof failureSchema>;

const exitSchema = z.strictObject({
  reason: z.enum(exitReasons),
  exitCode: z.int().nullable(),
  signal: word.nullable(),
  durationMs: z.number(),
  stdoutBytes: count,
  stderrBytes: count,
});

export const fileChangeSchema = z.strictObject({
  path: z.string().max(8192),
  kind: z.enum(diffKinds),
  type: z.enum(['file', 'directory', 'symlink', 'other']),
  sizeBefore: z.number().nullable(),
  sizeAfter: z.number().nullable(),
  modeBefore: z.int().nullable(),
  modeAfter: z.int().nullable(),
  /** What the file holds after the step, or where a link points; null where it was not read: too large, neither, or deleted. */
  after: contentSchema.nullable(),
  /** Of a file whose content is not here: a digest made with a key of the home, so that only equal ones are known as equal. */
  digest: digest.exactOptional(),
});
export type FileChange = z.infer<typeof fileChangeSchema>;

const event = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.strictObject({ type: z.literal(type), atMs, ...shape });

/** A step is one effect on the sandbox through the door: a tool's call or a verb. Numbered from 1, in order of beginning. */
export const stepBegunSchema = event('step-begun', {
  step,
  callId: word,
  kind: z.enum(['tool', 'verb']),
  name: word,
  /** Canonical JSON. */
  input: contentSchema,
  /** sha256 of the canonical input: with name and step the identity of the call. */
  inputDigest: digest,
  /** It may change files. */
  mutates: z.boolean(),
});

export const stepEndedSchema = event('step-ended', {
  step,
  ok: z.boolean(),
  durationMs: z.number(),
  /** Canonical JSON of the answer; null for a failure. */
  output: contentSchema.nullable(),
  failure: failureSchema.nullable(),
  /** Null when nothing failed. A command that ends with another status than 0 is a failure too. */
  cause: z.enum(causes).nullable(),
  /** The line of the classifier's table that decided. */
  causeRule: word.nullable(),
});

/** A fault plan did something to a step: hidden from the agent, visible to whoever judges. */
export const faultEventSchema = event('fault', {
  /** Null when it is about no single step. */
  step: step.nullable(),
  /** The plan's name of it, e.g. `tool.error`. */
  fault: word,
  family: word,
  /** It really happened, or the door answered with the contract's own words. */
  means: z.enum(['physical', 'synthetic']),
  /** Did the call have its effect all the same? */
  effect: z.enum(['none', 'maybe', 'done']),
  parameters: facts,
  /** What the keyed draw was made of. */
  draw: facts,
  callId: word.nullable(),
});
export type FaultEvent = z.infer<typeof faultEventSchema>;

const callerEvents = {
  'model-call': event('model-call', {
    step: step.nullable(),
    model: word,
    provider: word.nullable(),
    request: contentSchema,
    response: contentSchema.nullable(),
    requestDigest: digest,
    durationMs: z.number().nullable(),
    usage: z.strictObject({ inputTokens: count.nullable(), outputTokens: count.nullable() }),
    failure: failureSchema.nullable(),
    cause: z.enum(causes).nullable(),
  }),
  approval: event('approval', {
    step: step.nullable(),
    by: word,
    decision: z.enum(['allowed', 'denied']),
    about: text,
  }),
  verdict: event('verdict', {
    by: word,
    verdict: z.enum(['pass', 'fail', 'unknown']),
    score: z.number().nullable(),
    detail: text,
  }),
  note: event('note', { by: word, text }),
} as const;

export const recordingEventSchema = z.discriminatedUnion('type', [
  event('recording-begun', {
    manifest: facts,
    /** Set when this run of the daemon took up what an earlier one had begun. */
    resumed: z.boolean(),
    /** What a crash had left of a last line. */
    cutBytes: count,
  }),
  stepBegunSchema,
  stepEndedSchema,
  event('process-started', {
    step: step.nullable(),
    processId: word,
    argv: z.array(z.string().max(131_072)).max(4096),
    cwd: z.string().max(4096),
    /** The call's own variables. */
    environment: z.record(z.string(), z.string()),
    tag: word.nullable(),
    pty: z.boolean(),
  }),
  event('process-output', {
    processId: word,
    stream: z.enum(['stdout', 'stderr']),
    /** Of what the program printed, secrets included. */
    offset: count,
    gapBytes: count,
    /** What it printed where `content` is of another length: a secret in it has its token. */
    rawBytes: count.exactOptional(),
    content: contentSchema,
  }),
  event('process-input', { processId: word, content: contentSchema.nullable() }),
  event('process-ended', { processId: word, exit: exitSchema, cause: z.enum(causes).nullable() }),
  event('snapshot-taken', {
    /** The files are as after this step; 0 is before the first. */
    step,
    snapshot: word,
    digest: digest.nullable(),
    method: z.enum([...snapshotMethods, 'import', 'template']),
    pauseMs: z.number(),
    addedFiles: count,
    addedBytes: count,
    /** Processes that were running: their memory is in no snapshot. */
    processes: z.array(word).max(1000),
  }),
  event('snapshot-failed', { step, failure: failureSchema, cause: z.enum(causes).nullable().exactOptional() }),
  event('files-changed', {
    /** The step before the first and the last in which it was done. */
    after: step,
    step,
    /** The snapshot that shows it; absent in recordings in which there is one a step. */
    snapshot: word.exactOptional(),
    changes: z.array(fileChangeSchema).max(10_000),
    /** How many more there are than stand here. */
    more: count,
  }),
  /** Its cause where it was denied, or broke. */
  event('network-flow', { flow: facts, cause: z.enum(causes).nullable().exactOptional() }),
  event('policy', {
    clock: z.strictObject({ source: word }),
    entropy: z.strictObject({ source: word }),
    seeds: z.record(z.string(), z.string()),
    tape: word.nullable(),
  }),
  faultEventSchema,
  event('lifecycle', { what: word, facts }),
  event('redacted', { token: word, kind: z.enum(['secret', 'environment', 'pattern']), name: word }),
  event('gap', { lostEvents: count, reason: text }),
  callerEvents['model-call'],
  callerEvents.approval,
  callerEvents.verdict,
  callerEvents.note,
  event('recording-ended', { reason: word, steps: count }),
]);
export type RecordingEventBody = z.infer<typeof recordingEventSchema>;
export type RecordingEventType = RecordingEventBody['type'];
export type EventOf<T extends RecordingEventType> = Extract<RecordingEventBody, { type: T }>;

/** An event in its place. */
export type RecordingEvent = RecordingEventBody & { sequence: number; hash: string };

/** What callers add to a recording by themselves. */
export const recordEventSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('model-call'),
    model: word.min(1),
    provider: word.exactOptional(),
    /** Plain JSON, e.g. messages and tools; equal parts of later requests are kept once. */
    request: z.unknown(),
    response: z.unknown(),
    durationMs: z.number().min(0).exactOptional(),
    inputTokens: count.exactOptional(),
    outputTokens: count.exactOptional(),
    /** What failed, when the model did not answer. */
    failure: failureSchema.exactOptional(),
  }),
  z.strictObject({
    type: z.literal('approval'),
    by: word.min(1),
    decision: z.enum(['allowed', 'denied']),
    about: text,
  }),
  z.strictObject({
    type: z.literal('verdict'),
    by: word.min(1),
    verdict: z.enum(['pass', 'fail', 'unknown']),
    score: z.number().exactOptional(),
    detail: text.exactOptional(),
  }),
  z.strictObject({ type: z.literal('note'), by: word.min(1), text }),
]);
export type RecordEvent = z.input<typeof recordEventSchema>;
