/** For whom and where the agents of a session may work. */
import { refuseTerms } from '../agents/index.ts';
import { type AgentBundle, HoldfastError } from '../schema/index.ts';
import { type Caller, type Core, defaultTenant, ownerPerson } from './core.ts';
import type { Sessions } from './sessions.ts';

/** For whom and where its agents work at all. @throws HoldfastError `forbidden` */
export async function refuseForeignTerms(
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

/** Asked right before a session begins there, so that of two that name the same one it is. @throws HoldfastError `in-use` */
export function refuseUsed({ store }: Pick<Core, 'store'>, sandbox: string, hint: string): void {
  const [other] = store.sessions.inSandbox(sandbox);
  if (other === undefined) return;
  throw new HoldfastError('in-use', `the session ${other} works in ${sandbox}, and is not over`, {
    hint,
    details: { sandbox, session: other },
  });
}

/** A key that names a person asks for nobody else; the owner and a key of a tenant say for whom. */
export function personFor({ tenant, person }: Caller, asked: string | undefined): string {
  const isOwner = tenant === defaultTenant && person === ownerPerson;
  if (asked === undefined || asked === person) return person ?? ownerPerson;
  if (person === null || isOwner) return asked;
  throw new HoldfastError('forbidden', `${person} may not start sessions that work for ${asked}`, {
    hint: 'Leave the person out, or use a key of the tenant that names none.',
  });
}
