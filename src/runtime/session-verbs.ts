/** Verbs about durable sessions: who may start what, and how agents reach a sandbox's tools. */
import { isOwnEvent, refuseTerms } from '../agents/index.ts';
import { isoTime } from '../base/index.ts';
import {
  type AgentBundle,
  type ErrorBody,
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
import { approvalVerbs } from './approvals.ts';
import { beginSession } from './begin-session.ts';
import { type Caller, type Core, closing, defaultTenant, openScope, ownerPerson, streamOf } from './core.ts';
import { searchMemories } from './memory-verbs.ts';
import type { Sessions } from './sessions.ts';
import { type StopVerbs, stopVerbs } from './stop-verbs.ts';

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
      const { message, task, name = null, idempotencyKey, delegation } = request;
      const works = personFor({ tenant, person }, delegation?.person ?? request.person);
      await refuseForeignTerms(core, sessions, { tenant, person: works, sandbox, bundle });
      const origin = idempotencyKey === undefined ? null : `start ${idempotencyKey}`;
      const from = accepted && delegation ? { accepted, delegation } : null;
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
        return view(engine.fork(id, { ...more, sandbox: copy?.id ?? null, by: person }));
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
    ...stopVerbs(core, sessions, { tenant, person }),
    ...approvalVerbs(core, engine, { tenant, person }),
    searchMemories: async (input) => searchMemories(core, { tenant, person }, input),
  };
}

/** For whom and where its agents work at all. @throws HoldfastError `forbidden` */
async function refuseForeignTerms(
  core: Core,
  sessions: Pick<Sessions, 'claimsOf'>,
  { tenant, person, sandbox, bundle }: { tenant: string; person: string; sandbox: string | null; bundle: AgentBundle },
): Promise<void> {
  const asked = bundle.agents.filter((each) => each.person !== undefined || each.contract !== undefined);
  if (asked.length === 0) return;
  const held = sandbox === null ? null : (core.store.sandboxes.get(sandbox)?.contract ?? null);
  // Anybody can call a document by that name: it must be the one that is shipped, or that this daemon holds all to.
  const genuine = held === null ? null : await core.contracts.resolve(held.name).catch(() => null);
  const contract = held !== null && genuine?.digest === held.digest ? held.name : null;
  refuseTerms({ agents: asked }, { person, claims: await sessions.claimsOf(tenant, person), contract });
}

/** A key that names a person asks for nobody else; the owner and a key of a tenant say for whom. */
function personFor({ tenant, person }: Caller, asked: string | undefined): string {
  const isOwner = tenant === defaultTenant && person === ownerPerson;
  if (asked === undefined || asked === person) return person ?? ownerPerson;
  if (person === null || isOwner) return asked;
  throw new HoldfastError('forbidden', `${person} may not start sessions that work for ${asked}`, {
    hint: 'Leave the person out, or use a key of the tenant that names none.',
  });
}

const mostEntries = 100_000;

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
