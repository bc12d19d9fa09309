/** A session of agents that were checked, with the chain of authority that it begins with. */
import { agentOf, beginChain, digestOf, linkOf } from '../agents/index.ts';
import type { AgentBundle, Via } from '../schema/index.ts';
import type { SessionRecord } from '../state/index.ts';
import type { Core } from './core.ts';
import type { Sessions } from './sessions.ts';

export interface Beginning {
  tenant: string;
  person: string;
  bundle: AgentBundle;
  name?: string | null;
  sandbox?: string | null;
  origin: string | null;
  message: string;
  task: boolean;
  /** Of a message that came by a channel, with its id there. */
  by?: { via: Via; event: string };
}

export function beginSession(
  { store }: Pick<Core, 'store'>,
  { engine, chainKey }: Pick<Sessions, 'engine' | 'chainKey'>,
  { tenant, person, bundle, name = null, sandbox = null, origin, message, task, by }: Beginning,
): SessionRecord {
  engine.refuseTooMany(tenant);
  const manifest = agentOf(bundle, bundle.entry);
  const hash = digestOf(bundle);
  store.sessions.putBundle(hash, bundle);
  return engine.start({
    tenant,
    name,
    agent: manifest.name,
    manifest: digestOf(manifest),
    bundle: hash,
    person,
    sandbox,
    limits: manifest.limits,
    origin,
    input: { message, task, chain: beginChain(chainKey, { tenant, person }, linkOf(manifest)), ...by },
  });
}
