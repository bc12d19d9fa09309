/** Verbs about durable sessions: who may start what, and how agents reach a sandbox's tools. */
import { isOwnAsk } from '../agents/index.ts';
import { isoTime } from '../base/index.ts';
import {
  type Approval,
  cancelSessionsSchema,
  decideApprovalSchema,
  forkSessionSchema,
  HoldfastError,
  type HoldfastService,
  listSessionsSchema,
  parseInput,
  type Session,
  type SessionEntry,
  type SessionUpdate,
  sendToSessionSchema,
  startSessionSchema,
} from '../schema/index.ts';
import type { Update } from '../sessions/index.ts';
import type { SessionRecord, StoredEntry } from '../state/index.ts';
import { beginSession } from './begin-session.ts';
import { type Core, closing, defaultTenant, openScope, streamOf } from './core.ts';
import type { Sessions } from './sessions.ts';

export type SessionVerbs = Pick<
  HoldfastService,
  | 'startSession'
  | 'getSession'
  | 'listSessions'
  | 'sendToSession'
  | 'pauseSession'
  | 'resumeSession'
  | 'cancelSession'
  | 'cancelSessions'
  | 'forkSession'
  | 'sessionEntries'
  | 'sessionUpdates'
  | 'listApprovals'
  | 'decideApproval'
>;

export function sessionVerbs(core: Core, sessions: Sessions, tenant: string): SessionVerbs {
  const { engine } = sessions;
  const find = (ref: string): SessionRecord => engine.find(tenant, ref);
  return {
    startSession: async (input) => {
      const request = parseInput(startSessionSchema, input, 'session');
      const sandbox = request.sandbox === undefined ? null : core.controller.find(tenant, request.sandbox).id;
      const bundle = await sessions.bundleOf(tenant, request);
      const { person, message, task, name = null, idempotencyKey } = request;
      const origin = idempotencyKey === undefined ? null : `start ${idempotencyKey}`;
      return sessionView(
        beginSession(core, sessions, { tenant, person, bundle, name, sandbox, origin, message, task }),
      );
    },
    getSession: async (ref) => sessionView(find(ref)),
    listSessions: async (query = {}) => {
      const { state, parent, all, limit, cursor } = parseInput(listSessionsSchema, query, 'list');
      const page = core.store.sessions.list({
        tenant,
        ...(state === undefined ? {} : { state }),
        ...(parent === undefined ? {} : { parent }),
        ...(all === undefined ? {} : { all }),
        ...(limit === undefined ? {} : { limit }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      return { items: page.items.map(sessionView), nextCursor: page.nextCursor };
    },
    sendToSession: async (ref, input) => {
      const { event, data, idempotencyKey } = parseInput(sendToSessionSchema, input, 'send');
      if (reserved.test(event)) {
        throw new HoldfastError('forbidden', `the event ${event} is the runtime's own`, {
          hint: 'Approvals are decided with their own verb; sessions below report by themselves.',
        });
      }
      const { id } = find(ref);
      engine.deliver(id, { event, data, ...(idempotencyKey === undefined ? {} : { key: `send ${idempotencyKey}` }) });
      return sessionView(engine.get(id));
    },
    pauseSession: async (ref) => sessionView(engine.pause(find(ref).id)),
    resumeSession: async (ref) => sessionView(engine.resume(find(ref).id)),
    cancelSession: async (ref) => sessionView(engine.cancel(find(ref).id, 'somebody cancelled it')),
    cancelSessions: async (input = {}) => {
      const { agent, everyTenant } = parseInput(cancelSessionsSchema, input, 'cancel');
      if (everyTenant && tenant !== defaultTenant) {
        throw new HoldfastError('forbidden', `tenant ${tenant} may not cancel sessions of others`, {
          hint: 'Without everyTenant it cancels its own.',
        });
      }
      const startedMs = core.clock.monotonicMs();
      const cancelled = engine.cancelAll(everyTenant ? null : tenant, agent ?? null, 'all were cancelled');
      const durationMs = core.clock.monotonicMs() - startedMs;
      core.journal.append({
        tenant,
        sandbox: null,
        type: 'sessions-cancelled',
        body: { agent: agent ?? null, everyTenant, cancelled },
      });
      return { cancelled, durationMs };
    },
    forkSession: async (ref, input = {}, options) => {
      const { at, name } = parseInput(forkSessionSchema, input, 'fork');
      const source = find(ref);
      const { id, sandbox } = source;
      if (sandbox !== null && at !== undefined && at < source.position) {
        throw new HoldfastError('wrong-state', `${id} has a sandbox, and its files are not kept for entry ${at}`, {
          hint: 'Fork it where it stands, without --at.',
        });
      }
      engine.refuseTooMany(tenant);
      const sandboxes = sessions.sandboxes(tenant);
      const [copy] = sandbox === null ? [] : await sandboxes.forkSandbox(sandbox, { count: 1 }, options);
      const more = { ...(at === undefined ? {} : { at }), name: name ?? null };
      try {
        return sessionView(engine.fork(id, { ...more, sandbox: copy?.id ?? null }));
      } catch (error) {
        // Nobody would know of it.
        if (copy) await sandboxes.destroySandbox(copy.id);
        throw error;
      }
    },
    sessionEntries: (ref, { after = 0, follow = true } = {}, options) =>
      streamOf(() => {
        const { id } = find(ref);
        const scope = openScope(core, 'session entries', options, null);
        const entries = follow
          ? entriesOf(engine.follow(id, after, scope.signal))
          : stored(core.store.sessions.entries(id, after, mostEntries));
        return closing(shown(entries), () => scope.close());
      }),
    sessionUpdates: (ref, { after = 0 } = {}, options) =>
      streamOf(() => {
        const { id } = find(ref);
        const scope = openScope(core, 'session updates', options, null);
        return closing(shownUpdates(id, engine.follow(id, after, scope.signal)), () => scope.close());
      }),
    listApprovals: async () => {
      const nowMs = core.clock.nowMs();
      return core.store.sessions.asked(tenant).flatMap((entry) => approvalOf(core, entry, nowMs) ?? []);
    },
    decideApproval: async (id, input) => {
      const decision = parseInput(decideApprovalSchema, input, 'approval');
      const [session = '', position = ''] = id.split('.');
      const nowMs = core.clock.nowMs();
      const entry = core.store.sessions.asked(tenant).find((each) => `${each.session}.${each.position}` === id);
      const approval = entry && approvalOf(core, entry, nowMs);
      if (!approval) {
        throw new HoldfastError('not-found', `no approval ${JSON.stringify(id)} is asked for`, {
          hint: 'It is decided, over, or was never asked for; holdfast session approvals lists those that are.',
        });
      }
      if (approval.fourEyes && decision.by === approval.requester) {
        throw new HoldfastError(
          'forbidden',
          `${decision.by} is whom the session works for, and somebody else must decide`,
          {
            hint: 'Ask a second person.',
          },
        );
      }
      const { approve, by, reason = null } = decision;
      const event = `approval:${position}`;
      const isNew = engine.deliver(session, { event, data: { approve, by, reason }, key: `${event}:${by}` });
      if (isNew)
        core.journal.append({
          tenant,
          sandbox: null,
          type: 'approval-decided',
          body: { approval: id, approve, by, reason },
        });
      return approval;
    },
  };
}

const mostEntries = 100_000;
const reserved = /^(approval|child):/;

/** Open ones only: neither decided nor over. */
function approvalOf({ store }: Core, { session, position, at, data }: SessionEntry, nowMs: number): Approval | null {
  const expiresMs = Number(data['expiresMs']);
  if (nowMs >= expiresMs || !isOwnAsk({ session, data })) return null;
  const decisions = store.sessions
    .entries(session, position, mostEntries)
    .filter((entry) => entry.kind === 'received' && entry.data['event'] === `approval:${position}`)
    // Written by `decideApproval` and by nobody else.
    .map((entry) => entry.data['data'] as { approve: boolean; by: string });
  const quorum = Number(data['quorum']);
  if (decisions.some(({ approve }) => !approve) || decisions.length >= quorum) return null;
  return {
    id: `${session}.${position}`,
    session,
    agent: String(data['agent']),
    tool: String(data['tool']),
    input: data['input'],
    reason: String(data['reason']),
    quorum,
    fourEyes: data['fourEyes'] !== false,
    requester: String(data['requester']),
    approvedBy: decisions.map(({ by }) => by),
    askedAt: at,
    expiresAt: isoTime(expiresMs),
  };
}

async function* stored(entries: StoredEntry[]): AsyncGenerator<StoredEntry> {
  yield* entries;
}

async function* entriesOf(updates: AsyncIterable<Update>): AsyncGenerator<StoredEntry> {
  for await (const update of updates) if (update.type === 'entry') yield update.entry;
}

async function* shown(entries: AsyncIterable<StoredEntry>): AsyncGenerator<SessionEntry> {
  for await (const entry of entries) yield shownEntry(entry);
}

async function* shownUpdates(session: string, updates: AsyncIterable<Update>): AsyncGenerator<SessionUpdate> {
  for await (const update of updates) {
    yield update.type === 'entry' ? { type: 'entry', entry: shownEntry(update.entry) } : { session, ...update };
  }
}

/** Without the chain of authority, which is the runtime's own. */
function shownEntry({ format: _, ...entry }: StoredEntry): SessionEntry {
  const { chain: _chain, ...data } = entry.data;
  return { ...entry, data };
}

export function sessionView(record: SessionRecord): Session {
  const { id, name, tenant, parent, root, agent, manifest, person, sandbox, waitsFor, position, outcome } = record;
  const { wakeMs, createdAt, endedAt, limits, spent, held } = record;
  return {
    id,
    name,
    tenant,
    parent,
    root,
    agent,
    manifest,
    person,
    state: record.paused && endedAt === null ? 'paused' : record.state,
    sandbox,
    waitsFor,
    wakesAt: wakeMs === null ? null : isoTime(wakeMs),
    position,
    outcome,
    budget: { limits, spent, held },
    createdAt,
    endedAt,
  };
}
