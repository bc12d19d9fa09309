/** What runsc is told of a sandbox: an OCI bundle's config.json. */
import type { LaunchRequest } from '../types.ts';
import { cell } from './runsc.ts';

/** The daemon and the gateway each have a connection into the sandbox (guest/PROTOCOL.md, Ports). */
export const clients = 2;

const insideIds = { agent: 1000, root: 0 } as const;
const noCapabilities = { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] };
const sharedMemoryBytes = 64 * 1024 * 1024;

export function bundleConfig(request: LaunchRequest): Record<string, unknown> {
  const { limits, hostname, entropy } = request;
  const id = insideIds[request.user];
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: id, gid: id },
      args: agentCommand(request),
      env: [],
      cwd: '/',
      capabilities: noCapabilities,
      noNewPrivileges: true,
      rlimits: rlimits(limits),
    },
    root: { path: cell.root, readonly: false },
    hostname,
    mounts: [...mounts(limits), ...(entropy ? seededFiles : [])],
    linux: { namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })) },
  };
}

/** Its ports are the standard descriptors, which every build hands in. */
function agentCommand({ incarnation, leaseMs, limits, entropy }: LaunchRequest): string[] {
  const ports = Array.from({ length: clients }, (_, fd) => ['--port-fd', String(fd)]).flat();
  const guards = [
    ...(limits.memoryBytes === undefined ? [] : ['--guard-memory']),
    ...(limits.processes === undefined ? [] : ['--processes', String(limits.processes)]),
    ...(entropy ? ['--seeded'] : []),
  ];
  return [
    '/run/holdfast/agent',
    'agent',
    ...ports,
    '--incarnation',
    incarnation,
    '--lease-ms',
    String(leaseMs),
    ...guards,
  ];
}

/** What counts inside is held inside: groups of the host would count gVisor's own processes and files. */
function rlimits({ openFiles, processes }: LaunchRequest['limits']): Record<string, unknown>[] {
  const limit = (type: string, value: number) => ({ type, hard: value, soft: value });
  return [
    limit('RLIMIT_CORE', 0),
    ...(openFiles === undefined ? [] : [limit('RLIMIT_NOFILE', openFiles)]),
    // The agent is one of them.
    ...(processes === undefined ? [] : [limit('RLIMIT_NPROC', processes + 1)]),
  ];
}

/** /tmp is bound to itself: gVisor puts a file system in memory over an empty one, which no snapshot would hold. */
function mounts({ memoryBytes }: LaunchRequest['limits']): Record<string, unknown>[] {
  const shared = Math.min(sharedMemoryBytes, Math.floor((memoryBytes ?? Number.POSITIVE_INFINITY) / 4));
  const hardened = ['nosuid', 'noexec', 'nodev'];
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: hardened },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs' },
    {
      destination: '/dev/shm',
      type: 'tmpfs',
      source: 'tmpfs',
      options: [...hardened, 'mode=1777', `size=${shared}`],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...hardened, 'ro'] },
    { destination: '/tmp', type: 'bind', source: `${cell.root}/tmp`, options: ['rw', 'nosuid', 'nodev'] },
  ];
}

/** The files that the launcher made of the seed (guest/launcher/seeded.c); the agent closes the other way to chance. */
const seededFiles: readonly Record<string, unknown>[] = [
  ['/dev/random', 'random'],
  ['/dev/urandom', 'random'],
  ['/proc/sys/kernel/random/uuid', 'uuid'],
].map(([destination, file]) => ({
  destination,
  type: 'bind',
  source: `${cell.root}/run/holdfast/${file}`,
  options: ['ro', 'nosuid', 'noexec', 'nodev'],
}));
