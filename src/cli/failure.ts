/** How a failure leaves the command line: what is said, and the exit status. */
import { asHoldfastError, type ErrorCode, errorCodes, type HoldfastError } from '../schema/error-class.ts';
import type { Command } from './command.ts';
import { inWordsOf } from './field-problems.ts';
import { hostFailure } from './host-failure.ts';
import type { Output } from './output.ts';

/** Statuses of `run` and `exec` besides the command's own; see also `timeout(1)` and `env(1)`. */
export const commandStatus = { deadline: 124, ours: 125, notExecutable: 126, notFound: 127 } as const;

export async function reportFailure(thrown: unknown, output: Output, command: Command | null): Promise<number> {
  const found = asHoldfastError(hostFailure(thrown));
  const error = command ? inWordsOf(command, found) : found;
  if (output.json) await output.document({ error: error.toBody() });
  else await output.say(describeFailure(error));
  return statusOf(error.code, command?.status);
}

export function describeFailure(error: HoldfastError): string {
  const log = error.details?.['log'];
  const lines = Array.isArray(log) ? log.map((line) => `  | ${String(line)}`) : [];
  // The server speaks of headers; here the key comes from the environment.
  const fix = error.code === 'unauthenticated' ? 'Set HOLDFAST_KEY to a key that this server knows.' : error.hint;
  const hint = fix === undefined ? [] : [`  hint: ${fix}`];
  return [`holdfast: ${error.message} (${error.code})`, ...lines, ...hint].join('\n');
}

export function statusOf(code: ErrorCode, status: 'command' | undefined): number {
  if (status !== 'command') return errorCodes[code].exitStatus;
  if (code === 'executable-not-found') return commandStatus.notFound;
  return code === 'not-executable' ? commandStatus.notExecutable : commandStatus.ours;
}
