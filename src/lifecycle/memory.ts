/**
 * Memory of sandboxes as something to keep and to copy, where the substrate owns it: to sleep on disk and wake up later,
 * also under another daemon, and to go on several times from one moment.
 *
 * 1. An image is complete when its `image.json` is there, which the substrate writes last: a crash before leaves the
 *    sandbox as it was, one after leaves it asleep (recovery.ts).
 * 2. What is said to sleep on disk is there after the power failed: image, row and all.
 * 3. An image is woken once; it goes when its sandbox runs again, or ends.
 * 4. A fork is all or none. The children's rows are there before anything of them is, and none where it is refused or fails.
 */
import { existsSync, isoTime, join, mkdir, removeFile, rm, type Scope } from '../base/index.ts';
import { checkHooks, type MemorySnapshots, type SandboxIdentity } from '../compute/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import { heldTo } from './create.ts';
import { abandon, armAlarm, endAsleep, identityOf, launchRequest, move, mustGet, wrongState } from './machine.ts';
import type { Parts } from './parts.ts';

/** Written last by whoever makes an image. */
const imageName = 'image.json';

export async function hibernateWithMemory(parts: Parts, record: SandboxRecord, scope: Scope): Promise<SandboxRecord> {
  const memory = memoryOf(parts, record);
  const identity = identityOf(record);
  const directory = parts.memoryPath(record.id);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const operation = parts.store.operations.begin({
    id: parts.newId('operation'),
    kind: 'hibernate',
    sandbox: record.id,
    payload: {},
  });
  parts.alarm.clear(record.id);
  parts.connections.close(record.id);
  try {
    await memory.hibernate(identity, directory, scope);
    parts.reserve.tend();
    noteSleep(parts, record, operation.id);
  } catch (error) {
    if (mustGet(parts, record.id).state === 'ready') await stayAwake(parts, record, operation.id);
    throw error;
  }
  return endAsleep(parts, record.id, parts.scope);
}

/** Without its image first: else a crash would take it back to there. */
async function stayAwake(parts: Parts, record: SandboxRecord, operation: string): Promise<void> {
  await rm(parts.memoryPath(record.id), { recursive: true, force: true }).catch(() => undefined);
  await parts.substrates
    .of(record)
    .thaw(identityOf(record), parts.scope)
    .catch(() => undefined);
  armAlarm(parts, record);
  parts.store.operations.finish(operation);
}

export const hasImage = (parts: Parts, id: string): boolean => existsSync(join(parts.memoryPath(id), imageName));

/** What became of a hibernation that a crash interrupted. */
export async function settleHibernation(
  parts: Parts,
  record: SandboxRecord,
  operation: string,
  scope: Scope,
): Promise<void> {
  if (hasImage(parts, record.id) && record.identity) {
    noteSleep(parts, record, operation);
    await endAsleep(parts, record.id, scope);
    return;
  }
  await rm(parts.memoryPath(record.id), { recursive: true, force: true });
  parts.store.operations.finish(operation);
}

function noteSleep(parts: Parts, record: SandboxRecord, operation: string): void {
  parts.store.transaction(() => {
    const patch = { suspendedAt: isoTime(parts.clock.nowMs()), memoryKept: true };
    if (!move(parts, record.id, 'hibernated', 'caller', patch)) throw wrongState(record, 'ready', 'hibernate');
    parts.store.operations.finish(operation);
  });
}

/** The processes of a sandbox that sleeps on disk, going on. Its image goes when the row says that it is `ready`. */
export async function wake(parts: Parts, record: SandboxRecord, scope: Scope): Promise<SandboxIdentity> {
  const root = await parts.files.root(record.layers, record.id, record.upper);
  await removeFile(parts.socketPath(record.id));
  const request = launchRequest(parts, record, root);
  const identity = await memoryOf(parts, record).wake(request, parts.memoryPath(record.id), scope);
  parts.connections.open(record.id, identity.socketPath, record.incarnation, parts.scope).catch(() => undefined);
  return identity;
}

export const forgetImage = (parts: Parts, id: string): Promise<void> =>
  rm(parts.memoryPath(id), { recursive: true, force: true });

/** @param insert makes the children's rows, which are `creating`: all, or none with the reason */
export async function forkMemory(
  parts: Parts,
  parent: SandboxRecord,
  insert: () => SandboxRecord[],
  scope: Scope,
): Promise<SandboxRecord[]> {
  const memory = memoryOf(parts, parent);
  const identity = identityOf(parent);
  const operation = parts.store.operations.begin({
    id: parts.newId('operation'),
    kind: 'fork-memory',
    sandbox: parent.id,
    payload: {},
  });
  let children: SandboxRecord[] = [];
  try {
    children = insert();
    const requests = await Promise.all(
      children.map(async (child) =>
        launchRequest(parts, child, await parts.files.root(child.layers, child.id, child.upper)),
      ),
    );
    const { identities, pauseMs } = await memory.forkLive(identity, requests, scope);
    const made = children.map((child, index) => madeOf(child, identities[index]));
    await Promise.all(made.map((child) => hooksWell(parts, child, scope)));
    for (const child of made) becomeReady(parts, child);
    parts.report('sandbox-forked', parent, { children: children.map(({ id }) => id), pauseMs });
    return children.map(({ id }) => mustGet(parts, id));
  } catch (error) {
    await Promise.all(children.map(({ id }) => abandon(parts, id, error, parts.scope)));
    throw error;
  } finally {
    parts.store.operations.finish(operation.id);
  }
}

type Made = SandboxRecord & { identity: SandboxIdentity };

function madeOf(child: SandboxRecord, identity: SandboxIdentity | undefined): Made {
  if (!identity) throw new HoldfastError('internal', `the fork has no child ${child.id}`);
  return { ...child, identity };
}

/** One that is not seeded anew is not to be used. */
async function hooksWell(parts: Parts, child: Made, scope: Scope): Promise<void> {
  await checkHooks(await parts.connections.use(child, scope), scope);
}

function becomeReady(parts: Parts, child: Made): void {
  const { identity } = child;
  if (!move(parts, child.id, 'ready', 'caller', { identity })) throw wrongState(child, 'creating', 'fork');
  const record = mustGet(parts, child.id);
  armAlarm(parts, record);
  parts.report('sandbox-ready', record, heldTo(record));
}

function memoryOf(parts: Parts, record: SandboxRecord): MemorySnapshots {
  const { memory, name } = parts.substrates.of(record);
  if (memory) return memory;
  throw new HoldfastError('capability-missing', `the substrate ${name} cannot keep the memory of its sandboxes`, {
    hint: 'Its files can be kept: leave the memory out. For memory too, create it with --isolation microvm.',
    details: { substrate: name },
  });
}
