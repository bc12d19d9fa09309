/** `docker:image`, `podman:image`: a container engine by its command line; each session is a container of its own. */
import type { Clock } from '../../base/index.ts';
import type { TargetDescription } from '../profile/index.ts';
import { readByExec, writeByExec } from './exec-files.ts';
import { runLocal } from './local-process.ts';
import {
  type Target,
  TargetError,
  type TargetExec,
  type TargetFeatures,
  type TargetResult,
  type TargetSession,
} from './target.ts';

export interface EngineOptions {
  clock: Clock;
  environment: Readonly<Record<string, string | undefined>>;
  /** Part of the containers' names, so that what was left behind can be found. */
  newName(): string;
}

/** Less than a session may take to open: then it is said here what took so long. */
const startMs = 110_000;
const stopMs = 30_000;
/** The engine's own failure, as of its daemon or of fetching an image; what the image itself fails with is another. */
const ownStatus = 125;

export class EngineTarget implements Target {
  readonly features: TargetFeatures = { stdin: 'yes', timeout: 'prober', cwd: true, environment: true, files: 'exec' };
  readonly #engine: string;
  readonly #image: string;
  readonly #options: EngineOptions;

  /** @param engine `docker` or `podman`, or a program with the same command line */
  constructor(engine: string, image: string, options: EngineOptions) {
    this.#engine = engine;
    this.#image = image;
    this.#options = options;
  }

  async describe(signal: AbortSignal): Promise<TargetDescription> {
    const facts: Record<string, string> = { image: this.#image };
    const version = await this.#version(signal);
    if (version.exitCode !== 0) throw this.#failed('harness', 'unreachable', 'is not there', version);
    facts['version'] = textOf(version.stdout).slice(0, 100);
    const image = await this.#run(['image', 'inspect', '--format', '{{.Id}}', this.#image], stopMs, signal);
    if (image.exitCode === 0) facts['digest'] = textOf(image.stdout).slice(0, 100);
    const title = `${this.#engine} container of ${this.#image}`;
    return { spec: `${this.#engine}:${this.#image}`, kind: 'container', title, facts };
  }

  async open(signal: AbortSignal): Promise<TargetSession> {
    const name = this.#options.newName();
    const started = await this.#run(
      ['run', '--detach', '--name', name, '--entrypoint', 'sh', this.#image, '-c', idle],
      startMs,
      signal,
    );
    if (started.exitCode !== 0) {
      await this.#remove(name);
      const isOwn = started.timedOut || started.exitCode === ownStatus;
      throw this.#failed(isOwn ? 'harness' : 'runtime', 'not-started', `does not start ${this.#image}`, started);
    }
    const exec = (request: TargetExec, own: AbortSignal): Promise<TargetResult> => this.#exec(name, request, own);
    return {
      name,
      lifetimeMs: null,
      exec,
      writeFile: (path, data, own) => writeByExec(exec, path, data, own),
      readFile: (path, mostBytes, own) => readByExec(exec, path, mostBytes, own),
      close: () => this.#remove(name),
    };
  }

  async #exec(
    name: string,
    { command, stdin, timeoutMs, cwd, environment = {} }: TargetExec,
    signal: AbortSignal,
  ): Promise<TargetResult> {
    const words = typeof command === 'string' ? ['sh', '-c', command] : command;
    const variables = Object.entries(environment).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    const options = [
      ...(stdin ? ['--interactive'] : []),
      ...(cwd === undefined ? [] : ['--workdir', cwd]),
      ...variables,
    ];
    const result = await this.#run(['exec', ...options, name, ...words], timeoutMs, signal, stdin);
    if (result.exitCode !== 0 && !result.timedOut) await this.#mustBeThere(name, result, signal);
    return result;
  }

  /**
   * The engine's own trouble comes as text and status 1, just as a command's; only the engine knows which it was. An engine
   * that does not answer says nothing of its container.
   */
  async #mustBeThere(name: string, result: TargetResult, signal: AbortSignal): Promise<void> {
    if (!/container|daemon/i.test(textOf(result.stderr))) return;
    const state = await this.#run(['inspect', '--format', '{{.State.Running}}', name], stopMs, signal);
    if (state.exitCode === 0 && textOf(state.stdout) === 'true') return;
    const version = await this.#version(signal);
    if (version.exitCode !== 0) throw this.#failed('harness', 'unreachable', 'does not answer any more', version);
    throw this.#failed('runtime', 'died', `has lost the container ${name}`, result);
  }

  #version(signal: AbortSignal): Promise<TargetResult> {
    return this.#run(['version', '--format', '{{.Server.Version}}'], stopMs, signal);
  }

  async #remove(name: string): Promise<void> {
    await this.#run(['rm', '--force', '--volumes', name], stopMs, new AbortController().signal).catch(() => undefined);
  }

  #run(words: readonly string[], timeoutMs: number, signal: AbortSignal, stdin?: Uint8Array): Promise<TargetResult> {
    const run = { words: [this.#engine, ...words], timeoutMs, environment: this.#options.environment };
    return runLocal(stdin ? { ...run, stdin } : run, this.#options.clock, signal);
  }

  #failed(
    side: 'harness' | 'runtime',
    trouble: 'unreachable' | 'not-started' | 'died',
    what: string,
    result: TargetResult,
  ): TargetError {
    return new TargetError(side, trouble, `${this.#engine} ${what}: ${textOf(result.stderr).slice(0, 500)}`, {
      hint: `Try: ${this.#engine} run --rm ${this.#image} true`,
    });
  }
}

/** In pieces, because some `sleep` takes no `infinity`. */
const idle = 'trap exit TERM; while :; do sleep 60 & wait $!; done';

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes.subarray(0, 16_384)).trim();
