/**
 * Warming a sandbox by what its template has for that, before the sandbox is anybody's. What the programs leave running runs on.
 *
 * 1. One after the other, as the sandbox's user in /workspace, with the usual variables and no others.
 * 2. Each must end by itself, with status 0, within what is left of `warmTimeoutMs`: else the sandbox is not to be used.
 * 3. They are processes of the sandbox like any other: their output is kept up to a size, and they are not forgotten here, because what
 *    they left running may still print.
 */
import { type Scope, systemClock } from '../base/index.ts';
import { warmPlace } from '../filesystem/index.ts';
import type { Guest } from '../guest/index.ts';
import { type ExecResult, HoldfastError, isHoldfastError, usualVariables } from '../schema/index.ts';
import { howItEnded, lastLines } from './program-end.ts';

/** For all together. */
export const warmTimeoutMs = 240_000;
const graceMs = 2_000;
const keptBytes = 64 * 1024;

export interface Warming {
  /** Below `warmPlace`, in their order. */
  programs: readonly string[];
  user: 'agent' | 'root';
}

/** @throws HoldfastError `warm-failed`, with the program's name, how it ended and what it said last */
export async function warmUp(guest: Pick<Guest, 'exec'>, { programs, user }: Warming, scope: Scope): Promise<void> {
  const endMs = systemClock.monotonicMs() + warmTimeoutMs;
  for (const program of programs) {
    const timeoutMs = Math.max(1, Math.floor(endMs - systemClock.monotonicMs()));
    const request = {
      argv: [`${warmPlace}/${program}`],
      cwd: '/workspace',
      environment: usualVariables(user),
      timeoutMs,
      graceMs,
      retainBytes: keptBytes,
      outputCapBytes: keptBytes,
      processId: `warm-${program}`,
    };
    const result = await guest.exec(request, scope).catch((error: unknown) => {
      throw notStarted(program, error);
    });
    if (result.reason !== 'exited' || result.exitCode !== 0) throw failed(program, result);
  }
}

function failed(program: string, result: ExecResult): HoldfastError {
  const { reason, exitCode, signal } = result;
  const log = lastLines(result.stderr.length > 0 ? result.stderr : result.stdout);
  return warmFailed(program, `${howItEnded(result, warmTimeoutMs)}${log.length > 0 ? `: ${log.at(-1)}` : ''}`, {
    details: { program, reason, exitCode, signal, log },
  });
}

/** There and executable when the template was built: its interpreter may be missing, or nothing may run it. */
function notStarted(program: string, error: unknown): unknown {
  if (!isHoldfastError(error) || (error.code !== 'executable-not-found' && error.code !== 'not-executable'))
    return error;
  return warmFailed(program, `cannot be started: ${error.message}`, { cause: error, details: { program } });
}

function warmFailed(
  program: string,
  what: string,
  more: { cause?: unknown; details: Record<string, unknown> },
): HoldfastError {
  return new HoldfastError('warm-failed', `${warmPlace}/${program} of the template ${what}`, {
    hint: 'Mend it, and build the template again.',
    ...more,
  });
}
