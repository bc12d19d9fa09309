/**
 * Sandboxes that are none: the real guest agent as an ordinary process, its files under a plain directory. For unit
 * tests on machines without any power; isolation `none`, and no runtime chooses it by itself.
 *
 * What it cannot have it refuses like any other substrate: limits it cannot hold are `limit-unsupported`. A layer it
 * makes is a whole copy, so a root is the newest layer alone; a template's base counts as empty.
 */
import { spawn } from 'node:child_process';
import {
  bootId,
  cp,
  dirname,
  existsSync,
  join,
  mkdir,
  processStartTicks,
  readdir,
  rm,
  signalTree,
  systemClock,
  waitUntil,
} from '../../base/index.ts';
import { HoldfastError, type SubstrateReport } from '../../schema/index.ts';
import type {
  LaunchRequest,
  LimitCounters,
  RootView,
  SandboxIdentity,
  SnapshotOutcome,
  SnapshotRequest,
  Substrate,
} from '../types.ts';

const startTimeoutMs = 5_000;

export interface FakeOptions {
  /** The guest binary. */
  binary: string;
}

export class FakeSubstrate implements Substrate {
  readonly name = 'fake';
  readonly isolation = 'none';
  readonly defaultTemplate = 'host';
  readonly #options: FakeOptions;
  /** Process ids. */
  readonly #standing = new Set<number>();

  constructor(options: FakeOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {}

  async probe(): Promise<SubstrateReport> {
    const reason = 'a plain process under a plain directory';
    return {
      substrate: 'fake',
      isolation: 'none',
      usable: true,
      detail: 'isolates nothing',
      fix: null,
      capabilities: [{ name: 'isolation', available: false, reason }],
    };
  }

  async launch(request: LaunchRequest): Promise<SandboxIdentity> {
    refuseLimits(request);
    const root = plainRoot(request.root);
    // A hibernated one finds its files where they were.
    if (!existsSync(root)) await materialise(request.root, root);
    const child = spawn(
      this.#options.binary,
      [
        'agent',
        '--listen',
        request.socketPath,
        '--root',
        root,
        '--incarnation',
        request.incarnation,
        '--lease-ms',
        String(request.leaseMs),
      ],
      { stdio: 'ignore', detached: true, env: {} },
    );
    const { pid } = child;
    if (pid === undefined)
      throw new HoldfastError('launch-failed', `the guest binary ${this.#options.binary} cannot be started`);
    child.unref();
    await waitUntil(() => existsSync(request.socketPath), { timeoutMs: startTimeoutMs, what: 'the agent to listen' });
    return {
      sandbox: request.sandbox,
      pid,
      startTicks: processStartTicks(pid) ?? 0,
      bootId: bootId(),
      socketPath: request.socketPath,
      cgroup: '',
      limitGroups: [],
      agentIncarnation: request.incarnation,
    };
  }

  async alive(identities: SandboxIdentity[]): Promise<boolean[]> {
    return identities.map(
      (identity) => identity.bootId === bootId() && processStartTicks(identity.pid) === identity.startTicks,
    );
  }

  async freeze(identity: SandboxIdentity): Promise<void> {
    this.#standing.add(identity.pid);
    signalTree(identity.pid, 'SIGSTOP');
  }

  async thaw(identity: SandboxIdentity): Promise<void> {
    this.#standing.delete(identity.pid);
    signalTree(identity.pid, 'SIGCONT');
  }

  async kill(identity: SandboxIdentity): Promise<void> {
    if (identity.pid === 0 || processStartTicks(identity.pid) !== identity.startTicks) return;
    signalTree(identity.pid, 'SIGKILL');
    await waitUntil(() => processStartTicks(identity.pid) !== identity.startTicks, {
      timeoutMs: startTimeoutMs,
      what: 'the processes to end',
    });
  }

  async counters(): Promise<LimitCounters> {
    return { oomKills: 0, processesDenied: 0, memoryBytes: 0 };
  }

  async snapshot(identity: SandboxIdentity, request: SnapshotRequest): Promise<SnapshotOutcome> {
    const startedMs = systemClock.monotonicMs();
    const stood = this.#standing.has(identity.pid);
    await this.freeze(identity);
    try {
      await cp(plainRoot(request.root), request.layerTree, {
        recursive: true,
        verbatimSymlinks: true,
        preserveTimestamps: true,
      });
    } finally {
      if (!stood) await this.thaw(identity);
    }
    return { method: 'copy', pauseMs: systemClock.monotonicMs() - startedMs, files: 0, bytes: 0 };
  }

  async swapRoot(_identity: SandboxIdentity, root: RootView): Promise<{ pauseMs: number }> {
    const startedMs = systemClock.monotonicMs();
    await materialise(root, plainRoot(root));
    return { pauseMs: systemClock.monotonicMs() - startedMs };
  }

  async upperOf(): Promise<null> {
    return null;
  }

  async strays(): Promise<[]> {
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** One directory per sandbox, beside its generations: the agent keeps it open for good. */
function plainRoot(root: RootView): string {
  return join(dirname(dirname(root.upper)), 'plain');
}

/** Where work is done; the rest of a template's base is of no use to programs that run on the machine itself. */
const places = ['workspace', 'home/agent', 'tmp'];

/** Fills the directory with the newest layer, in place. */
async function materialise(view: RootView, root: string): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const name of await readdir(root)) await rm(join(root, name), { recursive: true, force: true });
  const [newest] = view.lower;
  const isBase = view.lower.length === 1;
  if (newest && !isBase) await cp(newest, root, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  for (const place of places) await mkdir(join(root, place), { recursive: true });
}

function refuseLimits({ limits }: LaunchRequest): void {
  const [name] = Object.keys(limits).filter((limit) => limit !== 'outputBytes');
  if (name === undefined) return;
  throw new HoldfastError('limit-unsupported', `the fake substrate cannot hold the limit ${name}`, {
    hint: 'Leave it out, or use a real substrate.',
  });
}
