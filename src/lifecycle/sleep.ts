/**
 * Standing still and going on: suspended in memory, asleep on disk with its memory, or kept as files alone.
 */
import { isoTime, type Scope } from '../base/index.ts';
import { checkHooks } from '../compute/index.ts';
import { asHoldfastError } from '../schema/index.ts';
import type { SandboxPatch, SandboxRecord } from '../state/index.ts';
import { bringFilesOut } from './files-out.ts';
import { limitHitsAfterWake, noLimitHits } from './limit-watch.ts';
import {
  armAlarm,
  deadManMs,
  endAsleep,
  endProcesses,
  endUnwritten,
  identityOf,
  keepStill,
  launch,
  longestSilenceMs,
  lookAgain,
  move,
  mustGet,
  renewDeadMan,
  wrongState,
} from './machine.ts';
import { forgetImage, wake } from './memory.ts';
import type { Parts } from './parts.ts';
import type { Cause } from './transitions.ts';

export async function suspend(parts: Parts, record: SandboxRecord, cause: Cause, scope: Scope): Promise<SandboxRecord> {
  const identity = identityOf(record);
  await holdDeadlines(parts, record, cause, scope);
  try {
    await parts.substrates.of(record).freeze(identity, scope);
    const suspendedAt = isoTime(parts.clock.nowMs());
    parts.reserve.tend();
    if (!move(parts, record.id, 'suspended', cause, { suspendedAt }))
      throw wrongState(mustGet(parts, record.id), 'ready', 'suspend');
  } catch (error) {
    await stayAwake(parts, record, error);
    throw error;
  }
  parts.alarm.clear(record.id);
  const after = mustGet(parts, record.id);
  parts.report('sandbox-suspended', after, { cause });
  return after;
}

/**
 * Leases stand still while a sandbox does, and so do its processes' deadlines, whichever daemon lets it go on. Nobody waits
 * for a sandbox whose lease has ended: one that does not answer is frozen all the same.
 */
async function holdDeadlines(parts: Parts, record: SandboxRecord, cause: Cause, scope: Scope): Promise<void> {
  await using asking = scope.child({ name: `hold the deadlines of ${record.id}`, timeoutMs: longestSilenceMs });
  try {
    await (await parts.connections.use(record, asking)).still(asking);
  } catch (error) {
    if (cause === 'caller') throw error;
    parts.log.warn(
      { error, sandbox: record.id },
      'a sandbox is frozen whose agent does not answer: it may end when resumed',
    );
  }
}

/** What is not said to stand still goes on, wherever its suspension failed. */
async function stayAwake(parts: Parts, record: SandboxRecord, cause: unknown): Promise<void> {
  const { id, state } = mustGet(parts, record.id);
  if (state === 'suspended') return;
  try {
    await parts.substrates.of(record).thaw(identityOf(record), parts.scope);
  } catch (error) {
    parts.log.error({ error, sandbox: id }, 'a sandbox that was not suspended may stand still');
  }
  letDeadlinesPass(parts, id, cause);
}

/** Without that connection they pass already. */
function letDeadlinesPass(parts: Parts, id: string, cause: unknown): void {
  const leaseMs = deadManMs(mustGet(parts, id).leaseEndsMs, parts.clock.nowMs());
  const told = parts.connections.greeted(id)?.lease(leaseMs);
  told?.catch((error: unknown) => warnOfLease(parts, id, [cause, error]));
}

/**
 * Keeps the files only. The row says so before anything ends: a crash in between is finished at the next start, and the
 * end of the processes is never taken for the end of the sandbox.
 */
export async function hibernate(parts: Parts, given: SandboxRecord, scope: Scope): Promise<SandboxRecord> {
  // What starts it again mounts what the record says.
  const record = await parts.files.putRight(given);
  if (parts.substrates.of(record).saveFiles) {
    // Nothing writes any more when they are copied.
    await (await parts.connections.use(record, scope)).reset(scope);
    await bringFilesOut(parts, record, scope);
  }
  if (!move(parts, record.id, 'hibernated', 'caller', { suspendedAt: isoTime(parts.clock.nowMs()) })) {
    throw wrongState(mustGet(parts, record.id), 'ready', 'hibernate');
  }
  parts.alarm.clear(record.id);
  parts.connections.close(record.id);
  return endAsleep(parts, record.id, scope);
}

/** Counts its lifetime anew: from now, or from when it goes on. */
export function extend(parts: Parts, record: SandboxRecord, lifetimeMs: number): SandboxRecord {
  if (!['ready', 'suspended', 'hibernated'].includes(record.state)) throw wrongState(record, 'ready', 'extend');
  const endsMs = parts.clock.nowMs() + lifetimeMs;
  // Going on adds all the time that it stood still.
  const leaseEndsMs = endsMs - stoodMsOf(parts, record);
  parts.store.sandboxes.update(record.id, { leaseEndsMs, expiresAt: isoTime(endsMs) });
  const after = mustGet(parts, record.id);
  if (after.state === 'ready') armAlarm(parts, after);
  parts.report('sandbox-extended', after, { expiresAt: after.expiresAt });
  return after;
}

function stoodMsOf({ clock }: Parts, { suspendedAt }: SandboxRecord): number {
  return suspendedAt === null ? 0 : Math.max(0, clock.nowMs() - Date.parse(suspendedAt));
}

/** Lets a suspended sandbox go on, and starts a hibernated one anew over its files. */
export async function resume(parts: Parts, record: SandboxRecord, scope: Scope): Promise<SandboxRecord> {
  const nowMs = parts.clock.nowMs();
  const stoodMs = stoodMsOf(parts, record);
  const leaseEndsMs = Math.max(record.leaseEndsMs + stoodMs, nowMs + minimumLeaseAfterResumeMs);
  const awake = { ...record, leaseEndsMs };
  const patch: SandboxPatch = {
    memoryKept: false,
    suspendedAt: null,
    suspendedMs: record.suspendedMs + stoodMs,
    leaseEndsMs,
    expiresAt: isoTime(leaseEndsMs),
    ...(record.idleMs === null ? {} : { idleEndsMs: nowMs + record.idleMs }),
  };
  let started: SandboxPatch = {};
  try {
    started = await start(parts, awake, scope);
    parts.reserve.tend();
    if (!move(parts, record.id, 'ready', 'caller', { ...started, ...patch }))
      throw wrongState(mustGet(parts, record.id), record.state, 'resume');
  } catch (error) {
    await stayAsleep(parts, record.id, started);
    throw error;
  }
  const after = mustGet(parts, record.id);
  armAlarm(parts, after);
  if (record.memoryKept) await forgetImage(parts, record.id);
  const memory = record.state === 'suspended' || record.memoryKept;
  parts.report('sandbox-resumed', after, { stoodMs, memory });
  if (record.memoryKept) await tellHooks(parts, after);
  return after;
}

/** Nobody else has that memory, unless it was forked before: a sandbox is not kept from its own by a hook. */
async function tellHooks(parts: Parts, record: SandboxRecord): Promise<void> {
  await using asking = parts.scope.child({ name: `ask for the hooks of ${record.id}`, timeoutMs: longestSilenceMs });
  try {
    await checkHooks(await parts.connections.use(record, asking), asking);
  } catch (error) {
    const { code, message, details } = asHoldfastError(error);
    if (code === 'hook-failed') parts.report('hook-failed', record, { message, ...details });
    else parts.log.warn({ error, sandbox: record.id }, 'it is not known whether the hooks of a sandbox failed');
  }
}

/** Nothing goes on of which its row does not say so: nobody would end it with its lifetime, and the next resume would start it twice. */
async function stayAsleep(parts: Parts, id: string, { identity }: SandboxPatch): Promise<void> {
  const record = mustGet(parts, id);
  try {
    if (record.state === 'suspended') await standStillAgain(parts, record);
    else if (record.state === 'ready') armAlarm(parts, record);
    else {
      parts.connections.close(id);
      if (identity) await parts.substrates.of(record).kill(identity, parts.scope);
      else await endUnwritten(parts, id, parts.scope);
    }
  } catch (error) {
    parts.log.error({ error, sandbox: id }, 'a sandbox that was not resumed may run');
    lookAgain(parts, id);
  }
}

/** Its processes may have ended while it stood: then there is nothing to keep still. */
async function standStillAgain(parts: Parts, record: SandboxRecord): Promise<void> {
  const [lives] = await parts.substrates.of(record).alive([identityOf(record)], parts.scope);
  if (!lives) return;
  await holdDeadlines(parts, record, 'recovery', parts.scope);
  await keepStill(parts, record, parts.scope);
}

async function start(parts: Parts, record: SandboxRecord, scope: Scope): Promise<SandboxPatch> {
  if (record.state === 'suspended') return goOn(parts, record, scope);
  return record.memoryKept ? wakeUp(parts, record, scope) : startAnew(parts, record, scope);
}

async function wakeUp(parts: Parts, record: SandboxRecord, scope: Scope): Promise<SandboxPatch> {
  await endBefore(parts, record, scope);
  const identity = await wake(parts, record, scope);
  return { identity, limitHits: await limitHitsAfterWake(parts, { ...record, identity }, scope) };
}

/** Its deadlines go on with the lease, or when its agent sees that the daemon it was suspended by has gone. */
async function goOn(parts: Parts, record: SandboxRecord, scope: Scope): Promise<SandboxPatch> {
  const leaseMs = deadManMs(record.leaseEndsMs, parts.clock.nowMs());
  // Waits in the agent's socket, before any later request; an answer may take as long as nothing runs inside.
  const told = parts.connections.greeted(record.id)?.lease(leaseMs);
  told?.catch((error: unknown) => renewAgain(parts, record.id, error));
  await parts.substrates.of(record).thaw(identityOf(record), scope);
  if (!told) await renewDeadMan(parts, record);
  return {};
}

/** Over another connection, once nobody changes it; without a lease the agent would end what it should keep. */
async function renewAgain(parts: Parts, id: string, cause: unknown): Promise<void> {
  try {
    await parts.locks.run(id, parts.scope, async () => {
      const record = parts.store.sandboxes.get(id);
      if (record?.state !== 'ready') return;
      await parts.connections.use(record, parts.scope);
      // What it is by now: it may have been extended meanwhile.
      await renewDeadMan(parts, mustGet(parts, id));
    });
  } catch (error) {
    warnOfLease(parts, id, [cause, error]);
  }
}

function warnOfLease(parts: Parts, sandbox: string, errors: unknown[]): void {
  const why = errors.map((error) => asHoldfastError(error).message);
  parts.log.warn({ sandbox, why }, 'the lease of a sandbox that goes on was not renewed');
}

async function startAnew(parts: Parts, record: SandboxRecord, scope: Scope): Promise<SandboxPatch> {
  await endBefore(parts, record, scope);
  const root = await parts.files.root(record.layers, record.id, record.upper);
  const incarnation = parts.newId('incarnation');
  const identity = await launch(parts, { ...record, incarnation }, { root }, scope);
  return { incarnation, identity, limitHits: noLimitHits };
}

/** What ran before, or was started by a resume that could not be written down, has ended before anything is started over its files. */
async function endBefore(parts: Parts, record: SandboxRecord, scope: Scope): Promise<void> {
  if (record.identity) await endProcesses(parts, record, record.identity, scope);
  else await endUnwritten(parts, record.id, scope);
}

/** A sandbox suspended by the end of its lifetime gets this long for its caller to extend it. */
const minimumLeaseAfterResumeMs = 60_000;
