/** Processes inside a sandbox: what can be started, what is known about one, and how one ends. */
import { z } from 'zod';
import { environmentSchema, type exitReasons } from './sandbox.ts';

const noNul = (text: string): boolean => !text.includes('\0');

export const startProcessSchema = z.strictObject({
  /** Program and arguments; no shell is involved. */
  argv: z.array(z.string().max(131_072).refine(noNul, 'no NUL bytes')).min(1).max(4096),
  cwd: z.string().max(4096).refine(noNul, 'no NUL bytes').default('/workspace'),
  environment: environmentSchema.default({}),
  /** Wall time from start; the whole process tree is ended after it. */
  timeoutMs: z
    .int()
    .min(1)
    .max(30 * 24 * 3_600_000)
    .optional(),
  /** Ends the tree when nothing was printed for this long. */
  silenceMs: z
    .int()
    .min(1)
    .max(30 * 24 * 3_600_000)
    .optional(),
  /** Between the polite signal and SIGKILL. */
  graceMs: z.int().min(0).max(600_000).default(2000),
  /** A terminal instead of pipes; stdout and stderr are then one stream. */
  pty: z.strictObject({ rows: z.int().min(1).max(4096), columns: z.int().min(1).max(4096) }).optional(),
  /** Without it the process reads end-of-file at once. A terminal always has it. */
  stdin: z.boolean().default(false),
  /** Free words to find it again with. */
  tag: z.string().max(128).optional(),
  /** Most bytes of each of stdout and stderr kept for late readers. */
  retainBytes: z
    .int()
    .min(4096)
    .max(64 * 1024 * 1024)
    .default(1024 * 1024),
});
export type StartProcess = z.infer<typeof startProcessSchema>;
export type StartProcessInput = z.input<typeof startProcessSchema>;

export const execSchema = startProcessSchema.omit({ pty: true, stdin: true }).extend({
  /** Bytes given to stdin, which is then closed. */
  stdin: z.instanceof(Uint8Array).optional(),
  /** Most bytes of each of stdout and stderr in the result; the middle is cut and counted. */
  outputCapBytes: z
    .int()
    .min(0)
    .max(256 * 1024 * 1024)
    .default(1024 * 1024),
});
export type Exec = z.infer<typeof execSchema>;
export type ExecInput = z.input<typeof execSchema>;

export interface ProcessExit {
  reason: (typeof exitReasons)[number];
  /** Null when a signal ended it. Never invented: a missing status is `died`. */
  exitCode: number | null;
  /** Signal name such as `SIGKILL`, or null. */
  signal: string | null;
  durationMs: number;
  /** Bytes the process printed in all, also those nobody kept. */
  stdoutBytes: number;
  stderrBytes: number;
}

export interface ExecResult extends ProcessExit {
  processId: string;
  stdout: Uint8Array;
  stderr: Uint8Array;
  /** Bytes missing from the middle of `stdout` / `stderr`; 0 when whole. */
  stdoutCutBytes: number;
  stderrCutBytes: number;
}

export interface ProcessInfo {
  /** Ours, unique in the sandbox's incarnation. */
  processId: string;
  /** The number inside the sandbox. */
  pid: number;
  argv: string[];
  tag: string | null;
  pty: boolean;
  startedAt: string;
  exit: ProcessExit | null;
  /** Of one that is listed while it runs: bytes printed so far, also those nobody kept. */
  printed?: { stdoutBytes: number; stderrBytes: number };
}
