/**
 * After a restart: the store against reality, in both directions. Every sandbox the store knows is adopted or ended;
 * everything that lives and the store does not know is ended.
 *
 * 1. Nothing is adopted that is not the very process the store wrote down (boot, pid, start time, agent's incarnation).
 * 2. What was half-done is finished or undone before anybody can call: files first, then processes, then leases.
 * 3. What cannot be ended, or settled, keeps nobody else from being adopted: it is looked at again (the controller's alarm).
 * 4. Each has a time of its own for it. What one does not do in it, or how many do not, takes nothing from the others.
 */
import { bootId, type Scope, Semaphore } from '../base/index.ts';
import { isId } from '../schema/index.ts';
import type { OperationRecord, SandboxRecord } from '../state/index.ts';
import { settleRollback } from './changes.ts';
import {
  armAlarm,
  end,
  endAsleep,
  identityOf,
  keepStill,
  killStray,
  longestSilenceMs,
  lookAgain,
  mustGet,
  renewDeadMan,
  straysOf,
} from './machine.ts';
import { hasImage, settleHibernation } from './memory.ts';
import type { Parts } from './parts.ts';
import type { Pools } from './pools.ts';

export interface Recovered {
  adopted: number;
  ended: number;
  /** Limit groups or processes of sandboxes nobody knew. */
  reaped: number;
}

/** Greeting a living agent takes well under a millisecond; one that stays silent this long may be frozen. */
const greetingMs = 2_000;
const atOnce = 32;
/** Of one of them. Ending its processes, mostly the slowest of all, takes ten seconds at most. */
const stepMs = 60_000;

export async function recover(parts: Parts, pools: Pools): Promise<Recovered> {
  const reaped = await reapStrays(parts);
  await releaseUnfinished(parts);
  const report = await parts.files.recover();
  if (report.repairedSandboxes.length > 0) parts.log.info({ ...report }, 'half-done snapshots were finished');
  const living = parts.store.sandboxes.living();
  const alive = await inOwnTime(parts, 'see what lives', (own) => aliveOnes(parts, living, own));
  const outcomes = await each(parts, living, (record, own) =>
    settleOrLeave(parts, pools, record, alive.has(record.id), own),
  );
  const count = (wanted: Outcome): number => outcomes.filter((outcome) => outcome === wanted).length;
  return { adopted: count('adopted'), ended: count('ended'), reaped };
}

/** Invariant 4. */
async function each<T, R>(parts: Parts, all: readonly T[], work: (one: T, own: Scope) => Promise<R>): Promise<R[]> {
  const turns = new Semaphore(atOnce);
  return await Promise.all(all.map((one) => turns.run(() => inOwnTime(parts, 'settle', (own) => work(one, own)))));
}

async function inOwnTime<T>(parts: Parts, name: string, work: (own: Scope) => Promise<T>): Promise<T> {
  await using own = parts.scope.child({ name, timeoutMs: stepMs });
  return await work(own);
}

async function reapStrays(parts: Parts): Promise<number> {
  // A hibernated sandbox has no processes: those there are, a crash left.
  const living = parts.store.sandboxes.living().filter(({ state }) => state !== 'hibernated');
  const known = new Set(living.map(({ id }) => id));
  const strays = await inOwnTime(parts, 'look for strays', (own) =>
    straysOf(parts, (sandbox) => !known.has(sandbox), own),
  );
  const reaped = await each(parts, strays, async (stray, own) => {
    try {
      await killStray(parts, stray, own);
      return true;
    } catch (error) {
      leave(parts, stray.sandbox, error);
      return false;
    }
  });
  return reaped.filter(Boolean).length;
}

/** It is looked at again, unless this daemon ends already: then the next one does. */
function leave(parts: Parts, id: string, error: unknown): void {
  parts.scope.throwIfEnded();
  parts.log.error({ error, sandbox: id }, 'a sandbox could not be settled');
  if (isId('sandbox', id)) lookAgain(parts, id);
}

async function releaseUnfinished(parts: Parts): Promise<void> {
  await each(parts, parts.store.operations.listOpen(), async (operation, own) => {
    try {
      await release(parts, operation, own);
    } catch (error) {
      leave(parts, operation.sandbox ?? operation.id, error);
    }
  });
}

/** Work that a crash cut off may have left its sandbox standing still, or its root half replaced. */
async function release(parts: Parts, operation: OperationRecord, scope: Scope): Promise<void> {
  const record = operation.sandbox ? parts.store.sandboxes.get(operation.sandbox) : null;
  const substrate = record && parts.substrates.of(record);
  // What has a whole image sleeps: it is to go on from there, and no further before.
  const sleeps = operation.kind === 'hibernate' && record !== null && hasImage(parts, record.id);
  if (substrate && record?.identity && record.state === 'ready' && !sleeps) {
    await using thawing = scope.child({ name: 'let it go on', timeoutMs: longestSilenceMs });
    await substrate.thaw(record.identity, thawing).catch(() => undefined);
  }
  if (operation.kind === 'fork-memory') parts.store.operations.finish(operation.id);
  if (operation.kind === 'hibernate' && record) await settleHibernation(parts, record, operation.id, scope);
  if (operation.kind === 'rollback')
    settleRollback(
      parts,
      operation.id,
      record?.identity ? ((await substrate?.upperOf(record.identity)) ?? null) : null,
    );
}

async function aliveOnes(parts: Parts, living: SandboxRecord[], scope: Scope): Promise<Set<string>> {
  const identified = living.flatMap(({ substrate, identity }) => (identity ? [{ substrate, identity }] : []));
  return parts.substrates.alive(identified, scope);
}

type Outcome = 'adopted' | 'ended' | 'left';

async function settleOrLeave(
  parts: Parts,
  pools: Pools,
  record: SandboxRecord,
  alive: boolean,
  scope: Scope,
): Promise<Outcome> {
  try {
    return await settle(parts, pools, record, alive, scope);
  } catch (error) {
    leave(parts, record.id, error);
    return 'left';
  }
}

async function settle(
  parts: Parts,
  pools: Pools,
  before: SandboxRecord,
  alive: boolean,
  scope: Scope,
): Promise<Outcome> {
  const record = mustGet(parts, before.id);
  if (record.state === 'hibernated') {
    if (record.identity) await endAsleep(parts, record.id, scope);
    return 'adopted';
  }
  const why = whyNotAdopted(record, alive);
  if (why !== null) return endLeftover(parts, record, why);
  if (record.state === 'suspended') {
    await keepStill(parts, record, scope);
    return 'adopted';
  }
  try {
    await greet(parts, record, scope);
    await settleRoot(parts, record, scope);
  } catch (error) {
    // It may have had no time to answer.
    parts.scope.throwIfEnded();
    return endLeftover(parts, record, `its agent does not answer: ${error instanceof Error ? error.message : error}`);
  }
  if (record.pooled && !(await pools.adopt(record, scope)))
    return endLeftover(parts, record, 'no pool has a place for it');
  armAlarm(parts, record);
  if (!record.pooled) parts.report('sandbox-adopted', record);
  return 'adopted';
}

function whyNotAdopted(record: SandboxRecord, alive: boolean): string | null {
  if (record.state === 'creating') return 'the daemon ended while it was being created';
  if (record.state === 'stopping') return record.exitDetail ?? 'it was being removed';
  if (record.identity?.bootId !== bootId()) return 'the machine was restarted';
  return alive ? null : 'its processes ended while no daemon was there';
}

/** An agent that was left frozen by an operation's crash is thawed once. One that says who it is and no more is silent too. */
async function greet(parts: Parts, record: SandboxRecord, scope: Scope): Promise<void> {
  try {
    await using first = scope.child({ name: 'greet', timeoutMs: greetingMs });
    await renewDeadMan(parts, record, first);
  } catch {
    await using second = scope.child({ name: 'greet again', timeoutMs: longestSilenceMs });
    if (record.identity) await parts.substrates.of(record).thaw(record.identity, second);
    await renewDeadMan(parts, record, second);
  }
}

/** Where files were sealed and the mount was not replaced in time, the sandbox would go on writing into the sealed layer. */
async function settleRoot(parts: Parts, record: SandboxRecord, scope: Scope): Promise<void> {
  const identity = identityOf(record);
  const substrate = parts.substrates.of(record);
  const mounted = await substrate.upperOf(identity);
  if (mounted === null || mounted.endsWith(`${record.id}/${record.upper}/upper`)) return;
  await reset(parts, record, scope);
  const root = await parts.files.root(record.layers, record.id, record.upper);
  await substrate.swapRoot(identity, root, record.limits, scope);
  parts.store.sandboxes.update(record.id, { incarnation: parts.newId('incarnation') });
  parts.log.warn({ sandbox: record.id, mounted }, 'a half-replaced root was replaced; its processes ended');
}

async function reset(parts: Parts, record: SandboxRecord, scope: Scope): Promise<void> {
  await using resetting = scope.child({ name: 'reset', timeoutMs: longestSilenceMs });
  await (await parts.connections.use(record, resetting)).reset(resetting);
}

/** Whatever its time was used up for before. */
async function endLeftover(parts: Parts, record: SandboxRecord, detail: string): Promise<'ended'> {
  const reason = record.exitReason ?? 'died';
  await inOwnTime(parts, 'end', (own) => end(parts, record.id, { reason, detail, cause: 'recovery' }, own));
  return 'ended';
}
