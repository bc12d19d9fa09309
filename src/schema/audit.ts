/** The audit log as callers see it: who asked an agent for what, what it did, who decided. */
import { z } from 'zod';

/** What is logged. A kind is never given another meaning; a new meaning is a new kind. */
export const auditKinds = [
  'configured',
  'agents-changed',
  'session-started',
  'session-forked',
  'session-paused',
  'session-resumed',
  'session-upgraded',
  'session-ended',
  'session-removed',
  'message',
  'event',
  'turn-ended',
  'model-call',
  'model-answer',
  'tool-call',
  'tool-result',
  'tool-refused',
  'step',
  'step-result',
  'policy-allowed',
  'policy-denied',
  'budget-refused',
  'approval-asked',
  'approval-decided',
  'approval-denied',
  'approval-expired',
  'delegated',
  'delegation-returned',
  'handed-off',
  'routed',
  'compacted',
  'kill-switch',
  'channel-code-issued',
  'channel-code-refused',
  'channel-linked',
  'channel-unlinked',
  'exported',
  'erasure-begun',
  'erased',
  'hold-placed',
  'hold-released',
  'segments-deleted',
  'notice-failed',
] as const;
export type AuditKind = (typeof auditKinds)[number];

export const auditDecisions = ['allowed', 'denied', 'asked', 'expired'] as const;
export type AuditDecision = (typeof auditDecisions)[number];

/** What stands in the clear, of every entry and for good. */
export interface AuditEnvelope {
  /** Of the canonical form. */
  version: 1;
  /** Counts from 1. */
  sequence: number;
  /** ISO 8601. */
  at: string;
  kind: AuditKind;
  tenant: string;
  session: string | null;
  /** Of the entry in the session's own log. */
  position: number | null;
  agent: string | null;
  /** Digest of the agent's manifest, hex. */
  manifest: string | null;
  model: string | null;
  decision: AuditDecision | null;
  /** Pseudonym of the person that it is about, whose key the body is sealed with; null: of nobody. */
  person: string | null;
  /** Pseudonym of the person who did it, where that is somebody else. */
  actor: string | null;
  /** sha256 over a random salt and the body, hex: says nothing of the body to who has no salt. */
  content: string;
}

/** One line of the log on the disk. */
export interface AuditLine extends AuditEnvelope {
  /** AES-256-GCM, with the salt inside. */
  body: string;
  /** RFC 6962 leaf hash of the canonical form, hex. */
  hash: string;
  previousHash: string;
}

/** An entry for who may read it. */
export interface AuditEntry extends AuditEnvelope {
  /** Null when it cannot be opened any more. */
  body: unknown;
  /** The key was destroyed: what the entry said is gone for good. */
  erased: boolean;
  hash: string;
  previousHash: string;
}

/** That an entry is in the tree which a checkpoint signs. */
export interface AuditProof {
  /** Counts from 0. */
  index: number;
  /** Of the tree. */
  size: number;
  /** Hashes beside the way from the leaf to the root, hex, from the leaf up. */
  path: string[];
}

export interface AuditEvidence {
  entry: AuditEntry;
  line: AuditLine;
  proof: AuditProof;
  /** A signed note with size and root of the tree. */
  checkpoint: string;
  /** Ed25519, of the checkpoint; base64. */
  publicKey: string;
}

export interface AuditProblem {
  /** Of the first entry that is wrong or missing; null when it is not about one. */
  sequence: number | null;
  file: string | null;
  line: number | null;
  reason: string;
}

export interface AuditReport {
  ok: boolean;
  /** How many were read; older ones were deleted after their time. */
  entries: number;
  first: number;
  last: { sequence: number; hash: string };
  /** RFC 6962 root over all entries, hex. */
  root: string;
  segments: number;
  checkpoints: {
    /** Where they are. */
    place: string;
    compared: number;
    newest: { size: number; at: string } | null;
    /** Entries that no compared checkpoint covers yet. */
    uncovered: number;
    /** What makes them worth less than they could be; null when nothing does. */
    notice: string | null;
  };
  problems: AuditProblem[];
}

export interface LegalHold {
  id: string;
  /** Null: everybody of the tenant. */
  person: string | null;
  reason: string;
  placedBy: string;
  /** ISO 8601. */
  placedAt: string;
}

export const leftoverKinds = ['sandbox', 'recording', 'session', 'memory', 'peer', 'model-tape'] as const;
export type LeftoverKind = (typeof leftoverKinds)[number];

export interface ErasureReport {
  person: string;
  /** What the log goes on to call the person; null when the log had nothing of theirs. */
  pseudonym: string | null;
  sessions: number;
  memories: number;
  /** Names in decisions and messages of other people's sessions that were replaced by the pseudonym. */
  mentions: number;
  cancelled: number;
  /** What may hold data of theirs and was not touched. */
  leftovers: { kind: LeftoverKind; id: string; why: string }[];
}

const personName = z.string().regex(/^[\w.@+-]{1,128}$/, 'letters, digits and . _ @ + -');
const time = z.iso.datetime({ offset: true });

export const auditQuerySchema = z.strictObject({
  kind: z.enum(auditKinds).optional(),
  session: z.string().min(1).max(128).optional(),
  /** About whom, or by whom. */
  person: personName.optional(),
  /** ISO 8601. */
  since: time.optional(),
  until: time.optional(),
  /** Only entries with a higher sequence. */
  after: z.int().min(0).optional(),
  limit: z.int().min(1).max(1000).optional(),
});
export type AuditQuery = z.input<typeof auditQuerySchema>;

export const verifyAuditSchema = z.strictObject({
  /** Signed checkpoints from elsewhere, to be compared besides those of the second place. */
  checkpoints: z.array(z.string().max(4096)).max(10_000).optional(),
});
export type VerifyAudit = z.input<typeof verifyAuditSchema>;

export const exportAuditSchema = z.strictObject({
  person: personName.optional(),
  session: z.string().min(1).max(128).optional(),
  since: time.optional(),
  until: time.optional(),
  /** JSON lines with proofs, or a timeline for people. */
  format: z.enum(['lines', 'timeline']).default('lines'),
});
export type ExportAudit = z.input<typeof exportAuditSchema>;

export const erasePersonSchema = z.strictObject({
  person: personName,
  /** Living sessions are cancelled; without, they are a reason to refuse. */
  cancel: z.boolean().default(false),
  /** What sessions of theirs kept for all of the tenant is removed; without, it is named. */
  memories: z.boolean().default(false),
  reason: z.string().min(1).max(1024).optional(),
});
export type ErasePerson = z.input<typeof erasePersonSchema>;

export const placeHoldSchema = z.strictObject({
  /** Absent: everybody of the tenant. */
  person: personName.optional(),
  reason: z.string().min(1).max(1024),
});
export type PlaceHold = z.input<typeof placeHoldSchema>;
