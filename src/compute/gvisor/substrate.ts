/**
 * The gVisor substrate: a sandbox's programs run on a kernel of their own in user space, which runsc brings.
 *
 * The launcher mounts the root, makes the groups and starts runsc in a cell (guest/launcher/cell.c) behind a relay; the agent
 * inside speaks through its standard descriptors. What stands still, ends or is counted is the whole cell, and its files
 * are an overlay of the host's, so all of that is the launcher's work as for any other sandbox.
 *
 * 1. What runsc may do to the host is what a sandbox's root may: nothing outside of its ids, namespaces and groups.
 * 2. A new root needs a new runsc: swapRoot ends the one there is and starts another behind the same sockets.
 */
import {
  dirname,
  inOwnScope,
  join,
  link,
  mkdir,
  mountedUpper,
  readdir,
  rm,
  rootScope,
  type Scope,
  writeFile,
} from '../../base/index.ts';
import { connectGuest, type Fields, type FieldWriter, launcherTags, tags } from '../../guest/index.ts';
import { HoldfastError, type Limits, type SubstrateReport } from '../../schema/index.ts';
import { newGeneration } from '../generation.ts';
import { identityFields, insideIds, launchedIdentity, rootFields } from '../launch-fields.ts';
import type { NamespaceSubstrate } from '../namespace/substrate.ts';
import { bringToRest, endRest } from '../rest.ts';
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
import { bundleConfig, clients } from './bundle.ts';
import {
  checkImage,
  type MadeWith,
  mustBeMadeWith,
  noteLaunch,
  noteOfLaunch,
  ProgramDigests,
  sealImage,
} from './checkpoint.ts';
import { probe } from './probe.ts';
import {
  cell,
  checkpointArguments,
  findRunsc,
  imageName,
  type Runsc,
  restoreArguments,
  runArguments,
} from './runsc.ts';

export interface GvisorOptions {
  /** Whose launcher makes the cells; disposed of by its owner. */
  host: NamespaceSubstrate;
  home: string;
  mode: 'root' | 'user';
  kind: 'fork' | 'bwrap';
  /** Another runsc than the machine's. */
  runsc?: Runsc;
}

/** LAUNCH's flag for a program that makes its own sandbox. */
const makesOwn = 4;
const restartTimeoutMs = 30_000;

export class GvisorSubstrate implements Substrate {
  readonly name = 'gvisor';
  readonly isolation = 'userspace-kernel';
  readonly defaultTemplate = 'host';
  readonly canSeed = true;
  readonly ceilings = ['cpu'] as const;
  readonly #options: GvisorOptions;
  readonly #programs = new ProgramDigests();
  #runsc: Runsc | null = null;
  #probing: Promise<SubstrateReport> | null = null;

  constructor(options: GvisorOptions) {
    this.#options = options;
  }

  /** Who asks while it is being found out gets the same answer. */
  probe(scope: Scope): Promise<SubstrateReport> {
    // A build that was installed since counts.
    this.#runsc = null;
    this.#probing ??= probe({ ...this.#options, substrate: this, find: () => this.#find(scope) }, scope).finally(() => {
      this.#probing = null;
    });
    return this.#probing;
  }

  async open(scope: Scope): Promise<void> {
    await this.#options.host.open(scope);
  }

  async launch(request: LaunchRequest, scope: Scope): Promise<SandboxIdentity> {
    const runsc = await this.#must(scope);
    const bundle = await makeBundle(request, await this.#programs.of(runsc, scope));
    return this.#launchCell(request, { bundle, argv: runArguments(runsc) }, scope);
  }

  async #launchCell(request: LaunchRequest, how: Cell, scope: Scope): Promise<SandboxIdentity> {
    const answer = await this.#options.host.launcher.request(
      { type: 'launch', fill: (fields) => launchFields(fields, request, how) },
      scope,
    );
    return launchedIdentity(answer, request);
  }

  alive(identities: SandboxIdentity[], scope: Scope): Promise<boolean[]> {
    return this.#options.host.alive(identities, scope);
  }

  async freeze(identity: SandboxIdentity, scope: Scope): Promise<void> {
    await this.#request('freeze', identity, scope);
  }

  async thaw(identity: SandboxIdentity, scope: Scope): Promise<void> {
    await this.#request('thaw', identity, scope);
  }

  kill(identity: SandboxIdentity, scope: Scope): Promise<void> {
    return this.#options.host.kill(identity, scope);
  }

  counters(identity: SandboxIdentity, scope: Scope): Promise<LimitCounters> {
    return this.#options.host.counters(identity, scope);
  }

  /** Always a copy: runsc holds the root open as long as it runs, so nothing is offered to rotate to. */
  async snapshot(identity: SandboxIdentity, request: SnapshotRequest, scope: Scope): Promise<SnapshotOutcome> {
    const answer = await this.#request('snapshot', identity, scope, (fields) => {
      rootFields(fields, request.root);
      fields.text(tags.path, request.layerTree);
      if (request.previousTree) fields.text(launcherTags.previous, request.previousTree);
    });
    return {
      method: 'copy',
      pauseMs: answer.int(launcherTags.pauseUs) / 1000,
      files: answer.int(launcherTags.files),
      bytes: answer.int(launcherTags.bytes),
    };
  }

  async swapRoot(
    identity: SandboxIdentity,
    root: RootView,
    limits: Pick<Limits, 'diskBytes'>,
    scope: Scope,
  ): Promise<{ pauseMs: number }> {
    const answer = await this.#request('swap', identity, scope, (fields) => {
      rootFields(fields, root);
      fields.int(launcherTags.diskBytes, limits.diskBytes);
    });
    await this.#untilAnswered(identity);
    return { pauseMs: answer.int(launcherTags.pauseUs) / 1000 };
  }

  readonly memory: MemorySnapshots = {
    /** It stands still until its processes are ended: until the image is complete nothing is given up. */
    hibernate: async (identity, directory, scope) => {
      const runsc = await this.#must(scope);
      const bundle = join(this.#options.home, 'sandboxes', identity.sandbox, bundleName);
      const madeWith = mustBeMadeWith(await noteOfLaunch(bundle), await this.#programs.of(runsc, scope));
      await this.#save(runsc, identity, { directory, madeWith }, scope);
    },
    wake: async (request, directory, scope) => {
      const runsc = await this.#must(scope);
      const madeWith = await this.#programs.of(runsc, scope);
      await checkImage(directory, madeWith, scope);
      // Rollbacks since the last start gave it another incarnation: whatever starts anew must have the one it gets now.
      const bundle = await makeBundle(request, madeWith);
      await linkImage(directory, join(bundle, imageName));
      // A later rollback starts over the new root, not from the image.
      const generation = newGeneration();
      const how = { bundle, argv: restoreArguments(runsc), again: runArguments(runsc), generation };
      const identity = await this.#launchCell(request, how, scope);
      try {
        await rm(join(bundle, imageName), { recursive: true, force: true });
        await this.#renew(request, generation, scope);
      } catch (error) {
        await inOwnScope(`end ${request.sandbox}`, (own) => this.kill(identity, own));
        throw error;
      }
      return identity;
    },
    forkLive: async () => {
      throw new HoldfastError('capability-missing', 'gVisor cannot fork a living sandbox with its memory', {
        hint: 'Fork its files: leave the memory out. For memory too, create it with --isolation microvm.',
      });
    },
  };

  async #save(
    runsc: Runsc,
    identity: SandboxIdentity,
    { directory, madeWith }: { directory: string; madeWith: MadeWith },
    scope: Scope,
  ): Promise<void> {
    const { launcher } = this.#options.host;
    // Its clock jumps by as long as it sleeps: until it is renewed no deadline is to pass.
    const guest = await connectGuest(identity.socketPath, scope);
    try {
      await guest.still(scope);
      await bringToRest(launcher, identity, scope);
      await this.freeze(identity, scope);
      await this.#request('memory', identity, scope, (fields) =>
        fields.text(tags.path, directory).texts(tags.argv, checkpointArguments(runsc)),
      );
      await sealImage(directory, madeWith, scope);
    } catch (error) {
      // In this order: a relay that goes on is no mark any more of a cell that stands still.
      await inOwnScope(`let ${identity.sandbox} go on`, (own) => this.thaw(identity, own)).catch(() => undefined);
      await inOwnScope('end the rest of its channels', (own) => endRest(launcher, identity, own)).catch(
        () => undefined,
      );
      throw error;
    } finally {
      guest.close();
    }
  }

  /** What was saved knows the lease it had then. */
  async #renew({ socketPath, incarnation, leaseMs }: LaunchRequest, generation: string, scope: Scope): Promise<void> {
    const client = await connectGuest(socketPath, scope);
    try {
      await client.renew({ incarnation, generation, leaseMs }, scope);
    } finally {
      client.close();
    }
  }

  upperOf({ pid }: SandboxIdentity): Promise<string | null> {
    return mountedUpper(pid, cell.root);
  }

  strays(scope: Scope): ReturnType<Substrate['strays']> {
    return this.#options.host.strays(scope);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #request(
    type: 'freeze' | 'thaw' | 'snapshot' | 'swap' | 'memory',
    identity: SandboxIdentity,
    scope: Scope,
    more: (fields: FieldWriter) => void = () => undefined,
  ): Promise<Fields> {
    const fill = (fields: FieldWriter): void => {
      identityFields(fields, identity);
      fields.int(tags.flags, makesOwn);
      more(fields);
    };
    return this.#options.host.launcher.request({ type, fill }, scope);
  }

  async #must(scope: Scope): Promise<Runsc> {
    const runsc = await this.#find(scope);
    if (runsc) return runsc;
    throw new HoldfastError('capability-missing', 'gVisor is not installed: there is no runsc', {
      hint: 'Install it: holdfast substrate install gvisor',
    });
  }

  async #find(scope: Scope): Promise<Runsc | null> {
    this.#runsc ??= this.#options.runsc ?? (await findRunsc(scope));
    return this.#runsc;
  }

  /** The agent that runsc started anew greets like the one before. Until then nothing else can be asked of runsc. */
  async #untilAnswered({ socketPath, agentIncarnation }: SandboxIdentity): Promise<void> {
    await using waiting = rootScope({ name: 'wait for gVisor to start anew', timeoutMs: restartTimeoutMs });
    const client = await connectGuest(socketPath, waiting);
    try {
      const { incarnation } = await client.hello(waiting);
      if (incarnation !== agentIncarnation) {
        throw new HoldfastError('stale-handle', 'another agent answers after the rollback');
      }
    } finally {
      client.close();
    }
  }
}

const bundleName = 'gvisor';

/** Beside the generations of the sandbox's files, and gone with them. */
function bundleOf({ upper }: RootView): string {
  return join(dirname(dirname(upper)), bundleName);
}

async function makeBundle(request: LaunchRequest, madeWith: MadeWith): Promise<string> {
  const bundle = bundleOf(request.root);
  await mkdir(bundle, { recursive: true, mode: 0o755 });
  await writeFile(join(bundle, 'config.json'), JSON.stringify(bundleConfig(request)), { mode: 0o644 });
  await noteLaunch(bundle, madeWith);
  return bundle;
}

interface Cell {
  /** The directory with config.json. */
  bundle: string;
  argv: string[];
  /** Of later starts, where it differs. */
  again?: string[];
  /** Of one that goes on. */
  generation?: string;
}

/** What is in the bundle may go at any time; the image itself stays whatever becomes of this waking. */
async function linkImage(image: string, place: string): Promise<void> {
  await rm(place, { recursive: true, force: true });
  await mkdir(place, { recursive: true, mode: 0o755 });
  for (const name of await readdir(image)) await link(join(image, name), join(place, name));
}

function launchFields(
  fields: FieldWriter,
  request: LaunchRequest,
  { bundle, argv, again = [], generation }: Cell,
): void {
  const { limits } = request;
  fields.text(launcherTags.sandbox, request.sandbox).text(tags.incarnation, request.incarnation);
  rootFields(fields, request.root);
  fields.text(launcherTags.socket, request.socketPath);
  fields.text(launcherTags.hostname, request.hostname).text(launcherTags.machineId, request.machineId);
  fields.int(launcherTags.user, insideIds[request.user]).int(tags.leaseMs, request.leaseMs);
  fields.int(tags.flags, makesOwn).int(tags.count, clients).texts(tags.argv, argv);
  fields.text(tags.path, bundle).texts(launcherTags.again, again);
  if (generation !== undefined) fields.text(tags.generation, generation);
  fields.int(launcherTags.memoryBytes, limits.memoryBytes);
  fields.int(launcherTags.cpuMillis, limits.cpus === undefined ? undefined : Math.round(limits.cpus * 1000));
  fields.int(launcherTags.diskBytes, limits.diskBytes);
  if (request.entropy) fields.bytes(launcherTags.entropy, request.entropy);
}
