/**
 * The sandbox controller: every change of a sandbox's life goes through here, one at a time per sandbox.
 *
 * Neighbours: the substrate makes and moves processes, the file store keeps files, the store keeps what was decided.
 *
 * 1. Verbs that change a sandbox as a whole take its lock; calls into it (exec, files) do not and may run beside them. What
 *    a substrate has begun it ends, whoever gave up waiting for it: until then the lock is held.
 * 2. A tenant only ever finds its own sandboxes and snapshots: somebody else's is as absent as none.
 * 3. What the alarm, the substrate or a caller ends, ends the same way (machine.ts).
 */
import { rootScope, type Scope, Semaphore, untilOrEnded } from '../base/index.ts';
import type { Guest } from '../guest/index.ts';
import {
  type ContractRef,
  type CreateSandbox,
  HoldfastError,
  type Isolation,
  type Network,
  type Page,
} from '../schema/index.ts';
import type { SandboxQuery, SandboxRecord, SnapshotRecord } from '../state/index.ts';
import { Activity } from './activity.ts';
import { fork, rollback, type SnapshotWish, snapshot } from './changes.ts';
import {
  fromStart,
  handOver,
  heldOf,
  insertTwins,
  type Launched,
  launchFresh,
  makeReady,
  type Start,
  type TwinRequest,
} from './create.ts';
import { bringFilesOut } from './files-out.ts';
import { IdempotentCreates, type OneCreate } from './idempotent-creates.ts';
import { LimitWatch } from './limit-watch.ts';
import {
  armAlarm,
  type Ending,
  end,
  endAsleep,
  endingOf,
  keepStill,
  killStraysOf,
  longestSilenceMs,
  lookAgain,
  lookAgainMs,
  mustGet,
  renewDeadMan,
  renewDeadManLater,
  wrongState,
} from './machine.ts';
import { forkMemory, hibernateWithMemory } from './memory.ts';
import type { Parts } from './parts.ts';
import type { Pools } from './pools.ts';
import { type Recovered, recover } from './recovery.ts';
import { extend, hibernate, resume, suspend } from './sleep.ts';

export interface ForkInput {
  count: number;
  /** With what runs in it. */
  memory?: boolean | undefined;
  isolation?: Isolation | undefined;
  metadata: Record<string, string>;
  lifetimeMs?: number | undefined;
  /** Absent: what the sandbox was held to whose files these are; where that is not known, `usualContract`. */
  contract?: ContractRef | undefined;
  usualContract?: ContractRef | null;
}

export class SandboxController {
  readonly #parts: Parts;
  readonly #pools: Pools;
  readonly #activity: Activity;
  readonly #creates: IdempotentCreates;
  readonly #launches = new Semaphore(launchesAtOnce);
  /** Says which limit ended a process. */
  readonly limits: LimitWatch;

  constructor(parts: Parts, pools: Pools) {
    this.#parts = parts;
    this.#pools = pools;
    this.#activity = new Activity(parts.clock);
    this.#creates = new IdempotentCreates(parts);
    this.limits = new LimitWatch(parts);
  }

  /** Call once, before any verb. Takes as long as what was left half-done is large. */
  async open(): Promise<Recovered> {
    const recovered = await recover(this.#parts, this.#pools);
    void this.#pools.fill();
    return recovered;
  }

  /** Sandboxes live on; only what waits in pools ends. */
  async close(): Promise<void> {
    await using scope = rootScope({ name: 'close', timeoutMs: closeTimeoutMs });
    try {
      await this.#pools.drain(scope);
    } finally {
      this.#parts.alarm.close();
      this.#parts.connections.closeAll();
    }
    await this.#parts.files.settle();
  }

  /** How many each pool has ready. */
  get waiting(): Pools['waiting'] {
    return this.#pools.waiting;
  }

  /** Nothing of `one` is done where a repeated key finds what it made. */
  createOnce(tenant: string, input: CreateSandbox, one: OneCreate, scope: Scope): Promise<SandboxRecord> {
    return this.#creates.run(tenant, input, one, scope);
  }

  /** @param contract what it will be held to; the input's own is what somebody asked for */
  async create(
    tenant: string,
    input: CreateSandbox,
    contract: ContractRef | null,
    scope: Scope,
  ): Promise<SandboxRecord> {
    const waiting = await this.#pools.take(input, contract, scope);
    if (waiting) {
      return handOver(this.#parts, waiting.record, tenant, input).catch(async (error: unknown) => {
        await waiting.giveBack();
        throw error;
      });
    }
    const launched = await this.#launches.run(async () => {
      scope.throwIfEnded();
      const launch = (start: Start): Promise<Launched> => launchFresh(this.#parts, tenant, input, start, scope);
      return fromStart(this.#parts, tenant, { ...input, contract }, launch, scope);
    }, scope);
    return makeReady(this.#parts, launched, scope);
  }

  find(tenant: string, ref: string): SandboxRecord {
    const record = this.#parts.store.sandboxes.find(tenant, ref);
    if (record) return record;
    throw new HoldfastError('sandbox-not-found', `there is no sandbox ${JSON.stringify(ref)}`, {
      hint: 'holdfast ps --all lists those there are.',
      details: { ref },
    });
  }

  /** By id, or the newest of that name. */
  findSnapshot(tenant: string, ref: string): SnapshotRecord {
    const { snapshots } = this.#parts.store;
    const record = snapshots.findSnapshot(tenant, ref) ?? snapshots.newestNamed(tenant, ref);
    if (record) return record;
    throw new HoldfastError('snapshot-not-found', `there is no snapshot ${JSON.stringify(ref)}`, {
      hint: 'holdfast snapshots lists those there are.',
      details: { id: ref },
    });
  }

  list(query: SandboxQuery): Page<SandboxRecord> {
    return this.#parts.store.sandboxes.list(query);
  }

  async extend(tenant: string, ref: string, lifetimeMs: number, scope: Scope): Promise<SandboxRecord> {
    const extended = async (record: SandboxRecord) => extend(this.#parts, record, lifetimeMs);
    const after = await this.#locked(tenant, ref, scope, extended);
    // It is written down. An agent that does not answer holds up nobody but who extended it, and for no longer than they wait.
    if (after.state === 'ready') await untilOrEnded(renewDeadMan(this.#parts, after), scope);
    return after;
  }

  /** As `extend`, where it is awake and has less than `leastMs` left; never makes a lifetime shorter. */
  async renew(
    tenant: string,
    ref: string,
    { leastMs, lifetimeMs }: { leastMs: number; lifetimeMs: number },
    scope: Scope,
  ): Promise<void> {
    const isShort = ({ state, leaseEndsMs }: SandboxRecord): boolean =>
      state === 'ready' && leaseEndsMs - this.#parts.clock.nowMs() < leastMs;
    if (!isShort(this.find(tenant, ref))) return;
    const renewed = await this.#locked(tenant, ref, scope, async (record) =>
      isShort(record) ? extend(this.#parts, record, lifetimeMs) : null,
    );
    if (renewed) await renewDeadMan(this.#parts, renewed);
  }

  /** With its memory it stands still, or sleeps on disk; without, only its files stay. */
  suspend(
    tenant: string,
    ref: string,
    { memory, disk }: { memory: boolean; disk: boolean },
    scope: Scope,
  ): Promise<SandboxRecord> {
    return this.#locked(tenant, ref, scope, async (record) => {
      const isThere = memory && !disk ? record.state === 'suspended' : record.state === 'hibernated';
      if (isThere && record.memoryKept === disk) return record;
      if (record.state !== 'ready') throw wrongState(record, 'ready', 'suspend');
      if (disk) return hibernateWithMemory(this.#parts, record, scope);
      return memory ? suspend(this.#parts, record, 'caller', scope) : hibernate(this.#parts, record, scope);
    });
  }

  resume(tenant: string, ref: string, scope: Scope): Promise<SandboxRecord> {
    return this.#locked(tenant, ref, scope, async (record) => {
      if (record.state === 'ready') return record;
      if (record.state !== 'suspended' && record.state !== 'hibernated')
        throw wrongState(record, 'suspended', 'resume');
      return resume(this.#parts, record, scope);
    });
  }

  destroy(tenant: string, ref: string, scope: Scope): Promise<SandboxRecord> {
    return this.#locked(tenant, ref, scope, (record) =>
      this.#end(record.id, { reason: 'cancelled', detail: 'it was removed', cause: 'caller' }, this.#parts.scope),
    );
  }

  snapshot(tenant: string, ref: string, wish: SnapshotWish, scope: Scope): Promise<SnapshotRecord> {
    return this.#locked(tenant, ref, scope, (record) => snapshot(this.#parts, record, wish, scope));
  }

  rollback(tenant: string, ref: string, snapshot: string, scope: Scope): Promise<SandboxRecord> {
    const { id } = this.findSnapshot(tenant, snapshot);
    return this.#locked(tenant, ref, scope, (record) =>
      // It may have been deleted while this waited.
      rollback(this.#parts, record, this.findSnapshot(tenant, id), scope),
    );
  }

  /** What the children of a fork would be held to. */
  contractOfFork(
    tenant: string,
    source: string,
    { contract, usualContract = null }: Pick<ForkInput, 'contract' | 'usualContract'>,
  ): ContractRef | null {
    if (contract) return contract;
    const known = this.#parts.store.snapshots.findSnapshot(tenant, source);
    return known ? (known.contract ?? usualContract) : this.find(tenant, source).contract;
  }

  /** Of a sandbox (a snapshot is taken first) or of a snapshot. */
  async fork(tenant: string, source: string, input: ForkInput, scope: Scope): Promise<SandboxRecord[]> {
    const { count, metadata, lifetimeMs = defaultForkLifetimeMs } = input;
    const known = this.#parts.store.snapshots.findSnapshot(tenant, source);
    const plain = { limits: {}, environment: {}, user: 'agent' as const, network: 'none' as const };
    const contract = this.contractOfFork(tenant, source, input);
    if (known) {
      if (input.memory) throw onlyFiles(known.id);
      const isolation = input.isolation ?? this.#isolationOf(known);
      return fork(this.#parts, tenant, known, { count, metadata, lifetimeMs, isolation, contract, ...plain }, scope);
    }
    const parent = this.find(tenant, source);
    if (input.memory) return this.#forkMemory(tenant, parent, { count, metadata, lifetimeMs, contract }, scope);
    const taken = await this.snapshot(tenant, source, { name: null }, scope);
    const { limits, environment, user, network } = parent;
    const isolation = input.isolation ?? parent.isolation;
    const like = { isolation, limits, environment, user, network, ...heldOf(parent) };
    const request = { count, metadata, lifetimeMs, contract, ...like };
    return fork(this.#parts, tenant, taken, request, scope);
  }

  /** When this resolves, what a sandbox has written so far can be read on this machine; most write here directly. */
  async bringFilesOut(tenant: string, ref: string, scope: Scope): Promise<void> {
    if (!this.#parts.substrates.of(this.find(tenant, ref)).saveFiles) return;
    await this.#locked(tenant, ref, scope, (record) => bringFilesOut(this.#parts, record, scope));
  }

  /** What it may reach from now on. What could not be enforced was not changed. */
  setNetwork(
    tenant: string,
    ref: string,
    { network, enforce }: { network: Network; enforce(record: SandboxRecord): Promise<void> },
    scope: Scope,
  ): Promise<SandboxRecord> {
    return this.#locked(tenant, ref, scope, async (record) => {
      if (!['ready', 'suspended', 'hibernated'].includes(record.state)) throw wrongState(record, 'ready', 'change');
      const { sandboxes } = this.#parts.store;
      // Written first: what a crash leaves is enforced by the next start.
      sandboxes.update(record.id, { network });
      const after = mustGet(this.#parts, record.id);
      try {
        await enforce(after);
      } catch (error) {
        sandboxes.update(record.id, { network: record.network });
        throw error;
      }
      this.#parts.report('network-changed', after, { network: network === 'none' ? 'none' : 'policy' });
      return after;
    });
  }

  /** Runs `work` with the channel into a `ready` sandbox; it counts as used meanwhile. */
  async inside<T>(
    tenant: string,
    ref: string,
    scope: Scope,
    work: (guest: Guest, record: SandboxRecord) => Promise<T>,
  ): Promise<T> {
    const record = this.find(tenant, ref);
    if (record.state !== 'ready') throw wrongState(record, 'ready', 'use');
    return this.#activity.during(record.id, async () => work(await this.#channel(record, scope), record));
  }

  /** As `inside`, for what goes on after the call, such as an attachment: in use until the function is called. */
  hold(sandbox: string): () => void {
    return this.#activity.begin(sandbox);
  }

  /** A lease of this sandbox may have run out, or its end have failed. What fails is tried again. */
  onDue(id: string): void {
    this.#background(id, () => this.#look(id).catch((error: unknown) => this.#lookAgain(id, error)));
  }

  /** The channel into a sandbox ended by itself: see whether the sandbox did. */
  onLost(id: string): void {
    const record = this.#parts.store.sandboxes.get(id);
    if (record?.state === 'ready' && record.identity) this.#background(id, () => this.#endIfDead(id));
  }

  /** A sandbox that cannot be reached may be gone: the caller hears of it now, the store as soon as it is sure. */
  async #channel(record: SandboxRecord, scope: Scope): Promise<Guest> {
    try {
      return await this.#parts.connections.use(record, scope);
    } catch (error) {
      this.onLost(record.id);
      throw error;
    }
  }

  #forkMemory(tenant: string, { id }: SandboxRecord, request: TwinRequest, scope: Scope): Promise<SandboxRecord[]> {
    return this.#locked(tenant, id, scope, async (parent) => {
      if (parent.state !== 'ready') throw wrongState(parent, 'ready', 'fork');
      return forkMemory(this.#parts, parent, () => insertTwins(this.#parts, parent, request), scope);
    });
  }

  /** What a sandbox left behind is run with no less isolation than the sandbox had, unless somebody says so. */
  #isolationOf({ sandbox }: SnapshotRecord): Isolation {
    return (sandbox === null ? null : this.#parts.store.sandboxes.get(sandbox))?.isolation ?? 'namespace';
  }

  /** Whoever gives up waiting is told so at once; what was begun is ended under the lock all the same. */
  #locked<T>(tenant: string, ref: string, scope: Scope, work: (record: SandboxRecord) => Promise<T>): Promise<T> {
    const { id } = this.find(tenant, ref);
    return untilOrEnded(
      this.#parts.locks.run(id, scope, () => work(mustGet(this.#parts, id))),
      scope,
    );
  }

  async #end(id: string, ending: Ending, scope: Scope): Promise<SandboxRecord> {
    const record = await end(this.#parts, id, ending, scope);
    this.#activity.forget(id);
    if (record.pooled) this.#pools.lost(id);
    return record;
  }

  /** Under the lock: whoever extended it, or came to use it, while this waited is heard. */
  async #look(id: string): Promise<void> {
    const { scope } = this.#parts;
    const record = this.#parts.store.sandboxes.get(id);
    // Nothing of it is to run.
    if (record?.state === 'hibernated' && record.identity) await endAsleep(this.#parts, id, scope);
    else if (!record || record.state === 'gone' || record.state === 'hibernated')
      await killStraysOf(this.#parts, id, scope);
    if (record?.state === 'stopping') await this.#end(id, endingOf(record, 'lease'), scope);
    if (record?.state === 'suspended') await keepStill(this.#parts, record, scope);
    if (record?.state !== 'ready') return;
    const { leaseEndsMs, idleMs, onLifetimeEnd, onIdle } = record;
    const nowMs = this.#parts.clock.nowMs();
    const idleEndsMs = idleMs === null ? null : this.#activity.lastUsedMs(id) + idleMs;
    if (nowMs >= leaseEndsMs)
      await this.#expire(record, onLifetimeEnd, { reason: 'timed-out', detail: 'its lifetime ended' });
    else if (idleEndsMs !== null && nowMs >= idleEndsMs)
      await this.#expire(record, onIdle, { reason: 'evicted', detail: `it was idle for ${idleMs} ms` });
    else armAlarm(this.#parts, { ...record, idleEndsMs });
  }

  async #expire(
    record: SandboxRecord,
    action: 'destroy' | 'suspend',
    why: Pick<Ending, 'reason' | 'detail'>,
  ): Promise<void> {
    if (action === 'suspend') await suspend(this.#parts, record, 'lease', this.#parts.scope);
    else await this.#end(record.id, { ...why, cause: 'lease' }, this.#parts.scope);
  }

  /** Until then its agent waits: a sandbox that is to be suspended does not end instead. */
  #lookAgain(id: string, error: unknown): never {
    lookAgain(this.#parts, id);
    const record = this.#parts.store.sandboxes.get(id);
    const untilMs = this.#parts.clock.nowMs() + lookAgainMs;
    if (record?.state === 'ready')
      renewDeadManLater(this.#parts, { ...record, leaseEndsMs: Math.max(record.leaseEndsMs, untilMs) });
    throw error;
  }

  async #endIfDead(id: string): Promise<void> {
    const record = mustGet(this.#parts, id);
    if (record.state !== 'ready' || !record.identity || (await this.#answers(record))) return;
    const ending: Ending = (await this.limits.endedByMemory(record))
      ? { reason: 'oom', detail: 'its memory limit was exceeded and its first process was killed', cause: 'substrate' }
      : { reason: 'died', detail: 'its first process ended or stopped answering', cause: 'substrate' };
    await this.#end(id, ending, this.#parts.scope);
  }

  /** The agent listens until its very end: a new channel tells a lost one from a lost sandbox. */
  async #answers(record: SandboxRecord): Promise<boolean> {
    await using scope = this.#parts.scope.child({
      name: `see whether ${record.id} lives`,
      timeoutMs: longestSilenceMs,
    });
    try {
      const guest = await this.#parts.connections.use(record, scope);
      await guest.ping(scope);
      return true;
    } catch {
      return false;
    }
  }

  /** Work nobody waits for: under the lock, and its failure is in the log. */
  #background(id: string, work: () => Promise<unknown>): void {
    const { locks, scope, log } = this.#parts;
    locks.run(id, scope, work).catch((error: unknown) => log.error({ error, sandbox: id }, 'background work failed'));
  }
}

const onlyFiles = (snapshot: string): HoldfastError =>
  new HoldfastError('invalid-argument', `snapshot ${snapshot} holds files, not memory`, {
    hint: 'Fork a running sandbox with its memory, or the snapshot without.',
  });

/**
 * The launcher begins one after the other, and few keep it busy while those begun set themselves up. More would finish no
 * sooner, would all finish late, and would hold up everything else.
 */
const launchesAtOnce = 6;
const closeTimeoutMs = 30_000;
/** Of children, when nobody says. */
export const defaultForkLifetimeMs = 3_600_000;
