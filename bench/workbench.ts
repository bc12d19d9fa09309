/**
 * What a group works with: a temporary directory, processes, and everything undone at the end, also after Ctrl-C.
 *
 * 1. What was opened is closed in reverse order, once, each even when another fails.
 * 2. A command that does not end in time is killed, and its attempt fails.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Not /tmp: where that is memory, an overlay's upper directory would not be what it is elsewhere. */
const temporaryRoot = '/var/tmp';
const commandTimeoutMs = 60_000;

export interface Finished {
  status: number | null;
  stdout: string;
  stderr: string;
}

export class Workbench {
  readonly directory: string;
  readonly #undo: (() => Promise<void>)[] = [];
  #undone: Promise<void> | null = null;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async open(): Promise<Workbench> {
    const bench = new Workbench(await mkdtemp(join(temporaryRoot, 'hfb-')));
    bench.defer(() => rm(bench.directory, { recursive: true, force: true }));
    return bench;
  }

  defer(undo: () => Promise<void>): void {
    this.#undo.push(undo);
  }

  close(): Promise<void> {
    this.#undone ??= this.#close();
    return this.#undone;
  }

  async #close(): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) {
      await undo().catch((error: unknown) => console.error('bench: not cleaned up:', error));
    }
  }
}

/** Runs a program to its end; the value of a contender that is a command. */
export function run(argv: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const limit = setTimeout(() => child.kill('SIGKILL'), commandTimeoutMs);
    const output = collect(child);
    child.once('error', (error) => {
      clearTimeout(limit);
      reject(error);
    });
    child.once('close', (status, signal) => {
      clearTimeout(limit);
      if (signal === 'SIGKILL') reject(new Error(`${program} did not end within ${commandTimeoutMs} ms`));
      else resolve({ status, ...output });
    });
  });
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  return output;
}

/** As `run`, and fails unless the program said just this. */
export async function runExpecting(expected: string, argv: readonly string[], options?: SpawnOptions): Promise<void> {
  const { status, stdout, stderr } = await run(argv, options);
  if (status !== 0 || stdout !== expected) {
    throw new Error(`${argv[0]}: status ${status}, ${JSON.stringify((stdout + stderr).slice(0, 300))}`);
  }
}
