/**
 * Changes to the files of a sandbox as a whole: snapshot, rollback, fork.
 *
 * 1. A snapshot is recorded in the same transaction that records where the sandbox writes from then on (the file
 *    store's `takeSnapshot`); a crash before it leaves the sandbox as it was, and recovery puts right what was moved.
 * 2. A rollback ends the processes first: none of them could have kept its open files.
 * 3. A fork is all or none.
 */
import { type Scope, Semaphore } from '../base/index.ts';
import {
  type ContractRef,
  createSandboxSchema,
  HoldfastError,
  type Isolation,
  type Limits,
  type Network,
} from '../schema/index.ts';
import type { SandboxRecord, SnapshotRecord } from '../state/index.ts';
import { checkHeld, createFresh, fromSnapshot, type HeldStill, type Start } from './create.ts';
import { end, identityOf, mustGet, renewDeadManLater, wrongState } from './machine.ts';
import type { Parts } from './parts.ts';
import { checkQuotas, checkSnapshotQuota } from './quotas.ts';

/** Launches at once in a fork: enough to keep both sides of the launcher busy. */
const forkConcurrency = 8;

export interface SnapshotWish {
  name: string | null;
  /** Its root stays the one it is, always or while that is cheap. */
  keepsRoot?: 'always' | 'small';
}

export async function snapshot(
  parts: Parts,
  record: SandboxRecord,
  { name, keepsRoot }: SnapshotWish,
  scope: Scope,
): Promise<SnapshotRecord> {
  if (record.state !== 'ready' && record.state !== 'suspended') throw wrongState(record, 'ready', 'snapshot');
  checkSnapshotQuota(parts, record.tenant);
  const identity = identityOf(record);
  const substrate = parts.substrates.of(record);
  const taken = await parts.files.takeSnapshot(
    {
      sandbox: record,
      name,
      seal: async (request, sealScope) => {
        const wish = { ...request, ...(keepsRoot ? { keepsRoot } : {}) };
        try {
          return await substrate.snapshot(identity, wish, sealScope);
        } catch (error) {
          // Whoever took it may have ended while it stood still for that.
          if (record.state === 'ready') await substrate.thaw(identity, parts.scope).catch(() => undefined);
          throw error;
        }
      },
      admit: (addedBytes) => checkSnapshotQuota(parts, record.tenant, addedBytes),
    },
    scope,
  );
  parts.report('snapshot-created', record, {
    snapshot: taken.id,
    method: taken.method,
    pauseMs: taken.pauseMs,
    addedBytes: taken.addedBytes,
  });
  return taken;
}

export async function rollback(
  parts: Parts,
  record: SandboxRecord,
  target: SnapshotRecord,
  scope: Scope,
): Promise<SandboxRecord> {
  if (record.state !== 'ready') throw wrongState(record, 'ready', 'roll back');
  return parts.files.holding(target.layers, async () => {
    await parts.files.verify(target.layers, scope);
    return await replaceRoot(parts, await parts.files.putRight(record), target, scope);
  });
}

async function replaceRoot(
  parts: Parts,
  record: SandboxRecord,
  target: SnapshotRecord,
  scope: Scope,
): Promise<SandboxRecord> {
  const identity = identityOf(record);
  const substrate = parts.substrates.of(record);
  const upper = parts.files.freshUpper(record);
  const generation = Number(upper);
  const root = await parts.files.root(target.layers, record.id, upper);
  const client = await parts.connections.use(record, scope);
  await client.reset(scope);
  const operation = parts.store.operations.begin({
    id: parts.newId('operation'),
    kind: 'rollback',
    sandbox: record.id,
    payload: { upper, generation, layers: target.layers, snapshot: target.id },
  });
  let pauseMs: number;
  try {
    ({ pauseMs } = await substrate.swapRoot(identity, root, record.limits, scope));
  } catch (error) {
    settleRollback(parts, operation.id, await substrate.upperOf(identity));
    throw error;
  }
  parts.store.transaction(() => {
    parts.store.sandboxes.update(record.id, {
      upper,
      generation,
      layers: target.layers,
      snapshot: target.id,
      incarnation: parts.newId('incarnation'),
    });
    parts.store.operations.finish(operation.id);
  });
  parts.files.discardWorkspace(record.id, record.upper);
  const after = mustGet(parts, record.id);
  // An agent that was started anew knows the lease of its first start. One that does not answer holds up nobody.
  renewDeadManLater(parts, after);
  parts.report('sandbox-rolled-back', after, { snapshot: target.id, pauseMs });
  return after;
}

export interface ForkRequest extends HeldStill {
  count: number;
  isolation: Isolation;
  metadata: Record<string, string>;
  lifetimeMs: number;
  limits: Limits;
  environment: Record<string, string>;
  user: 'agent' | 'root';
  network: Network;
  contract: ContractRef | null;
}

export async function fork(
  parts: Parts,
  tenant: string,
  source: SnapshotRecord,
  request: ForkRequest,
  scope: Scope,
): Promise<SandboxRecord[]> {
  checkQuotas(parts, tenant, request.limits, request.count);
  const substrate = await parts.substrates.choose(request.isolation, scope);
  checkHeld(substrate, request);
  const { contract } = request;
  return fromSnapshot(
    parts,
    source,
    (start) => forkFrom(parts, tenant, { ...start, substrate, contract }, request, scope),
    scope,
  );
}

async function forkFrom(
  parts: Parts,
  tenant: string,
  start: Start,
  { count, contract: _, ...rest }: ForkRequest,
  scope: Scope,
): Promise<SandboxRecord[]> {
  const input = createSandboxSchema.parse({ ...rest, template: start.template });
  const turns = new Semaphore(forkConcurrency);
  const outcomes = await Promise.allSettled(
    Array.from({ length: count }, () => turns.run(() => createFresh(parts, tenant, input, start, scope))),
  );
  const made = outcomes.filter((outcome) => outcome.status === 'fulfilled').map((outcome) => outcome.value);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (!failed) return made;
  await Promise.all(
    made.map((child) =>
      end(
        parts,
        child.id,
        { reason: 'cancelled', detail: 'a sibling of its fork failed', cause: 'caller' },
        parts.scope,
      ),
    ),
  );
  throw failed.reason instanceof Error ? failed.reason : new HoldfastError('launch-failed', String(failed.reason));
}

/** What became of a rollback that a crash interrupted: the mount that is there decides. */
export function settleRollback(parts: Parts, operationId: string, mounted: string | null): void {
  const operation = parts.store.operations.listOpen().find(({ id }) => id === operationId);
  if (!operation?.sandbox) return;
  const record = parts.store.sandboxes.get(operation.sandbox);
  const {
    upper,
    generation,
    layers,
    snapshot: snapshotId,
  } = operation.payload as { upper: string; generation: number; layers: string[]; snapshot: string };
  parts.store.transaction(() => {
    if (record && record.state !== 'gone' && mounted?.endsWith(`/${upper}/upper`)) {
      parts.store.sandboxes.update(record.id, {
        upper,
        generation,
        layers,
        snapshot: snapshotId,
        incarnation: parts.newId('incarnation'),
      });
    }
    parts.store.operations.finish(operationId);
  });
  if (record && record.state !== 'gone') {
    const stale = mounted?.endsWith(`/${upper}/upper`) ? record.upper : upper;
    parts.files.discardWorkspace(record.id, stale);
    parts.log.info({ sandbox: record.id, upper: mounted }, 'an interrupted rollback was settled');
  }
}
