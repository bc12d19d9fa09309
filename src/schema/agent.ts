/**
 * An agent as data: what it is for, what it may do, how much it may use. The typed constructs of `holdfast/agents` make
 * this; people who write no TypeScript write it by hand.
 */
import { z } from 'zod';
import { flowSchema, heldContractSchema, personTermsSchema, programSchema } from './agent-behaviour.ts';

const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'a lower-case letter, then letters, digits and hyphens');
const toolName = z.string().regex(/^[a-z][a-zA-Z0-9_-]{0,63}$/, 'a letter, then letters, digits, - and _');

/** `area:power`, e.g. `sandbox:shell`. */
export const capabilitySchema: z.ZodString = z
  .string()
  .regex(/^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$/, 'a capability such as sandbox:shell');

const amount = z.int().min(0).max(999_999_999_999_999);

/** All five are needed, and zero means zero. */
export const agentLimitsSchema = z.strictObject({
  /** Model calls and tool calls together. */
  steps: amount,
  /** Tokens into and out of models. */
  tokens: amount,
  /** What models cost. */
  cents: amount,
  /** Time at work; what is spent waiting is free. */
  wallMs: amount,
  /** How far it may delegate: 0 is not at all. */
  depth: z.int().min(0).max(16),
});
export type AgentLimits = z.infer<typeof agentLimitsSchema>;
export const limitNames = ['steps', 'tokens', 'cents', 'wallMs', 'depth'] as const;

const price = z.union([
  z.literal('unpriced'),
  z.strictObject({ inputCentsPerMillion: z.number().min(0), outputCentsPerMillion: z.number().min(0) }),
]);

const scriptedCall = z.strictObject({ tool: toolName, input: z.json() });

/** What a scripted model answers: the first rule whose conditions all hold. */
export const scriptedRuleSchema = z.strictObject({
  /** How many answers this agent gave before in this session. */
  answered: z.int().min(0).optional(),
  /** A plain text that stands in the newest message or tool result. */
  sees: z.string().max(4096).optional(),
  /** The newest message is a tool's result (true) or a person's (false). */
  afterTool: z.boolean().optional(),
  say: z.string().max(65_536).optional(),
  call: z.array(scriptedCall).max(32).optional(),
});
export type ScriptedRule = z.infer<typeof scriptedRuleSchema>;

const maxOutputTokens = z.int().min(1).max(1_000_000).default(4096);
/** Whoever pays says the price, or that it does not count. */
const paid = { price, maxOutputTokens };
const free = { price: price.default('unpriced'), maxOutputTokens };
const oneModelSchema = z.discriminatedUnion('provider', [
  z.strictObject({
    provider: z.literal('scripted'),
    rules: z.array(scriptedRuleSchema).min(1).max(1000),
    ...free,
  }),
  z.strictObject({
    provider: z.literal('replay'),
    tape: z.string().min(1).max(4096),
    /** Whose answers, such as `anthropic/claude-sonnet-5-5`; needed where the tape has those of several. */
    of: z.string().min(1).max(2560).optional(),
    ...free,
  }),
  z.strictObject({ provider: z.enum(['anthropic', 'openai']), id: z.string().min(1).max(256), ...paid }),
  z.strictObject({
    provider: z.literal('compatible'),
    id: z.string().min(1).max(256),
    baseUrl: z.url().max(2048).optional(),
    ...paid,
  }),
  /** An agent of another runtime, which gets the whole task: see `peers`. */
  z.strictObject({ provider: z.literal('peer'), peer: name, agent: name, ...free }),
]);
export type ModelFacts = z.infer<typeof oneModelSchema>;

/** `turn`: from a message until its answer; in what is delegated meanwhile it is not known. */
export const memoryScopes = ['turn', 'session', 'user', 'tenant'] as const;
export type MemoryScope = (typeof memoryScopes)[number];
export const dataClasses = ['public', 'internal', 'personal', 'secret'] as const;
export type DataClass = (typeof dataClasses)[number];

const memorySlot = z.strictObject({
  scope: z.enum(memoryScopes),
  retentionDays: z.int().min(1).max(36_500),
  class: z.enum(dataClasses),
});

const approvalRule = z.strictObject({
  tools: z.array(toolName).min(1),
  /** So many different people must approve. */
  quorum: z.int().min(1).max(16).default(1),
  /** Whoever the session works for may not approve. */
  fourEyes: z.boolean().default(true),
  /** After that it is refused. */
  withinMs: z
    .int()
    .min(1000)
    .max(366 * 86_400_000),
});

const route = z.strictObject({
  /** Any of these words in the message, whole and in any case. */
  words: z.array(z.string().min(1).max(128)).min(1).max(256),
  to: name,
});

/** So many of the last turns, the one under way included. */
const passedTurns = z.union([z.int().min(1).max(1000), z.literal('all')]);
export type PassedTurns = z.infer<typeof passedTurns>;

export const agentFormat = 'holdfast-agent/1';

export const agentManifestSchema = z.strictObject({
  format: z.literal(agentFormat),
  name,
  /** One sentence, for whoever chooses it. */
  purpose: z.string().min(1).max(1024),
  instructions: z.string().max(65_536),
  model: oneModelSchema,
  /** Asked in turn when a model fails for good. */
  fallbacks: z.array(oneModelSchema).max(4).default([]),
  /** Attempts per model before the next is asked. */
  attempts: z.int().min(1).max(8).default(2),
  grants: z.array(capabilitySchema).max(256),
  tools: z.array(toolName).max(128),
  limits: agentLimitsSchema,
  /** Agents it may delegate to. */
  delegates: z.array(name).max(64).default([]),
  /** Agents it may hand the conversation to. */
  handoffs: z.array(name).max(64).default([]),
  /** Of a supervisor: who gets a message by rule, without a model, and who gets what no rule knows. */
  routes: z.array(route).max(256).default([]),
  routeDefault: name.nullable().default(null),
  memory: z.record(name, memorySlot).default({}),
  approvals: z.array(approvalRule).max(64).default([]),
  /** Cedar policies by name; without any, what is granted is permitted. */
  policies: z.record(name, z.string().max(16_384)).default({}),
  /**
   * When the conversation is longer than so many bytes, its oldest turns are left out, and the model is told. With `keepCalls`,
   * the oldest calls of the turns that stay are left out too, if it is still longer: so many stay.
   */
  compaction: z
    .strictObject({
      aboveBytes: z.int().min(4096),
      keepTurns: z.int().min(1).max(1000),
      keepCalls: z.int().min(1).max(10_000).optional(),
    })
    .nullable()
    .default(null),
  /** How long a conversation waits for the next message before it ends. */
  idleMs: z
    .int()
    .min(1000)
    .max(366 * 86_400_000)
    .default(30 * 86_400_000),
  // Absent where they are not used, so that the digest of an agent without them is what it was.
  /** How long the session waits for a model, or a peer, that is away; an hour where nothing is said. 0: its failure ends the session. */
  patienceMs: z
    .int()
    .min(0)
    .max(30 * 86_400_000)
    .optional(),
  /** Leads it instead of its model. */
  program: programSchema.optional(),
  flow: flowSchema.optional(),
  /** Of a supervisor whose model decides: who gets a message that it answers without having given it to anybody. */
  unroutable: name.optional(),
  /**
   * By agent, how much of the conversation goes along with what it is given. Where nothing is said, nothing goes along with a task;
   * with the conversation itself it has to be said, and what was parked before that was so goes as a whole.
   */
  passes: z.record(name, passedTurns).optional(),
  /** For whom it works at all. */
  person: personTermsSchema.optional(),
  /** Where it works at all. */
  contract: heldContractSchema.optional(),
});
export type AgentManifest = z.infer<typeof agentManifestSchema>;
export type AgentManifestInput = z.input<typeof agentManifestSchema>;

/** What a function of the host is, as agents were made for it. */
export const hostToolFactsSchema = z.strictObject({
  name: toolName,
  /** What an agent must be granted to call it. */
  capability: capabilitySchema,
  risk: z.enum(['read', 'write', 'irreversible']),
  /** Its result comes from outside. */
  untrusted: z.boolean(),
  /** It may be done again for one key. */
  idempotent: z.boolean().optional(),
  /** The most secret of what it may answer. */
  class: z.enum(dataClasses).optional(),
});
export type PinnedTool = z.infer<typeof hostToolFactsSchema>;

/** Agents that belong together, and the one that a session begins with. */
export const agentBundleSchema = z.strictObject({
  entry: name,
  agents: z.array(agentManifestSchema).min(1).max(64),
  /** Functions of the host that they call: part of the digest, and refused where the runtime's are others. */
  hostTools: z.array(hostToolFactsSchema).max(128).optional(),
});
export type AgentBundle = z.infer<typeof agentBundleSchema>;
export type AgentBundleInput = z.input<typeof agentBundleSchema>;
