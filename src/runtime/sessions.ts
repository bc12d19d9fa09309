/**
 * Durable sessions of a runtime: the engine, the agents it knows, and their way to sandboxes.
 *
 * 1. A sandbox's tool is called through the door and nothing else, under the step's key: what a crash interrupted is not
 *    done twice.
 * 2. A sandbox stands still while its session waits, and is woken by the next call. It lives on while one works (session-leases.ts).
 * 3. Models with a key, an address or a tape, and functions of the host, are the owner's: another tenant gets those that the
 *    owner allowed, in agents of its own and in those that the runtime knows.
 */
import {
  type Accepted,
  type AgentTool,
  type AnyHostTool,
  agentProgram,
  type CallContext,
  type CallResult,
  checkPolicies,
  decidePolicy,
  digestOf,
  hostTool,
  loadPeerKeys,
  type ModelTold,
  type OpenModel,
  openModel,
  type Peer,
  parseBundle,
  recordedQuestion,
  sandboxCapability,
  type TapeOptions,
  withTape,
} from '../agents/index.ts';
import type { AuditLog, NewAuditEntry } from '../audit/index.ts';
import { join, loadOrMakeKey, MemoryReturn, type RandomSource } from '../base/index.ts';
import {
  type AgentBundle,
  type AgentBundleInput,
  type ChannelInput,
  type EventType,
  HoldfastError,
  type HoldfastService,
  type ModelFacts,
  type StartSession,
  type StartSessionRequest,
} from '../schema/index.ts';
import { SessionEngine } from '../sessions/index.ts';
import type { SessionRecord, Store } from '../state/index.ts';
import { auditWitness, bothDurable } from './audit-witness.ts';
import { awakeInVain } from './awake.ts';
import { type Core, defaultTenant } from './core.ts';
import { type ApprovalWebhook, Notices } from './notices.ts';
import { acceptFromPeer } from './peers.ts';
import { sandboxAccess } from './sandbox-access.ts';
import { renewLease, SessionLeases } from './session-leases.ts';
import { versionInfo } from './version.ts';

export interface AgentOptions {
  /** Agents that sessions are started with by name: the entry's. */
  bundles?: readonly AgentBundleInput[];
  /** Functions of the host that agents may call. */
  tools?: readonly AnyHostTool[];
  open?: OpenModel;
  /**
   * A file that answers of all models are added to, or that they come from instead of the models, which are then never asked.
   * Scripted models are as they are.
   */
  modelTape?: TapeOptions;
  /** Which models other tenants' agents may ask; scripted ones only when absent. */
  allowModel?: (tenant: string, facts: ModelFacts) => boolean;
  /** Which functions of the host other tenants' sessions may call; none when absent. */
  allowTool?: (tenant: string, name: string) => boolean;
  /** Other runtimes that agents here work for, or give work to. */
  peers?: readonly Peer[];
  /** What the owner vouches for of a person, for agents that ask: `{ role: 'clerk' }`. Nothing of anybody when absent. */
  claims?: (tenant: string, person: string) => Claims | Promise<Claims>;
  /** Sessions of one tenant that are not over; 20,000 when absent. */
  mostSessions?: number;
  /** Where people talk with these agents. */
  channels?: readonly ChannelInput[];
  /** How long a session waits before its sandbox is made to stand still. */
  suspendAfterMs?: number;
  /** Told of approvals that are asked for, by tenant. */
  approvalWebhooks?: Readonly<Record<string, ApprovalWebhook>>;
}

type Claims = Readonly<Record<string, string>>;

export interface Sessions {
  claimsOf(tenant: string, person: string): Promise<Claims>;
  engine: SessionEngine;
  audit: AuditLog;
  chainKey: Uint8Array;
  sandboxes: SandboxService;
  bundleOf(tenant: string, request: Pick<StartSession, 'bundle' | 'agent'>): Promise<AgentBundle>;
  /** The file where answers of models go to, or come from; null: none. */
  modelTape: string | null;
  /** Whether an agent that is known by name, or gets work from one, has that name. */
  isKnown(agent: string): boolean;
  /** @throws HoldfastError `forbidden` when it is not for this runtime and this request, or not from a peer of that tenant */
  accept(tenant: string, request: StartSessionRequest): Accepted | null;
}

/** What a session's model was asked stands in the recording of its sandbox, if there is one. */
function recordModel({ recordings, log }: Core, sandbox: string, told: ModelTold): void {
  const { answer, model, durationMs } = told;
  const request = recordedQuestion(told);
  const about = { type: 'model-call', provider: model.provider, durationMs, request } as const;
  try {
    if (answer.ok) {
      const { input, output } = answer.usage;
      const usage = { inputTokens: input, outputTokens: output };
      recordings.of(sandbox)?.add({ ...about, model: answer.model, response: answer.content, ...usage });
    } else {
      const { code, message, fault, retryable } = answer.error;
      const failure = { code, message: message.slice(0, 60_000), fault, retryable };
      recordings.of(sandbox)?.add({ ...about, model: answer.tried.at(-1) ?? 'none', response: undefined, failure });
    }
  } catch (error) {
    log.warn({ error, sandbox }, 'a model call is not in the recording');
  }
}

/** Part of the hash-chained journal; what stands in a session's own log is not repeated there. */
const journaled: ReadonlySet<EventType> = new Set<EventType>(['session-started', 'session-ended', 'approval-asked']);
const usualMostSessions = 20_000;
const usualSuspendMs = 2000;
const keyBytes = 32;

export type SandboxService = (
  tenant: string,
) => Pick<HoldfastService, 'resumeSandbox' | 'suspendSandbox' | 'forkSandbox' | 'destroySandbox'>;

export async function openSessions(
  core: Core,
  options: AgentOptions,
  { random, sandboxes }: { random: RandomSource; sandboxes: SandboxService },
): Promise<Sessions> {
  const chainKey = await loadKey(core.home, random);
  const peers = options.peers ? { ...(await loadPeerKeys(core.home, random)), peers: options.peers } : null;
  const audit = await core.audit.open();
  const notices = new Notices(core, audit, options.approvalWebhooks ?? {});
  core.audit.onSessions(auditWitness(audit, core.store, (session, entry) => notices.note(session, entry)));
  const store: Store = { ...core.store, durable: () => bothDurable(core.store, audit) };
  const tools = [
    ...sandboxTools(core, sandboxes),
    ...(options.tools ?? []).map((facts) => ofOwner(options, hostTool(facts, store))),
  ];
  const program = agentProgram({
    store,
    clock: core.clock,
    log: core.log,
    open: opening(options),
    tools,
    decide: decidePolicy,
    chainKey,
    peers,
    refuseKept: (tenant, bytes) => core.refuseKept(tenant, bytes),
    heard: (sandbox, told) => recordModel(core, sandbox, told),
    permitted: ({ tenant, id, person, manifest }, { agent, ...body }) => {
      audit.append({ kind: 'policy-allowed', tenant, session: id, person, agent, manifest, decision: 'allowed', body });
    },
  });
  const memory = new MemoryReturn(core.clock);
  core.scope.onClose(() => memory.close());
  const leases = new SessionLeases(core);
  const stillness = new Stillness(core, sandboxes, options.suspendAfterMs ?? usualSuspendMs);
  const engine = new SessionEngine({
    store,
    clock: core.clock,
    newId: core.newId,
    log: core.log,
    scope: core.scope,
    program,
    mostSessions: options.mostSessions ?? usualMostSessions,
    refuseKept: (tenant, bytes) => core.refuseKept(tenant, bytes),
    onEvent: (type, session, data) => {
      const { tenant, sandbox } = session;
      const body = { session: session.id, ...data };
      if (journaled.has(type)) core.journal.append({ tenant, sandbox, type, body });
      core.events.publish({ type, tenant, sandbox, data: body });
      stillness.take(type, session);
      leases.take(type, session);
      if (type === 'session-waiting' || type === 'session-ended') memory.worked();
    },
  });
  stillness.open();
  leases.open();
  const known = (options.bundles ?? []).map((bundle) => parseBundle(bundle, tools));
  for (const bundle of known) await checkPolicies(bundle, tools);
  const told = await configured(core, known, options);
  if (!audit.failure) audit.append(told);
  notices.arm();
  return {
    engine,
    audit,
    chainKey,
    sandboxes,
    accept: (tenant, request) => acceptFromPeer(peers, tenant, request, core.clock.nowMs()),
    modelTape: fileOf(options.modelTape),
    isKnown: (agent) => known.some(({ agents }) => agents.some(({ name }) => name === agent)),
    claimsOf: async (tenant, person) => (await options.claims?.(tenant, person)) ?? {},
    bundleOf: async (tenant, { bundle: given, agent }) => {
      const found = agent === undefined ? undefined : known.find(({ entry }) => entry === agent);
      if ((given === undefined) === (agent === undefined)) {
        throw new HoldfastError(
          'invalid-argument',
          'a session is started with a bundle of agents, or with the name of one that is known',
          {
            hint: `Known are: ${known.map(({ entry }) => entry).join(', ') || 'none'}.`,
          },
        );
      }
      if (found) return refuseForeign(options, tenant, found);
      if (given === undefined) {
        throw new HoldfastError('not-found', `there is no agent ${JSON.stringify(agent)}`, {
          hint: `Known are: ${known.map(({ entry }) => entry).join(', ') || 'none'}.`,
        });
      }
      const bundle = parseBundle(given, tools);
      await checkPolicies(bundle, tools);
      return refuseForeign(options, tenant, bundle);
    },
  };
}

function fileOf(tape: TapeOptions | undefined): string | null {
  if (tape === undefined) return null;
  return 'record' in tape ? tape.record : tape.replay;
}

function opening({ open = openModel, modelTape }: AgentOptions): OpenModel {
  return modelTape === undefined ? open : withTape(open, modelTape);
}

/** What holds from this start on. */
async function configured(
  { audit }: Core,
  known: readonly AgentBundle[],
  options: AgentOptions,
): Promise<NewAuditEntry> {
  const agents = known.map((bundle) => ({ entry: bundle.entry, bundle: digestOf(bundle) }));
  const { keys, checkpoints, keeper = null } = audit.places;
  const webhooks = Object.entries(options.approvalWebhooks ?? {}).map(([tenant, { url, approvers = [] }]) => ({
    tenant,
    url,
    approvers: approvers.length,
  }));
  const retentionDays = await audit.retentionDays();
  const body = { version: versionInfo().version, agents, retentionDays, keys, checkpoints, keeper, webhooks };
  return { kind: 'configured', tenant: defaultTenant, body };
}

function refuseForeign(options: AgentOptions, tenant: string, bundle: AgentBundle): AgentBundle {
  const owned = new Set((options.tools ?? []).map(({ name }) => name));
  for (const { model, fallbacks, tools } of bundle.agents) {
    for (const facts of [model, ...fallbacks]) refuseModel(options, tenant, facts);
    for (const name of tools) if (owned.has(name)) refuseTool(options, tenant, name);
  }
  return bundle;
}

/** Asked again at each call: a permission that was taken back ends with the next. */
function ofOwner(options: AgentOptions, tool: AgentTool): AgentTool {
  return {
    ...tool,
    call: async (input, context) => {
      refuseTool(options, context.tenant, tool.name);
      return tool.call(input, context);
    },
  };
}

function refuseTool({ allowTool }: AgentOptions, tenant: string, name: string): void {
  if (tenant === defaultTenant || allowTool?.(tenant, name)) return;
  throw new HoldfastError('forbidden', `tenant ${tenant} may not use ${name}, a function of the host`, {
    hint: 'The owner of this daemon allows functions of the host, by tenant and name: allowTool.',
  });
}

function refuseModel({ allowModel, peers = [] }: AgentOptions, tenant: string, facts: ModelFacts): void {
  if (facts.provider === 'peer' && peers.some((one) => one.name === facts.peer && one.tenants.includes(tenant))) return;
  if (tenant === defaultTenant || facts.provider === 'scripted' || allowModel?.(tenant, facts)) return;
  throw new HoldfastError('forbidden', `tenant ${tenant} may not use models of ${facts.provider}`, {
    hint: 'The owner of this daemon allows models; scripted ones need no permission.',
  });
}

/** The key that chains of authority begin with. Whoever has it can act for anybody: it never leaves the home. */
function loadKey(home: string, random: RandomSource): Promise<Uint8Array> {
  const hint = 'Restore it from a backup. Without it the sessions under way cannot go on; remove it to begin anew.';
  return loadOrMakeKey({ path: join(home, 'chain.key'), bytes: keyBytes, hint }, random);
}

/** What is inside may print anything, so its results are not trusted. */
function sandboxTools(core: Core, sandboxes: SandboxService): AgentTool[] {
  return core.door.tools().map(({ name, description, risk, input }) => ({
    name,
    description,
    capability: sandboxCapability(name),
    risk,
    untrusted: true,
    input,
    call: async (given, context) => {
      await wake(core, sandboxes, context);
      return callInside(core, name, given, context);
    },
  }));
}

async function callInside(core: Core, tool: string, input: unknown, context: CallContext): Promise<CallResult> {
  const { tenant, key, scope, sandbox } = context;
  if (sandbox === null) {
    throw new HoldfastError('sandbox-not-found', `the session has no sandbox for ${tool} to work in`, {
      hint: 'Start the session with one: --sandbox.',
    });
  }
  const call = { tenant, sandbox, tool, input, idempotencyKey: key };
  const result = await core.door.call(call, sandboxAccess(core, tenant, sandbox), scope);
  return result.ok ? { ok: true, output: result.output } : { ok: false, error: result.error };
}

async function wake(core: Core, sandboxes: SandboxService, { tenant, sandbox, scope }: CallContext): Promise<void> {
  if (sandbox === null) return;
  const { state } = core.controller.find(tenant, sandbox);
  if (state === 'suspended' || state === 'hibernated') {
    await sandboxes(tenant).resumeSandbox(sandbox, { signal: scope.signal });
  }
  await renewLease(core, { tenant, sandbox }, scope);
}

/** Makes sandboxes stand still while nobody works in them. One timer per session that waits and has a sandbox which is awake. */
class Stillness {
  readonly #core: Core;
  readonly #sandboxes: SandboxService;
  readonly #afterMs: number;
  readonly #timers = new Map<string, () => void>();

  constructor(core: Core, sandboxes: SandboxService, afterMs: number) {
    this.#core = core;
    this.#sandboxes = sandboxes;
    this.#afterMs = afterMs;
    core.scope.onClose(() => {
      for (const cancel of this.#timers.values()) cancel();
    });
  }

  /** What an earlier run ended too soon to do. */
  open(): void {
    for (const session of awakeInVain(this.#core.store)) this.#arm(session);
  }

  take(type: EventType, session: SessionRecord): void {
    if (session.sandbox === null) return;
    this.#timers.get(session.id)?.();
    this.#timers.delete(session.id);
    if (type === 'session-waiting') this.#arm(session);
  }

  #arm(session: SessionRecord): void {
    const cancel = this.#core.clock.after(this.#afterMs, () => {
      this.#timers.delete(session.id);
      this.#suspend(session).catch((error: unknown) =>
        this.#core.log.warn({ error, session: session.id }, 'the sandbox of a waiting session was not suspended'),
      );
    });
    this.#timers.set(session.id, cancel);
  }

  async #suspend({ tenant, sandbox }: SessionRecord): Promise<void> {
    const { store } = this.#core;
    const isBusy = store.sessions.running().some((other) => other.sandbox === sandbox);
    if (sandbox === null || isBusy || store.sandboxes.get(sandbox)?.state !== 'ready') return;
    await this.#sandboxes(tenant).suspendSandbox(sandbox);
  }
}
