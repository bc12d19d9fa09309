/**
 * Whose doing it is that something broke, for who looks for the cause of a failure.
 *
 * 1. The outside is named only where what the sandbox did is not why: a name that is not there, and lookups that are too many
 *    because the sandbox asked for so many, are nobody's.
 */
import { type EndedBy, isHoldfastError } from '../schema/index.ts';

/** Of what could not be dialled or greeted; undefined where nobody can tell. */
export function enderOf(error: unknown): EndedBy | undefined {
  if (!isHoldfastError(error) || error.code !== 'network-unreachable') return undefined;
  const { reason, isAnswer } = error.details ?? {};
  return reason === 'busy' || isAnswer === true ? undefined : 'outside';
}

/** Both fields of a flow. */
export function broken(
  error: string | null,
  endedBy: EndedBy | undefined,
): { error: string | null; endedBy?: EndedBy } {
  return error === null || endedBy === undefined ? { error } : { error, endedBy };
}
