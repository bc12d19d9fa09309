/**
 * Errors in the words of the contract, so that an agent reads the same text in training and in production. What is free there
 * is left as it is. What the contract does not know is `unclassified`; but what the caller did wrong, and what a policy refused,
 * is then left as it is, too: those words are about the call.
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
  const term = failures.get(error.code);
  if (term?.level === 'free') return { error, retryable: error.retryable };
  if (term) return { error: inItsWords(error, term), retryable: term.retryable };
  if (error.fault === 'caller' || error.fault === 'policy') return { error, retryable: error.retryable };
  return { error: unknown(error), retryable: false };
}

function inItsWords(error: HoldfastError, { template, hint = error.hint }: FailureTerm): HoldfastError {
  const message = template.replace(said, () => error.message);
  // For whoever looks into it; an agent is not shown details.
  const details = message.includes(error.message) ? error.details : { ...error.details, said: error.message };
  return new HoldfastError(error.code, message, {
    fault: error.fault,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  });
}

function unknown(error: HoldfastError): HoldfastError {
  return new HoldfastError('unclassified', `a failure that the contract does not know: ${error.message}`, {
    fault: error.fault,
    cause: error,
    hint: 'Add the failure to the contract, with how often it may come and whether a retry helps.',
    details: { code: error.code, ...error.details },
  });
}
