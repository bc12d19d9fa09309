/**
 * `runc:/root/file/system`, `crun:/root/file/system`: an OCI runtime on a directory, without an engine. Each session is a
 * container of its own over a copy of the directory's tree, so that nothing is left in it. Needs root.
 */
import { type Clock, makeDirectories, rm, writeFileAtomic } from '../../base/index.ts';
import type { TargetDescription } from '../profile/index.ts';
import { readByExec, writeByExec } from './exec-files.ts';
import { runLocal } from './local-process.ts';
import {
  type Side,
  type Target,
  TargetError,
  type TargetExec,
  type TargetFeatures,
  type TargetResult,
  type TargetSession,
} from './target.ts';

export interface BundleOptions {
  clock: Clock;
  environment: Readonly<Record<string, string | undefined>>;
  /** Bundles and state are made here. */
  directory: string;
  newName(): string;
  /** What each container is configured with; `usualConfiguration` if not said. */
  configuration?: object;
}

const startMs = 60_000;

export class BundleTarget implements Target {
  readonly features: TargetFeatures = { stdin: 'yes', timeout: 'prober', cwd: true, environment: true, files: 'exec' };
  readonly #runtime: string;
  readonly #root: string;
  readonly #options: BundleOptions;

  constructor(runtime: string, root: string, options: BundleOptions) {
    this.#runtime = runtime;
    this.#root = root;
    this.#options = options;
  }

  async describe(signal: AbortSignal): Promise<TargetDescription> {
    const { stdout } = await this.#run([this.#runtime, '--version'], startMs, signal);
    const version = textOf(stdout).split('\n')[0]?.slice(0, 200) ?? '';
    const title = `${this.#runtime} container over ${this.#root}`;
    return { spec: `${this.#runtime}:${this.#root}`, kind: 'oci', title, facts: { version, root: this.#root } };
  }

  async open(signal: AbortSignal): Promise<TargetSession> {
    const name = this.#options.newName();
    const bundle = `${this.#options.directory}/${name}`;
    try {
      await makeDirectories(bundle);
      await this.#must('harness', ['cp', '-a', this.#root, `${bundle}/rootfs`], signal);
      await writeFileAtomic(`${bundle}/config.json`, JSON.stringify(this.#options.configuration ?? usualConfiguration));
      await this.#must('runtime', [...this.#own, 'run', '--detach', '--bundle', bundle, name], signal);
    } catch (error) {
      await this.#remove(name, bundle);
      throw error;
    }
    const exec = (request: TargetExec, own: AbortSignal): Promise<TargetResult> => this.#exec(name, request, own);
    return {
      name,
      lifetimeMs: null,
      exec,
      writeFile: (path, data, own) => writeByExec(exec, path, data, own),
      readFile: (path, mostBytes, own) => readByExec(exec, path, mostBytes, own),
      close: () => this.#remove(name, bundle),
    };
  }

  get #own(): readonly string[] {
    return [this.#runtime, '--root', `${this.#options.directory}/state`];
  }

  async #exec(
    name: string,
    { command, stdin, timeoutMs, cwd, environment = {} }: TargetExec,
    signal: AbortSignal,
  ): Promise<TargetResult> {
    const words = typeof command === 'string' ? ['sh', '-c', command] : command;
    const variables = Object.entries(environment).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    const options = [...(cwd === undefined ? [] : ['--cwd', cwd]), ...variables];
    const result = await this.#run([...this.#own, 'exec', ...options, name, ...words], timeoutMs, signal, stdin);
    if (result.exitCode !== 0 && !result.timedOut && /does not exist|not running|stopped/.test(textOf(result.stderr))) {
      const { stdout } = await this.#run([...this.#own, 'state', name], startMs, signal);
      if (!/"status": *"running"/.test(textOf(stdout)))
        throw new TargetError(
          'runtime',
          'died',
          `the container ${name} is gone: ${textOf(result.stderr).slice(0, 300)}`,
        );
    }
    return result;
  }

  /** @param side whose failure it is */
  async #must(side: Side, words: readonly string[], signal: AbortSignal): Promise<void> {
    // A detached container keeps the pipes of who started it, so its streams must be nobody's.
    const quiet = ['sh', '-c', 'log=$1; shift; "$@" >"$log" 2>&1 </dev/null; s=$?; head -c 2000 "$log"; exit $s', 'sh'];
    const log = `${this.#options.directory}/log`;
    const result = await this.#run([...quiet, log, ...words], startMs, signal);
    if (result.exitCode === 0) return;
    throw new TargetError(
      side,
      'not-started',
      `${words.slice(0, 1).join(' ')} leaves with ${result.exitCode}: ${textOf(result.stdout)}`,
      {
        hint: `${this.#runtime} needs root, and ${this.#root} must be the root of a file system with a shell.`,
      },
    );
  }

  async #remove(name: string, bundle: string): Promise<void> {
    const never = new AbortController().signal;
    await this.#run([...this.#own, 'delete', '--force', name], startMs, never).catch(() => undefined);
    await rm(bundle, { recursive: true, force: true });
  }

  #run(words: readonly string[], timeoutMs: number, signal: AbortSignal, stdin?: Uint8Array): Promise<TargetResult> {
    const run = { words, timeoutMs, environment: this.#options.environment };
    return runLocal(stdin ? { ...run, stdin } : run, this.#options.clock, signal);
  }
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes.subarray(0, 16_384)).trim();

const capabilities = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER', 'CAP_KILL', 'CAP_SETGID', 'CAP_SETUID'];
const mount = (destination: string, type: string, options: string[]): Record<string, unknown> => ({
  destination,
  type,
  source: type,
  options,
});

/** The usual container: own namespaces, no network, the capabilities that package managers need. */
export const usualConfiguration = {
  ociVersion: '1.0.2',
  process: {
    terminal: false,
    user: { uid: 0, gid: 0 },
    args: ['sh', '-c', 'trap exit TERM; while :; do sleep 60 & wait $!; done'],
    env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root'],
    cwd: '/',
    capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    noNewPrivileges: true,
  },
  root: { path: 'rootfs', readonly: false },
  hostname: 'sandbox',
  mounts: [
    mount('/proc', 'proc', []),
    mount('/dev', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
    mount('/dev/pts', 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620']),
    mount('/dev/shm', 'tmpfs', ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k']),
    mount('/tmp', 'tmpfs', ['nosuid', 'nodev', 'mode=1777']),
  ],
  linux: { namespaces: ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type })) },
};
