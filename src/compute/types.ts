/**
 * What every way to run a sandbox offers. One folder per implementation, one shared suite (suite.ts) for all of them.
 *
 * A substrate makes and moves sandboxes; it knows nothing of tenants, leases or names. The channel into a sandbox is
 * the guest protocol over the unix socket that `launch` reports.
 */
import type { Scope } from '../base/index.ts';
import type { Isolation, Limits, SubstrateName, SubstrateReport } from '../schema/index.ts';

/** What a restarted daemon needs to find a sandbox again; durable, plain data. */
export interface SandboxIdentity {
  /** The sandbox's id, also its directory and limit group name. */
  sandbox: string;
  /** Host process id of its first process, and that process's start time: a reused pid never passes for it. */
  pid: number;
  startTicks: number;
  /** The boot it belongs to; after a reboot nothing of it is left. */
  bootId: string;
  socketPath: string;
  /** Group that freezes, ends and accounts for it; empty when the host has none. */
  cgroup: string;
  limitGroups: string[];
  /** What the agent inside says it is: a handle to another one is stale. */
  agentIncarnation: string;
}

/** A copy-on-write root: read-only layers, newest first, under one writable directory. */
export interface RootView {
  lower: string[];
  upper: string;
  work: string;
  /** Read-only binds on top, e.g. the machine's /usr. */
  binds: { source: string; target: string }[];
}

/** What can be lowered of a sandbox that runs. */
export type CeilingName = 'memory' | 'cpu' | 'processes';

export interface LaunchRequest {
  sandbox: string;
  incarnation: string;
  root: RootView;
  socketPath: string;
  hostname: string;
  /** 32 hex characters. */
  machineId: string;
  user: 'agent' | 'root';
  limits: Limits;
  /** What its programs draw follows from these bytes; only where `canSeed`. */
  entropy?: Uint8Array;
  /** Where the clock of its own kernel begins, milliseconds since 1970; only where `canSetClock`. */
  clockMs?: number;
  /** Programs of its template that have run in it when it is launched (warm.ts); only where `keepsWarm`, and of a root that is the template's. */
  warm?: readonly string[];
  /** The dead-man lease in force from the start: the agent ends everything unless it is renewed within it. */
  leaseMs: number;
}

export interface SnapshotRequest {
  root: RootView;
  /** Where the new layer's tree goes; must not exist. */
  layerTree: string;
  /** Tree of an earlier copy of the same upper, whose unchanged files are hard-linked. */
  previousTree: string | null;
  /** Fresh directories that take over as upper and work if the old upper is sealed in place. */
  freshUpper: string;
  freshWork: string;
  /**
   * The root stays the one it is, with what is mounted in it and what was looked up there: its files are copied. Always, or
   * while few small ones were written.
   */
  keepsRoot?: 'always' | 'small';
}

export interface SnapshotOutcome {
  method: 'rotate' | 'copy';
  pauseMs: number;
  files: number;
  bytes: number;
}

export interface LimitCounters {
  oomKills: number;
  processesDenied: number;
  /** Kills, by its memory limit, of the kernel of its own that it runs on: none is survived. Absent where there is none. */
  kernelKills?: number;
  memoryBytes: number;
}

/** What a substrate that owns its sandboxes' memory can do besides. */
export interface MemorySnapshots {
  /**
   * Memory, devices and files of a running sandbox into `directory` (existing, empty). It stands still from then on until its
   * caller kills it; where this fails, it goes on.
   */
  hibernate(identity: SandboxIdentity, directory: string, scope: Scope): Promise<void>;
  /** Goes on from such a directory, under any daemon of this machine: entropy, clock, names and leases are fresh. A mismatch of engine is refused. */
  wake(request: LaunchRequest, directory: string, scope: Scope): Promise<SandboxIdentity>;
  /** Children that go on from where the parent is, each with an identity of its own, all or none. */
  forkLive(
    identity: SandboxIdentity,
    children: LaunchRequest[],
    scope: Scope,
  ): Promise<{ identities: SandboxIdentity[]; pauseMs: number }>;
}

export interface Substrate extends AsyncDisposable {
  readonly name: SubstrateName;
  readonly isolation: Isolation;
  /**
   * True when a sandbox's files live where this machine cannot see them: its `upper` here holds what was put there before
   * the start and what `saveFiles` brought last.
   */
  readonly filesInside?: boolean;
  /** Starting one keeps a processor busy for longer than a command takes. */
  readonly startsBusily?: boolean;
  /** What a sandbox starts from that does not say. */
  readonly defaultTemplate: string;
  readonly memory?: MemorySnapshots;
  /** What warms a template was run once, and each launch goes on from the memory that this left; else it is run in each sandbox. */
  readonly keepsWarm?: boolean;
  /** Proves by trying what works here; never throws for a missing capability. */
  probe(scope: Scope): Promise<SubstrateReport>;
  /** Ready to launch after this. */
  open(scope: Scope): Promise<void>;
  /**
   * Whether a launch from this root that asks for nothing special goes on from what an earlier one left; else it makes that first,
   * which takes seconds. Absent: no launch leaves anything.
   */
  isPrepared?(request: Pick<LaunchRequest, 'root' | 'warm'>, scope: Scope): Promise<boolean>;
  launch(request: LaunchRequest, scope: Scope): Promise<SandboxIdentity>;
  /** Which of these are alive, in order. */
  alive(identities: SandboxIdentity[], scope: Scope): Promise<boolean[]>;
  /** Idempotent. */
  freeze(identity: SandboxIdentity, scope: Scope): Promise<void>;
  thaw(identity: SandboxIdentity, scope: Scope): Promise<void>;
  /** Idempotent; resolves when every process is gone and the limit groups are removed. */
  kill(identity: SandboxIdentity, scope: Scope): Promise<void>;
  counters(identity: SandboxIdentity, scope: Scope): Promise<LimitCounters>;
  snapshot(identity: SandboxIdentity, request: SnapshotRequest, scope: Scope): Promise<SnapshotOutcome>;
  /** Replaces the root of a living sandbox whose agent was reset, under its disk limit; answers for how long it stood still. */
  swapRoot(
    identity: SandboxIdentity,
    root: RootView,
    limits: Pick<Limits, 'diskBytes'>,
    scope: Scope,
  ): Promise<{ pauseMs: number }>;
  /** Where files live inside: puts what the sandbox has written so far into `root.upper`. */
  saveFiles?(identity: SandboxIdentity, root: RootView, scope: Scope): Promise<void>;
  /**
   * Which of its limits can be lowered while it runs, by its control groups (ceilings.ts). Where a kernel of its own stands
   * between, memory and processes of the group are that kernel's: lowered, it would die, and no program in it.
   */
  readonly ceilings?: readonly CeilingName[];
  /** What programs draw can be made to follow from `entropy`. */
  readonly canSeed?: boolean;
  /** Each sandbox has a kernel, and a wall clock, of its own. */
  readonly canSetClock?: boolean;
  /** Moves the wall clock of one that lives, milliseconds since 1970; there where `canSetClock`. */
  setClock?(identity: SandboxIdentity, clockMs: number, scope: Scope): Promise<void>;
  /** Makes /workspace read-only for whoever opens a file there from now on, or what it was; may be repeated. */
  shutWorkspace?(identity: SandboxIdentity, isShut: boolean, scope: Scope): Promise<void>;
  /** Leaves no room on the disk of one that has `diskBytes`, for whoever writes from now on, or gives it back; may be repeated. */
  fillDisk?(identity: SandboxIdentity, isFull: boolean, scope: Scope): Promise<void>;
  /** The directory that a living sandbox's changed files go to, as the kernel says; null where nothing can tell. */
  upperOf(identity: SandboxIdentity): Promise<string | null>;
  /** Removes what it keeps for starts that nobody can ask for any more; answers how many bytes of disk that freed. */
  prune?(scope: Scope): Promise<number>;
  /** Limit groups of this home that exist, for the reaper. */
  strays(scope: Scope): Promise<{ sandbox: string; cgroup: string; limitGroups: string[] }[]>;
}
