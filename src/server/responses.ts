/**
 * What the API answers with, as schemas for the OpenAPI document. Each is held to the vocabulary's own type by the
 * compiler; answers are not parsed again on their way out.
 */
import { z } from 'zod';
import {
  contractRefSchema,
  type Decision,
  type Diff,
  type DoctorReport,
  decisionCodes,
  diffKinds,
  type ExecResult,
  errorBodySchema,
  errorCodeSchema,
  eventTypes,
  exitReasons,
  type FaultReport,
  type FileStat,
  faultKinds,
  faultMeans,
  faults,
  fileTypes,
  type HoldfastEvent,
  isolations,
  type JournalEntry,
  type NetworkAnswer,
  networkPresets,
  type Page,
  type ProcessExit,
  type ProcessInfo,
  type PruneReport,
  type SearchResult,
  type SecretInfo,
  type Snapshot,
  sandboxSchema,
  snapshotMethods,
  substrateNames,
  type TapeInfo,
  type TapePlay,
  type Template,
  type ToolDescription,
  type ToolResult,
  type VersionInfo,
} from '../schema/index.ts';

const count = z.int().min(0);
const text = z.string();
const facts = z.record(text, z.unknown());

export const pageOf = <T>(item: z.ZodType<T>): z.ZodType<Page<T>> =>
  z.object({ items: z.array(item), nextCursor: text.nullable() });

export { sandboxSchema };

export const versionSchema: z.ZodType<VersionInfo> = z.object({
  version: text,
  apiVersion: z.literal(1),
  node: text,
  pid: count.nullable(),
});

export const doctorSchema: z.ZodType<DoctorReport> = z.object({
  checks: z.array(
    z.object({ name: text, status: z.enum(['pass', 'warn', 'fail']), detail: text, fix: text.nullable() }),
  ),
  substrates: z.array(
    z.object({
      substrate: z.enum(substrateNames),
      isolation: z.enum(isolations),
      usable: z.boolean(),
      detail: text,
      fix: text.nullable(),
      capabilities: z.array(z.object({ name: text, available: z.boolean(), reason: text.nullable() })),
    }),
  ),
  durationMs: z.number(),
});

export const snapshotSchema: z.ZodType<Snapshot> = z.object({
  id: text,
  name: text.nullable(),
  tenant: text,
  sandbox: text.nullable(),
  parent: text.nullable(),
  template: text,
  contract: contractRefSchema.nullable(),
  createdAt: text,
  method: z.enum([...snapshotMethods, 'import']),
  addedFiles: count,
  addedBytes: count,
  pauseMs: z.number(),
  digest: text,
});

export const templateSchema: z.ZodType<Template> = z.object({
  name: text,
  kind: z.enum(['host', 'directory', 'debian']),
  createdAt: text,
  sizeBytes: count,
  files: count,
  digest: text,
  warm: z.array(text),
});

export const diffSchema: z.ZodType<Diff> = z.object({
  from: text,
  to: text,
  entries: z.array(
    z.object({
      path: text,
      kind: z.enum(diffKinds),
      type: z.enum(['file', 'directory', 'symlink', 'other']),
      sizeBefore: count.nullable(),
      sizeAfter: count.nullable(),
      modeBefore: count.nullable(),
      modeAfter: count.nullable(),
    }),
  ),
});

const exitShape = {
  reason: z.enum(exitReasons),
  exitCode: z.int().nullable(),
  signal: text.nullable(),
  durationMs: z.number(),
  stdoutBytes: count,
  stderrBytes: count,
};

const exitSchema: z.ZodType<ProcessExit> = z.object(exitShape);

/** `ExecResult` with its bytes as text: base64, or UTF-8 when asked for. */
export const execResultSchema: z.ZodType<
  Omit<ExecResult, 'stdout' | 'stderr'> & { stdout: string; stderr: string; encoding: 'base64' | 'utf8' }
> = z.object({
  ...exitShape,
  processId: text,
  stdout: text,
  stderr: text,
  stdoutCutBytes: count,
  stderrCutBytes: count,
  encoding: z.enum(['base64', 'utf8']),
});

export const processSchema: z.ZodType<ProcessInfo> = z.object({
  processId: text,
  pid: count,
  argv: z.array(text),
  tag: text.nullable(),
  pty: z.boolean(),
  startedAt: text,
  exit: exitSchema.nullable(),
  printed: z.object({ stdoutBytes: count, stderrBytes: count }).exactOptional(),
});

export const fileStatSchema: z.ZodType<FileStat> = z.object({
  path: text,
  type: z.enum(fileTypes),
  sizeBytes: count,
  mode: count,
  uid: count,
  gid: count,
  modifiedMs: z.number(),
  target: text.nullable(),
});

export const searchResultSchema: z.ZodType<SearchResult> = z.object({
  matches: z.array(z.object({ path: text, line: count, text })),
  truncated: z.boolean(),
  filesSearched: count,
});

export const toolSchema: z.ZodType<ToolDescription> = z.object({
  name: text,
  description: text,
  input: z.unknown(),
  output: z.unknown(),
  risk: z.enum(['read', 'write', 'irreversible']),
  idempotent: z.boolean(),
  timing: z.enum(['instant', 'blocking']),
});

export const toolResultSchema: z.ZodType<ToolResult> = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), callId: text, output: z.unknown(), durationMs: z.number() }),
  z.object({
    ok: z.literal(false),
    callId: text,
    error: z.object({
      code: errorCodeSchema,
      message: text,
      fault: z.enum(faults),
      retryable: z.boolean(),
      hint: z.string().exactOptional(),
    }),
    durationMs: z.number(),
  }),
]);

export const eventSchema: z.ZodType<HoldfastEvent> = z.object({
  id: text,
  type: z.enum(eventTypes),
  at: text,
  tenant: text,
  sandbox: text.nullable(),
  data: facts,
});

export const journalEntrySchema: z.ZodType<JournalEntry> = z.object({
  sequence: count,
  at: text,
  tenant: text,
  sandbox: text.nullable(),
  type: text,
  body: facts,
  hash: text,
  previousHash: text,
});

export const pruneSchema: z.ZodType<PruneReport> = z.object({
  sandboxes: count,
  snapshots: count,
  layers: count,
  freedBytes: count,
});

export const signedFileSchema: z.ZodType<{ url: string; expiresAt: string }> = z.object({ url: text, expiresAt: text });

export const failureSchema: z.ZodType = z.object({ error: errorBodySchema });

const decisionSchema: z.ZodType<Decision> = z.object({
  allowed: z.boolean(),
  code: z.enum(decisionCodes),
  rule: z
    .object({
      list: z.enum(['allow', 'deny']),
      index: count,
      preset: z.enum(networkPresets).nullable(),
      line: count.nullable(),
      text,
    })
    .nullable(),
  message: text,
  hint: text.nullable(),
});

export const networkAnswerSchema: z.ZodType<NetworkAnswer> = z.object({
  decision: decisionSchema,
  carried: z.enum(['tunnel', 'mediate']).nullable(),
  later: text.nullable(),
});

export const secretInfoSchema: z.ZodType<SecretInfo> = z.object({ name: text, createdAt: text, updatedAt: text });

const tapePlaySchema: z.ZodType<TapePlay> = z.object({
  sandbox: text,
  exchanges: count,
  used: count,
  unused: z.array(count),
  answers: z.object({ exact: count, canonical: count, rule: count }),
  misses: count,
  missed: z.array(text),
});

export const faultReportSchema: z.ZodType<FaultReport> = z.object({
  sandbox: text,
  plan: text,
  name: text,
  episode: z.object({ task: text, group: text, rollout: count }),
  control: z.boolean(),
  active: z.array(text),
  stopped: z.boolean(),
  calls: count,
  labels: z.array(
    z.object({
      channel: z.enum(['call', 'lookup', 'connection', 'request']),
      name: text,
      position: count,
      ordinal: count,
      fault: text,
      kind: z.enum(faultKinds),
      means: z.enum(faultMeans),
      input: text,
      draw: text,
      parameters: z.record(text, z.union([z.number(), text])),
      applied: z.boolean(),
      because: z.enum(['applied', 'budget', 'consecutive', 'another', 'not-possible']),
    }),
  ),
});

export const tapeInfoSchema: z.ZodType<TapeInfo> = z.object({
  id: text,
  name: text.nullable(),
  sandbox: text.nullable(),
  createdAt: text,
  exchanges: count,
  bytes: count,
  open: z.boolean(),
  root: text.nullable(),
  presets: z.array(z.enum(networkPresets)),
  plays: z.array(tapePlaySchema),
});
