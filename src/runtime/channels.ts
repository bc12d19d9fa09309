/** Channels of a runtime: which sessions they lead to, and what they are opened with. Loaded where there are some. */
import { ChatPlaces, ChatReader, isOwnAsk } from '../agents/index.ts';
import { join, loadOrMakeKey, type RandomSource } from '../base/index.ts';
import { ChannelHub, type Conversations, type Heard, parseChannels } from '../channels/index.ts';
import { type ChannelInput, HoldfastError, type Risk, risks } from '../schema/index.ts';
import type { Store, StoredEntry } from '../state/index.ts';
import { askedFor } from './approvals.ts';
import { beginSession } from './begin-session.ts';
import type { Caller, Core } from './core.ts';
import { type SessionVerbs, sessionVerbs } from './session-verbs.ts';
import type { Sessions } from './sessions.ts';

export interface ChannelOptions {
  channels: readonly ChannelInput[];
  /** Names of the agents that sessions can be started with. */
  agents: readonly string[];
  random: RandomSource;
  sessions(): Promise<Sessions>;
}

const keyBytes = 32;

export async function openChannels(
  core: Core,
  { channels, agents, random, sessions }: ChannelOptions,
): Promise<ChannelHub> {
  const parsed = parseChannels(channels, agents);
  // What is wrong with their agents is said now, not to whoever writes first.
  const { audit } = await sessions();
  const hint =
    'Restore it from a backup. Without it people get new tokens, and addresses that are not linked new conversations.';
  const key = await loadOrMakeKey({ path: join(core.home, 'channel.key'), bytes: keyBytes, hint }, random);
  const hub = new ChannelHub(
    {
      store: core.store,
      clock: core.clock,
      log: core.log,
      random,
      channels: parsed,
      key,
      conversations: conversationsOf(core, sessions, async (caller) => sessionVerbs(core, await sessions(), caller)),
      secret: (tenant, name) => secretOf(core, tenant, name),
      journal: (entry) => void core.journal.append(entry),
      audit: (entry) => void audit.append(entry),
    },
    core.scope.child({ name: 'channels' }),
  );
  await hub.open();
  return hub;
}

type OpenSessions = () => Promise<Pick<Sessions, 'engine' | 'chainKey' | 'audit' | 'bundleOf'>>;

export function conversationsOf(
  core: Pick<Core, 'store' | 'clock'>,
  sessions: OpenSessions,
  verbs: (caller: Caller) => Promise<Pick<SessionVerbs, 'decideApproval'>>,
): Conversations {
  const { store } = core;
  const places = new ChatPlaces();
  return {
    start: async ({ tenant, agent, person, message: { text, via, event, by } }) => {
      const origin = `channel ${event}`;
      const known = store.sessions.byOrigin(tenant, origin);
      if (known) return { session: known.id, position: 1 };
      const opened = await sessions();
      const bundle = await opened.bundleOf(tenant, { agent });
      const way = { via, event };
      const begun = { tenant, person, bundle, origin, message: text, task: false, by, way };
      return { session: beginSession(core, opened, begun).id, position: 1 };
    },
    send: async (session, { by, ...message }) => {
      const { engine } = await sessions();
      const { tenant, endedAt } = engine.get(session);
      const key = `channel ${message.event}`;
      if (endedAt === null) engine.deliver(session, { event: 'message', data: message, key, by });
      const sent = store.sessions.keyed(session, key);
      if (sent) return { session, position: sent.position };
      // It may be the one that the session began with.
      return store.sessions.byOrigin(tenant, key)?.id === session ? { session, position: 1 } : null;
    },
    hear: (session, after, signal) => hear(sessions, places, { session, after, signal }),
    decide: async ({ tenant, approval, approve, by, most }) => {
      const [session = '', position = ''] = approval.split('.');
      if (isDecided(store, { tenant, session, key: `approval:${position}:${by}`, approve })) return;
      const asked = askedFor(core, tenant, approval);
      // What was asked for before risks were written down may be anything.
      const risk = (asked?.data['risk'] ?? 'irreversible') as Risk;
      if (asked && approve && risks.indexOf(risk) > risks.indexOf(most)) {
        throw new HoldfastError('forbidden', `what is ${risk} is not approved from there`, {
          hint: 'Approve it with the command line or over HTTP.',
          details: { session, position, risk, most },
        });
      }
      await (await verbs({ tenant, person: by })).decideApproval(approval, { approve });
    },
  };
}

/** By the same person, in the same way: a crash came before that was answered, or it is said again. */
function isDecided(
  { sessions }: Store,
  { tenant, session, key, approve }: { tenant: string; session: string; key: string; approve: boolean },
): boolean {
  const decided = sessions.get(session)?.tenant === tenant ? sessions.keyed(session, key) : null;
  return decided !== null && Reflect.get(Object(decided.data['data']), 'approve') === approve;
}

async function* hear(
  sessions: OpenSessions,
  places: ChatPlaces,
  { session, after, signal }: { session: string; after: number; signal: AbortSignal },
): AsyncGenerator<Heard> {
  const { engine } = await sessions();
  // What an entry says follows from those before.
  const place = places.before(session, after);
  const reader = new ChatReader(engine.get(session).agent, place?.kept);
  for await (const update of engine.follow(session, place?.position ?? 0, signal)) {
    if (update.type === 'partial') yield { type: 'partial', from: update.from, text: update.text, via: reader.way };
    else if (update.type === 'withdrawn') yield { type: 'withdrawn' };
    else {
      const heard = [...heardOf(reader, update.entry)];
      places.pass(session, update.entry.position, reader);
      if (update.entry.position > after) yield* heard;
    }
  }
}

function* heardOf(reader: ChatReader, entry: StoredEntry): Generator<Heard> {
  const { kind, at, data, position } = entry;
  const said = reader.take(entry);
  for (const [index, { role, text, way, event }] of said.entries()) {
    // Whoever comes back from the middle of an entry gets all of it again.
    const place = index === said.length - 1 ? position : position - 1;
    yield { type: 'said', role, text, via: way, event, at, position: place };
  }
  if (kind === 'approval-asked' && isOwnAsk(entry)) yield { type: 'asks', tool: String(data['tool']), position };
  if (kind === 'waiting' && Array.isArray(data['events']) && data['events'].includes('message')) {
    yield { type: 'rests', position };
  }
  if (kind === 'ended') {
    const failure: unknown = data['ok'] === true ? null : Reflect.get(Object(data['error']), 'code');
    yield { type: 'ended', failure: failure === null ? null : String(failure), position };
  }
}

async function secretOf({ network }: Core, tenant: string, name: string): Promise<string> {
  const found = (await network.secretValues(tenant)).find((secret) => secret.name === name);
  if (found) return new TextDecoder().decode(found.value);
  throw new HoldfastError('not-found', `tenant ${tenant} has no secret ${name}, which a channel needs`, {
    hint: `holdfast secret put ${name}`,
  });
}
