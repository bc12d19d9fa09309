/** One command line in a shell of its own, which ends with it. */
import { z } from 'zod';
import { environmentSchema, exitReasons, HoldfastError, isHoldfastError } from '../schema/index.ts';
import { pathSchema, workspace } from './paths.ts';
import { outputText } from './text.ts';
import { defineTool } from './tool.ts';
import type { Tool } from './types.ts';

export const shellNames = ['bash', 'sh'] as const;
export const shellPaths = { bash: '/bin/bash', sh: '/bin/sh' } as const;

export const commandSchema: z.ZodString = z
  .string()
  .min(1)
  .max(131_072)
  .refine((command) => !command.includes('\0'), 'no NUL bytes')
  .describe('Shell text, of any number of lines.');

const longestTimeoutMs = 24 * 3_600_000;
export const timeoutSchema: z.ZodDefault<z.ZodInt> = z
  .int()
  .min(1)
  .max(longestTimeoutMs)
  .default(120_000)
  .describe('The command and all it started are ended after so many milliseconds.');

export const outputCapSchema: z.ZodDefault<z.ZodInt> = z
  .int()
  .min(256)
  .max(1024 * 1024)
  .default(65_536)
  .describe('Most bytes of each of stdout and stderr in the answer; of more, the middle is cut out.');

export const outputFields = {
  stdout: z.string(),
  stderr: z.string(),
  /** Bytes missing where the marker stands; 0 when whole. */
  stdoutCutBytes: z.number(),
  stderrCutBytes: z.number(),
  /** False when some output was not UTF-8; such bytes stand as U+FFFD. */
  validUtf8: z.boolean(),
};

interface Collected {
  stdout: Uint8Array;
  stderr: Uint8Array;
  stdoutCutBytes: number;
  stderrCutBytes: number;
}

export function outputOf(
  collected: Collected,
  capBytes: number,
): { [Field in keyof typeof outputFields]: z.output<(typeof outputFields)[Field]> } {
  const stdout = outputText(collected.stdout, collected.stdoutCutBytes, capBytes);
  const stderr = outputText(collected.stderr, collected.stderrCutBytes, capBytes);
  return {
    stdout: stdout.text,
    stderr: stderr.text,
    stdoutCutBytes: stdout.cutBytes,
    stderrCutBytes: stderr.cutBytes,
    validUtf8: stdout.validUtf8 && stderr.validUtf8,
  };
}

export const shell: Tool = defineTool({
  name: 'shell',
  description: `Runs a command in a new shell and waits for it to end. Working directory and variables are fresh in each call; files stay. Standard input is empty. A command that fails is an answer with its exit code, not an error.`,
  input: z.strictObject({
    command: commandSchema,
    cwd: pathSchema.default(workspace),
    timeoutMs: timeoutSchema,
    environment: environmentSchema.default({}),
    outputCapBytes: outputCapSchema,
    shell: z.enum(shellNames).default('bash'),
  }),
  output: z.strictObject({
    /** Null when a signal ended it. */
    exitCode: z.number().nullable(),
    signal: z.string().nullable(),
    reason: z.enum(exitReasons),
    ...outputFields,
    durationMs: z.number(),
  }),
  risk: 'write',
  idempotent: false,
  timing: 'blocking',
  run: async (input, { access, scope }) => {
    const { timeoutMs, cwd, environment, outputCapBytes } = input;
    const argv = [shellPaths[input.shell], '-c', '--', input.command];
    const result = await access
      .exec({ argv, cwd, environment, timeoutMs, outputCapBytes }, scope)
      .catch((error: unknown) => {
        throw explainMissing(error, input.shell);
      });
    const { exitCode, signal, reason, durationMs } = result;
    return { exitCode, signal, reason, durationMs, ...outputOf(result, outputCapBytes) };
  },
});

/** The program is always a shell: that it is not there has one likely reason, worth saying. */
export function explainMissing(error: unknown, name: (typeof shellNames)[number]): unknown {
  if (!isHoldfastError(error) || error.code !== 'executable-not-found' || name === 'sh') return error;
  return new HoldfastError(error.code, error.message, {
    cause: error,
    hint: 'If this sandbox has no bash, give "shell": "sh".',
  });
}
