/** A session of agents that were checked, with the chain of authority that it begins with. */
import { agentOf, beginChain, digestOf, linkOf } from '../agents/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { AgentBundle, Via } from '../schema/index.ts';
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
}

export function beginSession(
  core: Pick<Core, 'store'>,
  { engine, chainKey, audit }: Pick<Sessions, 'engine' | 'chainKey' | 'audit'>,
  { tenant, person, bundle, name = null, sandbox = null, origin, message, task, by, way }: Beginning,
): SessionRecord {
  engine.refuseTooMany(tenant);
  const manifest = agentOf(bundle, bundle.entry);
  return engine.start({
    tenant,
    name,
    agent: manifest.name,
    manifest: digestOf(manifest),
    bundle: keepBundle(core, audit, tenant, bundle),
    person,
    sandbox,
    limits: manifest.limits,
    origin,
    input: {
      message,
      task,
      ...(by === null ? {} : { by }),
      ...way,
      chain: beginChain(chainKey, { tenant, person }, linkOf(manifest)),
    },
  });
}

/** Agents that were never seen before are logged before anybody can be started with them. */
function keepBundle({ store }: Pick<Core, 'store'>, audit: AuditLog, tenant: string, bundle: AgentBundle): string {
  const hash = digestOf(bundle);
  if (store.sessions.getBundle(hash) !== null) return hash;
  const agents = bundle.agents.map(({ name, purpose, grants, tools, limits, ...rest }) => ({
    name,
    purpose,
    grants,
    tools,
    limits,
    approvals: rest.approvals,
    delegates: rest.delegates,
    handoffs: rest.handoffs,
    manifest: digestOf(agentOf(bundle, name)),
  }));
  const { entry } = bundle;
  const manifest = digestOf(agentOf(bundle, entry));
  audit.append({ kind: 'agents-changed', tenant, agent: entry, manifest, body: { bundle: hash, agents } });
  store.sessions.putBundle(hash, bundle);
  return hash;
}
