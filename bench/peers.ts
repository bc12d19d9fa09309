/** Other sandboxes, each as its own documents say to use it; bench/peers/install.sh brings those that are not there. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Contender, timed } from './harness.ts';
import { versionOf } from './machine.ts';
import { run, runExpecting, type Workbench } from './workbench.ts';

export const peersDirectory: string = join(import.meta.dirname, 'peers');
export const notInstalled = 'not there; bench/peers/install.sh brings it';
export const echo = ['/bin/echo', 'hi'] as const;

export function nodeSpawn(): Contender {
  return {
    id: 'node-spawn',
    label: 'Node `spawn`, no sandbox (floor)',
    attempt: () => timed(() => runExpecting('hi\n', echo)),
  };
}

/** Every namespace, a built root, a bound workspace; no limits, no filter, no agent. */
export async function bubblewrap(bench: Workbench): Promise<Contender & { argv: string[] }> {
  const workspace = join(bench.directory, 'bwrap');
  await mkdir(workspace, { recursive: true });
  const links = ['bin', 'lib', 'lib64'].flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]);
  const argv = [
    ...['bwrap', '--unshare-all', '--die-with-parent', '--new-session', '--ro-bind', '/usr', '/usr', ...links],
    ...['--ro-bind', '/etc', '/etc', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
    ...['--bind', workspace, '/workspace', '--chdir', '/workspace'],
  ];
  return {
    id: 'bwrap',
    label: 'bubblewrap, raw',
    skip: (await isThere(['bwrap', '--version'])) ? null : 'bubblewrap is not installed',
    argv,
    attempt: () => timed(() => runExpecting('hi\n', [...argv, ...echo])),
  };
}

export interface Runc extends Contender {
  program: string;
  root: string;
  bundle(argv: readonly string[]): Promise<string>;
}

/** An OCI bundle whose root is the machine's /usr over empty directories, as ours is. */
export async function runc(bench: Workbench): Promise<Runc> {
  const program = installed('usr/sbin/runc', 'runc');
  const root = join(bench.directory, 'runc');
  const rootfs = join(root, 'rootfs');
  let made = 0;
  const bundle = async (argv: readonly string[]): Promise<string> => {
    const directory = join(root, `bundle-${made++}`);
    await mkdir(directory, { recursive: true });
    await run([program, 'spec'], { cwd: directory });
    await writeFile(join(directory, 'config.json'), await bundleConfig(directory, rootfs, argv));
    return directory;
  };
  const skip = (await isThere([program, '--version'])) ? null : notInstalled;
  if (skip === null) await makeRoot(rootfs);
  let count = 0;
  const echoBundle = skip === null ? await bundle(echo) : '';
  return {
    id: 'runc-run',
    label: 'runc run',
    skip,
    program,
    root: join(root, 'state'),
    bundle,
    attempt: () =>
      timed(() =>
        runExpecting('hi\n', [
          program,
          '--root',
          join(root, 'state'),
          'run',
          '-b',
          echoBundle,
          `hfb-${process.pid}-${count++}`,
        ]),
      ),
  };
}

async function makeRoot(rootfs: string): Promise<void> {
  for (const name of ['usr', 'etc', 'proc', 'dev', 'sys', 'tmp', 'workspace'])
    await mkdir(join(rootfs, name), { recursive: true });
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) await symlink(`usr/${name}`, join(rootfs, name));
}

async function bundleConfig(directory: string, rootfs: string, argv: readonly string[]): Promise<string> {
  // What `runc spec` writes is of the form it reads.
  const config = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')) as {
    process: { terminal: boolean; args: readonly string[]; rlimits?: unknown };
    root: { path: string; readonly: boolean };
    mounts: unknown[];
  };
  config.process.terminal = false;
  config.process.args = argv;
  // Its defaults raise limits, which needs a capability that many machines do not give.
  delete config.process.rlimits;
  config.root = { path: rootfs, readonly: true };
  config.mounts.push({ destination: '/usr', type: 'bind', source: '/usr', options: ['rbind', 'ro'] });
  return JSON.stringify(config);
}

export async function runsc(bench: Workbench): Promise<Contender> {
  const program = installed('usr/bin/runsc', 'runsc');
  const argv = [program, '--root', join(bench.directory, 'runsc'), '--network', 'none', '--ignore-cgroups', 'do'];
  return {
    id: 'runsc-do',
    label: 'gVisor `runsc do`',
    skip: (await isThere([program, '--version'])) ? null : notInstalled,
    attempt: () => timed(() => runExpecting('hi\n', [...argv, ...echo])),
  };
}

interface SandboxManager {
  initialize(config: unknown): Promise<void>;
  wrapWithSandbox(command: string): Promise<string>;
  reset(): Promise<void>;
}

/** As a library, proxies started once before the rounds; each command is a sandbox of its own. */
export async function sandboxRuntime(bench: Workbench): Promise<Contender> {
  const head = { id: 'srt-library', label: '@anthropic-ai/sandbox-runtime, as a library' };
  const path = join(peersDirectory, 'node_modules/@anthropic-ai/sandbox-runtime/dist/index.js');
  const skipped = (skip: string): Contender => ({ ...head, skip, attempt: () => Promise.reject(new Error(skip)) });
  if (!existsSync(path)) return skipped(notInstalled);
  const environment = { ...process.env, ...unpackedPaths() };
  const workspace = join(bench.directory, 'srt');
  await mkdir(workspace, { recursive: true });
  // The package's own types are not installed with the product; this is the part of them that is used.
  const { SandboxManager: manager } = (await import(path)) as { SandboxManager: SandboxManager };
  const before = { PATH: process.env['PATH'], LD_LIBRARY_PATH: process.env['LD_LIBRARY_PATH'] };
  try {
    // It starts its bridges with this process's environment.
    setEnvironment(unpackedPaths());
    await manager.initialize({
      network: { allowedDomains: [], deniedDomains: [] },
      filesystem: { denyRead: [], allowWrite: [workspace], denyWrite: [] },
    });
  } catch (error) {
    return skipped(`does not start here: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
  } finally {
    setEnvironment(before);
  }
  bench.defer(() => manager.reset());
  const attempt = async (): Promise<void> => {
    const command = await manager.wrapWithSandbox('echo hi');
    await runExpecting('hi\n', ['bash', '-c', command], { cwd: workspace, env: environment });
  };
  return { ...head, attempt: () => timed(attempt) };
}

/** Where programs unpacked by install.sh and their libraries are found. */
export function unpackedPaths(): { PATH: string; LD_LIBRARY_PATH: string } {
  return {
    PATH: `${process.env['PATH']}:${join(peersDirectory, 'system/usr/bin')}`,
    LD_LIBRARY_PATH: join(peersDirectory, `system/usr/lib/${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu`),
  };
}

function setEnvironment(variables: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

interface JustBash {
  exec(command: string): Promise<{ stdout: string; exitCode: number }>;
}

/** A shell interpreter inside Node: no process, no real programs, no kernel wall. */
export async function justBash(): Promise<{ create: Contender; exec: Contender }> {
  const path = join(peersDirectory, 'node_modules/just-bash/dist/bundle/index.js');
  const skip = existsSync(path) ? null : notInstalled;
  // As above: the part of its types that is used.
  const module = skip === null ? ((await import(path)) as { Bash: new () => JustBash }) : null;
  const make = (): JustBash => {
    if (!module) throw new Error(notInstalled);
    return new module.Bash();
  };
  const hello = async (shell: JustBash): Promise<void> => {
    const { stdout } = await shell.exec('echo hi');
    if (stdout !== 'hi\n') throw new Error(`just-bash said ${JSON.stringify(stdout)}`);
  };
  const living = module ? make() : null;
  const label = 'just-bash (an interpreter inside Node)';
  return {
    create: { id: 'just-bash', label, skip, attempt: () => timed(() => hello(make())) },
    exec: { id: 'just-bash-exec', label, skip, attempt: () => timed(() => hello(living ?? make())) },
  };
}

export function installed(unpacked: string, name: string): string {
  const path = join(peersDirectory, 'system', unpacked);
  return existsSync(path) ? path : name;
}

async function isThere(argv: readonly string[]): Promise<boolean> {
  return (await run(argv).catch(() => null))?.status === 0;
}

/** Of what is there; the text a program says about itself. */
export async function peerVersions(): Promise<Record<string, string | null>> {
  const last = async (argv: readonly string[]): Promise<string | null> =>
    (await versionOf(argv))
      ?.split(' ')
      .at(-1)
      ?.replace(/^release-/, '') ?? null;
  const libraries = `LD_LIBRARY_PATH=${unpackedPaths().LD_LIBRARY_PATH}`;
  return {
    runc: await last([installed('usr/sbin/runc', 'runc'), '--version']),
    runsc: await last([installed('usr/bin/runsc', 'runsc'), '--version']),
    podman: await last(['env', libraries, installed('usr/bin/podman', 'podman'), '--version']),
    'sandbox-runtime': await packageVersion('@anthropic-ai/sandbox-runtime'),
    'just-bash': await packageVersion('just-bash'),
    dbos: await packageVersion('@dbos-inc/dbos-sdk'),
    restate: await packageVersion(`@restatedev/restate-server-linux-${process.arch}`),
    'restate-sdk': await packageVersion('@restatedev/restate-sdk'),
    squid: await last(['env', libraries, installed('usr/sbin/squid', 'squid'), '-v']),
    mitmproxy: await pythonVersion('mitmproxy'),
  };
}

async function pythonVersion(name: string): Promise<string | null> {
  const names = await readdir(join(peersDirectory, 'system/python')).catch(() => []);
  return (
    names.map((entry) => /^(.+)-([^-]+)\.dist-info$/.exec(entry)).find((match) => match?.[1] === name)?.[2] ?? null
  );
}

/** Null where it is not installed. */
export async function packageVersion(name: string): Promise<string | null> {
  const text = await readFile(join(peersDirectory, 'node_modules', name, 'package.json'), 'utf8').catch(() => null);
  // A package's manifest has a version.
  return text === null ? null : (JSON.parse(text) as { version: string }).version;
}
