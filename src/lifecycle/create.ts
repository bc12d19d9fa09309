/**
 * Making sandboxes: from nothing, from a pool, or again for a repeated key.
 *
 * 1. Quotas are checked and the row is written in one turn of the event loop, so that two creates cannot both fit the
 *    last place.
 * 2. A create that fails leaves nothing; its row says `gone` and why.
 * 3. What warms a template has run in what is made of it before anybody may call: in memory that a launch goes on from, else here. A
 *    snapshot is files, and nothing runs in what starts from one.
 */
import { isoTime, type Scope } from '../base/index.ts';
import { checkHooks, mayHaveHooks, type SandboxIdentity, type Substrate, warmUp } from '../compute/index.ts';
import {
  type ContractRef,
  type CreateSandbox,
  createSandboxSchema,
  HoldfastError,
  isHoldfastError,
} from '../schema/index.ts';
import type { SandboxPatch, SandboxRecord, SnapshotRecord } from '../state/index.ts';
import { noLimitHits } from './limit-watch.ts';
import { abandon, armAlarm, launch, move, mustGet, renewDeadManLater } from './machine.ts';
import type { Parts } from './parts.ts';
import { checkQuotas } from './quotas.ts';

/** What a new sandbox's files start from, and what it is held to. */
export interface Start {
  substrate: Substrate;
  template: string;
  snapshot: string | null;
  /** Layer ids, newest first. */
  layers: string[];
  /** What warms it. */
  warm: readonly string[];
  contract: ContractRef | null;
}

export type StartRequest = Pick<CreateSandbox, 'template' | 'isolation' | 'seed' | 'clock'> & {
  contract: ContractRef | null;
};

/**
 * Calls `make` with what a new sandbox starts from, which nobody deletes until that is over. A template goes before a
 * snapshot of its name.
 */
export async function fromStart<T>(
  parts: Parts,
  tenant: string,
  { template, isolation, seed, clock, contract }: StartRequest,
  make: (start: Start) => Promise<T>,
  scope: Scope,
): Promise<T> {
  const substrate = await parts.substrates.choose(isolation, scope);
  checkHeld(substrate, { seed, clock });
  const ref = template ?? substrate.defaultTemplate;
  const { snapshots } = parts.store;
  const base =
    snapshots.findSnapshot(tenant, ref) ??
    (await parts.files.useTemplate(ref, scope).catch((error: unknown) => {
      if (!isHoldfastError(error) || error.code !== 'template-not-found') throw error;
      if (template === undefined) throw notInstalled(substrate, error);
      const named = snapshots.newestNamed(tenant, template);
      if (named) return named;
      throw error;
    }));
  if ('template' in base) return fromSnapshot(parts, base, (start) => make({ substrate, contract, ...start }), scope);
  const { name, layers, warm } = base;
  const start: Start = { substrate, template: name, snapshot: null, layers, warm, contract };
  return parts.files.holding(layers, () => make(start));
}

/** The same for a snapshot. */
export function fromSnapshot<T>(
  { files }: Parts,
  { id, template, layers }: SnapshotRecord,
  make: (start: Omit<Start, 'substrate' | 'contract'>) => Promise<T>,
  scope: Scope,
): Promise<T> {
  return files.holding(layers, async () => {
    await files.verify(layers, scope);
    return await make({ template, snapshot: id, layers, warm: [] });
  });
}

/** What programs of a sandbox meet instead of the machine's chance and time. */
export interface HeldStill {
  seed?: number | undefined;
  clock?: string | undefined;
}

/** @throws HoldfastError `capability-missing` where it would not be held */
export function checkHeld({ name, canSeed, canSetClock }: Substrate, { seed, clock }: HeldStill): void {
  if (seed !== undefined && !canSeed) {
    throw new HoldfastError('capability-missing', `chance follows from no seed under ${name} as it is run here`, {
      hint: 'Leave the seed out, or ask for isolation `namespace` and the launcher `fork`.',
      details: { capability: 'seed' },
    });
  }
  if (clock === undefined || canSetClock) return;
  throw new HoldfastError('capability-missing', `under ${name} a sandbox has no kernel, and so no clock, of its own`, {
    hint: 'Leave the clock out, or ask for isolation `microvm`.',
    details: { capability: 'clock' },
  });
}

/** Nobody asked for that template: it comes with what the substrate needs. */
function notInstalled({ name, defaultTemplate }: Substrate, cause: HoldfastError): HoldfastError {
  return new HoldfastError('template-not-found', `there is no template ${defaultTemplate}, which ${name} starts from`, {
    hint: `Build it: holdfast substrate install ${name}`,
    cause,
  });
}

export async function createFresh(
  parts: Parts,
  tenant: string,
  input: CreateSandbox,
  start: Start,
  scope: Scope,
): Promise<SandboxRecord> {
  return makeReady(parts, await launchFresh(parts, tenant, input, start, scope), scope);
}

/** Of a row that is still `creating`. */
export interface Launched {
  record: SandboxRecord;
  identity: SandboxIdentity;
  /** What is still to run in it. */
  warm: readonly string[];
  /** It went on from a saved memory, and hooks may have been run in it. */
  hooks: boolean;
}

/** The part of a create that keeps this machine busy. */
export async function launchFresh(
  parts: Parts,
  tenant: string,
  input: CreateSandbox,
  start: Start,
  scope: Scope,
): Promise<Launched> {
  checkQuotas(parts, tenant, input.limits);
  const record = newRecord(parts, tenant, input, start);
  parts.keepContract(record.contract);
  parts.store.sandboxes.insert(record);
  return launchNew(parts, record, start, scope);
}

/** Launches a row that is `creating`. */
export async function launchNew(
  parts: Parts,
  record: SandboxRecord,
  { substrate: { keepsWarm }, warm }: Start,
  scope: Scope,
): Promise<Launched> {
  try {
    const root = await parts.files.root(record.layers, record.id, record.upper);
    const identity = await launch(parts, record, { root, ...(keepsWarm ? { warm } : {}) }, scope);
    return { record, identity, warm: keepsWarm ? [] : warm, hooks: keepsWarm === true && mayHaveHooks(root) };
  } catch (error) {
    throw await abandon(parts, record.id, error, parts.scope);
  }
}

/** Warms what was launched, where that is still to be done, and makes it `ready`. */
export async function makeReady(
  parts: Parts,
  { record, identity, warm, hooks }: Launched,
  scope: Scope,
): Promise<SandboxRecord> {
  try {
    // It was launched for somebody who may have given up meanwhile.
    scope.throwIfEnded();
    if (hooks) await checkHooks(await parts.connections.use({ ...record, identity }, scope), scope);
    if (warm.length > 0) await warmInside(parts, { ...record, identity }, warm, scope);
    if (!move(parts, record.id, 'ready', 'caller', { identity })) {
      throw new HoldfastError('cancelled', `sandbox ${record.id} was removed while it was being created`);
    }
  } catch (error) {
    // No row names its processes yet. What this leaves, `abandon` looks for.
    await parts.substrates
      .of(record)
      .kill(identity, parts.scope)
      .catch(() => undefined);
    throw await abandon(parts, record.id, error, parts.scope);
  }
  const ready = mustGet(parts, record.id);
  armAlarm(parts, ready);
  if (!ready.pooled) parts.report('sandbox-ready', ready, heldTo(ready));
  return ready;
}

async function warmInside(
  parts: Parts,
  record: SandboxRecord,
  programs: readonly string[],
  scope: Scope,
): Promise<void> {
  const guest = await parts.connections.use(record, scope);
  await warmUp(guest, { programs, user: record.user }, scope);
}

/** What events say of a sandbox that is held to something. */
export function heldTo({ contract }: SandboxRecord): Record<string, string> {
  return contract === null ? {} : { contract: contract.name };
}

export interface TwinRequest {
  count: number;
  metadata: Record<string, string>;
  lifetimeMs: number;
  contract: ContractRef | null;
}

/** Rows for sandboxes that go on from the memory of another one: all, or none with the reason. */
export function insertTwins(
  parts: Parts,
  parent: SandboxRecord,
  { count, contract, ...request }: TwinRequest,
): SandboxRecord[] {
  const { tenant, template, snapshot, layers, isolation, user, limits, environment, network, limitHits } = parent;
  const held = heldOf(parent);
  checkQuotas(parts, tenant, limits, count);
  const start: Start = { substrate: parts.substrates.of(parent), template, snapshot, layers, warm: [], contract };
  const input = createSandboxSchema.parse({
    ...request,
    template,
    isolation,
    user,
    limits,
    environment,
    network,
    ...held,
  });
  // What counted in it counts on in each.
  const twins = Array.from({ length: count }, () => ({ ...newRecord(parts, tenant, input, start), limitHits }));
  parts.keepContract(contract);
  parts.store.transaction(() => {
    for (const twin of twins) parts.store.sandboxes.insert(twin);
  });
  return twins;
}

/** As a create takes it. */
export function heldOf({ seed, clock }: SandboxRecord): HeldStill {
  return { ...(seed === null ? {} : { seed }), ...(clock === null ? {} : { clock }) };
}

/** Gives a waiting sandbox to its first owner: nothing is launched, only its row and its leases change. */
export async function handOver(
  parts: Parts,
  waiting: SandboxRecord,
  tenant: string,
  input: CreateSandbox,
): Promise<SandboxRecord> {
  checkQuotas(parts, tenant, input.limits);
  const nowMs = parts.clock.nowMs();
  const patch: SandboxPatch = { ...ownership(tenant, input, nowMs), pooled: false };
  parts.store.sandboxes.update(waiting.id, patch);
  const record = mustGet(parts, waiting.id);
  armAlarm(parts, record);
  renewDeadManLater(parts, record);
  parts.report('sandbox-ready', record, heldTo(record));
  return record;
}

export function newRecord(parts: Parts, tenant: string, input: CreateSandbox, start: Start): SandboxRecord {
  const nowMs = parts.clock.nowMs();
  return {
    ...ownership(tenant, input, nowMs),
    id: parts.newId('sandbox'),
    state: 'creating',
    substrate: start.substrate.name,
    isolation: start.substrate.isolation,
    incarnation: parts.newId('incarnation'),
    template: start.template,
    snapshot: start.snapshot,
    layers: start.layers,
    user: input.user,
    limits: input.limits,
    seed: input.seed ?? null,
    clock: input.clock ?? null,
    createdAt: isoTime(nowMs),
    suspendedAt: null,
    suspendedMs: 0,
    exitReason: null,
    exitDetail: null,
    identity: null,
    launcherKind: null,
    upper: '0',
    generation: 0,
    pooled: false,
    memoryKept: false,
    limitHits: noLimitHits,
    contract: start.contract,
  };
}

/** Everything about a sandbox that its owner chose and that a waiting one does not have yet. */
function ownership(tenant: string, input: CreateSandbox, nowMs: number) {
  const leaseEndsMs = nowMs + input.lifetimeMs;
  return {
    tenant,
    name: input.name ?? null,
    metadata: input.metadata,
    environment: input.environment,
    network: input.network,
    origins: input.origins,
    createdAt: isoTime(nowMs),
    expiresAt: isoTime(leaseEndsMs),
    leaseEndsMs,
    idleMs: input.idleMs ?? null,
    idleEndsMs: input.idleMs === undefined ? null : nowMs + input.idleMs,
    lastUsedMs: nowMs,
    onIdle: input.onIdle,
    onLifetimeEnd: input.onLifetimeEnd,
    idempotencyKey: input.idempotencyKey ?? null,
  } as const;
}
