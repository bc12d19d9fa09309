/**
 * What the entries of sessions' logs mean for the audit log: one entry here for each there, with whom it is about, which agent
 * acted under which manifest, and what was decided.
 */
import { agentOf, digestOf } from '../agents/index.ts';
import type { AuditLog, NewAuditEntry } from '../audit/index.ts';
import { type AuditDecision, type AuditKind, agentBundleSchema, type ModelFacts } from '../schema/index.ts';
import type { SessionPlace, Store, StoredEntry, Witness } from '../state/index.ts';

interface Told {
  kind: AuditKind;
  decision?: AuditDecision;
  /** Where it is not the agent that has the conversation. */
  agent?: string;
  model?: string;
  actor?: string;
  body: Record<string, unknown>;
}

interface AgentFacts {
  manifest: string;
  model: string;
}

const mostRemembered = 4096;

/** @param also done in the same transaction, e.g. to note who has to be told */
export function auditWitness(
  audit: AuditLog,
  store: Pick<Store, 'sessions'>,
  also: (session: SessionPlace, entry: StoredEntry) => void,
): Witness {
  const agents = new ActingAgents(store);
  const see: Witness['see'] = (session, entries, copied) => {
    const { id, tenant, person } = session;
    if (copied !== null) {
      const { from, by: actor } = copied;
      const body = { from, entries: entries.length };
      audit.appendLater({ kind: 'session-forked', tenant, session: id, person, actor, ...agents.of(session), body });
      return;
    }
    for (const entry of entries) {
      for (const { agent, ...told } of toldBy(session, entry)) {
        const acting = agents.of(session, agent);
        const model = told.model ?? (told.kind === 'model-call' ? acting.model : undefined);
        audit.appendLater({
          ...told,
          tenant,
          session: id,
          position: entry.position,
          person,
          agent: acting.agent,
          ...(acting.manifest === undefined ? {} : { manifest: acting.manifest }),
          ...(model === undefined ? {} : { model }),
        } satisfies NewAuditEntry);
      }
      if (entry.kind === 'handed-off') agents.forget(id);
      also(session, entry);
    }
  };
  return { see, consent: () => audit.handOver() };
}

/** An effect begins when its intent is on the disk, in the session's log and in the audit log. */
export async function bothDurable(store: Pick<Store, 'durable'>, audit: Pick<AuditLog, 'durable'>): Promise<void> {
  await Promise.all([store.durable(), audit.durable()]);
}

/** Who has the conversation, and under which manifest; looked up once for each. */
class ActingAgents {
  readonly #store: Pick<Store, 'sessions'>;
  readonly #acting = new Map<string, string>();
  readonly #facts = new Map<string, AgentFacts | null>();

  constructor(store: Pick<Store, 'sessions'>) {
    this.#store = store;
  }

  of({ id, agent, bundle }: SessionPlace, named?: string): { agent: string; manifest?: string; model?: string } {
    const acting = named ?? remembered(this.#acting, id, () => this.#store.sessions.handedTo(id) ?? agent);
    const facts = remembered(this.#facts, `${bundle} ${acting}`, () => this.#read(bundle, acting));
    return { agent: acting, ...facts };
  }

  forget(session: string): void {
    this.#acting.delete(session);
  }

  #read(bundle: string, name: string): AgentFacts | null {
    const parsed = agentBundleSchema.safeParse(this.#store.sessions.getBundle(bundle));
    if (!parsed.success || !parsed.data.agents.some((each) => each.name === name)) return null;
    const manifest = agentOf(parsed.data, name);
    return { manifest: digestOf(manifest), model: modelName(manifest.model) };
  }
}

const modelName = (facts: ModelFacts): string => ('id' in facts ? `${facts.provider}:${facts.id}` : facts.provider);

function remembered<V>(known: Map<string, V>, key: string, find: () => V): V {
  const there = known.get(key);
  if (there !== undefined) return there;
  if (known.size >= mostRemembered) known.clear();
  const found = find();
  known.set(key, found);
  return found;
}

function toldBy(session: SessionPlace, { kind, data }: StoredEntry): Told[] {
  switch (kind) {
    case 'started':
      return [{ kind: 'session-started', ...actorOf(data), body: { ...plain(data), parent: session.parent } }];
    case 'received':
      return [received(data)];
    case 'intent':
      return [intent(data)];
    case 'outcome':
      return [outcome(data)];
    case 'approval-asked':
      return [{ kind, decision: 'asked', body: data }];
    case 'handed-off':
      return [{ kind, agent: String(data['from']), body: data }];
    case 'began':
    case 'called':
      return [{ kind: 'step', body: { name: kind, ...data } }];
    case 'delegated':
    case 'routed':
    case 'compacted':
      return [{ kind, body: data }];
    case 'waiting':
      return [{ kind: 'turn-ended', body: data }];
    case 'paused':
    case 'resumed':
    case 'upgraded':
      return [{ kind: `session-${kind}`, ...actorOf(data), body: plain(data) }];
    case 'ended':
      return ended(data);
  }
}

/** Without the chain of authority and what it came from, which are the runtime's own, and without names that stand in the envelope. */
function plain({ chain, by: _, delegation: _delegation, ...rest }: Record<string, unknown>): Record<string, unknown> {
  const links: unknown = Reflect.get(Object(chain), 'links');
  const agents = Array.isArray(links) ? links.map((link) => Reflect.get(Object(link), 'agent')) : [];
  return { ...rest, agents };
}

const actorOf = ({ by }: Record<string, unknown>): { actor?: string } => (typeof by === 'string' ? { actor: by } : {});

function received(data: Record<string, unknown>): Told {
  const event = String(data['event']);
  const inner = fields(data['data']);
  if (event.startsWith('approval:')) {
    const decision = inner['approve'] === true ? 'allowed' : 'denied';
    const { by: _, ...rest } = inner;
    return { kind: 'approval-decided', decision, ...actorOf(inner), body: { event, ...rest } };
  }
  if (event.startsWith('child:')) return { kind: 'delegation-returned', body: { event, data: data['data'] } };
  return {
    kind: event === 'message' ? 'message' : 'event',
    ...actorOf(data),
    body: { event, data: data['data'] },
  };
}

function intent({ name, request, digest }: Record<string, unknown>): Told {
  const body = { request, digest };
  if (name === 'model') {
    const { agent } = fields(request);
    return { kind: 'model-call', ...(typeof agent === 'string' ? { agent } : {}), body };
  }
  if (name === 'tool') return { kind: 'tool-call', decision: 'allowed', body };
  return { kind: 'step', body: { name, ...body } };
}

function outcome(data: Record<string, unknown>): Told {
  if (data['name'] === 'model') {
    const { model } = data;
    return { kind: 'model-answer', ...(typeof model === 'string' ? { model } : {}), body: data };
  }
  if (data['name'] !== 'tool') return { kind: 'step-result', body: data };
  if (data['refused'] !== true) return { kind: 'tool-result', body: data };
  const { policies, approval } = fields(fields(data['error'])['details']);
  if (approval === 'expired') return { kind: 'approval-expired', decision: 'expired', body: data };
  if (approval === 'denied') return { kind: 'approval-denied', decision: 'denied', body: data };
  return { kind: Array.isArray(policies) ? 'policy-denied' : 'tool-refused', decision: 'denied', body: data };
}

function ended(data: Record<string, unknown>): Told[] {
  const { by: _, ...body } = data;
  const end: Told = { kind: 'session-ended', ...actorOf(data), body };
  const error = fields(data['error']);
  if (error['code'] !== 'budget-exhausted') return [end];
  return [{ kind: 'budget-refused', decision: 'denied', body: { error } }, end];
}

const fields = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
