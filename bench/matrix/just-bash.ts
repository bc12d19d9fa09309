/** just-bash as a target: by its library, as an agent's tool uses it. Each session is an interpreter of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import {
  quoteWords,
  type Target,
  TargetError,
  type TargetExec,
  type TargetResult,
  type TargetSession,
} from '../../src/contract/index.ts';
import { notInstalled, packageVersion, peersDirectory } from '../peers.ts';

export type Asked = { id: number } & (
  | {
      what: 'exec';
      line: string;
      /** Given to the line's command as they are. */
      words?: readonly string[];
      stdin?: Uint8Array;
      timeoutMs: number;
      cwd?: string;
      env?: Readonly<Record<string, string>>;
    }
  | { what: 'write'; path: string; data: Uint8Array }
  | { what: 'read'; path: string }
);
type Question = Asked extends infer One ? (One extends Asked ? Omit<One, 'id'> : never) : never;

/** To the question of that id; 0 says that the interpreter is there. */
export interface Answered {
  id: number;
  result?: TargetResult;
  data?: Uint8Array;
  /** What was thrown. */
  problem?: string;
}

export async function justBash(): Promise<Target> {
  const version = await packageVersion('just-bash');
  if (version === null) throw new Error(`just-bash is ${notInstalled}`);
  const bundle = join(peersDirectory, 'node_modules/just-bash/dist/bundle/index.js');
  return {
    features: { stdin: 'yes', timeout: 'runtime', cwd: true, environment: true, files: 'door' },
    describe: async () => ({
      spec: 'just-bash',
      kind: 'library',
      title: `just-bash ${version}, an interpreter with files in memory`,
      facts: { version, options: 'none' },
    }),
    open: (signal) => open(bundle, signal),
  };
}

async function open(bundle: string, signal: AbortSignal): Promise<TargetSession> {
  const worker = join(import.meta.dirname, 'just-bash-worker.ts');
  const child = fork(worker, [bundle], { serialization: 'advanced', execArgv: [], stdio: 'ignore' });
  const interpreter = new Interpreter(child);
  await interpreter.ready(signal);
  return {
    name: `process ${child.pid}`,
    lifetimeMs: null,
    exec: (request, own) => exec(interpreter, request, own),
    writeFile: async (path, data, own) => void (await interpreter.ask({ what: 'write', path, data }, own)),
    readFile: async (path, mostBytes, own) => {
      const { data = new Uint8Array() } = await interpreter.ask({ what: 'read', path }, own);
      if (data.length <= mostBytes) return data;
      throw new TargetError('runtime', 'file-failed', `${path} is larger than ${mostBytes} bytes`);
    },
    close: () => interpreter.end(),
  };
}

async function exec(interpreter: Interpreter, request: TargetExec, signal: AbortSignal): Promise<TargetResult> {
  const { command, stdin, timeoutMs, cwd, environment } = request;
  const [line, words] = typeof command === 'string' ? [command] : [quoteWords(command.slice(0, 1)), command.slice(1)];
  const optional = {
    ...(words === undefined ? {} : { words }),
    ...(stdin === undefined ? {} : { stdin }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(environment === undefined ? {} : { env: environment }),
  };
  const { result } = await interpreter.ask({ what: 'exec', line, timeoutMs, ...optional }, signal);
  if (result === undefined) throw new TargetError('runtime', 'garbage', 'the interpreter gave no result');
  return result;
}

class Interpreter {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<Answered>>();
  readonly #ended: Promise<void>;
  #count = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (answered: Answered) => this.#waiting.get(answered.id)?.resolve(answered));
    child.on('error', () => undefined);
    this.#ended = new Promise((resolve) => {
      child.once('close', () => {
        const how = child.exitCode ?? child.signalCode;
        const death = new TargetError('runtime', 'died', `the interpreter’s process ended: ${how}`);
        for (const { reject } of this.#waiting.values()) reject(death);
        resolve();
      });
    });
  }

  async ready(signal: AbortSignal): Promise<void> {
    await this.#answerTo(0, signal);
  }

  async ask(question: Question, signal: AbortSignal): Promise<Answered> {
    const id = ++this.#count;
    const answered = this.#answerTo(id, signal);
    this.#child.send({ id, ...question }, () => undefined);
    const { problem, ...answer } = await answered;
    if (problem === undefined) return answer;
    throw new TargetError('runtime', question.what === 'exec' ? 'refused' : 'file-failed', problem);
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** One that is given up can only be ended whole: it has no other thread that would listen. */
  async #answerTo(id: number, signal: AbortSignal): Promise<Answered> {
    const waiting = Promise.withResolvers<Answered>();
    this.#waiting.set(id, waiting);
    const giveUp = (): void => void this.#child.kill('SIGKILL');
    signal.addEventListener('abort', giveUp, { once: true });
    if (this.#child.exitCode !== null || this.#child.signalCode !== null)
      waiting.reject(new TargetError('runtime', 'died', 'the interpreter’s process has ended'));
    try {
      return await waiting.promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
      this.#waiting.delete(id);
    }
  }
}
