/**
 * What a tape's files say (docs/design/tape-format.md): the manifest, the lines, and where a body's bytes are.
 * Bytes of up to `inlineBytes` stand in the line itself; longer ones are blobs.
 */
import { z } from 'zod';
import { expandedPresetSchema, HoldfastError, tapeRulesSchema } from '../../schema/index.ts';

export const tapeFormat = 1;
export const inlineBytes = 4096;
/** Bodies up to here get a canonical digest; recorder and player must agree. */
export const canonicalBytes: number = 4 * 1024 * 1024;
/** Runs of equally long pieces kept per body; what comes after them is replayed in pieces of `restPieceBytes`. */
export const mostRuns = 65_536;
export const restPieceBytes: number = 64 * 1024;
export const longestLineBytes: number = 4 * 1024 * 1024;

export interface TapeLimits {
  /** Kept of each body and each WebSocket frame. */
  bodyBytes: number;
  /** Kept of each tape: lines and blobs as stored. */
  tapeBytes: number;
  /** Taken by the recorder and not yet in the hands of the operating system, per tape. */
  backlogBytes: number;
}

export const defaultTapeLimits: TapeLimits = {
  bodyBytes: 64 * 1024 * 1024,
  tapeBytes: 4 * 1024 ** 3,
  backlogBytes: 64 * 1024 * 1024,
};

const digestSchema = z.string().regex(/^[0-9a-f]{64}$/);
const countSchema = z.int().min(0);
const headersSchema = z.array(z.string());

/** Bytes on the tape. Exactly one of `text`, `base64` and `blob` says where they are. */
const contentSchema = z.strictObject({
  bytes: countSchema,
  digest: digestSchema,
  text: z.string().optional(),
  base64: z.string().optional(),
  blob: z.enum(['raw', 'zstd']).optional(),
});
export type Content = z.infer<typeof contentSchema>;

export const cutReasons = ['body-limit', 'backlog', 'tape-limit', 'unreadable'] as const;
export type CutReason = (typeof cutReasons)[number];

const bodySchema = z.strictObject({
  /** As sent; more than `content.bytes` when the tape does not have all of it. */
  bytes: countSchema,
  cut: z.enum(cutReasons).nullable(),
  content: contentSchema,
});
export type TapedBody = z.infer<typeof bodySchema>;

const responseHeadSchema = z.strictObject({ status: z.int(), reason: z.string(), headers: headersSchema });

export const exchangeSchema = z.strictObject({
  number: countSchema,
  startedMs: z.number(),
  address: z.string().nullable(),
  request: z.strictObject({
    method: z.string(),
    scheme: z.enum(['https', 'http']),
    host: z.string(),
    port: z.int(),
    target: z.string(),
    httpVersion: z.enum(['1.1', '2']),
    headers: headersSchema,
    trailers: headersSchema,
    body: bodySchema,
    /** Of the body by value; null where it has none of a known kind. */
    canonical: digestSchema.nullable(),
  }),
  interim: z.array(responseHeadSchema),
  response: responseHeadSchema
    .extend({
      trailers: headersSchema,
      body: bodySchema,
      /** [length, how often in a row]... of the pieces the body came in. */
      pieces: z.array(z.tuple([countSchema, countSchema])),
    })
    .nullable(),
  /** Frames seen and frames on the tape; null when it is no WebSocket. */
  frames: z.strictObject({ seen: countSchema, kept: countSchema, cut: z.enum(cutReasons).nullable() }).nullable(),
  /** Milliseconds since `startedMs`. */
  timing: z.strictObject({ sentMs: z.number().nullable(), headMs: z.number().nullable(), endMs: z.number() }),
  error: z.string().nullable(),
});
export type Exchange = z.infer<typeof exchangeSchema>;

export const framesSchema = z.strictObject({
  exchange: countSchema,
  frames: z.array(
    z.strictObject({ direction: z.enum(['up', 'down']), opcode: z.int(), atMs: z.number(), content: contentSchema }),
  ),
});
export type FrameBatch = z.infer<typeof framesSchema>;

export const nameSchema = z.strictObject({ host: z.string(), answered: z.boolean() });

export type LineKind = 'exchange' | 'frames' | 'name' | 'full';

const closedSchema = z.strictObject({
  at: z.string(),
  /** Hash and number of the last line. */
  root: digestSchema,
  lines: countSchema,
  exchanges: countSchema,
  /** Lines and blobs as stored. */
  bytes: countSchema,
  /** Exchanges that found no room on the tape. */
  dropped: countSchema,
  /** What a crash had left, when it was not the recorder that closed it. */
  recovered: z.strictObject({ cutBytes: countSchema, blobsRemoved: countSchema }).nullable(),
});
export type ClosedTape = z.infer<typeof closedSchema>;

export const manifestSchema = z.strictObject({
  format: z.literal(tapeFormat),
  id: z.string(),
  name: z.string().nullable(),
  tenant: z.string(),
  sandbox: z.string().nullable(),
  createdAt: z.string(),
  policyDigest: digestSchema.nullable(),
  rules: tapeRulesSchema,
  /** Presets of the policy it was recorded under. */
  presets: z.array(expandedPresetSchema).default([]),
  /** What a recording called a secret stands in it as a token. */
  tokens: z.literal(true).exactOptional(),
  /** The process that writes it, while it is open. */
  writer: z.strictObject({ pid: z.int(), startTicks: z.number() }).nullable(),
  closed: closedSchema.nullable(),
});
export type TapeManifest = z.infer<typeof manifestSchema>;

export const manifestName = 'tape.json';
export const linesName = 'exchanges.jsonl';
export const blobsName = 'blobs';
export const spoolName = 'spool';

export function corruptTape(path: string, reason: string, details: Record<string, unknown> = {}): HoldfastError {
  return new HoldfastError('tape-corrupt', `the tape is damaged: ${path}: ${reason}`, {
    hint: 'Record it again, or bring the file back from a copy; nothing of a damaged tape is served.',
    details: { path, reason, ...details },
  });
}
