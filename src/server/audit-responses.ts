/** What the routes of the audit log answer with; as in responses.ts. */
import { z } from 'zod';
import {
  type AuditEntry,
  type AuditEvidence,
  type AuditReport,
  auditDecisions,
  auditKinds,
  type ErasureReport,
  type LegalHold,
  leftoverKinds,
} from '../schema/index.ts';

const text = z.string();
const count = z.int().min(0);

const envelope = {
  version: z.literal(1),
  sequence: count,
  at: text,
  kind: z.enum(auditKinds),
  tenant: text,
  session: text.nullable(),
  position: count.nullable(),
  agent: text.nullable(),
  manifest: text.nullable(),
  model: text.nullable(),
  decision: z.enum(auditDecisions).nullable(),
  person: text.nullable(),
  actor: text.nullable(),
  content: text,
};
const links = { hash: text, previousHash: text };

export const auditEntrySchema: z.ZodType<AuditEntry> = z.object({
  ...envelope,
  body: z.unknown(),
  erased: z.boolean(),
  ...links,
});

export const auditEvidenceSchema: z.ZodType<AuditEvidence> = z.object({
  entry: auditEntrySchema,
  line: z.object({ ...envelope, body: text, ...links }),
  proof: z.object({ index: count, size: count, path: z.array(text) }),
  checkpoint: text,
  publicKey: text,
});

export const auditReportSchema: z.ZodType<AuditReport> = z.object({
  ok: z.boolean(),
  entries: count,
  first: count,
  last: z.object({ sequence: count, hash: text }),
  root: text,
  segments: count,
  checkpoints: z.object({
    place: text,
    compared: count,
    newest: z.object({ size: count, at: text }).nullable(),
    uncovered: count,
    notice: text.nullable(),
  }),
  problems: z.array(
    z.object({ sequence: count.nullable(), file: text.nullable(), line: count.nullable(), reason: text }),
  ),
});

export const erasureReportSchema: z.ZodType<ErasureReport> = z.object({
  person: text,
  pseudonym: text.nullable(),
  sessions: count,
  memories: count,
  mentions: count,
  cancelled: count,
  leftovers: z.array(z.object({ kind: z.enum(leftoverKinds), id: text, why: text })),
});

export const legalHoldSchema: z.ZodType<LegalHold> = z.object({
  id: text,
  person: text.nullable(),
  reason: text,
  placedBy: text,
  placedAt: text,
});
