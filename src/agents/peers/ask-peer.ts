/**
 * An agent that works in another runtime. Here it is a session like any other; its one step gives the task away, and it
 * waits for the end as for any event, at no cost.
 *
 * 1. The same step gives the same delegation, after a crash as well, so that a task is given away once. So do the tries that follow
 *    one that the other may have got while it is away (patience.ts); what is said meanwhile is for the next task. A fork has its
 *    source's message, and no delegation of it.
 * 2. What the other may use is held as the step's own, and counts as used, unless the other cannot have got it, or refused it:
 *    nothing comes back. As long as it cannot have got it, each try holds what is left then; after that, a further one uses nothing.
 * 3. What it answers is as trusted as it says, and no more.
 */
import { z } from 'zod';
import type { Scope } from '../../base/index.ts';
import {
  type AgentLimits,
  asHoldfastError,
  type Delegation,
  HoldfastError,
  type ModelFacts,
  type SessionOutcome,
  type StartSession,
} from '../../schema/index.ts';
import { openIntent, type StepResult, type TurnEnd } from '../../sessions/index.ts';
import type { StoredEntry } from '../../state/index.ts';
import { type Away, goesOn, isAway, patienceOf, triesOf, wasNeverSent } from '../patience.ts';
import type { Turn } from '../program.ts';
import { agentsOfChain } from '../rules.ts';
import { requestDigest, signDelegation } from './delegation.ts';
import type { Peer, PeerBook } from './types.ts';

export type PeerModel = Extract<ModelFacts, { provider: 'peer' }>;
type Reached = Peer & Required<Pick<Peer, 'serviceOf'>>;

/** What is given away; plain data, part of the log. */
interface Task {
  agent: string;
  message: string;
  limits: AgentLimits;
}

/** `again`: by a further try, which takes nothing of what was said since the first. */
type Asked = Task & { again?: true };

/** What the tries in a row came to. */
interface Tries {
  message: string;
  /** The first that the other may have got. */
  paid: { key: string; at: string; task: Task } | null;
}

const delegationLifetimeMs = 7 * 86_400_000;
const startTimeoutMs = 60_000;
const firstPauseMs = 250;
/** Between two looks: a quarter of the time waited so far, within these. */
const shortestWaitMs = 100;
const longestWaitMs = 5 * 60_000;
/** Room for doing the step again. */
const keptSteps = 8;
const mostAnswerChars = 1024 * 1024;

/** Null: something was done, look again. */
export async function askPeer(turn: Turn, facts: PeerModel): Promise<TurnEnd | null> {
  const { context, parts, authority } = turn;
  const book = parts.peers;
  if (!book)
    throw new HoldfastError('capability-missing', 'this runtime has no peers', { hint: 'Give it some: peers.' });
  const peer = peerOf(book, facts, authority.tenant);
  const last = context.entries.findLast((entry) => entry.kind === 'outcome' || goesOn(entry));
  if (last?.data['name'] !== 'peer' || isAway(last)) {
    await give(turn, facts, { book, peer });
    return null;
  }
  if (last.data['ok'] === true) return look(turn, facts, { peer, given: last });
  context.note('outcome', { name: 'model', ok: false, error: last.data['error'] });
  return null;
}

async function give(turn: Turn, facts: PeerModel, { book, peer }: { book: PeerBook; peer: Reached }): Promise<void> {
  const { context } = turn;
  const open = openIntent(context.entries);
  const tries = triesBefore(turn);
  const paid = tries?.paid ?? null;
  // What a crash left was written below, and what was held for it is used.
  const request: Asked =
    (open?.data['request'] as Asked | undefined) ??
    (tries ? { ...(paid?.task ?? taskOf(turn, facts, tries.message)), again: true } : taskOf(turn, facts));
  const { again: _, ...task } = request;
  const { steps, tokens, cents, wallMs } = task.limits;
  await context.step({
    name: 'peer',
    request: { ...request },
    hold: open || paid ? { steps: 1 } : { steps: steps + 1, tokens, cents, wallMs },
    timeoutMs: startTimeoutMs,
    perform: (key, scope) => {
      const begunAt = context.entries.findLast(({ kind }) => kind === 'intent')?.at ?? '';
      const { key: id, at } = paid ?? { key, at: begunAt };
      const expiresMs = Date.parse(at) + delegationLifetimeMs;
      const delegation = delegationOf(turn, { book, audience: peer.publicKey, id, expiresMs, task });
      const given = { agent: task.agent, message: task.message, task: true, delegation };
      return start(turn, peer, { request: given, scope, isRedone: open !== null, isPaid: paid !== null });
    },
  });
}

const taskOf = (turn: Turn, { agent }: PeerModel, message = turn.conversation.queued.join('\n')): Task => ({
  agent,
  message,
  limits: sliceOf(turn),
});

/** Null: there was none. */
function triesBefore({ context: { entries, session } }: Turn): Tries | null {
  const tries = triesOf(entries);
  const first = tries[0] && begunBy(entries, tries[0]);
  if (!first) return null;
  // A fork has its source's entries, and nothing of what its source gave away.
  const isOwn = ({ data }: StoredEntry): boolean => String(data['key']).startsWith(`${session.id}/`);
  const may = tries.find((each) => each.data['mayBeThere'] === true && isOwn(each));
  const begun = may && begunBy(entries, may);
  return { message: first.task.message, paid: may && begun ? { key: String(may.data['key']), ...begun } : null };
}

/** `give` wrote it. */
function begunBy(entries: readonly StoredEntry[], { position }: StoredEntry): { at: string; task: Task } | null {
  const intent = entries.findLast((entry) => entry.kind === 'intent' && entry.position < position);
  if (!intent) return null;
  const { again: _, ...task } = intent.data['request'] as Asked;
  return { at: intent.at, task };
}

function delegationOf(
  turn: Turn,
  {
    book,
    audience,
    id,
    expiresMs,
    task,
  }: { book: PeerBook; audience: string; id: string; expiresMs: number; task: Task },
): Delegation {
  const { chain, authority, conversation, above } = turn;
  const rules = agentsOfChain(turn);
  const own = chain.links.map((link, at) => {
    const { policies = {}, approvals = [] } = rules[at] ?? {};
    return { ...link, policies: { ...policies }, approvals: [...approvals] };
  });
  return signDelegation(book, turn.delegation ?? { ...authority, segments: [] }, {
    audience,
    id,
    expiresMs,
    request: requestDigest(task),
    limits: task.limits,
    untrusted: conversation.untrusted,
    links: own.slice(above.length),
  });
}

interface Giving {
  request: StartSession;
  scope: Scope;
  /** A crash came while it was given. */
  isRedone: boolean;
  /** By a try before this one. */
  isPaid: boolean;
}

async function start(
  { context, manifest, parts, authority }: Turn,
  peer: Reached,
  { request, scope, isRedone, isPaid }: Giving,
): Promise<StepResult> {
  let mayBeThere = isRedone;
  for (let attempt = 1; ; attempt++) {
    try {
      const { id } = await peer.serviceOf(authority.tenant).startSession(request, { signal: scope.signal });
      return { data: { ok: true, peer: peer.name, session: id } };
    } catch (error) {
      context.scope.throwIfEnded();
      const known = asHoldfastError(error);
      mayBeThere ||= mayHaveBegun(known);
      if (attempt < manifest.attempts && known.retryable && !scope.signal.aborted) {
        await parts.clock.sleep(firstPauseMs * 2 ** attempt, scope.signal).catch(() => undefined);
        continue;
      }
      const away: Away = known.retryable && patienceOf(manifest) > 0 ? { away: true } : {};
      const data = { ok: false, error: known.toBody(), ...away, ...(mayBeThere ? { mayBeThere: true } : {}) };
      if (mayBeThere && !(isPaid && away.away)) return { data };
      return { data, used: { steps: away.away ? 0 : 1 } };
    }
  }
}

/** Said by the other, before it began anything. */
const refusals: ReadonlySet<string> = new Set(['rate-limited', 'busy', 'audit-unavailable', 'host-disk-full']);

function mayHaveBegun(error: HoldfastError): boolean {
  const isRefusal = error.fault === 'caller' || error.fault === 'policy' || refusals.has(error.code);
  return !(isRefusal && error.code !== 'cancelled') && !wasNeverSent(error);
}

/** All that is left here and above, but for some room; half of the time, of which some is used here. */
function sliceOf({ context, manifest }: Turn): AgentLimits {
  const left = context.left();
  if (left.depth < 1) {
    throw new HoldfastError('budget-exhausted', `${manifest.name} may not delegate any deeper`, {
      hint: 'Give it, and all above it, a depth that is larger by one.',
    });
  }
  const steps = Math.max(0, left.steps - keptSteps);
  return { ...left, steps, wallMs: Math.floor(left.wallMs / 2), depth: left.depth - 1 };
}

async function look(
  { context, authority, parts }: Turn,
  facts: PeerModel,
  { peer, given }: { peer: Reached; given: StoredEntry },
): Promise<TurnEnd | null> {
  const session = String(given.data['session']);
  const waitedMs = context.nowMs() - Date.parse(given.at);
  try {
    const { outcome } = await peer.serviceOf(authority.tenant).getSession(session, { signal: context.scope.signal });
    if (outcome !== null) {
      context.note('outcome', { name: 'model', ...answerOf(outcome, facts) });
      return null;
    }
  } catch (error) {
    context.scope.throwIfEnded();
    parts.log.warn({ error, session: context.session.id, peer: peer.name }, 'a peer did not say how its work stands');
    if (waitedMs >= delegationLifetimeMs) {
      context.note('outcome', { name: 'model', ok: false, error: asHoldfastError(error).toBody() });
      return null;
    }
  }
  const pauseMs = Math.min(longestWaitMs, Math.max(shortestWaitMs, Math.floor(waitedMs / 4)));
  return { wait: { events: [`peer:${session}`], untilMs: context.nowMs() + pauseMs } };
}

const outputSchema = z.object({ text: z.string().max(mostAnswerChars), untrusted: z.boolean() });

/** As a model's answer: the conversation goes on from it, or the session fails with it. */
function answerOf(outcome: SessionOutcome, { peer, agent }: PeerModel): Record<string, unknown> {
  if (!outcome.ok) return { ok: false, error: outcome.error };
  const output = outputSchema.safeParse(outcome.output);
  if (!output.success) {
    const error = new HoldfastError('model-failed', `${peer}/${agent} answered what is no answer of an agent`);
    return { ok: false, error: error.toBody() };
  }
  const { text, untrusted } = output.data;
  const content = [{ type: 'text', text: text.toWellFormed() }];
  return { ok: true, content, untrusted, finish: 'stop', model: `${peer}/${agent}` };
}

function peerOf({ peers }: PeerBook, facts: PeerModel, tenant: string): Reached {
  const peer = peers.find(({ name }) => name === facts.peer);
  if (peer?.serviceOf && peer.tenants.includes(tenant)) return { ...peer, serviceOf: peer.serviceOf };
  throw new HoldfastError('forbidden', `there is no peer ${facts.peer} that works for the tenant ${tenant}`, {
    hint: 'The owner of this runtime says which peers it has, and for whom they work.',
  });
}
