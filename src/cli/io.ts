/** The process a verb runs in: its streams, its place, its environment. Tests hand in their own. */
import type { Readable, Writable } from 'node:stream';
import { HoldfastError } from '../schema/error-class.ts';

export interface TerminalInput extends Readable {
  isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}
export interface TerminalOutput extends Writable {
  isTTY?: boolean;
  rows?: number;
  columns?: number;
}

export interface Io {
  readonly stdin: TerminalInput;
  readonly stdout: TerminalOutput;
  readonly stderr: TerminalOutput;
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  /** Calls back for each of these signals until the returned function is called. */
  onSignal(signals: readonly NodeJS.Signals[], handle: (signal: NodeJS.Signals) => void): () => void;
}

export const processIo: Io = {
  // Opening stdin costs time and most verbs never read it.
  get stdin() {
    return process.stdin;
  },
  get stdout() {
    return process.stdout;
  },
  get stderr() {
    return process.stderr;
  },
  environment: process.env,
  // Most verbs need none, and it may have been removed under whoever stands in it.
  get directory() {
    return workingDirectory();
  },
  onSignal(signals, handle) {
    for (const signal of signals) process.on(signal, handle);
    return () => {
      for (const signal of signals) process.off(signal, handle);
    };
  },
};

function workingDirectory(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new HoldfastError('file-not-found', 'the working directory is not there any more', {
      cause,
      hint: 'Go to one that is there.',
    });
  }
}

/** Resolves when the stream took the bytes; rejects with `EPIPE` when nobody reads any more. */
export function writeTo(stream: Writable, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(data, (error) => (error ? reject(error) : resolve()));
  });
}

export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}
