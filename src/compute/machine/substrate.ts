/**
 * Sandboxes in virtual machines of their own: `microvm` and `vm`, one class.
 *
 * The host side is a namespace sandbox around QEMU; the inside is the launcher again, as the machine's first process. A
 * sandbox's files live in the machine: what it lies on is brought in layer by layer, what it wrote is taken out as one.
 *
 * 1. A create goes on from a saved memory (memories.ts); what makes it somebody's (names, clock, randomness, limits) is given
 *    to it before anything of the caller's runs.
 * 2. A machine whose start was not finished is ended, with everything of it.
 * 3. The host's `upper` of a workspace is where files are put before a start and where `saveFiles` puts what was written;
 *    while the machine lives, what counts is inside.
 */
import {
  bootId,
  dirname,
  existsSync,
  inOwnScope,
  makeDirectories,
  readdir,
  rename,
  rootScope,
  type Scope,
  Semaphore,
} from '../../base/index.ts';
import { tags } from '../../guest/index.ts';
import { HoldfastError, type Limits, type SubstrateReport } from '../../schema/index.ts';
import type { NamespaceSubstrate } from '../namespace/substrate.ts';
import type {
  LaunchRequest,
  LimitCounters,
  MemorySnapshots,
  RootView,
  SandboxIdentity,
  SnapshotOutcome,
  SnapshotRequest,
  Substrate,
} from '../types.ts';
import type { MachineKind } from './arguments.ts';
import { MachineClient, renewalOf } from './client.ts';
import type { MachineDriver } from './driver.ts';
import { machineDriver } from './drivers.ts';
import { type Engine, EngineRoom, type MachineOptions, shapeOf } from './engine.ts';
import type { BaseImage, Owners } from './images.ts';
import { InsideFiles } from './inside-files.ts';
import { LayerMover } from './layers.ts';
import { forkMemory, holdMemory, type LiveMachine, putAway, startFrom, takeUp, whatRuns } from './live.ts';
import { endMachine, letGoOn, type SavedFiles, type StartMachine } from './machines.ts';
import { Memories, type Memory, type MemoryOrigin, type MemoryRequest } from './memories.ts';
import { baseOf, machineSockets } from './places.ts';
import type { Started } from './program.ts';
import { imagesInUse, pruneKernels, pruneUnfinished } from './prune.ts';
import { firstRecord, type MachineRecord, type MadeWith, readRecord, writeRecord } from './record.ts';
import { machineReport } from './report.ts';
import { copyWorkDisk, emptyCopy } from './work-disk.ts';

/** A machine that does not say a word for so long is taken for one that will not. */
const countersTimeoutMs = 2_000;
const endTimeoutMs = 15_000;
/** What a create asks for that says nothing. */
const usual = { limits: {}, user: 'agent' } as const;
/** More would only take turns on the same processors. */
const startsAtOnce = 8;

/** Both kinds of this home, over one search for what they need. */
export function machineSubstrates(options: MachineOptions, host: NamespaceSubstrate): MachineSubstrate[] {
  const room = new EngineRoom(options, host.launcher);
  return (['microvm', 'vm'] as const).map((kind) => new MachineSubstrate(kind, room, host));
}

export class MachineSubstrate implements Substrate {
  readonly name: MachineKind;
  readonly isolation: MachineKind;
  readonly filesInside = true;
  readonly keepsWarm = true;
  readonly startsBusily = true;
  readonly canSetClock = true;
  readonly canSeed = true;
  readonly ceilings = ['cpu'] as const;
  /** The machine's own /usr is no disk a machine could have. */
  readonly defaultTemplate = 'debian';
  /** What QEMU runs in, and who works on layers. */
  readonly host: NamespaceSubstrate;
  readonly #room: EngineRoom;
  readonly #memories: Memories;
  readonly memory: MemorySnapshots = this;
  readonly #files: InsideFiles;
  readonly #clients = new Map<string, Promise<MachineClient>>();

  constructor(kind: MachineKind, room: EngineRoom, host: NamespaceSubstrate) {
    const { options } = room;
    this.name = kind;
    this.isolation = kind;
    this.host = host;
    this.#room = room;
    this.#files = new InsideFiles({
      host,
      layers: new LayerMover(options),
      clientOf: (identity, scope) => this.#client(identity, scope),
      recordOf: (sandbox) => this.#record(sandbox),
      write: (sandbox, record) => this.#write(sandbox, record),
    });
    this.#memories = new Memories({
      launcher: host.launcher,
      directory: this.#room.places.memories,
      runDirectory: this.#room.places.run,
      placeOf: (sandbox) => this.#room.places.sandbox(sandbox).directory,
      mode: options.mode,
      log: options.log,
    });
  }

  /** QEMU and the rest are looked for when the first machine is asked for, so that a daemon starts without them. */
  async open(scope: Scope): Promise<void> {
    await this.host.open(scope);
  }

  probe(scope: Scope): Promise<SubstrateReport> {
    return machineReport(this.name, this.#room, this.host, scope);
  }

  async isPrepared({ root, warm = [] }: Pick<LaunchRequest, 'root' | 'warm'>, scope: Scope): Promise<boolean> {
    const engine = await this.#room.ready(this.name, scope);
    const image = await this.#room.images.made(baseOf(root), this.#owners);
    if (image === null) return false;
    return await this.#memories.has(engine, this.#driver(engine), this.#wanted(engine, image, { ...usual, warm }));
  }

  async launch(request: LaunchRequest, scope: Scope): Promise<SandboxIdentity> {
    const engine = await this.#room.ready(this.name, scope);
    const driver = this.#driver(engine);
    const memory = await this.#memory(engine, driver, request, scope);
    const start = await this.#startOf(engine, request, scope);
    await makeDirectories(request.root.upper);
    const started = await this.#restore(driver, start, memory, scope);
    const madeWith = whatRuns(engine, driver);
    return await this.#settle(request, started, () => this.#makeOwn(request, memory, { ...start, madeWith }, scope));
  }

  async forkLive(
    identity: SandboxIdentity,
    requests: LaunchRequest[],
    scope: Scope,
  ): Promise<{ identities: SandboxIdentity[]; pauseMs: number }> {
    const engine = await this.#room.ready(this.name, scope);
    const driver = this.#driver(engine);
    const live = await this.#live(identity);
    const { record } = live;
    await this.#room.images.check(record.image, scope);
    const memory = await forkMemory(driver, this.host.launcher, engine, live, this.#room.places.memories, scope).catch(
      async (error: unknown) => {
        await inOwnScope(`let ${identity.sandbox} go on`, (own) => this.thaw(identity, own)).catch(() => undefined);
        throw error;
      },
    );
    try {
      const turns = new Semaphore(startsAtOnce);
      const start = (request: LaunchRequest): Promise<SandboxIdentity> =>
        turns.run(() => this.#goOn(driver, request, record, memory, scope));
      const outcomes = await Promise.allSettled(requests.map(start));
      const identities = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      const failed = outcomes.find((one) => one.status === 'rejected');
      if (!failed) return { identities, pauseMs: memory.pauseMs };
      await inOwnScope('end the children of a fork that failed', (own) =>
        Promise.allSettled(identities.map((child) => this.kill(child, own))),
      );
      throw failed.reason;
    } finally {
      await memory.close();
    }
  }

  async hibernate(identity: SandboxIdentity, directory: string, scope: Scope): Promise<void> {
    const engine = await this.#room.ready(this.name, scope);
    const live = await this.#live(identity);
    await putAway(this.#driver(engine), this.host.launcher, engine, live, directory, scope);
  }

  async wake(request: LaunchRequest, directory: string, scope: Scope): Promise<SandboxIdentity> {
    const engine = await this.#room.ready(this.name, scope);
    const driver = this.#driver(engine);
    const away = await takeUp(driver, this.host.launcher, engine, directory, scope);
    try {
      await this.#room.images.check(away.record.image, scope);
      return await this.#goOn(driver, request, away.record, away, scope);
    } finally {
      await away.close();
    }
  }

  alive(identities: SandboxIdentity[], scope: Scope): Promise<boolean[]> {
    return this.host.alive(identities, scope);
  }

  /** The machine as a whole, from outside: its clocks go on meanwhile, as those of any frozen sandbox. */
  async freeze(identity: SandboxIdentity, scope: Scope): Promise<void> {
    const record = await this.#record(identity.sandbox);
    await this.host.freeze(identity, scope);
    await this.#write(identity.sandbox, { ...record, frozen: true });
  }

  /** Whatever it stands still for, also by a daemon that died while it saved it or copied its files. */
  async thaw(identity: SandboxIdentity, scope: Scope): Promise<void> {
    const record = await this.#record(identity.sandbox);
    await this.host.thaw(identity, scope);
    const { disk, shape } = record;
    if (record.saving) {
      await letGoOn(this.host.launcher, { started: identity, socketPath: identity.socketPath, disk }, scope);
    }
    if (disk !== null) await emptyCopy(disk, shape.workMib);
    const after = { ...record, frozen: false, saving: false };
    if (record.heldInside) await this.#files.letGoInside(identity, after, scope);
    else await this.#write(identity.sandbox, after);
  }

  async kill(identity: SandboxIdentity, scope: Scope): Promise<void> {
    this.#forget(identity.sandbox);
    const socketPath = identity.socketPath;
    if (socketPath === '') await this.host.kill(identity, scope);
    else await endMachine(this.host.launcher, identity.sandbox, identity, socketPath, scope);
  }

  /** What the guest's kernel counted, when it answers; a machine that has ended counts no more. */
  async counters(identity: SandboxIdentity, scope: Scope): Promise<LimitCounters> {
    const host = await this.host.counters(identity, scope);
    const outside = { ...host, kernelKills: host.oomKills };
    await using limit = scope.child({ name: 'ask a machine for its counters', timeoutMs: countersTimeoutMs });
    try {
      const record = await this.#record(identity.sandbox);
      const client = await this.#client(identity, limit);
      return { ...outside, ...(await client.counters(record.inside, limit)) };
    } catch {
      scope.throwIfEnded();
      return outside;
    }
  }

  async snapshot(identity: SandboxIdentity, request: SnapshotRequest, scope: Scope): Promise<SnapshotOutcome> {
    const outcome = await this.#files.copyOut(identity, request.layerTree, scope);
    return { method: 'copy', ...outcome };
  }

  /** Of its own kernel; what runs there sees it jump. */
  async setClock(identity: SandboxIdentity, clockMs: number, scope: Scope): Promise<void> {
    await (await this.#client(identity, scope)).setClock(clockMs, scope);
  }

  /** Puts what the sandbox has written so far into its workspace on this machine, in place of what is there. */
  async saveFiles(identity: SandboxIdentity, root: RootView, scope: Scope): Promise<void> {
    const [fresh, old] = [`${root.upper}.fresh`, `${root.upper}.old`];
    for (const left of [fresh, old]) await this.#deleteTree(left, scope);
    await makeDirectories(dirname(root.upper));
    await this.#files.copyOut(identity, fresh, scope);
    if (existsSync(root.upper)) await rename(root.upper, old);
    await rename(fresh, root.upper);
    await this.#deleteTree(old, scope);
  }

  async swapRoot(
    identity: SandboxIdentity,
    root: RootView,
    limits: Pick<Limits, 'diskBytes'>,
    scope: Scope,
  ): Promise<{ pauseMs: number }> {
    const record = await this.#record(identity.sandbox);
    const client = await this.#client(identity, scope);
    await makeDirectories(root.upper);
    return { pauseMs: await this.#files.swap(identity.sandbox, record, client, root, limits.diskBytes, scope) };
  }

  /** As written down when the root was last replaced. */
  async upperOf({ sandbox }: SandboxIdentity): Promise<string | null> {
    return await this.#record(sandbox).then(
      ({ upper }) => upper,
      () => null,
    );
  }

  async prune(scope: Scope): Promise<number> {
    const { places, images, options } = this.#room;
    if (!existsSync(places.shared)) return 0;
    const freed = [await images.prune(await imagesInUse(options.home)), await pruneUnfinished(places)];
    const here = new Set(await images.digests());
    try {
      const engine = await this.#room.ready(this.name, scope);
      const { digest: program } = this.#driver(engine);
      const kernels = [engine, await this.#room.ready(this.name === 'vm' ? 'microvm' : 'vm', scope)];
      freed.push(await pruneKernels(places, new Set(kernels.map(({ kernel }) => kernel.digest))));
      const isNeeded = (origin: MemoryOrigin | null): boolean =>
        origin !== null &&
        (origin.kind !== this.name ||
          (here.has(origin.image) &&
            origin.kernel === engine.kernel.digest &&
            origin.program === program &&
            origin.processor === engine.processor));
      freed.push(await this.#memories.prune(isNeeded, scope));
    } catch (error) {
      scope.throwIfEnded();
      options.log.info(
        { error: String(error) },
        'what machines were started from is kept: nothing here can run them now',
      );
    }
    return freed.reduce((sum, bytes) => sum + bytes, 0);
  }

  async strays(scope: Scope): Promise<{ sandbox: string; cgroup: string; limitGroups: string[] }[]> {
    return await this.host.strays(scope);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const sandbox of [...this.#clients.keys()]) this.#forget(sandbox);
  }

  // ---- starting ----

  async #startOf(engine: Engine, request: LaunchRequest, scope: Scope): Promise<StartMachine> {
    const { limits, sandbox, socketPath, root } = request;
    return {
      sandbox,
      socketPath,
      shape: shapeOf(engine, this.name, limits),
      image: await this.#image(root, scope),
      disk: this.#room.places.sandbox(sandbox).disk,
      cpuMillis: limits.cpus === undefined ? undefined : Math.round(limits.cpus * 1000),
    };
  }

  #image(root: RootView, scope: Scope): Promise<BaseImage> {
    return this.#room.images.of(baseOf(root), this.#owners, scope);
  }

  get #owners(): Owners {
    return this.#keepsPowers ? 'plain' : 'moved';
  }

  /** A whole virtual machine is for what needs the powers of a kernel: its sandbox keeps them. */
  get #keepsPowers(): boolean {
    return this.name === 'vm';
  }

  async #memory(engine: Engine, driver: MachineDriver, request: LaunchRequest, scope: Scope): Promise<Memory> {
    const wanted = this.#wanted(engine, await this.#image(request.root, scope), request);
    return await this.#memories.get(engine, driver, wanted, scope);
  }

  #wanted(
    engine: Engine,
    image: BaseImage,
    request: Pick<LaunchRequest, 'limits' | 'user' | 'entropy' | 'warm'>,
  ): MemoryRequest {
    const { limits, user, entropy, warm = [] } = request;
    const shape = shapeOf(engine, this.name, limits);
    return { shape, image, user, keepsPowers: this.#keepsPowers, isSeeded: entropy !== undefined, warm };
  }

  /** A launcher that was started anew meanwhile holds no memory: then it is handed over once more. */
  async #restore(driver: MachineDriver, start: StartMachine, memory: Memory, scope: Scope): Promise<Started> {
    const from = { memory: memory.path, state: memory.state };
    if (start.shape.workMib > 0) await copyWorkDisk(this.host.launcher, memory.disk, start.disk, scope);
    try {
      return await driver.restore(start, from, scope);
    } catch (error) {
      if (!isNotKept(error)) throw error;
      await this.#memories.keepAgain(memory, scope);
      return await driver.restore(start, from, scope);
    }
  }

  #driver(engine: Engine): MachineDriver {
    return machineDriver(engine, this.#room, this.name, this.host.launcher);
  }

  /** A machine with somebody's memory becomes this sandbox's. */
  async #goOn(
    driver: MachineDriver,
    request: LaunchRequest,
    record: MachineRecord,
    memory: SavedFiles,
    scope: Scope,
  ): Promise<SandboxIdentity> {
    await makeDirectories(request.root.upper);
    const { memory: own, disk } = this.#room.places.sandbox(request.sandbox);
    const started = await startFrom(driver, this.host.launcher, request, { record, memory, disk }, scope);
    return await this.#settle(request, started, async () => {
      const client = await this.#connect(request.sandbox, request.socketPath, scope);
      await client.renew(renewalOf(request), scope);
      await holdMemory(memory.path, own);
      const files = { memory: own, disk: record.disk === null ? null : disk, upper: request.root.upper };
      await this.#write(request.sandbox, { ...record, ...files, frozen: false });
    });
  }

  /** What started is a sandbox when `finish` is through; else it is ended. */
  async #settle(request: LaunchRequest, started: Started, finish: () => Promise<void>): Promise<SandboxIdentity> {
    try {
      await finish();
    } catch (error) {
      await this.#abandon(request, started);
      throw error;
    }
    const { sandbox, socketPath, incarnation: agentIncarnation } = request;
    return { sandbox, ...started, bootId: bootId(), socketPath, agentIncarnation };
  }

  /** A machine that is everybody's becomes this sandbox's. */
  async #makeOwn(
    request: LaunchRequest,
    memory: Memory,
    start: StartMachine & { madeWith: MadeWith },
    scope: Scope,
  ): Promise<void> {
    const client = await this.#connect(request.sandbox, request.socketPath, scope);
    await client.renew(renewalOf(request), scope);
    const own = this.#room.places.sandbox(request.sandbox).memory;
    await holdMemory(memory.path, own);
    const { root, limits } = request;
    const { shape, image, madeWith } = start;
    const disk = shape.workMib > 0 ? start.disk : null;
    const { inside } = memory;
    const { upper } = root;
    const keepsPowers = this.#keepsPowers;
    const record = firstRecord({ madeWith, inside, shape, memory: own, disk, keepsPowers, image, upper });
    const isPlain = root.lower.length === 1 && (await readdir(root.upper)).length === 0;
    if (isPlain) await this.#write(request.sandbox, record);
    else await this.#files.swap(request.sandbox, record, client, root, limits.diskBytes, scope);
  }

  async #abandon(request: LaunchRequest, started: Started): Promise<void> {
    this.#forget(request.sandbox);
    await using scope = rootScope({ name: `end ${request.sandbox}`, timeoutMs: endTimeoutMs });
    await endMachine(this.host.launcher, request.sandbox, started, request.socketPath, scope);
  }

  // ---- files ----

  async #deleteTree(path: string, scope: Scope): Promise<void> {
    if (!existsSync(path)) return;
    await this.host.launcher.request(
      { type: 'layerDelete', fill: (fields) => void fields.text(tags.path, path) },
      scope,
    );
  }

  // ---- what is known ----

  #record(sandbox: string): Promise<MachineRecord> {
    return readRecord(this.#room.places.sandbox(sandbox).record, sandbox);
  }

  async #live(identity: SandboxIdentity): Promise<LiveMachine> {
    const { sandbox } = identity;
    const record = await this.#record(sandbox);
    return {
      identity,
      record,
      write: (after) => this.#write(sandbox, after),
      sandbox: {
        hold: async (scope) => (await this.#client(identity, scope)).freezeAtRest(record.inside, scope),
        letGo: async (scope) => (await this.#client(identity, scope)).thaw(record.inside, scope),
      },
    };
  }

  #write(sandbox: string, record: MachineRecord): Promise<void> {
    return writeRecord(this.#room.places.sandbox(sandbox).record, record);
  }

  #client(identity: SandboxIdentity, scope: Scope): Promise<MachineClient> {
    return this.#clients.get(identity.sandbox) ?? this.#connect(identity.sandbox, identity.socketPath, scope);
  }

  async #connect(sandbox: string, socketPath: string, scope: Scope): Promise<MachineClient> {
    const gone = (): void => {
      if (this.#clients.get(sandbox) === opened) this.#clients.delete(sandbox);
    };
    const opened = MachineClient.connect(machineSockets(socketPath).machine, gone, scope);
    this.#clients.set(sandbox, opened);
    opened.catch(gone);
    return await opened;
  }

  #forget(sandbox: string): void {
    const client = this.#clients.get(sandbox);
    this.#clients.delete(sandbox);
    client?.then((open) => open.close()).catch(() => undefined);
  }
}

function isNotKept(error: unknown): boolean {
  return error instanceof HoldfastError && error.details?.['errno'] === 2 && error.message.includes('is not kept');
}
