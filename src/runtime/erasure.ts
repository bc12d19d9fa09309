/**
 * Erasing a person: what is known of them goes, and that it went stays.
 *
 * 1. A legal hold about the person, or about all of the tenant, refuses it, with its reason.
 * 2. Living sessions that work for the person refuse it too, or are cancelled where the caller says so: what goes on would
 *    write the person down anew.
 * 3. It is logged before it begins and when it is done, so that one that a crash cut short can be seen, and done again.
 * 4. The key goes first: from then on no copy of the log says anything of them. Then their sessions that are over with their
 *    logs, what channels have of them, results that were kept for repeated calls, memories, and their name where they spoke or decided elsewhere.
 * 5. What may still hold something and is not the person's alone is named, not touched.
 */
import type { AuditLog } from '../audit/index.ts';
import { type ErasePerson, type ErasureReport, HoldfastError } from '../schema/index.ts';
import type { SessionEngine } from '../sessions/index.ts';
import type { SessionRecord } from '../state/index.ts';
import { type Caller, type Core, defaultTenant, ownerPerson } from './core.ts';
import { heldBy, holdOnPerson } from './holds.ts';
import { forgetSession } from './session-removal.ts';

interface Parts {
  core: Core;
  audit: AuditLog;
  engine: SessionEngine;
  /** Where answers of models go to, or come from. */
  modelTape: string | null;
  caller: Caller;
}

export async function erasePerson(
  { core, audit, engine, modelTape, caller }: Parts,
  { person, cancel = false, memories: shared = false, reason }: ErasePerson,
): Promise<ErasureReport> {
  const { tenant } = caller;
  const { store } = core;
  const by = caller.person ?? ownerPerson;
  // Who erases themselves is not written down anew by that.
  const actor = by === person ? null : by;
  refuseHeld(core, tenant, person);
  let cancelled = endLiving({ core, engine, tenant }, person, cancel);
  // What is written later would write the person down anew.
  await engine.endsWritten();
  const { ring } = audit.open;
  const pseudonym = ring.pseudonymOf(tenant, person);
  const about = { tenant, actor, body: { pseudonym, reason: reason ?? null } };
  audit.append({ kind: 'erasure-begun', ...about });
  await audit.durable();
  // Nothing waits from here to the end: no session of theirs begins in between.
  refuseHeld(core, tenant, person);
  cancelled += endLiving({ core, engine, tenant }, person, cancel);
  for (const { id } of store.sessions.ofPerson(tenant, person)) engine.writeEnd(id);
  ring.destroy(tenant, person);
  const sessions = store.sessions.ofPerson(tenant, person);
  const leftovers = [
    ...leftoversOf(core, tenant, person, sessions),
    ...memoriesOf(core, tenant, shared ? [null] : [person, null]),
    ...peersOf(core, sessions),
    ...tapeOf(modelTape, tenant),
  ];
  const done = store.transaction(() => {
    let memories = store.memories.removeOf(tenant, 'user', person);
    for (const { id } of sessions) {
      memories += forgetSession(store, tenant, id);
      store.idempotency.forget(tenant, `${id}/`);
    }
    if (shared) memories += store.memories.removeSharedOf(tenant, person);
    store.memories.rename(tenant, person, pseudonym ?? 'erased');
    store.channels.forget(tenant, person);
    const mentions = store.sessions.renameMentions(tenant, person, pseudonym ?? 'erased');
    for (const whose of tenant === defaultTenant ? [tenant, ''] : [tenant]) {
      store.stops.rename(whose, person, pseudonym ?? 'erased');
    }
    const counts = { sessions: sessions.length, memories, mentions, cancelled };
    audit.append({ kind: 'erased', ...about, body: { ...about.body, ...counts, leftovers } });
    return counts;
  });
  // Nothing stays in the write-ahead log either.
  store.secrets.flush();
  await audit.durable();
  return { person, pseudonym, ...done, leftovers };
}

function refuseHeld({ store }: Core, tenant: string, person: string): void {
  const hold = holdOnPerson(store, tenant, person);
  if (hold) throw heldBy(hold);
}

function endLiving(
  { core, engine, tenant }: { core: Core; engine: SessionEngine; tenant: string },
  person: string,
  cancel: boolean,
): number {
  const living = core.store.sessions.ofPerson(tenant, person).filter(({ endedAt }) => endedAt === null);
  if (living.length === 0) return 0;
  if (!cancel) {
    throw new HoldfastError('wrong-state', `${living.length} sessions that work for ${person} are not over`, {
      hint: 'Wait for them, or say --cancel to end them first.',
      details: { sessions: living.slice(0, 20).map(({ id }) => id) },
    });
  }
  for (const { id } of living) {
    // One that another was below is over with it.
    if (engine.get(id).endedAt === null) engine.cancel(id, 'the person that it works for is erased');
  }
  return living.length;
}

/** Kept for all of the tenant. @param people null: for whom is not known */
function memoriesOf({ store }: Core, tenant: string, people: readonly (string | null)[]): ErasureReport['leftovers'] {
  return people.flatMap((person) =>
    store.memories.sharedOf(tenant, person).map(({ slot, count }) => ({
      kind: 'memory' as const,
      id: slot,
      why:
        person === null
          ? `${count} kept for all of the tenant before it was noted for whom: holdfast memory search`
          : `${count} kept for all of the tenant by sessions of theirs: say --memories to remove them`,
    })),
  );
}

function peersOf({ store }: Core, sessions: readonly SessionRecord[]): ErasureReport['leftovers'] {
  return sessions.flatMap(({ id }) =>
    store.sessions.givenToPeers(id).map(({ peer, session }) => ({
      kind: 'peer' as const,
      id: `${peer}/${session}`,
      why: `a session in the runtime of the peer ${peer}, which was given work of theirs: its owner erases it there`,
    })),
  );
}

/** Whose answers are on it stands nowhere. Where the owner has it is nothing for others. */
function tapeOf(modelTape: string | null, tenant: string): ErasureReport['leftovers'] {
  if (modelTape === null) return [];
  const id = tenant === defaultTenant ? modelTape : 'of the owner';
  return [{ kind: 'model-tape', id, why: 'it has what models answered, in the clear, and not to whom' }];
}

function leftoversOf(
  { store }: Core,
  tenant: string,
  person: string,
  sessions: readonly SessionRecord[],
): ErasureReport['leftovers'] {
  const sandboxes = new Set(sessions.flatMap(({ sandbox }) => sandbox ?? []));
  const others = store.sessions.mentioning(tenant, person).filter(({ endedAt }) => endedAt === null);
  return [
    ...[...sandboxes].map((id) => ({
      kind: 'sandbox' as const,
      id,
      why: 'its files, and what the journal and the network log say of it',
    })),
    ...[...sandboxes].flatMap((sandbox) =>
      store.recordings.list({ tenant, sandbox }).items.map(({ id }) => ({
        kind: 'recording' as const,
        id,
        why: 'it has what sessions in its sandbox asked and did: holdfast rm, or delete the recording',
      })),
    ),
    ...others.map(({ id }) => ({
      kind: 'session' as const,
      id,
      why: 'the person spoke or decided there, and it is not over',
    })),
  ];
}
