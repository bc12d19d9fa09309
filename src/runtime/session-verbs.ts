/** Verbs about durable sessions: who may start what, and how agents reach a sandbox's tools. */
import { isOwnEvent } from '../agents/index.ts';
import { isoTime } from '../base/index.ts';
import {
  type ErrorBody,
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
import { approvalVerbs } from './approvals.ts';
import { beginSession } from './begin-session.ts';
import { type Caller, type Core, closing, openScope, streamOf } from './core.ts';
import { forkSession } from './fork-session.ts';
import { searchMemories } from './memory-verbs.ts';
import { removeSession } from './session-removal.ts';
import { personFor, refuseForeignTerms, refuseUsed } from './session-terms.ts';
import type { Sessions } from './sessions.ts';
import { type StopVerbs, stopVerbs } from './stop-verbs.ts';
import { storedEntries } from './stored-entries.ts';

export type SessionVerbs = StopVerbs &
  Pick<
    HoldfastService,
    | 'startSession'
    | 'getSession'
    | 'listSessions'
    | 'sendToSession'
    | 'pauseSession'
    | 'resumeSession'
    | 'cancelSession'
    | 'removeSession'
    | 'forkSession'
    | 'sessionEntries'
    | 'sessionUpdates'
    | 'listApprovals'
    | 'decideApproval'
    | 'searchMemories'
  >;

export function sessionVerbs(core: Core, sessions: Sessions, { tenant, person }: Caller): SessionVerbs {
  const { engine } = sessions;
  const find = (ref: string): SessionRecord => engine.find(tenant, ref);
  const view = (record: SessionRecord): Session => sessionView(record, engine.blockedBy(record.id));
  const by = person === null ? {} : { by: person };
  return {
    startSession: async (input) => {
      const request = parseInput(startSessionSchema, input, 'session');
      const accepted = sessions.accept(tenant, request);
      const sandbox = request.sandbox === undefined ? null : core.controller.find(tenant, request.sandbox).id;
      const bundle = await sessions.bundleOf(tenant, request);
      const { message, task, name = null, idempotencyKey, delegation, shareSandbox } = request;
      const works = personFor({ tenant, person }, delegation?.person ?? request.person);
      await refuseForeignTerms(core, sessions, { tenant, person: works, sandbox, bundle });
      const origin = idempotencyKey === undefined ? null : `start ${idempotencyKey}`;
      const from = accepted && delegation ? { accepted, delegation } : null;
      const isKnown = origin !== null && core.store.sessions.byOrigin(tenant, origin) !== null;
      if (sandbox !== null && !shareSandbox && !isKnown) refuseUsed(core, sandbox, sharedHint);
      return view(
        beginSession(core, sessions, {
          tenant,
          person: works,
          bundle,
          name,
          sandbox,
          origin,
          message,
          task,
          by: person,
          from,
        }),
      );
    },
    getSession: async (ref) => view(find(ref)),
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
      return { items: page.items.map(view), nextCursor: page.nextCursor };
    },
    sendToSession: async (ref, input) => {
      const { event, data, idempotencyKey } = parseInput(sendToSessionSchema, input, 'send');
      if (isOwnEvent(event)) {
        throw new HoldfastError('forbidden', `the event ${event} is the runtime's own`, {
          hint: 'Approvals are decided with their own verb; sessions below report by themselves.',
        });
      }
      const { id } = find(ref);
      const key = idempotencyKey === undefined ? {} : { key: `send ${idempotencyKey}` };
      engine.deliver(id, { event, data, ...key, ...by });
      return view(engine.get(id));
    },
    pauseSession: async (ref) => view(engine.pause(find(ref).id, person)),
    resumeSession: async (ref) => view(engine.resume(find(ref).id, person)),
    cancelSession: async (ref) => view(engine.cancel(find(ref).id, 'somebody cancelled it', person)),
    removeSession: async (ref) => {
      await removeSession({ core, engine, audit: sessions.audit, caller: { tenant, person } }, ref);
    },
    forkSession: async (ref, input = {}, options) =>
      view(await forkSession(core, sessions, { tenant, person }, { ref, input, options })),
    sessionEntries: (ref, { after = 0, follow = true } = {}, options) =>
      streamOf(() => {
        const found = find(ref);
        const scope = openScope(core, 'session entries', options, null);
        const entries = follow
          ? entriesOf(engine.follow(found.id, after, scope.signal))
          : storedEntries(core.store.sessions, found, after);
        return closing(shown(entries), () => scope.close());
      }),
    sessionUpdates: (ref, { after = 0 } = {}, options) =>
      streamOf(() => {
        const { id } = find(ref);
        const scope = openScope(core, 'session updates', options, null);
        return closing(shownUpdates(id, engine.follow(id, after, scope.signal)), () => scope.close());
      }),
    ...stopVerbs(core, sessions, { tenant, person }),
    ...approvalVerbs(core, engine, { tenant, person }),
    searchMemories: async (input) => searchMemories(core, { tenant, person }, input),
  };
}

const sharedHint =
  'Give it a sandbox of its own (holdfast fork copies one), or say shareSandbox (--share-sandbox) where both may change the same files at once.';

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

/** Without the chain of authority, which is the runtime's own, and what it came from. */
function shownEntry({ format: _, ...entry }: StoredEntry): SessionEntry {
  const { chain: _chain, delegation: _delegation, ...data } = entry.data;
  return { ...entry, data };
}

/** @param blocked why it does nothing though it could */
export function sessionView(record: SessionRecord, blocked: ErrorBody | null): Session {
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
    blocked,
    budget: { limits, spent, held },
    createdAt,
    endedAt,
  };
}
