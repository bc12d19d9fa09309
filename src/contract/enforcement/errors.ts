/**
 * Errors in the words of the contract, so that an agent reads the same text in training and in production. What it did
 * wrong itself, and what a policy refused, is left as it is: those words are about the call.
 */
import { HoldfastError } from '../../schema/index.ts';
import type { FailureTerm } from '../document/terms.ts';

/** An error whose retryability the contract decides. */
export interface HeldError {
  error: HoldfastError;
  retryable: boolean;
}

/** In a template: what the runtime said. */
const said = '{message}';

export function normalise(error: HoldfastError, failures: ReadonlyMap<string, FailureTerm>): HeldError {
  if (error.fault === 'caller' || error.fault === 'policy') return { error, retryable: error.retryable };
  const term = failures.get(error.code);
  if (!term) return { error: unknown(error), retryable: false };
  const held = new HoldfastError(
    error.code,
    term.template.replace(said, () => error.message),
    {
      fault: error.fault,
      cause: error,
      ...(term.hint === undefined ? (error.hint === undefined ? {} : { hint: error.hint }) : { hint: term.hint }),
      ...(error.details === undefined ? {} : { details: error.details }),
    },
  );
  return { error: held, retryable: term.retryable };
}

function unknown(error: HoldfastError): HoldfastError {
  return new HoldfastError('unclassified', `a failure that the contract does not know: ${error.message}`, {
    fault: error.fault,
    cause: error,
    hint: 'Add the failure to the contract, with how often it may come and whether a retry helps.',
    details: { code: error.code, ...error.details },
  });
}
