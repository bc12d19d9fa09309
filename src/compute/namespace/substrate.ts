/**
 * The namespace substrate: sandboxes as sets of Linux namespaces under an own root, made by the launcher.
 *
 * Everything that touches the kernel happens in the launcher and in the guest; this side turns requests into fields
 * and answers into records.
 */
import { resolve } from 'node:path';
import { bootId, mountedUpper, type Scope } from '../../base/index.ts';
import { type FieldWriter, launcherTags, tags } from '../../guest/index.ts';
import { HoldfastError, type Limits, type SubstrateReport } from '../../schema/index.ts';
import { identityFields, insideIds, launchedIdentity, rootFields } from '../launch-fields.ts';
import type {
  LaunchRequest,
  LimitCounters,
  RootView,
  SandboxIdentity,
  SnapshotOutcome,
  SnapshotRequest,
  Substrate,
} from '../types.ts';
import { type Capability, Launcher, type LauncherOptions } from './launcher.ts';
import { reportOf } from './report.ts';

export type NamespaceOptions = LauncherOptions;

export class NamespaceSubstrate implements Substrate {
  readonly name = 'namespace';
  readonly isolation = 'namespace';
  readonly defaultTemplate = 'host';
  readonly ceilings = ['memory', 'cpu', 'processes'] as const;
  readonly canSeed: boolean;
  readonly launcher: Launcher;
  readonly #options: NamespaceOptions;

  constructor(options: NamespaceOptions) {
    this.#options = options;
    this.canSeed = options.kind === 'fork';
    this.launcher = new Launcher(options);
  }

  async open(scope: Scope): Promise<void> {
    await this.launcher.ready(scope);
  }

  async probe(scope: Scope): Promise<SubstrateReport> {
    let capabilities: Capability[] = [];
    try {
      capabilities = await this.launcher.probe(scope);
    } catch (error) {
      return reportOf(this.#options, [], error);
    }
    return reportOf(this.#options, capabilities, null);
  }

  async launch(request: LaunchRequest, scope: Scope): Promise<SandboxIdentity> {
    const answer = await this.launcher.request(
      { type: 'launch', fill: (fields) => launchFields(fields, request) },
      scope,
    );
    return launchedIdentity(answer, request);
  }

  async alive(identities: SandboxIdentity[], scope: Scope): Promise<boolean[]> {
    const alive: boolean[] = [];
    for (let start = 0; start < identities.length; start += 1000) {
      alive.push(...(await this.#check(identities.slice(start, start + 1000), scope)));
    }
    return alive;
  }

  async freeze(identity: SandboxIdentity, scope: Scope): Promise<void> {
    await this.launcher.request({ type: 'freeze', fill: (fields) => identityFields(fields, identity) }, scope);
  }

  async thaw(identity: SandboxIdentity, scope: Scope): Promise<void> {
    await this.launcher.request({ type: 'thaw', fill: (fields) => identityFields(fields, identity) }, scope);
  }

  async kill(identity: SandboxIdentity, scope: Scope): Promise<void> {
    await this.launcher.request({ type: 'kill', fill: (fields) => identityFields(fields, identity) }, scope);
  }

  async counters(identity: SandboxIdentity, scope: Scope): Promise<LimitCounters> {
    const answer = await this.launcher.request(
      { type: 'counters', fill: (fields) => identityFields(fields, identity) },
      scope,
    );
    return {
      oomKills: answer.optionalInt(launcherTags.oomKills) ?? 0,
      processesDenied: answer.optionalInt(launcherTags.pidsDenied) ?? 0,
      memoryBytes: answer.optionalInt(launcherTags.bytes) ?? 0,
    };
  }

  async snapshot(identity: SandboxIdentity, request: SnapshotRequest, scope: Scope): Promise<SnapshotOutcome> {
    const answer = await this.launcher.request(
      {
        type: 'snapshot',
        fill: (fields) => {
          identityFields(fields, identity);
          rootFields(fields, request.root);
          fields.text(tags.path, request.layerTree);
          if (request.keepsRoot === 'small') fields.int(tags.flags, copiesSmall);
          if (request.keepsRoot !== 'always')
            fields.text(tags.target, request.freshUpper).text(launcherTags.freshWork, request.freshWork);
          if (request.previousTree) fields.text(launcherTags.previous, request.previousTree);
        },
      },
      scope,
    );
    return {
      method: answer.text(launcherTags.method) === 'rotate' ? 'rotate' : 'copy',
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
    const answer = await this.launcher.request(
      {
        type: 'swap',
        fill: (fields) => {
          identityFields(fields, identity);
          rootFields(fields, root);
          fields.int(launcherTags.diskBytes, limits.diskBytes);
        },
      },
      scope,
    );
    return { pauseMs: answer.int(launcherTags.pauseUs) / 1000 };
  }

  async shutWorkspace(identity: SandboxIdentity, isShut: boolean, scope: Scope): Promise<void> {
    if (this.#options.mode !== 'root')
      throw new HoldfastError('capability-missing', 'only a daemon of root makes /workspace read-only');
    await this.launcher.request(
      {
        type: 'shut',
        fill: (fields) => {
          identityFields(fields, identity);
          fields.int(tags.flags, isShut ? 0 : writableAgain);
        },
      },
      scope,
    );
  }

  async fillDisk(identity: SandboxIdentity, isFull: boolean, scope: Scope): Promise<void> {
    const upper = await this.upperOf(identity);
    if (upper === null) throw new HoldfastError('sandbox-died', `nothing of ${identity.sandbox} runs any more`);
    await this.launcher.request(
      {
        type: 'shut',
        // The kernel tells it as it was mounted, from the home.
        fill: (fields) =>
          fields
            .text(launcherTags.upper, resolve(this.#options.home, upper))
            .int(tags.flags, isFull ? 0 : writableAgain),
      },
      scope,
    );
  }

  upperOf({ pid }: SandboxIdentity): Promise<string | null> {
    return mountedUpper(pid);
  }

  async strays(scope: Scope): Promise<{ sandbox: string; cgroup: string; limitGroups: string[] }[]> {
    const answer = await this.launcher.request({ type: 'strays', fill: () => undefined }, scope);
    return answer.nested(tags.entry).map((entry) => ({
      sandbox: entry.text(launcherTags.sandbox),
      cgroup: entry.optionalText(launcherTags.cgroup) ?? '',
      limitGroups: entry.texts(launcherTags.limitGroup),
    }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.launcher.close();
  }

  async #check(identities: SandboxIdentity[], scope: Scope): Promise<boolean[]> {
    const here = bootId();
    const answer = await this.launcher.request(
      {
        type: 'check',
        fill: (fields) => {
          for (const { pid, startTicks } of identities) {
            fields.nested(tags.entry, (entry) => entry.int(tags.pid, pid).int(launcherTags.startTicks, startTicks));
          }
        },
      },
      scope,
    );
    const found = answer.nested(tags.entry).map((entry) => entry.optionalInt(tags.flags) === 1);
    return identities.map((identity, index) => identity.bootId === here && found[index] === true);
  }
}

/** SNAPSHOT's flag. */
const copiesSmall = 1;
/** SHUT's flag. */
const writableAgain = 1;

function launchFields(fields: FieldWriter, request: LaunchRequest): void {
  const { limits } = request;
  fields.text(launcherTags.sandbox, request.sandbox).text(tags.incarnation, request.incarnation);
  rootFields(fields, request.root);
  fields.text(launcherTags.socket, request.socketPath);
  fields.text(launcherTags.hostname, request.hostname).text(launcherTags.machineId, request.machineId);
  fields.int(launcherTags.user, insideIds[request.user]).int(tags.leaseMs, request.leaseMs);
  fields.int(launcherTags.memoryBytes, limits.memoryBytes);
  fields.int(launcherTags.cpuMillis, limits.cpus === undefined ? undefined : Math.round(limits.cpus * 1000));
  fields.int(launcherTags.processes, limits.processes);
  fields.int(launcherTags.openFiles, limits.openFiles);
  fields.int(launcherTags.diskBytes, limits.diskBytes);
  if (request.entropy) fields.bytes(launcherTags.entropy, request.entropy);
}
