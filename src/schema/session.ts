/** Durable sessions as callers see them: what can be asked for, their states, their entries. */
import { z } from 'zod';
import { type AgentLimits, agentBundleSchema, memoryScopes } from './agent.ts';
import { delegationSchema } from './delegation.ts';
import { type ErrorBody, errorBodySchema } from './errors.ts';
import { nameSchema } from './sandbox.ts';

export const sessionStates = ['running', 'waiting', 'paused', 'done', 'failed', 'cancelled'] as const;
export type SessionState = (typeof sessionStates)[number];

/** What a session's log is made of. A kind is never given another meaning; a new meaning is a new kind. */
export const entryKinds = [
  'started',
  'received',
  'intent',
  'outcome',
  'delegated',
  'handed-off',
  'routed',
  'began',
  'called',
  'approval-asked',
  'compacted',
  'waiting',
  'paused',
  'resumed',
  'upgraded',
  'ended',
] as const;
export type EntryKind = (typeof entryKinds)[number];

export interface SessionEntry {
  session: string;
  /** Counts from 1 within its session. */
  position: number;
  kind: EntryKind;
  /** ISO 8601. */
  at: string;
  data: Record<string, unknown>;
}

/** A session's log as it grows, and what the step under way has said so far. */
export type SessionUpdate =
  | { type: 'entry'; entry: SessionEntry }
  /** Text of the step whose intent is at `step`, from that character on; its entry, when it comes, has all of it. */
  | { type: 'partial'; session: string; step: number; from: number; text: string }
  /** What was shown of that step does not count: it failed, is done again, or will not be done. */
  | { type: 'withdrawn'; session: string; step: number };

export type SessionOutcome = { ok: true; output: unknown } | { ok: false; error: ErrorBody };

export interface Budget {
  limits: AgentLimits;
  spent: AgentLimits;
  /** For what is under way. */
  held: AgentLimits;
}

export interface Session {
  id: string;
  name: string | null;
  tenant: string;
  /** The session that delegated to this one. */
  parent: string | null;
  /** The first of the chain. */
  root: string;
  agent: string;
  /** sha256 over the agent's canonical manifest, hex. */
  manifest: string;
  /** For whom it works. */
  person: string;
  state: SessionState;
  sandbox: string | null;
  /** Names of the events that it waits for. */
  waitsFor: string[];
  /** ISO 8601; when it stops waiting. */
  wakesAt: string | null;
  /** Of its newest entry. */
  position: number;
  outcome: SessionOutcome | null;
  /** Why it does nothing though it could; it goes on by itself when that is over. */
  blocked: ErrorBody | null;
  budget: Budget;
  createdAt: string;
  endedAt: string | null;
}

const eventName = z.string().regex(/^[a-z][a-z0-9:._-]{0,127}$/, 'lower-case letters, digits and : . _ -');
const personName = z.string().regex(/^[\w.@+-]{1,128}$/, 'letters, digits and . _ @ + -');
const longestMessage = 262_144;
const isShort = (data: unknown): boolean =>
  (typeof data === 'string' ? data : JSON.stringify(data)).length <= longestMessage;

export const startSessionSchema = z.strictObject({
  /** The agents as data; or `agent`, one that the runtime was made with. */
  bundle: agentBundleSchema.optional(),
  agent: z.string().min(1).max(64).optional(),
  message: z.string().min(1).max(longestMessage),
  name: nameSchema.optional(),
  /** What its tools work in: a sandbox's id or name, in which no other session works. */
  sandbox: z.string().min(1).max(128).optional(),
  /** Also where another session that is not over works in that sandbox. Both change its files at once: nothing keeps them apart. */
  shareSandbox: z.boolean().default(false),
  /** For whom it works: whoever asks, when absent. A key that names a person asks for nobody else. */
  person: personName.optional(),
  /** Ends with its first answer instead of waiting for the next message. */
  task: z.boolean().default(false),
  /** Repeating a start with the same key answers the first one's session. */
  idempotencyKey: z.string().min(1).max(256).optional(),
  /** From a peer, for whose agents it is to work; says person, limits and its own key. */
  delegation: delegationSchema.optional(),
});
export type StartSession = z.input<typeof startSessionSchema>;
export type StartSessionRequest = z.output<typeof startSessionSchema>;

export const listSessionsSchema = z.strictObject({
  state: z.enum(sessionStates).optional(),
  parent: z.string().min(1).max(128).optional(),
  /** Also those that ended. */
  all: z.boolean().optional(),
  limit: z.int().min(1).max(1000).optional(),
  cursor: z.string().min(1).max(128).optional(),
});
export type ListSessions = z.input<typeof listSessionsSchema>;

export const sendToSessionSchema = z.strictObject({
  /** `message` is what a person says. */
  event: eventName.default('message'),
  data: z
    .json()
    .refine(isShort, `at most ${longestMessage} characters: a text as it is, all else as JSON`)
    .default(null),
  /** The same key twice is one event. */
  idempotencyKey: z.string().min(1).max(256).optional(),
});
export type SendToSession = z.input<typeof sendToSessionSchema>;

/** Of whom the switch for emergencies speaks: of whoever asks, if nothing is said. */
const ofWhom = {
  /** Of this tenant; another one is the owner's to name. */
  tenant: z.string().min(1).max(128).optional(),
  /** Of every tenant; the owner's only. */
  everyTenant: z.boolean().default(false),
};

export const cancelSessionsSchema = z.strictObject({
  /** Only those that began with this agent, also below others, or that were handed over to it. */
  agent: z.string().min(1).max(64).optional(),
  ...ofWhom,
});
export type CancelSessions = z.input<typeof cancelSessionsSchema>;

export interface CancelledSessions {
  /** How many ended, those below others included. */
  cancelled: number;
  /** Cut off and paused instead, because the audit log cannot be written now. Cancel them again when it can. */
  paused: number;
  durationMs: number;
}

export const agentStopSchema = z.strictObject({
  /** Sessions that this agent began or has now; all when absent. */
  agent: z.string().min(1).max(64).optional(),
  ...ofWhom,
});
export type AllowAgents = z.input<typeof agentStopSchema>;

export const stopAgentsSchema = agentStopSchema.extend({
  /** Ends their sessions at once too, and cuts off what is under way. */
  cancel: z.boolean().default(false),
});
export type StopAgents = z.input<typeof stopAgentsSchema>;

/** Agents that do nothing until that is lifted: no session begins with one, and none that one has goes on. */
export interface AgentStop {
  /** Null: every one. */
  agent: string | null;
  /** Whose; null: every tenant's. */
  tenant: string | null;
  everyTenant: boolean;
  /** What the owner of the daemon stopped, nobody else lets go on. */
  placedFrom: 'owner' | 'tenant';
  /** Who stopped them; null: nobody that is known, or somebody of another tenant. */
  placedBy: string | null;
  placedAt: string;
}

export interface StoppedAgents {
  stop: AgentStop;
  /** How many that are not over these agents began or have now; they stand still, with all below them. */
  sessions: number;
  /** Whether anything has that name: an agent that is known here, or one of these sessions. */
  isKnown: boolean;
  /** Of the sessions that were ended with it; null: none was asked to. */
  cancelled: CancelledSessions | null;
}

export const forkSessionSchema = z.strictObject({
  /** Up to this entry, with no step under way there; absent: the newest such one. */
  at: z.int().min(1).optional(),
  name: nameSchema.optional(),
  /**
   * What its tools work in, instead of a fork of its source's: a sandbox's id or name, in which no other session works. So its
   * files can be those of an earlier entry, from the recording of its source's.
   */
  sandbox: z.string().min(1).max(128).optional(),
  /** Said to it after that entry, before it goes on. */
  message: z.string().min(1).max(longestMessage).optional(),
  with: z
    .strictObject({
      /** Agents that begin with one of the same name: with another prompt, another model, other tools. */
      bundle: agentBundleSchema.optional(),
    })
    .optional(),
});
export type ForkSession = z.input<typeof forkSessionSchema>;

/** Who decides is who asks: a request does not say it. */
export const decideApprovalSchema = z.strictObject({
  approve: z.boolean(),
  reason: z.string().max(4096).optional(),
});
export type DecideApproval = z.input<typeof decideApprovalSchema>;

export const searchMemoriesSchema = z.strictObject({
  /** Words; those that have most of them come first. */
  query: z.string().min(1).max(1024),
  scope: z.enum(memoryScopes).optional(),
  /** A person, the id of a first session, or the tenant itself: by scope. */
  owner: z.string().min(1).max(128).optional(),
  slot: z.string().min(1).max(64).optional(),
  limit: z.int().min(1).max(1000).optional(),
});
export type SearchMemories = z.input<typeof searchMemoriesSchema>;

/** Something that an agent remembers. */
export interface MemoryEntry {
  scope: string;
  owner: string;
  slot: string;
  key: string;
  value: unknown;
  /** Data class. */
  class: string;
  writtenAt: string;
  expiresAt: string;
}

/** Something that an agent may do only when people agree. */
export interface Approval {
  /** The session's id, a dot, the entry's position. */
  id: string;
  session: string;
  agent: string;
  tool: string;
  input: unknown;
  /** Why it is asked for. */
  reason: string;
  quorum: number;
  fourEyes: boolean;
  /** For whom the session works. */
  requester: string;
  approvedBy: string[];
  askedAt: string;
  expiresAt: string;
}

export const sessionOutcomeSchema: z.ZodType<SessionOutcome> = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), output: z.unknown() }),
  z.object({ ok: z.literal(false), error: errorBodySchema }),
]);
