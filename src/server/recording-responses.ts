/** What the API answers with about recordings; each held to the vocabulary's own type by the compiler. */
import { z } from 'zod';
import {
  type BisectReport,
  blames,
  causes,
  type Divergence,
  divergenceClasses,
  type ForkedRecording,
  normaliserNames,
  type RecordingInfo,
  type RecordingReport,
  type ReplayReport,
  recordingStates,
  replayLevels,
  type ServedRecorded,
  type TestReport,
} from '../schema/index.ts';
import { sandboxSchema } from './responses.ts';

const count = z.int().min(0);
const text = z.string();
const parent = z.object({ recording: text, step: count, hash: text });

export const recordingSchema: z.ZodType<RecordingInfo> = z.object({
  id: text,
  name: text.nullable(),
  tenant: text,
  sandbox: text.nullable(),
  state: z.enum(recordingStates),
  createdAt: text,
  endedAt: text.nullable(),
  steps: count,
  events: count,
  failures: z.record(z.enum(causes), count),
  bytes: count,
  tape: text.nullable(),
  parent: parent.nullable(),
});

export const recordingReportSchema: z.ZodType<RecordingReport> = z.object({
  recording: text,
  ok: z.boolean(),
  events: count,
  steps: count,
  blobs: count,
  unnamedBlobs: count,
  tornBytes: count,
  root: text,
  snapshots: z.object({ present: count, missing: z.array(text) }),
  problems: z.array(text),
});

const divergenceSchema: z.ZodType<Divergence> = z.object({
  step: count,
  class: z.enum(divergenceClasses),
  expected: text,
  actual: text,
  absorbedBy: z.enum(normaliserNames).nullable(),
  blame: z.enum(blames),
  why: text,
});

export const replayReportSchema: z.ZodType<ReplayReport> = z.object({
  recording: text,
  level: z.enum(replayLevels),
  reproduced: z.boolean(),
  from: count,
  until: count,
  steps: z.array(
    z.object({
      step: count,
      name: text,
      how: z.enum(['executed', 'served', 'edited', 'skipped']),
      matched: z.boolean(),
      normalisers: z.array(z.enum(normaliserNames)),
      durationMs: z.number(),
      recordedMs: z.number(),
      outcome: text,
    }),
  ),
  divergence: divergenceSchema.nullable(),
  normalisers: z.array(z.enum(normaliserNames)),
  edits: z.array(text),
  uncompared: z.array(text),
  world: z.array(text),
  tape: z.object({ tape: text, misses: count }).nullable(),
  durationMs: z.number(),
});

export const servedRecordedSchema: z.ZodType<ServedRecorded> = z.discriminatedUnion('served', [
  z.object({ served: z.literal(true), step: count, result: z.unknown() }),
  z.object({ served: z.literal(false), divergence: divergenceSchema }),
]);

export const forkedRecordingSchema: z.ZodType<ForkedRecording> = z.object({
  sandbox: sandboxSchema,
  step: count,
  reached: count,
  snapshotStep: count,
  fastForwarded: z.array(count),
  notes: z.array(text),
  edits: z.array(text),
  parent,
});

export const bisectReportSchema: z.ZodType<BisectReport> = z.object({
  recording: text,
  step: count.nullable(),
  name: text.nullable(),
  before: text,
  after: text,
  probes: z.array(z.object({ step: count, outcome: text })),
  neighbours: z.array(z.object({ step: count, outcome: text, agreed: count, runs: count })),
  notes: z.array(text),
});

export const testReportSchema: z.ZodType<TestReport> = z.object({
  name: text,
  ok: z.boolean(),
  expected: text,
  actual: text,
  passed: count,
  runs: count,
  steps: count,
  durationMs: z.number(),
  stdout: text,
  stderr: text,
  missed: z.array(text),
  templateChanged: z.boolean(),
  blame: z.enum(blames).nullable(),
  notes: z.array(text),
});

/** An event as it stands in the recording; docs/design/recording-format.md has the bodies. */
export const recordedEventSchema: z.ZodType = z.looseObject({
  type: text,
  sequence: count,
  hash: text,
  atMs: z.number(),
});
