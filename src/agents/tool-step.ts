/**
 * What one tool call of an agent passes before it has an effect, in this order: the tool, the chain of authority, the
 * policies, the approval, the budget. Then the intent is written, and the tool does its work.
 *
 * 1. The chain is verified for every call, with its tag; what it does not cover is refused, whatever the manifest says.
 * 2. A call that needs people waits for them. Nobody's silence is a yes, and with four eyes the person that the session
 *    works for is not one who can say it.
 * 3. What cannot be undone is not done because of what nobody vouches for: with an untrusted conversation it needs an
 *    approval, or is refused.
 * 4. Policies and rules of approval of all agents of the chain count, each policy as if its own agent made the call.
 * 5. A turn that came by a channel does no more than that channel allows (via.ts).
 * 6. A refusal is a result that the model sees, with the reason; nothing was done.
 */
import { untilOrEnded } from '../base/index.ts';
import { asHoldfastError, type ErrorBody, HoldfastError, isHoldfastError } from '../schema/index.ts';
import { termsFor } from './authority/approvals.ts';
import { verifyChain } from './authority/chain.ts';
import { type BuiltIn, builtIns, termsOfEscalation } from './built-ins.ts';
import { approvalEvent, type OpenCall } from './conversation.ts';
import { doDelegate, doHandOff } from './delegation.ts';
import { builtInTools, toolChanges } from './manifest.ts';
import type { Permit, Turn } from './program.ts';
import { doThink } from './programs/think.ts';
import { agentsOfChain } from './rules.ts';
import type { AgentTool, CallContext, CallResult } from './tools.ts';
import { refuseBeyond } from './via.ts';

export type Wait = { event: string; untilMs: number | null };

/** What is known of a tool before it is called. */
type Facts = Pick<AgentTool, 'name' | 'capability' | 'risk' | 'untrusted' | 'idempotent'>;

const longestToolCallMs = 60 * 60_000;

/** `done`: the log has its result, or has moved on. Else what it waits for. */
export async function doCall(turn: Turn, call: OpenCall): Promise<'done' | Wait> {
  if (call.child !== null) return { event: `child:${call.child}`, untilMs: null };
  try {
    const facts = factsOf(turn, call);
    if (!hasBegun(turn, call)) {
      await authorise(turn, call, facts);
      const wait = approved(turn, call, facts);
      if (wait) return wait;
    }
    return await perform(turn, call, facts);
  } catch (error) {
    if (!isHoldfastError(error) || !refusals.has(error.code)) throw error;
    refuse(turn, call, error.toBody());
    return 'done';
  }
}

const refusals = new Set(['forbidden', 'not-found', 'invalid-argument', 'quota-exceeded']);

function refuse({ context }: Turn, { id, tool }: OpenCall, error: ErrorBody): void {
  context.note('outcome', { name: 'tool', callId: id, tool, ok: false, error, refused: true });
}

/** A crash came after its intent was written: it passed everything then, and its key decides what is done now. */
export function hasBegun({ context }: Pick<Turn, 'context'>, { id }: OpenCall): boolean {
  const last = context.entries.findLast(({ kind }) => kind === 'intent' || kind === 'outcome');
  const request = last?.kind === 'intent' ? last.data['request'] : null;
  return typeof request === 'object' && request !== null && 'callId' in request && request.callId === id;
}

function factsOf({ parts, manifest }: Turn, { tool }: OpenCall): Facts {
  const builtIn = builtInTools.find(({ name }) => name === tool);
  const facts = builtIn
    ? { name: tool, capability: builtIn.capability, risk: 'write' as const, untrusted: untrustedTools.has(tool) }
    : parts.tools.find(({ name }) => name === tool);
  if (facts && manifest.tools.includes(tool)) return facts;
  throw new HoldfastError('not-found', `${manifest.name} has no tool ${JSON.stringify(tool)}`, {
    hint: `Its tools are ${manifest.tools.join(', ')}.`,
  });
}

async function authorise(turn: Turn, call: OpenCall, facts: Facts): Promise<void> {
  const { tool, input } = call;
  const { capability, risk } = facts;
  refuseChanged(turn, facts);
  const { parts, chain, context, manifest, conversation } = turn;
  const authority = verifyChain(parts.chainKey, chain, context.nowMs());
  if (!authority.capabilities.has(capability)) {
    throw new HoldfastError(
      'forbidden',
      `'${manifest.name}' may not call ${tool}: its chain does not hold '${capability}'`,
      {
        hint: `Every agent from ${authority.agents[0]} down must be granted '${capability}'.`,
        details: { agents: authority.agents, capability },
      },
    );
  }
  // Of what the runtime itself brings, only `remember` leaves something behind.
  refuseBeyond(turn, call, builtInTools.some(({ name }) => name === tool) && tool !== 'remember' ? 'read' : risk);
  const question = {
    tool,
    capability,
    risk,
    channel: conversation.via?.channel ?? '',
    linked: conversation.via?.linked ?? true,
    tenant: authority.tenant,
    person: authority.person,
    depth: authority.agents.length,
    untrusted: conversation.untrusted,
    input,
  };
  const permits: Permit[] = [];
  for (const { name, policies } of agentsOfChain(turn)) {
    const decision = await parts.decide(policies, { ...question, agent: name });
    if (decision.allowed) {
      if (decision.policies.length > 0) permits.push({ agent: name, policies: decision.policies });
      continue;
    }
    const who = name === manifest.name ? 'it' : manifest.name;
    throw new HoldfastError('forbidden', `a policy of ${name} does not let ${who} call ${tool}: ${decision.reason}`, {
      hint: 'Change the policy, or do something else.',
      details: { agent: name, policies: decision.policies },
    });
  }
  if (permits.length > 0) parts.permitted?.(context.session, { agent: manifest.name, tool, permits });
}

/** A session goes on over upgrades of its host, and its agents were made for the functions that it began with. */
function refuseChanged({ bundle, manifest }: Turn, facts: Facts): void {
  const made = bundle.hostTools?.find(({ name }) => name === facts.name);
  const [change] = made ? toolChanges(made, facts) : [];
  if (!change) return;
  const { fact, was, is } = change;
  throw new HoldfastError('forbidden', `${facts.name} is not what ${manifest.name} was made for any more`, {
    hint: `Start a new session, with agents that were made for its ${fact} ${String(is)}.`,
    details: { tool: facts.name, fact, was, is },
  });
}

/** Null: it may go on. */
function approved(turn: Turn, call: OpenCall, { risk }: Facts): Wait | null {
  const { manifest, conversation, context, authority } = turn;
  const rule = termsFor(agentsOfChain(turn), call.tool) ?? termsOfEscalation(call);
  const isTainted = risk === 'irreversible' && conversation.untrusted;
  if (!rule && !isTainted) return null;
  if (!rule) {
    throw new HoldfastError('forbidden', `${call.tool} cannot be undone, and what is asked for may come from outside`, {
      hint: `Give ${manifest.name} a rule of approval for ${call.tool}.`,
    });
  }
  const asked = call.approval;
  if (!asked) {
    const expiresMs = context.nowMs() + rule.withinMs;
    const reason = isTainted ? 'it cannot be undone, and the conversation is not trusted' : 'its rule says so';
    const { tool, input, id: callId } = call;
    const { quorum, fourEyes } = rule;
    const requester = authority.person;
    const session = context.session.id;
    const facts = {
      session,
      callId,
      tool,
      input,
      risk,
      reason,
      agent: manifest.name,
      quorum,
      fourEyes,
      requester,
      expiresMs,
    };
    const { position } = context.note('approval-asked', facts);
    return { event: approvalEvent(position), untilMs: expiresMs };
  }
  const counted = asked.decisions.filter(({ by }) => !asked.fourEyes || by !== asked.requester);
  const denied = counted.find(({ approve }) => !approve);
  // Who asks to be told what people say has been told.
  if (denied && call.tool === 'escalate') return null;
  // By whom stands where it can be erased.
  if (denied) throw notApproved(call, 'denied', `it was denied${denied.reason ? `: ${denied.reason}` : ''}`);
  if (new Set(counted.map(({ by }) => by)).size >= asked.quorum) return null;
  if (context.nowMs() >= asked.expiresMs) throw notApproved(call, 'expired', 'nobody approved it in time');
  return { event: approvalEvent(asked.position), untilMs: asked.expiresMs };
}

function notApproved({ tool }: OpenCall, approval: 'denied' | 'expired', why: string): HoldfastError {
  return new HoldfastError('forbidden', `${tool} was not approved: ${why}`, {
    hint: 'Nothing was done. Ask differently, or do something else.',
    details: { approval },
  });
}

async function perform(turn: Turn, call: OpenCall, facts: Facts): Promise<'done' | Wait> {
  if (call.tool === 'delegate') return doDelegate(turn, call);
  if (call.tool === 'handoff') return doHandOff(turn, call);
  if (call.tool === 'think') return doThink(turn, call);
  const builtIn = builtIns[call.tool];
  if (builtIn) return performBuiltIn(turn, call, builtIn);
  const { parts, context, authority } = turn;
  const tool = parts.tools.find(({ name }) => name === call.tool);
  if (!tool) throw new HoldfastError('not-found', `there is no tool ${call.tool}`);
  const { tenant, person, agents } = authority;
  const { id: session, sandbox } = context.session;
  await context.step({
    name: 'tool',
    request: { callId: call.id, tool: call.tool, input: call.input },
    hold: { steps: 1 },
    timeoutMs: longestToolCallMs,
    perform: async (key, scope) => {
      const result = await resultOf(tool, call.input, { key, tenant, person, agents, session, sandbox, scope });
      return { data: { callId: call.id, tool: call.tool, untrusted: facts.untrusted, ...result }, used: { steps: 1 } };
    },
  });
  return 'done';
}

/** One that does not heed its end is left behind: nobody waits for it beyond its time. */
async function resultOf(tool: AgentTool, input: unknown, context: CallContext): Promise<CallResult> {
  try {
    return await untilOrEnded(tool.call(input, context), context.scope);
  } catch (error) {
    return { ok: false, error: asHoldfastError(error).toBody() };
  }
}

async function performBuiltIn(turn: Turn, call: OpenCall, builtIn: BuiltIn): Promise<'done' | Wait> {
  if (turn.conversation.run) return performOfProgram(turn, call, builtIn);
  // What it keeps and that it did are one write: neither is there without the other.
  return turn.parts.store.transaction(() => {
    const result = builtIn(turn, call);
    if ('event' in result) return result;
    turn.context.note('outcome', { ...outcomeOf(call), ...result });
    return 'done';
  });
}

/** Of what the runtime itself brings: what they answer may say anything. */
const untrustedTools: ReadonlySet<string> = new Set(['recall', 'waitFor']);

const outcomeOf = ({ id, tool }: OpenCall): Record<string, unknown> => ({
  name: 'tool',
  callId: id,
  tool,
  untrusted: untrustedTools.has(tool),
});

/** A model pays a step for each time that it asks; a program asks for nothing, so that here each call is one. */
async function performOfProgram(turn: Turn, call: OpenCall, builtIn: BuiltIn): Promise<'done' | Wait> {
  const isWaiting = call.tool === 'sleep' || call.tool === 'ask' || call.tool === 'waitFor';
  const before = isWaiting ? builtIn(turn, call) : null;
  if (before && 'event' in before) return before;
  await turn.context.step({
    name: 'tool',
    request: { callId: call.id, tool: call.tool, input: call.input },
    hold: { steps: 1 },
    timeoutMs: longestToolCallMs,
    perform: async () => ({ data: { ...outcomeOf(call), ...attempt(turn, call, builtIn) }, used: { steps: 1 } }),
  });
  return 'done';
}

function attempt(turn: Turn, call: OpenCall, builtIn: BuiltIn): CallResult {
  try {
    const result = builtIn(turn, call);
    if ('ok' in result) return result;
    throw new HoldfastError('internal', `${call.tool} waits where it may not`);
  } catch (error) {
    return { ok: false, error: asHoldfastError(error).toBody() };
  }
}
