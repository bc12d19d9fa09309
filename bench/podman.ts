/**
 * podman as a peer: over a directory for a root, as runc beside it, with a store, a runtime and a configuration of its own
 * below the bench's directory. It starts a monitor for each container, keeps its state in files and drives runc.
 */
import { existsSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Contender, timed } from './harness.ts';
import { echo, installed, notInstalled, peersDirectory, unpackedPaths } from './peers.ts';
import { run, runExpecting, type Workbench } from './workbench.ts';

interface Engine {
  /** Why there is none here, or null. */
  skip: string | null;
  argv: string[];
  env: NodeJS.ProcessEnv;
  /** Words that make a container, up to its command. */
  container: string[];
}

/** A container of its own for each command. */
export async function podmanRun(bench: Workbench): Promise<Contender> {
  const { skip, argv, env, container } = await open(bench);
  return {
    id: 'podman-run',
    label: 'podman run',
    skip,
    attempt: () => timed(() => runExpecting('hi\n', [...argv, 'run', '--rm', ...container, ...echo], { env })),
  };
}

/** Commands in a container that lives. */
export async function podmanExec(bench: Workbench): Promise<Contender> {
  const { skip, argv, env, container } = await open(bench);
  const name = `hfb-${process.pid}-living`;
  const started =
    skip ?? (await failureOf([...argv, 'run', '--detach', '--name', name, ...container, '/bin/sleep', '1000000'], env));
  return {
    id: 'podman-exec',
    label: 'podman exec',
    skip: started,
    attempt: () => timed(() => runExpecting('hi\n', [...argv, 'exec', name, ...echo], { env })),
  };
}

async function open(bench: Workbench): Promise<Engine> {
  const program = installed('usr/bin/podman', 'podman');
  const directory = join(bench.directory, 'podman');
  const root = join(directory, 'root');
  const settings = join(directory, 'containers.conf');
  const argv = [
    program,
    '--root',
    join(directory, 'store'),
    '--runroot',
    join(directory, 'run'),
    '--storage-driver',
    'vfs',
  ];
  const env = { ...process.env, ...unpackedPaths(), CONTAINERS_CONF: settings };
  const container = ['--network', 'none', '--volume', '/usr:/usr:ro', '--rootfs', root];
  for (const name of ['usr', 'etc', 'proc', 'dev', 'sys', 'run', 'tmp'])
    await mkdir(join(root, name), { recursive: true });
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) await symlink(`usr/${name}`, join(root, name));
  await writeFile(settings, configuration(directory));
  const found = await run([program, '--version'], { env }).catch(() => null);
  if (found?.status !== 0) return { skip: notInstalled, argv, env, container };
  bench.defer(async () => void (await run([...argv, 'rm', '--all', '--force', '--time', '0'], { env })));
  return { skip: await failureOf([...argv, 'run', '--rm', ...container, '/bin/true'], env), argv, env, container };
}

/** What an installed podman finds below /etc and /usr/share; and no limits that need a capability. */
function configuration(directory: string): string {
  const filter = join(peersDirectory, 'system/usr/share/containers/seccomp.json');
  const lines = [
    '[containers]',
    'default_ulimits = []',
    ...(existsSync(filter) ? [`seccomp_profile = "${filter}"`] : []),
    '[network]',
    'network_backend = "cni"',
    '[engine]',
    'cgroup_manager = "cgroupfs"',
    'events_logger = "file"',
    `tmp_dir = "${join(directory, 'tmp')}"`,
    `conmon_env_vars = [${conmonEnvironment()}]`,
    'runtime = "runc"',
    ...(existsSync(conmon) ? [`conmon_path = ["${conmon}"]`] : []),
    '[engine.runtimes]',
    `runc = ["${installed('usr/sbin/runc', '/usr/sbin/runc')}"]`,
  ];
  return `${lines.join('\n')}\n`;
}

/** The monitor starts podman once more when a container has ended, and passes on no more than this. */
const conmonEnvironment = (): string =>
  Object.entries(unpackedPaths())
    .map(([name, value]) => JSON.stringify(`${name}=${value}`))
    .join(', ');

const conmon = join(peersDirectory, 'system/usr/bin/conmon');

async function failureOf(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<string | null> {
  const { status, stdout, stderr } = await run(argv, { env });
  return status === 0 ? null : `does not start here: ${(stderr + stdout).trim().split('\n').at(-1)}`;
}
