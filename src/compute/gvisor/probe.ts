/**
 * Whether gVisor works here, proven by running a program of this machine in it. That tells more than a version: builds of
 * 2022 start, but refuse what today's `ls` asks for.
 */
import { inOwnScope, join, mkdir, readlink, rm, type Scope, symlink, systemRandom } from '../../base/index.ts';
import { connectGuest } from '../../guest/index.ts';
import { type ExecResult, isHoldfastError, type SubstrateReport } from '../../schema/index.ts';
import type { NamespaceSubstrate } from '../namespace/substrate.ts';
import type { RootView, Substrate } from '../types.ts';
import type { Runsc } from './runsc.ts';

export interface ProbeOptions {
  substrate: Substrate;
  host: NamespaceSubstrate;
  home: string;
  mode: 'root' | 'user';
  kind: 'fork' | 'bwrap';
  find(): Promise<Runsc | null>;
}

const probeTimeoutMs = 15_000;
const install = 'Install it: holdfast substrate install gvisor';
const installNewer = 'Have a newer one built: holdfast substrate install gvisor';

/** Of the host's own capabilities; what gVisor holds itself is told here. */
const fromHost = ['limitMemory', 'limitCpu', 'limitDisk', 'cgroupKill'];
const own = [
  { name: 'freeze', available: true, reason: null },
  { name: 'limitProcesses', available: true, reason: null },
  { name: 'limitOpenFiles', available: true, reason: null },
  { name: 'memoryOnDisk', available: true, reason: null },
];

export async function probe(options: ProbeOptions, scope: Scope): Promise<SubstrateReport> {
  const cannot = unusableHere(options);
  if (cannot) return report(cannot);
  const runsc = await options.find();
  if (!runsc) return report({ detail: 'there is no runsc', fix: install });
  try {
    await using trying = scope.child({ name: 'try gVisor', timeoutMs: probeTimeoutMs });
    const capabilities = await options.host.launcher.ready(trying);
    const result = await tryOne(options, trying);
    const said = Buffer.from(result.stderr).toString().trim();
    if (result.exitCode !== 0) {
      return report({
        detail: `runsc ${runsc.version} starts, but a program of this machine fails in it: ${said || result.reason}`,
        fix: installNewer,
      });
    }
    return {
      ...report(null),
      usable: true,
      detail: `proven by running a program, runsc ${runsc.version} at ${runsc.program}`,
      capabilities: [...capabilities.filter(({ name }) => fromHost.includes(name)), ...own],
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const hint = isHoldfastError(error) && error.code !== 'launch-failed' ? error.hint : undefined;
    return report({ detail: `runsc ${runsc.version}: ${message}`, fix: hint ?? installNewer });
  }
}

interface Cannot {
  detail: string;
  fix: string;
}

function unusableHere({ mode, kind }: ProbeOptions): Cannot | null {
  if (mode === 'user') {
    return {
      detail: 'gVisor needs a daemon that is root: its kernel and its file server run under ids of their own',
      fix: 'Run the daemon as root.',
    };
  }
  if (kind === 'bwrap') {
    return { detail: 'the launcher `bwrap` cannot start gVisor', fix: 'Start the daemon with --launcher fork.' };
  }
  return null;
}

function report(cannot: Cannot | null): SubstrateReport {
  return {
    substrate: 'gvisor',
    isolation: 'userspace-kernel',
    usable: false,
    detail: cannot?.detail ?? '',
    fix: cannot?.fix ?? null,
    capabilities: [],
  };
}

/** A root of links around the machine's /usr, gone afterwards; what a crash leaves lies where no sandbox is known. */
async function tryOne({ substrate, home }: ProbeOptions, scope: Scope): Promise<ExecResult> {
  const sandbox = `probe-${Buffer.from(systemRandom(6)).toString('hex')}`;
  const directory = join(home, 'sandboxes', sandbox);
  const root = await makeRoot(directory);
  const socketPath = join(directory, 'agent.sock');
  const request = {
    sandbox,
    incarnation: sandbox,
    root,
    socketPath,
    hostname: 'probe',
    machineId: '0'.repeat(32),
    user: 'agent',
    limits: {},
    leaseMs: 2 * probeTimeoutMs,
  } as const;
  try {
    const identity = await substrate.launch(request, scope);
    try {
      const result = await listRoot(socketPath, scope);
      // By gVisor's control socket, which not every build has where it is looked for.
      await substrate.freeze(identity, scope);
      await substrate.thaw(identity, scope);
      return result;
    } finally {
      await inOwnScope(`end ${sandbox}`, (own) => substrate.kill(identity, own));
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function makeRoot(directory: string): Promise<RootView> {
  const base = join(directory, 'base');
  for (const name of ['usr', 'proc', 'dev', 'sys', 'tmp', 'run/holdfast'])
    await mkdir(join(base, name), { recursive: true, mode: 0o755 });
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    const target = await readlink(`/${name}`).catch(() => null);
    if (target !== null) await symlink(target.replace(/^\//, ''), join(base, name));
  }
  return {
    lower: [base],
    upper: join(directory, '0', 'upper'),
    work: join(directory, '0', 'work'),
    binds: [{ source: '/usr', target: '/usr' }],
  };
}

async function listRoot(socketPath: string, scope: Scope): Promise<ExecResult> {
  const client = await connectGuest(socketPath, scope);
  try {
    const command = { argv: ['/bin/ls', '-ld', '/usr', '/tmp'], cwd: '/', environment: {}, graceMs: 100 };
    return await client.exec(
      { ...command, timeoutMs: 5000, retainBytes: 4096, outputCapBytes: 4096, processId: 'probe' },
      scope,
    );
  } finally {
    client.close();
  }
}
