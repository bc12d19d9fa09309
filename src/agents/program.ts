/**
 * The agent loop. Each turn reads from the log where the conversation stands and does the next thing, until somebody else
 * has to: a person, a session below, a time.
 *
 * 1. One model call or one tool call is one step. What is decided without an effect is a note.
 * 2. A limit ends the session, and whoever delegated to it is told; nothing goes on beyond one.
 * 3. Whoever has the conversation acts with the authority that its chain leaves, whatever its manifest says; a chain that was made
 *    with other agents than the session has is refused.
 */
import type { Clock, Log } from '../base/index.ts';
import {
  type AgentBundle,
  type AgentManifest,
  agentBundleSchema,
  type Delegation,
  type ErrorBody,
  HoldfastError,
  isHoldfastError,
  type ModelFacts,
} from '../schema/index.ts';
import type { DurableContext, Program, TurnEnd } from '../sessions/index.ts';
import type { SessionRecord, Store, StoredEntry } from '../state/index.ts';
import { type Authority, type Chain, extendChain, verifyChain } from './authority/chain.ts';
import { linkOf, refuseOtherAgents } from './authority/link.ts';
import type { DecidePolicy } from './authority/policy.ts';
import { compact } from './compaction.ts';
import { type Conversation, readConversation } from './conversation.ts';
import { routeOf, unroutedOf } from './delegation.ts';
import { agentOf, digestOf } from './manifest.ts';
import { type Answer, ask, type Question, worstCase } from './models/ask.ts';
import type { OpenModel } from './models/open.ts';
import { absenceOf, isAsked, isAway } from './patience.ts';
import { askPeer } from './peers/ask-peer.ts';
import type { PeerBook } from './peers/types.ts';
import { lead } from './programs/led.ts';
import { isLed, ProgramRuns } from './programs/runs.ts';
import { promptOf } from './prompt.ts';
import { type AgentRules, linksOf, rulesAbove } from './rules.ts';
import { doCall, hasBegun } from './tool-step.ts';
import { toolsFor } from './toolbox.ts';
import type { AgentTool } from './tools.ts';

export interface ModelTold {
  question: Question;
  answer: Answer;
  /** Who answered, or was asked last. */
  model: ModelFacts;
  durationMs: number;
}

/** Policies of one agent of the chain that let a call pass. */
export interface Permit {
  agent: string;
  policies: readonly string[];
}

export interface AgentParts {
  store: Store;
  clock: Clock;
  log: Log;
  open: OpenModel;
  /** Of the host; the built-in ones come on top. */
  tools: readonly AgentTool[];
  decide: DecidePolicy;
  /** With which chains of authority begin. */
  chainKey: Uint8Array;
  /** Other runtimes, if any. */
  peers?: PeerBook | null;
  /** Throws when a tenant keeps too much to remember so many bytes more. */
  refuseKept?(tenant: string, bytes: number): void;
  /** Hears what a model was asked and answered, for a recording of the session's sandbox. Never throws. */
  heard?(sandbox: string, told: ModelTold): void;
  /** That policies let a call pass, before anything comes of it. What it throws stops the call. */
  permitted?(session: SessionRecord, passed: { agent: string; tool: string; permits: readonly Permit[] }): void;
}

/** What one turn works with. */
export interface Turn {
  parts: AgentParts;
  context: DurableContext;
  runs: ProgramRuns;
  bundle: AgentBundle;
  /** Of whoever has the conversation. */
  manifest: AgentManifest;
  authority: Authority;
  chain: Chain;
  /** By which another runtime had this session started, if one did; and the rules of its agents. */
  delegation: Delegation | null;
  above: readonly AgentRules[];
  conversation: Conversation;
}

/**
 * 2: agents led by programs and flows, with the entries `began` and `called`. 3: a program may end with `handed-off`.
 * 4: `compacted` may leave out calls; `routed` may come after an answer; `handed-off` says how many messages it left out, and
 * said of how many turns all but those were.
 */
export const agentFormatVersion = 4;
const longestModelCallMs = 10 * 60_000;

export function agentProgram(parts: AgentParts): Program {
  const bundles = new Map<string, AgentBundle>();
  const runs = new ProgramRuns(parts);
  const bundleOf = (hash: string): AgentBundle => {
    let bundle = bundles.get(hash);
    if (!bundle) {
      bundle = agentBundleSchema.parse(parts.store.sessions.getBundle(hash));
      if (digestOf(bundle) !== hash)
        throw new HoldfastError('state-unusable', `the agents ${hash} are not what was started`);
      if (bundles.size >= 256) bundles.clear();
      bundles.set(hash, bundle);
    }
    return bundle;
  };
  return {
    format: agentFormatVersion,
    // What there was means the same.
    upgrades: { 1: (entry) => entry, 2: (entry) => entry, 3: (entry) => entry },
    async turn(context) {
      try {
        for (;;) {
          const end = await next(readTurn({ parts, context, runs }, bundleOf(context.session.bundle)));
          if (end) return end;
        }
      } catch (error) {
        if (isHoldfastError(error) && error.code === 'budget-exhausted') return failed(error.toBody());
        throw error;
      }
    },
  };
}

function readTurn({ parts, context, runs }: Pick<Turn, 'parts' | 'context' | 'runs'>, bundle: AgentBundle): Turn {
  const conversation = readConversation(context.entries, context.session.agent);
  const manifest = agentOf(bundle, conversation.agent);
  const chain = chainOf(context.entries, bundle);
  const authority = verifyChain(parts.chainKey, chain, context.nowMs());
  if (authority.tenant !== context.session.tenant || authority.agents.at(-1) !== manifest.name) {
    throw new HoldfastError('forbidden', `the chain of authority is not for ${manifest.name}`);
  }
  if (authority.person !== context.session.person) {
    throw new HoldfastError('forbidden', `the chain of authority is not for ${context.session.person}`);
  }
  // Checked when it was accepted, and written by whoever started the session.
  const delegation = (context.entries[0]?.data['delegation'] ?? null) as Delegation | null;
  const above = delegation ? rulesAbove(linksOf(delegation)) : [];
  refuseOtherAgents(chain.links.slice(above.length), bundle);
  return { parts, context, runs, bundle, manifest, authority, chain, delegation, above, conversation };
}

/** The chain that the session began with, and a link for each time the conversation was handed over. */
function chainOf(entries: readonly StoredEntry[], bundle: AgentBundle): Chain {
  const [first] = entries;
  // Written by whoever started the session; whether it is genuine is checked by its tag.
  let chain = first?.data['chain'] as Chain;
  for (const { kind, data } of entries) {
    if (kind === 'handed-off') chain = extendChain(chain, linkOf(agentOf(bundle, String(data['to']))));
  }
  return chain;
}

/** Null: something was done, look again. */
async function next(turn: Turn): Promise<TurnEnd | null> {
  const { conversation, context } = turn;
  const modelFailure = lastFailure(context.entries);
  if (modelFailure) return failed(modelFailure);
  const absence = absenceOf(context, turn.manifest);
  if (absence && 'over' in absence) return failed(absence.over);
  if (absence) return { wait: { events: [absence.event], untilMs: absence.untilMs } };
  if (isLed(turn.manifest)) {
    const led = await lead(turn);
    if (led === 'rest') return rest(turn, conversation.answer ?? '');
    return led === 'calls' ? doCalls(turn) : null;
  }
  if (conversation.open.length > 0) return doCalls(turn);
  const unrouted = unroutedOf(turn);
  if (!unrouted && conversation.answer !== null && conversation.queued.length === 0) {
    return rest(turn, conversation.answer);
  }
  const routed = unrouted ?? (isAsked(context.entries) ? null : routeOf(turn));
  if (routed) {
    context.note('routed', routed);
    return null;
  }
  if (turn.manifest.model.provider === 'peer') return askPeer(turn, turn.manifest.model);
  if (compact(turn)) return null;
  await askModel(turn);
  return null;
}

/** In their order; those that wait for sessions below do not keep the others waiting. */
async function doCalls(turn: Turn): Promise<TurnEnd | null> {
  const waits: { event: string; untilMs: number | null }[] = [];
  // What a crash interrupted first: the log expects it.
  const open = [...turn.conversation.open].sort((a, b) => Number(hasBegun(turn, b)) - Number(hasBegun(turn, a)));
  for (const call of open) {
    const wait = await doCall(turn, call);
    if (wait === 'done') return null;
    waits.push(wait);
  }
  const times = waits.flatMap(({ untilMs }) => (untilMs === null ? [] : [untilMs]));
  return {
    wait: { events: waits.map(({ event }) => event), untilMs: times.length > 0 ? Math.min(...times) : null },
  };
}

/** The answer stands: a task is over, a conversation waits for the next message. */
function rest({ context, manifest, conversation }: Turn, answer: string): TurnEnd {
  const output = { text: answer, untrusted: conversation.untrusted };
  if (context.entries[0]?.data['task'] === true) return { end: { ok: true, output } };
  const since = Date.parse(context.entries.findLast(({ kind }) => kind === 'outcome' || kind === 'received')?.at ?? '');
  const untilMs = (Number.isNaN(since) ? context.nowMs() : since) + manifest.idleMs;
  if (context.nowMs() >= untilMs) return { end: { ok: true, output } };
  return { wait: { events: ['message'], untilMs } };
}

async function askModel({ parts, context, manifest, authority, conversation }: Turn): Promise<void> {
  const question = {
    prompt: promptOf(conversation, manifest.instructions),
    tools: toolsFor(parts.tools, manifest, authority),
  };
  await context.step({
    name: 'model',
    request: { agent: manifest.name, call: conversation.modelCalls },
    hold: { steps: 1, ...worstCase(manifest, question) },
    timeoutMs: longestModelCallMs,
    perform: async (_key, scope, hands) => {
      const startedMs = parts.clock.monotonicMs();
      const { answer, model, used } = await ask(parts, manifest, question, { scope, ...hands });
      const { sandbox } = context.session;
      const durationMs = parts.clock.monotonicMs() - startedMs;
      if (sandbox !== null) parts.heard?.(sandbox, { question, answer, model, durationMs });
      return { data: { ...answer }, ...(used === undefined ? {} : { used }) };
    },
  });
}

/** Of the newest model call or program, when it failed for good and nothing came since. */
function lastFailure(entries: readonly StoredEntry[]): ErrorBody | null {
  const last = entries.findLast(({ kind }) => kind === 'outcome' || kind === 'received' || kind === 'resumed');
  if (last?.kind !== 'outcome' || last.data['name'] === 'tool' || last.data['ok'] === true || isAway(last)) return null;
  // Our own `ask` or `lead` wrote it.
  return last.data['error'] as ErrorBody;
}

const failed = (error: ErrorBody): TurnEnd => ({ end: { ok: false, error } });
