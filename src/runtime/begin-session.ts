/** A session of agents that were checked, with the chain of authority that it begins with. */
import { type Accepted, agentOf, beginChain, type Chain, digestOf, extendChain, linkOf } from '../agents/index.ts';
import type { AgentBundle, AgentManifest, Delegation, Via } from '../schema/index.ts';
import { leastLimits } from '../sessions/index.ts';
import type { SessionRecord } from '../state/index.ts';
import type { Core } from './core.ts';
import type { Sessions } from './sessions.ts';

export interface Beginning {
  tenant: string;
  /** For whom it works. */
  person: string;
  bundle: AgentBundle;
  name?: string | null;
  sandbox?: string | null;
  origin: string | null;
  message: string;
  task: boolean;
  /** Who said that; null: nobody that is known. */
  by: string | null;
  /** Of a message that came by a channel, with its id there. */
  way?: { via: Via; event: string };
  /** Of work that another runtime gives, which was accepted. */
  from?: { accepted: Accepted; delegation: Delegation } | null;
}

export function beginSession(
  core: Pick<Core, 'store'>,
  { engine, chainKey, audit }: Pick<Sessions, 'engine' | 'chainKey' | 'audit'>,
  { tenant, person, bundle, name = null, sandbox = null, origin, message, task, by, way, from = null }: Beginning,
): SessionRecord {
  engine.refuseTooMany(tenant);
  const manifest = agentOf(bundle, bundle.entry);
  return engine.start({
    tenant,
    name,
    agent: manifest.name,
    manifest: digestOf(manifest),
    bundle: keepBundle(core, { engine, audit }, tenant, bundle),
    person,
    sandbox,
    limits: from ? leastLimits(manifest.limits, from.accepted.limits) : manifest.limits,
    origin: from ? `peer ${from.accepted.peer.publicKey} ${from.accepted.id}` : origin,
    input: {
      message,
      task,
      ...(by === null ? {} : { by }),
      ...way,
      ...(from ? givenBy(from) : {}),
      chain: chainOf(chainKey, { tenant, person }, { accepted: from?.accepted ?? null, manifest }),
    },
  });
}

const givenBy = ({
  accepted,
  delegation,
}: {
  accepted: Accepted;
  delegation: Delegation;
}): Record<string, unknown> => ({
  untrusted: accepted.untrusted,
  from: { peer: accepted.peer.name },
  delegation,
});

/** Of the agents of other runtimes, if it comes from one, and of the one that begins. */
function chainOf(
  key: Uint8Array,
  root: { tenant: string; person: string },
  { accepted, manifest }: { accepted: Accepted | null; manifest: AgentManifest },
): Chain {
  const above = (accepted?.links ?? []).map(({ policies: _, approvals: _approvals, ...link }) => link);
  const [first = linkOf(manifest), ...rest] = [...above, linkOf(manifest)];
  return rest.reduce(extendChain, beginChain(key, root, first));
}

/** Agents that were never seen before are logged before anybody can be started with them. */
export function keepBundle(
  { store }: Pick<Core, 'store'>,
  { engine, audit }: Pick<Sessions, 'engine' | 'audit'>,
  tenant: string,
  bundle: AgentBundle,
): string {
  const hash = digestOf(bundle);
  if (store.sessions.getBundle(hash) !== null) return hash;
  engine.refuseTooMany(tenant, Buffer.byteLength(JSON.stringify(bundle)));
  const agents = bundle.agents.map(({ name, purpose, grants, tools, limits, ...rest }) => ({
    name,
    purpose,
    grants,
    tools,
    limits,
    approvals: rest.approvals,
    delegates: rest.delegates,
    handoffs: rest.handoffs,
    // How much of a conversation goes along with either; nothing where it is not said.
    passes: rest.passes ?? {},
    manifest: digestOf(agentOf(bundle, name)),
  }));
  const { entry } = bundle;
  const manifest = digestOf(agentOf(bundle, entry));
  audit.append({
    kind: 'agents-changed',
    tenant,
    agent: entry,
    manifest,
    body: { bundle: hash, agents, hostTools: bundle.hostTools ?? [] },
  });
  store.sessions.putBundle(hash, bundle, tenant);
  return hash;
}
