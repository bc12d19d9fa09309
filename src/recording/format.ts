/**
 * The bundle on disk. docs/design/recording-format.md tells it in words; a test pins it.
 *
 *   <home>/recordings/<id>/
 *     recording.json   the manifest; replaced as a whole, once when the recording is closed
 *     events.jsonl     one line per event, append-only, hash-chained
 *     blobs/<aa>/<sha256>[.zst]
 *
 * How lines are chained: src/base/chained-line.ts.
 */
import { hash as digestOf } from 'node:crypto';
import { z } from 'zod';
import { HoldfastError, isolations, networkSchema, substrateNames } from '../schema/index.ts';

export const formatVersion = 1;
export const manifestName = 'recording.json';
export const eventsName = 'events.jsonl';
export const blobsName = 'blobs';

/** Shorter content stands in its line. */
export const inlineBytes = 4096;
export const longestLineBytes = 16 * 1024 * 1024;

export interface RecordingLimits {
  /** Of one content; more is counted and not kept. */
  contentBytes: number;
  /** Of events and blobs together; a recording that would grow past it ends. */
  totalBytes: number;
}
export const usualLimits: RecordingLimits = { contentBytes: 64 * 1024 * 1024, totalBytes: 4 * 1024 ** 3 };

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const text = z.string().max(4096);
const count = z.int().min(0);

/** What is known when a recording begins. Its digest is bound to the chain by the first event, which holds it whole. */
export const headSchema = z.strictObject({
  format: z.literal(formatVersion),
  id: text,
  name: text.nullable(),
  tenant: text,
  createdAt: text,
  /** Of Holdfast, its contract and the machine. */
  versions: z.strictObject({ holdfast: text, node: text, kernel: text }),
  sandbox: z.strictObject({
    id: text,
    substrate: z.enum(substrateNames),
    isolation: z.enum(isolations),
    user: z.enum(['agent', 'root']),
    environment: z.record(z.string(), z.string()),
    limits: z.record(z.string(), z.number()),
    network: networkSchema,
    /** Where the clock of its own kernel began; absent: the machine's. */
    clock: z.iso.datetime().exactOptional(),
  }),
  /** What its files started from. A template's digest says whether it still is the same. */
  base: z.strictObject({ template: text, templateDigest: text, snapshot: text.nullable() }),
  /** What its calls were held to, whole: a replay holds them to the same. */
  contract: z.strictObject({ name: text, digest: text, document: z.record(z.string(), z.unknown()) }).nullable(),
  /** Of the last profile the contract was verified with, where one is known. */
  profile: text.nullable(),
  seeds: z.record(z.string(), z.string()),
  parent: z.strictObject({ recording: text, step: count, hash: hex }).nullable(),
  /** `holdfast`, or the format it was brought in from. */
  source: z.enum(['holdfast', 'atif']),
});
export type RecordingHead = z.infer<typeof headSchema>;

export const closingSchema = z.strictObject({
  at: text,
  reason: text,
  /** Hash of the last line. */
  root: hex,
  events: count,
  steps: count,
  bytes: count,
  /** What the tokens stand for; never the values. */
  redactions: z.record(z.string(), z.strictObject({ kind: text, name: text })),
  /** Snapshots by the step after which they were taken. */
  snapshots: z.array(z.strictObject({ step: count, snapshot: text, digest: hex.nullable() })).max(1_000_000),
  tape: text.nullable(),
});
export type RecordingClosing = z.infer<typeof closingSchema>;

export const manifestSchema = z.strictObject({ head: headSchema, closed: closingSchema.nullable() });
export type RecordingManifest = z.infer<typeof manifestSchema>;

export function corruptRecording(where: string, why: string, details: Record<string, unknown> = {}): HoldfastError {
  return new HoldfastError('recording-corrupt', `${where}: ${why}`, {
    hint: 'Bring the recording back from a copy. What stands before the damage is as it was recorded.',
    details: { where, ...details },
  });
}

export const sha256 = (data: string | Uint8Array): string => digestOf('sha256', data, 'hex');

/** Names of snapshots, and a key of metadata, of what a replay or a test makes for itself. */
export const runPrefix = 'holdfast-run ';
export const runMark = 'replay';
