/**
 * A target: any runtime that can run commands and hold files. 90 to 170 lines each; `docs/contract/add-a-target.md` says how
 * to write one.
 *
 * 1. A target never invents: a status it was not given is null, a capability it lacks is said by `features`.
 * 2. What goes wrong is a `TargetError` that says on which side: the prober and the way there (`harness`), or the runtime.
 * 3. Every call ends: by its own time limit, and where the runtime has none or does not keep it, by the prober's.
 * 4. What a target opened it closes, also when the prober is interrupted.
 */
import { type ErrorCode, HoldfastError } from '../../schema/index.ts';
import type { TargetDescription } from '../profile/index.ts';

export interface TargetExec {
  /** A script for the shell that an agent's commands are given to; or a program and its arguments. */
  command: string | readonly string[];
  stdin?: Uint8Array;
  timeoutMs: number;
  cwd?: string;
  environment?: Readonly<Record<string, string>>;
}

export interface TargetResult {
  /** Null when the runtime gave none. */
  exitCode: number | null;
  /** The signal's name, when the runtime names one. */
  signal: string | null;
  /** The runtime says that time ran out, or, with `features.timeout` being `prober`, we ended it. */
  timedOut: boolean;
  stdout: Uint8Array;
  stderr: Uint8Array;
  /** Bytes that the runtime says it left out; 0 when it says nothing. */
  cutBytes: number;
}

export interface TargetFeatures {
  /** `script`: the script itself takes stdin's place, so that none can be given. */
  stdin: 'yes' | 'script' | 'no';
  /** Whose time limit ends a command. */
  timeout: 'runtime' | 'prober';
  cwd: boolean;
  environment: boolean;
  /** `door`: by an interface of the runtime; `exec`: by commands, so that nothing about a file door can be observed. */
  files: 'door' | 'exec';
}

export interface TargetSession {
  /** The runtime's own name for it. */
  readonly name: string;
  /** In milliseconds, as the runtime says; null when it says nothing. */
  readonly lifetimeMs: number | null;
  exec(request: TargetExec, signal: AbortSignal): Promise<TargetResult>;
  writeFile(path: string, data: Uint8Array, signal: AbortSignal): Promise<void>;
  /** At most `mostBytes`; more is an error. */
  readFile(path: string, mostBytes: number, signal: AbortSignal): Promise<Uint8Array>;
  /** A copy with its files, where the runtime has that. */
  fork?(signal: AbortSignal): Promise<TargetSession>;
  /** Stands still and goes on, where the runtime has that. */
  suspendAndResume?(signal: AbortSignal): Promise<void>;
  /** Also of one that died; never throws for that. */
  close(): Promise<void>;
}

export interface Target {
  readonly features: TargetFeatures;
  /**
   * Plain data: what tells this one from another with the same description. A capture that was ended goes on only where it
   * is the same. It may hold secrets, and no profile has it.
   */
  readonly identity?: unknown;
  /** Asked once, before the first session. */
  describe(signal: AbortSignal): Promise<TargetDescription>;
  open(signal: AbortSignal): Promise<TargetSession>;
}

/** What can go wrong, and what an error of the command line says of it. */
export const troubleCodes = {
  /** The program or package that speaks to the runtime is not here. */
  'not-installed': 'capability-missing',
  'no-key': 'unauthenticated',
  unreachable: 'network-unreachable',
  /** It answers what no such runtime answers. */
  garbage: 'guest-protocol',
  /** No session could be had. */
  'not-started': 'launch-failed',
  /** The session was there and is gone. */
  died: 'sandbox-died',
  /** No answer at all, long after the time limit. */
  hung: 'deadline-exceeded',
  /** The runtime did not take the command up, and says so. */
  refused: 'not-executable',
  'file-failed': 'file-not-found',
  unsupported: 'capability-missing',
  /** The capture's own time for a session was used up. */
  'out-of-time': 'deadline-exceeded',
  cancelled: 'cancelled',
} as const satisfies Record<string, ErrorCode>;
export type TroubleCode = keyof typeof troubleCodes;

export type Side = 'harness' | 'runtime';

export class TargetError extends HoldfastError {
  readonly side: Side;
  readonly trouble: TroubleCode;

  constructor(side: Side, trouble: TroubleCode, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(troubleCodes[trouble], message, { ...options, details: { side, trouble } });
    this.side = side;
    this.trouble = trouble;
  }
}

/** Anything thrown on the way to a runtime; what nobody recognised is the harness's. */
export function asTargetError(error: unknown, during: string): TargetError {
  if (error instanceof TargetError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const aborted = error instanceof HoldfastError && error.code === 'cancelled';
  return new TargetError('harness', aborted ? 'cancelled' : 'unreachable', `${during}: ${message}`, { cause: error });
}

/** The runtime's own words that it will not or cannot: an answer, where after any other trouble nothing is known. */
export function isRefusal({ side, trouble }: TargetError): boolean {
  return side === 'runtime' && refusals.includes(trouble);
}
const refusals: readonly TroubleCode[] = ['refused', 'file-failed', 'unsupported'];

/** For runtimes that take one line of shell: each word in quotes that nothing expands. */
export function quoteWords(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
}
