/** What a tool is, what it may touch, and what passes the door. */
import type { Clock, IdMaker, Scope } from '../base/index.ts';
import type {
  ExecInput,
  ExecResult,
  FileStat,
  HoldfastError,
  ProcessAttachment,
  ProcessInfo,
  Search,
  SearchResult,
  StartProcessInput,
  ToolDescription,
} from '../schema/index.ts';

/**
 * All that a tool can reach: one sandbox, from inside. Whoever makes it has bound it to a tenant's sandbox and keeps the
 * sandbox awake while a verb runs; the verbs are the service's own, without the door, which the call has passed already.
 * Every verb may throw a `HoldfastError`, and ends with its scope.
 */
export interface SandboxAccess {
  readonly sandbox: string;
  /** Changes when the sandbox's processes are new ones. */
  readonly incarnation: string;

  /** Of a stream that is cut, the first half of the cap (rounded up) and the last are kept. */
  exec(input: ExecInput, scope: Scope, as?: { processId: string }): Promise<ExecResult>;
  startProcess(input: StartProcessInput, scope: Scope): Promise<ProcessInfo>;
  listProcesses(scope: Scope): Promise<ProcessInfo[]>;
  /** Leaving it ends nothing inside; the scope's end leaves it. */
  attachProcess(
    processId: string,
    options: { stdoutOffset?: number; stderrOffset?: number },
    scope: Scope,
  ): Promise<ProcessAttachment>;
  signalProcess(processId: string, signal: string, options: { tree?: boolean }, scope: Scope): Promise<void>;

  statFile(path: string, scope: Scope): Promise<FileStat>;
  listFiles(path: string, scope: Scope): Promise<FileStat[]>;
  readFile(
    path: string,
    range: { offset?: number; length?: number },
    scope: Scope,
  ): Promise<{ stat: FileStat; content: AsyncIterable<Uint8Array> }>;
  writeFile(
    path: string,
    data: Uint8Array | AsyncIterable<Uint8Array>,
    options: { mode?: number; parents?: boolean; exclusive?: boolean },
    scope: Scope,
  ): Promise<FileStat>;
  makeDirectory(path: string, scope: Scope): Promise<void>;
  moveFile(from: string, to: string, options: { replace?: boolean }, scope: Scope): Promise<void>;
  removeFile(path: string, options: { recursive?: boolean }, scope: Scope): Promise<void>;
  searchFiles(input: Search, scope: Scope): Promise<SearchResult>;
}

export interface ToolContext {
  readonly access: SandboxAccess;
  readonly scope: Scope;
  readonly clock: Clock;
  readonly newId: IdMaker;
}

/** A tool is data: its facts, and a way to run it. Made by `defineTool`. */
export interface Tool {
  readonly name: string;
  describe(): ToolDescription;
  /** Checks the input; throws `invalid-argument`, and nothing has happened. Running it does the work, once. */
  prepare(input: unknown): (context: ToolContext) => Promise<unknown>;
}

/** One thing done to a sandbox, on its way through the stages. */
export interface Call {
  readonly callId: string;
  readonly tenant: string;
  readonly sandbox: string;
  readonly kind: 'tool' | 'verb';
  /** The tool's or the verb's name. */
  readonly name: string;
  readonly input: unknown;
  /** All that is needed to do it again, for a recording: contents and variables too. */
  readonly whole: unknown;
  /** It may change files. */
  readonly mutates: boolean;
  readonly idempotencyKey: string | null;
  readonly scope: Scope | null;
  /**
   * The sandbox as the effect reaches it; null for what is done around it. A stage may put another one in its place, which
   * does something on the way.
   */
  access: SandboxAccess | null;
  /** Throws if the input is not acceptable; the function it answers has the effect. */
  readonly prepare: () => () => Promise<unknown>;
  /** Set right before the effect begins: until then nothing has happened. */
  started: boolean;
}

/** Faults of the sandbox's plan that had a hand in a call. */
export interface Injected {
  /** Their ids in the plan. */
  faults: readonly string[];
  /** If the call failed, they are why. */
  isCause: boolean;
}

export type Outcome = {
  callId: string;
  durationMs: number;
  /** For the record, never for the caller. */
  injected?: Injected;
} & (
  | { ok: true; value: unknown }
  | {
      ok: false;
      error: HoldfastError;
      /** Where a contract decides it; else the error's own. */
      retryable?: boolean;
    }
);

/** Keeps account of what passes the door. Neither throws. */
export interface Meter {
  /** @param code `ok`, or that of the error */
  counted(call: Call, code: string): void;
  /** What the runtime itself took of a tool's call. */
  measured(call: Call, ms: number): void;
}

/** An interceptor: may refuse by throwing, may answer by itself, or lets the call go on with `next`. */
export type Stage = (call: Call, next: () => Promise<Outcome>) => Promise<Outcome>;
