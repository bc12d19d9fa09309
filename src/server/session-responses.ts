/** What the routes of sessions answer with; as in responses.ts. */
import { z } from 'zod';
import {
  type AgentStop,
  type Approval,
  type CancelledSessions,
  entryKinds,
  errorBodySchema,
  type MemoryEntry,
  type Session,
  type SessionEntry,
  type StoppedAgents,
  sessionOutcomeSchema,
  sessionStates,
} from '../schema/index.ts';

const text = z.string();
const amount = z.number();
const amounts = z.object({ steps: amount, tokens: amount, cents: amount, wallMs: amount, depth: amount });

export const sessionSchema: z.ZodType<Session> = z.object({
  id: text,
  name: text.nullable(),
  tenant: text,
  parent: text.nullable(),
  root: text,
  agent: text,
  manifest: text,
  person: text,
  state: z.enum(sessionStates),
  sandbox: text.nullable(),
  waitsFor: z.array(text),
  wakesAt: text.nullable(),
  position: z.int(),
  outcome: sessionOutcomeSchema.nullable(),
  blocked: errorBodySchema.nullable(),
  budget: z.object({ limits: amounts, spent: amounts, held: amounts }),
  createdAt: text,
  endedAt: text.nullable(),
});

export const sessionEntrySchema: z.ZodType<SessionEntry> = z.object({
  session: text,
  position: z.int(),
  kind: z.enum(entryKinds),
  at: text,
  data: z.record(text, z.unknown()),
});

export const cancelledSchema: z.ZodType<CancelledSessions> = z.object({
  cancelled: z.int(),
  paused: z.int(),
  durationMs: z.number(),
});

export const agentStopResponse: z.ZodType<AgentStop> = z.object({
  agent: text.nullable(),
  tenant: text.nullable(),
  everyTenant: z.boolean(),
  placedFrom: z.enum(['owner', 'tenant']),
  placedBy: text.nullable(),
  placedAt: text,
});

export const stoppedSchema: z.ZodType<StoppedAgents> = z.object({
  sessions: z.int(),
  isKnown: z.boolean(),
  stop: agentStopResponse,
  cancelled: cancelledSchema.nullable(),
});

export const memorySchema: z.ZodType<MemoryEntry> = z.object({
  scope: text,
  owner: text,
  slot: text,
  key: text,
  value: z.unknown(),
  class: text,
  writtenAt: text,
  expiresAt: text,
});

export const approvalSchema: z.ZodType<Approval> = z.object({
  id: text,
  session: text,
  agent: text,
  tool: text,
  input: z.unknown(),
  reason: text,
  quorum: z.int(),
  fourEyes: z.boolean(),
  requester: text,
  approvedBy: z.array(text),
  askedAt: text,
  expiresAt: text,
});
