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
import { bootId, connectUnix, dirname, join, mkdir, mountedUpper, type Scope, writeFile } from '../../base/index.ts';
import { type Fields, type FieldWriter, GuestChannel, GuestClient, launcherTags, tags } from '../../guest/index.ts';
import { HoldfastError, type Limits, type SubstrateReport } from '../../schema/index.ts';
import { identityFields, insideIds, rootFields } from '../launch-fields.ts';
import type { NamespaceSubstrate } from '../namespace/substrate.ts';
import type {
  LaunchRequest,
  LimitCounters,
  RootView,
  SandboxIdentity,
  SnapshotOutcome,
  SnapshotRequest,
  Substrate,
} from '../types.ts';
import { bundleConfig, clients } from './bundle.ts';
import { probe } from './probe.ts';
import { cell, findRunsc, type Runsc, runArguments } from './runsc.ts';

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
const restartTimeoutMs = 10_000;

export class GvisorSubstrate implements Substrate {
  readonly name = 'gvisor';
  readonly isolation = 'userspace-kernel';
  readonly defaultTemplate = 'host';
  readonly #options: GvisorOptions;
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
    const runsc = await this.#find(scope);
    if (!runsc) {
      throw new HoldfastError('capability-missing', 'gVisor is not installed: there is no runsc', {
        hint: 'Install it: holdfast substrate install gvisor',
      });
    }
    const bundle = bundleOf(request.root);
    await mkdir(bundle, { recursive: true, mode: 0o755 });
    await writeFile(join(bundle, 'config.json'), JSON.stringify(bundleConfig(request)), { mode: 0o644 });
    const answer = await this.#options.host.launcher.request(
      { type: 'launch', fill: (fields) => launchFields(fields, request, runArguments(runsc)) },
      scope,
    );
    return {
      sandbox: request.sandbox,
      pid: answer.int(tags.pid),
      startTicks: answer.int(launcherTags.startTicks),
      bootId: bootId(),
      socketPath: request.socketPath,
      cgroup: answer.optionalText(launcherTags.cgroup) ?? '',
      limitGroups: answer.texts(launcherTags.limitGroup),
      agentIncarnation: request.incarnation,
    };
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
    await this.#untilAnswered(identity, scope);
    return { pauseMs: answer.int(launcherTags.pauseUs) / 1000 };
  }

  upperOf({ pid }: SandboxIdentity): Promise<string | null> {
    return mountedUpper(pid, cell.root);
  }

  strays(scope: Scope): ReturnType<Substrate['strays']> {
    return this.#options.host.strays(scope);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #request(
    type: 'freeze' | 'thaw' | 'snapshot' | 'swap',
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

  async #find(scope: Scope): Promise<Runsc | null> {
    this.#runsc ??= this.#options.runsc ?? (await findRunsc(scope));
    return this.#runsc;
  }

  /** The agent that runsc started anew greets like the one before. */
  async #untilAnswered({ socketPath, agentIncarnation }: SandboxIdentity, scope: Scope): Promise<void> {
    await using waiting = scope.child({ name: 'wait for gVisor to start anew', timeoutMs: restartTimeoutMs });
    const client = new GuestClient(new GuestChannel(await connectUnix(socketPath, waiting)));
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

/** Beside the generations of the sandbox's files, and gone with them. */
function bundleOf({ upper }: RootView): string {
  return join(dirname(dirname(upper)), 'gvisor');
}

function launchFields(fields: FieldWriter, request: LaunchRequest, argv: string[]): void {
  const { limits } = request;
  fields.text(launcherTags.sandbox, request.sandbox).text(tags.incarnation, request.incarnation);
  rootFields(fields, request.root);
  fields.text(launcherTags.socket, request.socketPath);
  fields.text(launcherTags.hostname, request.hostname).text(launcherTags.machineId, request.machineId);
  fields.int(launcherTags.user, insideIds[request.user]).int(tags.leaseMs, request.leaseMs);
  fields.int(tags.flags, makesOwn).int(tags.count, clients).texts(tags.argv, argv);
  fields.text(tags.path, bundleOf(request.root));
  fields.int(launcherTags.memoryBytes, limits.memoryBytes);
  fields.int(launcherTags.cpuMillis, limits.cpus === undefined ? undefined : Math.round(limits.cpus * 1000));
  fields.int(launcherTags.diskBytes, limits.diskBytes);
}
