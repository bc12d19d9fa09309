/**
 * `ssh:host` or `ssh:user@host:port`: a machine behind ssh, with the client's own configuration and keys. One connection
 * per session is kept open, so that a call is timed and not a handshake.
 */
import type { Clock } from '../../base/index.ts';
import type { TargetDescription } from '../profile/index.ts';
import { readByExec, writeByExec } from './exec-files.ts';
import { runLocal } from './local-process.ts';
import {
  quoteWords,
  type Target,
  TargetError,
  type TargetExec,
  type TargetFeatures,
  type TargetResult,
  type TargetSession,
} from './target.ts';

export interface SshOptions {
  clock: Clock;
  environment: Readonly<Record<string, string | undefined>>;
  /** For control sockets; a path of few characters. */
  directory: string;
  /** Further words for ssh, e.g. `-F file`. */
  words?: readonly string[];
}

const connectMs = 15_000;
/** What ssh itself leaves with. A command that leaves with 255 is told apart by what ssh says. */
const ownStatus = 255;

export class SshTarget implements Target {
  readonly features: TargetFeatures = {
    stdin: 'yes',
    timeout: 'prober',
    cwd: false,
    environment: false,
    files: 'exec',
  };
  readonly #given: string;
  readonly #host: string;
  readonly #words: readonly string[];
  readonly #options: SshOptions;
  #sessions = 0;

  constructor(host: string, options: SshOptions) {
    const [, name = host, port] = /^(.*?)(?::(\d{1,5}))?$/.exec(host) ?? [];
    this.#given = host;
    this.#host = name;
    const quiet = ['-o', 'BatchMode=yes', '-o', `ConnectTimeout=${connectMs / 1000}`, '-o', 'LogLevel=ERROR', '-T'];
    this.#words = ['ssh', ...quiet, ...(port === undefined ? [] : ['-p', port]), ...(options.words ?? [])];
    this.#options = options;
  }

  async describe(signal: AbortSignal): Promise<TargetDescription> {
    const { stderr } = await this.#run(['ssh', '-V'], { timeoutMs: connectMs }, signal);
    const client = new TextDecoder().decode(stderr).trim().slice(0, 200);
    return { spec: `ssh:${this.#given}`, kind: 'ssh', title: `${this.#given} over ssh`, facts: { client } };
  }

  async open(signal: AbortSignal): Promise<TargetSession> {
    const socket = `${this.#options.directory}/s${this.#sessions++}`;
    const through = [...this.#words, '-S', socket];
    const opened = await this.#run([...through, '-M', '-f', '-N', this.#host], { timeoutMs: connectMs * 2 }, signal);
    if (opened.exitCode !== 0) {
      const said = new TextDecoder().decode(opened.stderr).trim();
      throw new TargetError(
        'harness',
        'unreachable',
        `${this.#host} cannot be reached by ssh: ${said || `status ${opened.exitCode}`}`,
        {
          hint: `Try: ssh ${this.#host} true`,
        },
      );
    }
    const exec = (request: TargetExec, own: AbortSignal): Promise<TargetResult> => this.#exec(through, request, own);
    const never = new AbortController().signal;
    return {
      name: this.#host,
      lifetimeMs: null,
      exec,
      writeFile: (path, data, own) => writeByExec(exec, path, data, own),
      readFile: (path, mostBytes, own) => readByExec(exec, path, mostBytes, own),
      close: async () =>
        void (await this.#run([...through, '-O', 'exit', this.#host], { timeoutMs: connectMs }, never).catch(
          () => undefined,
        )),
    };
  }

  async #exec(
    through: readonly string[],
    { command, stdin, timeoutMs }: TargetExec,
    signal: AbortSignal,
  ): Promise<TargetResult> {
    // A word that ends ssh's own options; the rest is one line for the shell of the account.
    const line = typeof command === 'string' ? command : quoteWords(command);
    const result = await this.#run(
      [...through, this.#host, '--', line],
      { timeoutMs, ...(stdin ? { stdin } : {}) },
      signal,
    );
    const said = new TextDecoder().decode(result.stderr.subarray(-2000));
    if (result.exitCode === ownStatus && /^(mux_client|ssh:|Connection |Control socket|kex_|client_loop)/m.test(said))
      throw new TargetError('harness', 'unreachable', `the connection to ${this.#host} is gone: ${said.trim()}`);
    return result;
  }

  #run(
    words: readonly string[],
    more: { timeoutMs: number; stdin?: Uint8Array },
    signal: AbortSignal,
  ): Promise<TargetResult> {
    return runLocal({ words, environment: this.#options.environment, ...more }, this.#options.clock, signal);
  }
}
