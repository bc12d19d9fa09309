/** Recordings as callers see them: what is kept, how one is replayed, forked and judged. */
import { z } from 'zod';
import { sandboxFaultsSchema } from './faults.ts';
import { isolations } from './isolation.ts';
import type { Cause } from './recording-events.ts';
import { nameSchema, type Sandbox } from './sandbox.ts';

/** `open` while its sandbox lives, `closed` afterwards; an `imported` one came from outside and has no files here. */
export const recordingStates = ['open', 'closed', 'imported'] as const;
export type RecordingState = (typeof recordingStates)[number];

export interface RecordingInfo {
  id: string;
  name: string | null;
  tenant: string;
  sandbox: string | null;
  state: RecordingState;
  createdAt: string;
  endedAt: string | null;
  steps: number;
  events: number;
  /** Failures by cause. */
  failures: Record<Cause, number>;
  /** On disk, blobs included. */
  bytes: number;
  /** The tape of its network; null when there is none. */
  tape: string | null;
  /** The recording, step and event it was forked from. */
  parent: { recording: string; step: number; hash: string } | null;
}

export const startRecordingSchema = z.strictObject({ name: nameSchema.optional() });
export type StartRecording = z.input<typeof startRecordingSchema>;

export interface RecordingReport {
  recording: string;
  /** Every line, link, blob and snapshot was looked at. */
  ok: boolean;
  events: number;
  steps: number;
  blobs: number;
  /** Blobs no event names: what a crash left between a blob and its event. */
  unnamedBlobs: number;
  /** Half a last line, as a crash leaves it; it was never acknowledged. */
  tornBytes: number;
  root: string;
  snapshots: { present: number; missing: string[] };
  problems: string[];
}

export const replayLevels = ['L0', 'L1', 'L2', 'L3'] as const;
export type ReplayLevel = (typeof replayLevels)[number];

/** In the order in which they are applied. docs/recording.md says what each overlooks. */
export const normaliserNames = [
  'ids',
  'uuids',
  'times',
  'durations',
  'commits',
  'addresses',
  'paths',
  'ports',
  'pids',
  'hashes',
  'numbers',
  'order',
  'whitespace',
] as const;
export type NormaliserName = (typeof normaliserNames)[number];
/** Those that hide no result: the rest is only tried to say what would have absorbed a divergence. */
export const usualNormalisers: readonly NormaliserName[] = normaliserNames.slice(0, 9);

export const divergenceClasses = [
  'call',
  'args',
  'exit',
  'stdout',
  'stderr',
  'output',
  'error',
  'files',
  'net-miss',
  'missing',
  'extra',
  'not-replayable',
] as const;
export type DivergenceClass = (typeof divergenceClasses)[number];

export const blames = ['model', 'tool', 'world'] as const;
export type Blame = (typeof blames)[number];

export interface Divergence {
  step: number;
  class: DivergenceClass;
  expected: string;
  actual: string;
  /** One that was not applied and would have made both the same; null when none does. */
  absorbedBy: NormaliserName | null;
  blame: Blame;
  why: string;
}

export interface ReplayedStep {
  step: number;
  name: string;
  /** `served`: answered from the recording; `edited`: from the request; `skipped`: what only looked, before `from`. */
  how: 'executed' | 'served' | 'edited' | 'skipped';
  matched: boolean;
  /** What was overlooked to match; empty when both were the same. */
  normalisers: NormaliserName[];
  durationMs: number;
  recordedMs: number;
  /** As it ended now, shortly. */
  outcome: string;
}

export interface ReplayReport {
  recording: string;
  level: ReplayLevel;
  /** Every step matched. At L1, where nothing is done: every answer is there to be served. */
  reproduced: boolean;
  from: number;
  until: number;
  steps: ReplayedStep[];
  /** The first only: what comes after it says little. */
  divergence: Divergence | null;
  normalisers: NormaliserName[];
  /** What was changed against the recording, in words. */
  edits: string[];
  /** What was done and held against nothing, or not against all of it, in words: files by their size only, processes that went on. */
  uncompared: string[];
  /** What could not be held still, in words: the clock, entropy, a template that is another one now. */
  world: string[];
  tape: { tape: string; misses: number } | null;
  durationMs: number;
}

const step = z.int().min(1).max(1_000_000);

export const replaySchema = z.strictObject({
  level: z.enum(replayLevels).default('L2'),
  /** The first and the last step that are replayed and compared. */
  from: step.optional(),
  until: step.optional(),
  /** Applied before two answers are compared. */
  normalisers: z.array(z.enum(normaliserNames)).max(normaliserNames.length).optional(),
  /** Files are compared where the recording has a snapshot. */
  files: z.boolean().default(true),
  with: z
    .strictObject({
      /** A contract, as text, that calls are held to. */
      contract: z.string().max(1_000_000).optional(),
      /**
       * `off`: steps that were faulted are executed plainly. `on`: what really happened to them happens again, and what was only
       * answered is served.
       */
      faults: z.enum(['on', 'off']).default('on'),
      /** Answers given instead of executing, by step. */
      toolResults: z.record(z.string().regex(/^[1-9]\d{0,6}$/), z.unknown()).optional(),
      environment: z.record(z.string(), z.string()).optional(),
      /** A frozen world, as text, whose network, clock and chance it is done again in. At L2 only. */
      world: z.string().max(1_000_000).optional(),
      /** `recorded`: the programs of each step begin at the time at which it began then, where libfaketime is. */
      clock: z.enum(['host', 'recorded']).default('host'),
    })
    .prefault({}),
});
export type Replay = z.input<typeof replaySchema>;

/** A call of whoever replays, answered from the recording. */
export const serveRecordedSchema = z.strictObject({
  /** Of one run: calls of one session are answered in order, each recorded answer once. */
  session: z.string().min(1).max(64),
  tool: z.string().min(1).max(128),
  input: z.unknown(),
});
export type ServeRecorded = z.input<typeof serveRecordedSchema>;

export type ServedRecorded =
  | { served: true; step: number; result: unknown }
  | { served: false; divergence: Divergence };

export const forkRecordingSchema = z.strictObject({
  step: z.int().min(0).max(1_000_000),
  /** Execute again what stands between the nearest snapshot and the step, whatever it does. */
  execute: z.boolean().default(false),
  /** Record the child too; it names where it came from. */
  record: z.boolean().default(false),
  lifetimeMs: z
    .int()
    .min(1000)
    .max(30 * 24 * 3_600_000)
    .optional(),
  /** The least accepted; as the recorded sandbox had, if not said. */
  isolation: z.enum(isolations).optional(),
  /** Beside `recording` and `step`, which say where it comes from. */
  metadata: z
    .record(z.string().max(128), z.string().max(1024))
    .refine((words) => !('recording' in words || 'step' in words), '`recording` and `step` are said by the fork itself')
    .optional(),
  with: z
    .strictObject({
      /** A contract, as text, that the child is held to for life. */
      contract: z.string().max(1_000_000).optional(),
      /** What its agent meets from there on; `off`: nothing, whatever the recorded one met. */
      faults: z.union([z.literal('off'), sandboxFaultsSchema]).default('off'),
      /** Steps on the way that are taken to have answered so: they are not done. */
      toolResults: z.record(z.string().regex(/^[1-9]\d{0,6}$/), z.unknown()).optional(),
      /** Variables beside those of then. */
      environment: z.record(z.string(), z.string()).optional(),
      /** `taped`: the recording's tape answers and nothing leaves. `live`: as its policy has it. */
      network: z.enum(['live', 'taped', 'none']).default('live'),
    })
    .prefault({}),
});
export type ForkRecording = z.input<typeof forkRecordingSchema>;
export type ForkRequest = z.output<typeof forkRecordingSchema>;

export interface ForkedRecording {
  sandbox: Sandbox;
  /** What was asked for, and where it stands. */
  step: number;
  reached: number;
  /** Of the snapshot it came from. */
  snapshotStep: number;
  /** Steps that were done again on the way. */
  fastForwarded: number[];
  /** `snapped back to M` and why, processes that do not live on; empty when all is as it was. */
  notes: string[];
  /** What was changed against the recording, in words. */
  edits: string[];
  parent: { recording: string; step: number; hash: string };
}

export const recordingFormats = ['bundle', 'atif', 'otel', 'har', 'models'] as const;
export type RecordingFormat = (typeof recordingFormats)[number];

/** How a predicate's command ended, for comparing: `exited 1`, `signalled SIGSEGV`, `timed-out`. */
export type OutcomeClass = string;

export const predicateSchema = z.strictObject({
  /** A command line for `sh -c`, run in `cwd` after the steps. */
  command: z.string().min(1).max(65_536),
  cwd: z.string().startsWith('/').max(4096).default('/workspace'),
  timeoutMs: z.int().min(1).max(3_600_000).default(60_000),
});
export type Predicate = z.output<typeof predicateSchema>;

export const bisectSchema = z.strictObject({
  predicate: predicateSchema,
  /** How often the states on both sides of the step are looked at. */
  runs: z.int().min(1).max(100).default(3),
});
export type Bisect = z.input<typeof bisectSchema>;

export interface BisectReport {
  recording: string;
  /** The predicate ends with `before` right before this step, and with `after` from it on. Null: it never turns. */
  step: number | null;
  name: string | null;
  before: OutcomeClass;
  after: OutcomeClass;
  /** Each look at a state. */
  probes: { step: number; outcome: OutcomeClass }[];
  /** Both sides of the step, or the beginning and the end where it never turns: in how many of the looks at it it ended so. */
  neighbours: { step: number; outcome: OutcomeClass; agreed: number; runs: number }[];
  /** What makes the answer less sure, in words: steps that ended otherwise, what the tape did not answer, a predicate of two minds. */
  notes: string[];
}

export const exportTestSchema = z.strictObject({
  predicate: predicateSchema,
  /** How it has to end; absent: as it ends after the whole recording. */
  expect: z.string().max(128).optional(),
  /** Leave out steps and files that do not matter. */
  minimise: z.boolean().default(true),
  /** Runs that minimising may take. */
  budget: z.int().min(1).max(10_000).default(200),
  /** Runs that say how sure it is. */
  runs: z.int().min(1).max(100).default(3),
});
export type ExportTest = z.input<typeof exportTestSchema>;

export interface TestReport {
  name: string;
  /** It ended as expected. */
  ok: boolean;
  expected: OutcomeClass;
  actual: OutcomeClass;
  /** Of so many runs as were asked for; a predicate that is not sure of itself is told, not hidden. */
  passed: number;
  runs: number;
  steps: number;
  durationMs: number;
  stdout: string;
  stderr: string;
  /** Requests of the run that is told which the test's own exchanges do not answer, in words; the last hundred. It then ends with `net-miss`. */
  missed: string[];
  /** The template of that name is another one than the recording's. */
  templateChanged: boolean;
  /** Whose doing it was, where that is known: the world's of a miss, and where a test fails on another template. */
  blame: Blame | null;
  notes: string[];
}
