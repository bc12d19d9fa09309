/** Host programs run to their end, for what is rare: helpers, package tools. Sandboxes are never started this way. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { HoldfastError } from '../schema/index.ts';
import type { Scope } from './scope.ts';

export interface RunProcess {
  file: string;
  args: readonly string[];
  /** As fast as the program takes it. When it cannot be read to its end, the program is ended. */
  input?: Uint8Array | AsyncIterable<Uint8Array>;
  /** The whole environment; empty when absent. */
  environment?: Record<string, string>;
  /** Where it is started; this process's own directory when absent. */
  directory?: string;
  /** The program waits, at its pipe, for the promise. */
  onStdout?: (chunk: Buffer) => void | Promise<void>;
  onStderr?: (chunk: Buffer) => void;
}

export interface ProcessOutcome {
  /** Null when a signal ended it. */
  status: number | null;
  signal: NodeJS.Signals | null;
  /** The end of what it printed there. */
  stderr: string;
}

export type ProcessRunner = (request: RunProcess, scope: Scope) => Promise<ProcessOutcome>;

const keptStderr = 4096;

/** Ends the program when the scope ends or `onStdout` fails, and rejects with that reason. */
export const runProcess: ProcessRunner = async (request, scope) => {
  scope.throwIfEnded();
  const { file, args, environment: env = {}, directory: cwd } = request;
  const child = spawn(file, args, { stdio: 'pipe', env, ...(cwd === undefined ? {} : { cwd }) });
  const closed = once(child, 'close').catch((error: unknown) => {
    throw notStarted(request.file, error);
  });
  const kill = (): void => void child.kill('SIGKILL');
  const leave = scope.onEnd(kill);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-keptStderr);
    request.onStderr?.(chunk);
  });
  child.stdin.on('error', () => undefined);
  try {
    const drained = drain(child.stdout, request.onStdout).catch((error: unknown) => {
      kill();
      throw error;
    });
    const fed = feed(child.stdin, request.input).catch((error: unknown) => {
      kill();
      throw error;
    });
    const [[status, signal]] = await Promise.all([closed, drained, fed]);
    scope.throwIfEnded();
    return { status, signal, stderr };
  } finally {
    leave();
  }
};

async function drain(stdout: AsyncIterable<Buffer>, onStdout: RunProcess['onStdout']): Promise<void> {
  for await (const chunk of stdout) await onStdout?.(chunk);
}

/** A program that stops reading has its reasons, and says them by its status. */
async function feed(stdin: Writable, input: RunProcess['input']): Promise<void> {
  if (input === undefined || input instanceof Uint8Array) {
    stdin.end(input);
    return;
  }
  for await (const piece of input) {
    if (stdin.destroyed || stdin.writableEnded) return;
    if (!stdin.write(piece)) await drainedOrClosed(stdin);
  }
  stdin.end();
}

function drainedOrClosed(stdin: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stdin.destroyed) return resolve();
    const settle = (): void => {
      stdin.off('drain', settle).off('close', settle);
      resolve();
    };
    stdin.on('drain', settle).on('close', settle);
  });
}

function notStarted(file: string, error: unknown): HoldfastError {
  const reason = error instanceof Error ? error.message : String(error);
  return new HoldfastError('capability-missing', `the program ${file} could not be started: ${reason}`, {
    hint: `Install what provides ${file}, or check that it may be executed.`,
    cause: error,
  });
}
