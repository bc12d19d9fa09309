/**
 * A new session with the log of another up to an entry: as it was, or with other agents, in another sandbox, with a word more.
 *
 * 1. Other agents are for whoever may start sessions for the person that the source works for, under the terms of a start.
 * 2. The authority of the agent that begins is its own manifest's, below the agents of other runtimes that the source is below.
 * 3. No two sessions that are not over work in a sandbox that was brought.
 */
import {
  agentOf,
  beginChain,
  type Chain,
  digestOf,
  extendChain,
  linkOf,
  readConversation,
  verifyChain,
} from '../agents/index.ts';
import {
  type AgentBundle,
  agentBundleSchema,
  type CallOptions,
  type ForkSession,
  forkSessionSchema,
  HoldfastError,
  parseInput,
} from '../schema/index.ts';
import type { OtherAgents } from '../sessions/index.ts';
import type { SessionRecord, StoredEntry } from '../state/index.ts';
import { keepBundle } from './begin-session.ts';
import type { Caller, Core } from './core.ts';
import { copyMemories } from './fork-memories.ts';
import { personFor, refuseForeignTerms, refuseUsed } from './session-terms.ts';
import type { Sessions } from './sessions.ts';

interface AskedFork {
  ref: string;
  input: ForkSession;
  options: CallOptions | undefined;
}

export async function forkSession(
  core: Core,
  sessions: Sessions,
  { tenant, person }: Caller,
  { ref, input, options }: AskedFork,
): Promise<SessionRecord> {
  const { at, name, sandbox, message, with: edits = {} } = parseInput(forkSessionSchema, input, 'fork');
  const { engine } = sessions;
  const source = engine.find(tenant, ref);
  const brought = sandbox === undefined ? null : core.controller.find(tenant, sandbox).id;
  if (brought === null) refuseOldFiles(source, at);
  engine.refuseTooMany(tenant);
  const bundle = edits.bundle === undefined ? null : await sessions.bundleOf(tenant, { bundle: edits.bundle });
  if (bundle !== null) personFor({ tenant, person }, source.person);
  if (bundle !== null || brought !== null) {
    const works = { tenant, person: source.person, sandbox: brought ?? source.sandbox };
    await refuseForeignTerms(core, sessions, { ...works, bundle: bundle ?? bundleOf(core, source) });
  }
  const own = brought ?? (await copyOfSandbox(sessions, source, options));
  try {
    if (brought !== null) refuseUsed(core, brought, broughtHint);
    return engine.fork(source.id, {
      ...(at === undefined ? {} : { at }),
      name: name ?? null,
      sandbox: own,
      by: person,
      message,
      alongside: (fork, kept) => copyMemories(core, source, fork, kept),
      others: bundle && ((kept) => othersFor(core, sessions, { source, bundle, kept, by: person })),
    });
  } catch (error) {
    // Nobody would know of it.
    if (own !== null && own !== brought) await sessions.sandboxes(tenant).destroySandbox(own);
    throw error;
  }
}

function refuseOldFiles({ id, sandbox, position }: SessionRecord, at: number | undefined): void {
  if (sandbox === null || at === undefined || at >= position) return;
  throw new HoldfastError('wrong-state', `${id} has a sandbox, and its files are not kept for entry ${at}`, {
    hint: 'Fork it where it stands, without --at; or bring a sandbox with those files, e.g. one that `holdfast fork` made: --sandbox.',
  });
}

async function copyOfSandbox(
  sessions: Sessions,
  { tenant, sandbox }: SessionRecord,
  options: CallOptions | undefined,
): Promise<string | null> {
  if (sandbox === null) return null;
  const [copy] = await sessions.sandboxes(tenant).forkSandbox(sandbox, { count: 1 }, options);
  return copy?.id ?? null;
}

const broughtHint = 'Bring a sandbox of its own: holdfast fork makes one, of a recording or of a sandbox.';

const bundleOf = ({ store }: Core, { bundle }: SessionRecord): AgentBundle =>
  agentBundleSchema.parse(store.sessions.getBundle(bundle));

interface GivenAgents {
  source: SessionRecord;
  bundle: AgentBundle;
  /** The fork's log. */
  kept: readonly StoredEntry[];
  by: string | null;
}

function othersFor(core: Core, sessions: Sessions, { source, bundle, kept, by }: GivenAgents): OtherAgents {
  const { chainKey } = sessions;
  const { agent, tenant } = source;
  if (bundle.entry !== agent) throw unfit(`they begin with ${bundle.entry}, and ${source.id} with ${agent}`);
  const names = new Set(bundle.agents.map(({ name }) => name));
  const missing = kept.find(({ kind, data }) => kind === 'handed-off' && !names.has(String(data['to'])));
  if (missing) throw unfit(`${String(missing.data['to'])} has the conversation in its log, and is not one of them`);
  if (readConversation(kept, agent).run !== null) {
    throw new HoldfastError('wrong-state', `a program of ${source.id} is at work after entry ${kept.length}`, {
      hint: 'What another one would have done until there is not known. Fork it from before that, or after.',
    });
  }
  const manifest = agentOf(bundle, agent);
  // Written by whoever started the session; whether it is genuine is checked by its tag.
  const was = kept[0]?.data['chain'] as Chain;
  verifyChain(chainKey, was, core.clock.nowMs());
  const [first = linkOf(manifest), ...rest] = [...was.links.slice(0, -1), linkOf(manifest)];
  return {
    manifest: digestOf(manifest),
    bundle: keepBundle(core, sessions, tenant, bundle),
    limits: manifest.limits,
    // Whoever writes what an agent is told has told it what to do.
    started: {
      chain: rest.reduce(extendChain, beginChain(chainKey, was.root, first)),
      ...(by === null ? {} : { agentsBy: by }),
    },
  };
}

const unfit = (why: string): HoldfastError =>
  new HoldfastError('invalid-argument', `these agents cannot go on with that log: ${why}`, {
    hint: 'Give a bundle that begins with the same agent, and has those that it was handed over to.',
  });
