/**
 * Sessions that are over go, with all below them: their logs, and what they alone remember. When somebody says so, or after their time.
 *
 * 1. None goes about which anybody is under a legal hold.
 * 2. That one went is logged in the same write: what cannot be logged stays.
 */
import type { AuditLog } from '../audit/index.ts';
import { giveWay, isoTime } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { SessionEngine } from '../sessions/index.ts';
import type { SessionRecord, Store } from '../state/index.ts';
import type { Caller, Core } from './core.ts';
import { heldBy, holdOnSession } from './holds.ts';

const atOnce = 32;

/** Of every tenant, with the agents that no session has then; resolves when all have been looked at. */
export async function removeOver(
  { store, audit, scope }: Pick<Core, 'store' | 'audit' | 'scope'>,
  beforeMs: number,
): Promise<void> {
  const before = isoTime(beforeMs);
  let last: SessionRecord | null = null;
  for (;;) {
    const some: SessionRecord[] = store.sessions.over(before, last, atOnce);
    last = some.at(-1) ?? null;
    if (last === null) break;
    const log = await audit.open();
    for (const { id: each } of some) {
      if (scope.signal.aborted) return;
      // It may have gone since the page was read, by whom that is logged already.
      const session = store.sessions.get(each);
      if (!session) continue;
      const all = withThoseBelow(store, session);
      const ids = all.map(({ id }) => id);
      const isOver = all.every(({ endedAt, owedEnd }) => endedAt !== null && owedEnd === null);
      if (isOver && !holdOnSession(store, session, ids)) remove({ store, audit: log }, { session, ids, by: null });
      await giveWay();
    }
    if (scope.signal.aborted) return;
  }
  store.sessions.forgetBundles();
}

interface Asked {
  core: Pick<Core, 'store'>;
  engine: SessionEngine;
  audit: AuditLog;
  caller: Caller;
}

/** @throws HoldfastError `wrong-state` when it is not over or below another one, `forbidden` when there is a legal hold */
export async function removeSession({ core: { store }, engine, audit, caller }: Asked, ref: string): Promise<void> {
  const session = engine.find(caller.tenant, ref);
  const { id, state, parent, endedAt } = session;
  if (endedAt === null) throw refused(session, `it is ${state}`, `End it first: holdfast session cancel ${id}`);
  if (parent !== null) throw refused(session, 'it is below another one', `Remove ${session.root}, with all below it.`);
  const ids = withThoseBelow(store, session).map((each) => each.id);
  for (const each of ids) engine.writeEnd(each);
  const hold = holdOnSession(store, session, ids);
  if (hold) throw heldBy(hold);
  for (const each of ids) store.idempotency.forget(session.tenant, `${each}/`);
  remove({ store, audit }, { session, ids, by: caller.person });
  store.sessions.forgetBundles();
  await audit.durable();
}

/** Answers how many memories went with it. Part of the caller's transaction. */
export function forgetSession(
  { memories, sessions }: Pick<Store, 'memories' | 'sessions'>,
  tenant: string,
  id: string,
): number {
  const forgotten = memories.removeOf(tenant, 'session', id) + memories.removeTurnsOf(tenant, id);
  sessions.forget(id);
  return forgotten;
}

function remove(
  { store, audit }: { store: Store; audit: AuditLog },
  { session, ids, by }: { session: SessionRecord; ids: readonly string[]; by: string | null },
): void {
  const { id, tenant, agent, manifest, person, endedAt } = session;
  const about = audit.knows(tenant, person) ? { person } : {};
  store.transaction(() => {
    for (const each of ids) forgetSession(store, tenant, each);
    audit.append({
      kind: 'session-removed',
      tenant,
      session: id,
      agent,
      manifest,
      ...about,
      ...(by === null || by === person ? {} : { actor: by }),
      body: { below: ids.length - 1, endedAt },
    });
  });
}

/** It first. */
function withThoseBelow({ sessions }: Pick<Store, 'sessions'>, session: SessionRecord): SessionRecord[] {
  const all = [session];
  for (const { id } of all) all.push(...sessions.children(id));
  return all;
}

const refused = ({ id, state }: SessionRecord, why: string, hint: string): HoldfastError =>
  new HoldfastError('wrong-state', `cannot remove session ${id}: ${why}`, { hint, details: { session: id, state } });
